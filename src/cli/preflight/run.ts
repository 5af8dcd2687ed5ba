import { BundleStore } from '../../artifacts/bundle-store.ts';
import { DEFAULT_TIMEOUT_MS } from '../../config/join-spec.ts';
import { withNode } from '../../host/node-session.ts';
import { targetsOf } from '../../host/targets.ts';
import { terminalColumns } from '../../output/columns.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { table } from '../../output/table.ts';
import { wrapParagraphs } from '../../output/width.ts';
import type { Verdict } from '../../phases/preflight/check.ts';
import { describeVerdict } from '../../phases/preflight/failure.ts';
import { durationOf } from '../flags.ts';
import { onHosts } from '../hosts.ts';
import type { ParsedJoin } from '../join/flags.ts';
import { joinRequests } from '../join/request.ts';
import type { Shown } from '../join/run.ts';
import { openSource, resolveRequest } from '../join/source.ts';
import { commandSignal, interruption } from '../signals.ts';
import { type NodeFlags, targetOptions } from '../target-options.ts';

/** Runs every check on every target; nothing is changed, not even a lock is taken. */
export async function runPreflight(parsed: ParsedJoin, shown: Shown): Promise<Omit<CommandResult, 'command'>> {
  const flags = parsed.flags as unknown as NodeFlags;
  const targets = await targetsOf(targetOptions(flags));
  const output = shown.open({
    verbose: flags.verbose,
    hosts: targets.map(({ label }) => label),
    logFile: flags['log-file'],
    looksOnly: true,
  });
  const requests = await joinRequests(parsed, targets);
  const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
  const found = new Map<string, readonly Verdict[]>();
  const bundles = new BundleStore();
  const source = await openSource(requests.form, shown.version);
  const [{ openContext }, { judgeChecks }, { preflightError }] = await Promise.all([
    import('../../phases/join/join.ts'),
    import('../../phases/preflight/run-checks.ts'),
    import('../../phases/preflight/failure.ts'),
  ]);
  try {
    const result = await onHosts(
      targets,
      { command: 'preflight', concurrency: flags.concurrency, output },
      async (machine, target) => {
        const run = { label: target.label, emit: output.emit, signal, dryRun: true };
        return withNode(machine, { command: 'preflight', version: shown.version, changes: false }, async (session) => {
          const asked = await resolveRequest(requests.of(target), source, { ...run, session });
          const { context, close } = openContext({ ...run, ...asked, session, bundles });
          const verdicts = await judgeChecks({ ...context, signal })
            .catch((error: unknown) => {
              throw signal.aborted ? interruption(signal, 'the preflight was interrupted') : error;
            })
            .finally(close);
          found.set(target.label, verdicts);
          const error = preflightError(verdicts);
          if (error) throw error;
          return { outcome: 'passed' };
        });
      },
    );
    const texts = [...found].map(
      ([label, verdicts]) => `${found.size > 1 ? `${label}\n` : ''}${verdictTable(verdicts)}`,
    );
    const hosts = result.hosts.map((host) => ({ ...host, data: { checks: found.get(host.host) ?? [] } }));
    return { ...result, hosts, text: texts.join('\n') };
  } finally {
    await source?.close();
    await bundles.close();
    done();
  }
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
