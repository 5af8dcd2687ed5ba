import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import type { WaitOptions } from '../../lib/wait-for.ts';

/** @throws EdgeadmError RUNTIME_FAILED with the end of containerd's log if it does not answer within a minute */
export async function waitForContainerd(
  host: Host,
  waitFor: (wait: WaitOptions<true>) => Promise<unknown>,
): Promise<void> {
  await waitFor({
    what: 'containerd to answer',
    timeoutMs: 60_000,
    code: 'RUNTIME_FAILED',
    probe: async () => {
      const answer = await host.query('ctr', ['--timeout', '2s', 'version']);
      return answer.exitCode === 0 ? { done: true } : { seen: (await host.unit(PATHS.containerd.unit)).detail };
    },
    evidence: () => (host.unbound ?? host).unitLog(PATHS.containerd.unit, 10),
  });
}
