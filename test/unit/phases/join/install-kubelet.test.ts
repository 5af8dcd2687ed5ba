import assert from 'node:assert/strict';
import { PATHS } from '../../../../src/host/node-paths.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { installKubelet } from '../../../../src/phases/join/install-kubelet.ts';
import { phaseLog } from '../../../../src/workflow/events.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';

const { unit } = PATHS.kubelet;
const service = installKubelet.phases?.find(({ name }) => name === 'service');

/** What the phase does to the service of a node. */
async function changesOf(node: FakeNode): Promise<readonly string[]> {
  const host = fakeHost({ ...node, files: { '/usr/bin/kubelet': { content: 'kubelet', mode: 0o755 }, ...node.files } });
  const signal = new AbortController().signal;
  const tools = { log: phaseLog(() => {}), signal, wet: true, waitFor };
  await service?.run?.({ host, node: { bundle: async () => undefined }, ...tools } as unknown as JoinContext &
    typeof tools);
  return host.changes;
}

describe('the service of the kubelet', () => {
  const rows: ReadonlyArray<readonly [what: string, state: NonNullable<FakeNode['units']>[string], reads: boolean]> = [
    // systemd reads it when it is started.
    ['a service that systemd does not know', { exists: false, enabled: false }, false],
    ['a service that it knows', { exists: true, enabled: true }, true],
    // It stays masked until unit files are read again, though the mask is gone.
    ['a service that is masked', { exists: false, masked: true, outdated: true, enabled: false }, true],
    ['a service with a mistake in its unit', { exists: false, outdated: true, enabled: true }, true],
  ];
  for (const [what, state, reads] of rows)
    it(`${what}: its unit files are ${reads ? 'read again' : 'not read again'}`, async () => {
      const changes = await changesOf({ units: { [unit]: state } });
      assert.ok(changes.includes(`write ${PATHS.kubelet.dropIn}`), changes.join('\n'));
      assert.equal(changes.includes('reload units'), reads, changes.join('\n'));
      assert.equal(changes.includes(`enable ${unit}`), !state?.enabled);
    });
});
