import { posix } from 'node:path';
import { toEdgeadmError } from '../errors/index.ts';
import type { Host } from './host.ts';
import type { Change, Entry, Journal } from './journal.ts';

/** What could not be put back, one line each; empty when all was. */
export type Leftovers = string[];

const CHANGES = new Set(['file', 'directory', 'claim', 'enable', 'service', 'sysctl', 'image']);

/**
 * Puts a node back to what it was before the journal's entries from `from` on (give a host without a journal): services that did not run stop, images
 * go, files return in reverse order, and services that ran run again with their old files. Every step may be repeated.
 */
export async function revert(host: Host, journal: Journal, from = 0): Promise<Leftovers> {
  const changes = journal.entries.slice(from).filter(isChange);
  const left: Leftovers = [];
  const step = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    await action().catch((error: unknown) => left.push(`${what}: ${toEdgeadmError(error).message}`));
  };
  await removeImages(host, changes, step);
  await stopWhatWeStarted(host, changes, step);
  for (const change of changes.toReversed()) {
    if (change.kind === 'file') await step(change.path, () => putBack(host, change));
    if (change.kind === 'claim') await step(change.path, () => clear(host, change));
    if (change.kind === 'directory') await step(change.path, () => removeIfEmpty(host, change.path));
    if (change.kind === 'sysctl') await step(change.key, () => host.setSysctl(change.key, change.before));
  }
  await resumeWhatRan(host, changes, step);
  if (left.length === 0 && host.wet) await journal.rewrite(journal.entries.slice(0, from));
  return left;
}

type Step = (what: string, action: () => Promise<unknown>) => Promise<void>;

function isChange(entry: Entry): entry is Change & { phase: string } {
  return CHANGES.has(entry.kind);
}

async function removeImages(host: Host, changes: readonly Change[], step: Step): Promise<void> {
  const names = changes.flatMap((change) => (change.kind === 'image' ? [change.name] : []));
  if (names.length === 0 || !host.runsPrograms) return;
  await step('images', () => host.run('ctr', ['--namespace', 'k8s.io', 'images', 'remove', ...new Set(names)]));
}

async function stopWhatWeStarted(host: Host, changes: readonly Change[], step: Step): Promise<void> {
  for (const [unit, wasActive] of firstOf(changes, 'service')) {
    if (!wasActive && (await host.unit(unit)).exists) await step(unit, () => host.stopUnit(unit));
  }
  for (const [unit, was] of firstOf(changes, 'enable')) {
    if (!was && (await host.unit(unit)).exists) await step(unit, () => host.disableUnit(unit));
  }
}

async function resumeWhatRan(host: Host, changes: readonly Change[], step: Step): Promise<void> {
  const units = firstOf(changes, 'service');
  if (units.size === 0) return;
  await step('service manager', () => host.reloadUnits());
  for (const [unit, wasActive] of units) if (wasActive) await step(unit, () => host.restartUnit(unit));
}

/** The state of each unit before the first change to it. */
function firstOf(changes: readonly Change[], kind: 'service' | 'enable'): Map<string, boolean> {
  const first = new Map<string, boolean>();
  for (const change of changes) {
    if (change.kind !== kind || first.has(change.unit)) continue;
    first.set(change.unit, change.kind === 'service' ? change.wasActive : change.was);
  }
  return first;
}

async function putBack(host: Host, change: Extract<Change, { kind: 'file' }>): Promise<void> {
  const { path, before } = change;
  if (before.type === 'absent') return host.remove(path);
  if (before.type === 'symlink') {
    await host.symlink(before.target, path);
    return;
  }
  const content = await host.readBytes(before.backup);
  // The copy is gone only if an earlier revert already put this file back.
  if (!content) return;
  await host.write(path, content, before);
  await host.remove(before.backup);
}

/** Removes what others put into a folder since it was claimed. */
async function clear(host: Host, change: Extract<Change, { kind: 'claim' }>): Promise<void> {
  if (!change.had) return host.removeTree(change.path);
  const had = new Set(change.had);
  for (const name of await host.list(change.path)) {
    if (!had.has(name)) await host.removeTree(posix.join(change.path, name));
  }
}

async function removeIfEmpty(host: Host, path: string): Promise<void> {
  if ((await host.list(path)).length === 0) await host.remove(path);
}
