import { EdgeadmError } from '../errors/index.ts';
import { formatDuration } from '../lib/duration.ts';
import { literally } from '../lib/literally.ts';
import type { CommandResult, HostResult } from './renderer.ts';
import { table } from './table.ts';

/** What became of each host, as a table. The text of an error is above it; the table has its code. */
export function summary(hosts: readonly HostResult[]): string {
  const failed = hosts.some(({ ok }) => !ok);
  const found = hosts.some(({ cause }) => cause !== undefined);
  return table(
    hosts.map(({ host, ok, outcome, phase, durationMs, error, cause }) => ({
      host,
      result: outcome,
      time: formatDuration(durationMs),
      ...(failed && { phase: ok ? '' : phase }),
      ...((failed || found) && { cause: error?.code ?? cause }),
    })),
  );
}

/**
 * The last lines of a command that went well: what was done, where, how long it took, and what to run next.
 * @returns lines with their ends; nothing for a command that says it by its own text, or has changed nothing yet
 */
export function verdictLines({ hosts, durationMs }: Pick<CommandResult, 'hosts' | 'durationMs'>): string {
  const said = hosts.filter(({ verdict }) => verdict !== undefined);
  if (said.length === 0) return '';
  const nexts = [...new Set(said.flatMap(({ next }) => next ?? []))];
  const first = said.length === 1 ? (said[0]?.verdict ?? '') : countOutcomes(hosts, durationMs);
  return [first, ...(nexts.length > 0 ? [`next: ${nexts.join('\n      ')}`] : [])].map((line) => `${line}\n`).join('');
}

/** `3 hosts: 2 joined, 1 unchanged, in 13.7s` */
function countOutcomes(hosts: readonly HostResult[], durationMs: number | undefined): string {
  const counts = new Map<string, number>();
  for (const { outcome } of hosts) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const parts = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  return `${hosts.length} hosts: ${parts}${durationMs === undefined ? '' : `, in ${formatDuration(durationMs)}`}`;
}

/** An error, and the hosts that failed with it. */
export interface SharedError {
  readonly hosts: readonly HostResult[];
  readonly error: NonNullable<HostResult['error']>;
}

/** Errors that differ in nothing but the address of their host are one error of several hosts. */
export function sharedErrors(hosts: readonly HostResult[]): SharedError[] {
  const groups = new Map<string, { hosts: HostResult[]; error: SharedError['error']; shared: SharedError['error'] }>();
  for (const host of hosts) {
    const { error } = host;
    if (!error) continue;
    const shared = withoutHost(error, host.host);
    const key = JSON.stringify([shared.code, shared.what, shared.why, shared.next]);
    const group = groups.get(key) ?? { hosts: [], error, shared };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ hosts, error, shared }) => ({ hosts, error: hosts.length > 1 ? shared : error }));
}

/** The same error with HOST in place of `root@10.0.0.5:22`, `10.0.0.5:22` and `10.0.0.5`. */
function withoutHost({ code, what, why, next }: SharedError['error'], label: string): SharedError['error'] {
  const address = label.replace(/^.*@/, '');
  const [, bracketed, plain] = /^(?:\[(.+)\]|([^:]+)):\d+$/.exec(address) ?? [];
  const names = [label, address, bracketed ?? plain ?? address].map(literally);
  const name = new RegExp(`(?<![\\w.-])(?:${names.join('|')})(?![\\w-]|\\.\\w)`, 'g');
  const generic = (text: string): string => text.replace(name, 'HOST');
  return new EdgeadmError({ code, what: generic(what), why: why && generic(why), next: generic(next) });
}
