import { interruptedError } from '../../errors/interrupted.ts';
import type { CommandResult } from '../../output/renderer.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import type { ParsedJoin } from '../join/flags.ts';
import { joinRequests } from '../join/request.ts';
import { openSource, resolveRequest } from '../join/source.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';
import { verdictText } from './text.ts';

/** Runs every check on every target; nothing is changed, not even a lock is taken. */
export async function runPreflight(parsed: ParsedJoin, host: CommandHost): Promise<Omit<CommandResult, 'command'>> {
  const flags = parsed.flags as unknown as NodeFlags;
  const found = new Map<string, readonly Verdict[]>();
  const result = await runOnNodes(
    { name: 'preflight', flags, worksOnWindows: true, looksOnly: true, failuresInResult: true },
    host,
    async (command) => {
      const requests = await joinRequests(parsed, command.targets);
      const [{ openContext }, { judgeChecks }, { preflightError }] = await Promise.all([
        import('../../phases/join/join.ts'),
        import('../../phases/preflight/run-checks.ts'),
        import('../../phases/preflight/failure.ts'),
      ]);
      const source = await openSource(requests.form, command.version, command.signal);
      return {
        onNode: withSession(async (run) => {
          const { signal } = run;
          const asked = await resolveRequest(requests.of(run.target), source, run);
          const { context, close } = openContext({ ...run, ...asked });
          const verdicts = await judgeChecks({ ...context, signal })
            .catch((error: unknown) => {
              throw signal.aborted ? interruptedError(signal, 'the preflight was interrupted') : error;
            })
            .finally(close);
          found.set(run.label, verdicts);
          const error = preflightError(verdicts);
          if (error) throw error;
          return { outcome: 'passed' };
        }),
        close: async () => source?.close(),
      };
    },
  );
  const texts = [...found].map(
    ([label, verdicts]) => `${found.size > 1 ? `${label}\n` : ''}${verdictText(verdicts, flags.verbose)}`,
  );
  const hosts = result.hosts.map((each) => ({ ...each, data: { checks: found.get(each.host) ?? [] } }));
  // The text has the failures of the checks; a host that could not be checked has an error of its own.
  const told = hosts.flatMap(({ host, error }) => (error && found.has(host) ? [error] : []));
  return { ...result, hosts, told, text: texts.join('\n') };
}
