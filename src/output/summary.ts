import { formatDuration } from '../lib/duration.ts';
import type { HostResult } from './renderer.ts';
import { table } from './table.ts';

/** What became of each host, as a table. */
export function summary(hosts: readonly HostResult[]): string {
  return table(
    hosts.map(({ host, ok, outcome, phase, durationMs, error }) => ({
      host,
      result: outcome,
      time: formatDuration(durationMs),
      ...(hosts.some((other) => !other.ok) && {
        phase: ok ? '' : phase,
        error: error ? `${error.code}: ${error.what}` : '',
      }),
    })),
  );
}
