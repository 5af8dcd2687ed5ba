import { terminalColumns } from '../../output/columns.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { table } from '../../output/table.ts';
import { wrapParagraphs } from '../../output/width.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import { describeVerdict } from '../../phases/preflight/failure.ts';
import type { ParsedJoin } from '../join/flags.ts';
import { joinRequests } from '../join/request.ts';
import { openSource, resolveRequest } from '../join/source.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import { interruption } from '../signals.ts';
import type { NodeFlags } from '../target-options.ts';

/** Runs every check on every target; nothing is changed, not even a lock is taken. */
export async function runPreflight(parsed: ParsedJoin, host: CommandHost): Promise<Omit<CommandResult, 'command'>> {
  const flags = parsed.flags as unknown as NodeFlags;
  const found = new Map<string, readonly Verdict[]>();
  const result = await runOnNodes({ name: 'preflight', flags, looksOnly: true }, host, async (command) => {
    const requests = await joinRequests(parsed, command.targets);
    const [{ openContext }, { judgeChecks }, { preflightError }] = await Promise.all([
      import('../../phases/join/join.ts'),
      import('../../phases/preflight/run-checks.ts'),
      import('../../phases/preflight/failure.ts'),
    ]);
    const source = await openSource(requests.form, command.version);
    return {
      onNode: withSession(async (run) => {
        const { signal } = run;
        const asked = await resolveRequest(requests.of(run.target), source, run);
        const { context, close } = openContext({ ...run, ...asked });
        const verdicts = await judgeChecks({ ...context, signal })
          .catch((error: unknown) => {
            throw signal.aborted ? interruption(signal, 'the preflight was interrupted') : error;
          })
          .finally(close);
        found.set(run.label, verdicts);
        const error = preflightError(verdicts);
        if (error) throw error;
        return { outcome: 'passed' };
      }),
      close: async () => source?.close(),
    };
  });
  const texts = [...found].map(([label, verdicts]) => `${found.size > 1 ? `${label}\n` : ''}${verdictTable(verdicts)}`);
  const hosts = result.hosts.map((each) => ({ ...each, data: { checks: found.get(each.host) ?? [] } }));
  return { ...result, hosts, text: texts.join('\n') };
}

/** A table of all checks, with the first line of what each found; then all about those that did not pass. */
function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = table(
    verdicts.map(({ check, status, found = '' }) => ({ check, result: status, found: found.split('\n', 1)[0] })),
  );
  const todo = verdicts.filter(({ status }) => status === 'error' || status === 'warning');
  const texts = todo.map((verdict) => `${wrapParagraphs(describeVerdict(verdict), terminalColumns())}\n`);
  return [rows, ...texts].join('\n');
}
