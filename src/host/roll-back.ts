import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';
import { literally } from '../lib/literally.ts';
import { waitFor } from '../lib/wait-for.ts';
import type { Host } from './host.ts';
import type { OperatingSystem } from './host-facts.ts';
import type { NotedChange } from './journal/entry.ts';
import type { Journal } from './journal/journal.ts';
import type { Mark } from './journal/record.ts';
import { clearFolder, isMountPoint } from './mount-table.ts';
import { commandError, IN_KUBERNETES, imagesInDoubt, importArguments } from './node-host.ts';
import { PATHS } from './node-paths.ts';
import { notePodNetwork } from './pod-network.ts';
import { temporaryOf } from './temporary.ts';
import { flushRegistry } from './windows/registry.ts';

/** What could not be restored, one line each; empty when all was. */
export type Leftovers = string[];

type Step = (what: string, action: () => Promise<unknown>) => Promise<void>;

/** Which changes are restored. */
export interface RollBackRange {
  /** Those noted since; default: all. */
  readonly since?: Mark;
  /** Changes that stay, and stay in the journal. */
  readonly keep?: (change: NotedChange) => boolean;
  /** Called with the paths that are left in place, since they may belong to other software. */
  readonly onLeft?: (paths: readonly string[]) => void;
}

/** A killed process may still wait for a slow disk. Milliseconds. */
const IMPORT_END_MS = 30_000;

/**
 * Puts a node back to what it was before the journal's changes (give a host without a journal): images go, services
 * that did not run stop, files return in reverse order, and services that ran run again with their old files. Pods and
 * volumes must be gone. Every step may be repeated, and what was restored is forgotten only at the end: a roll-back
 * that was killed is run again.
 */
export async function rollBackChanges(
  host: Host,
  journal: Journal,
  { since = 'start', keep = () => false, onLeft = () => {} }: RollBackRange = {},
): Promise<Leftovers> {
  const changes = journal.changesSince(since).filter((change) => !keep(change));
  const endsMembership = changes.some(({ kind }) => kind === 'claim');
  const network = endsMembership ? await notePodNetwork(host, journal) : undefined;
  const left: Leftovers = [];
  const step: Step = async (what, action) => {
    await action().catch((error: unknown) => left.push(`${what}: ${toEdgeadmError(error).message}`));
  };
  // A containerd that was replaced may not run; then it is asked once the one before it does.
  const images = await removeImages(host, journal, changes).then(
    () => true,
    () => false,
  );
  await stopWhatWeStarted(host, changes, step);
  await restoreInReverse(host, journal, changes, { step, onLeft, network });
  await resumeWhatRan(host, changes, step);
  if (!images) await step('images', () => removeImages(host, journal, changes));
  if (left.length > 0 || !host.wet) return left;
  // Services and firewall rules that a power cut brings back belong to nothing once the journal has forgotten them.
  if ((await host.facts()).platform === 'windows') await flushRegistry(host);
  await step('journal', () => journal.forgetChanges(since, keep));
  return left;
}

/** On a full disk, what takes space is restored once everything else is gone. */
async function restoreInReverse(
  host: Host,
  journal: Journal,
  changes: readonly NotedChange[],
  { step, onLeft, network }: { step: Step; onLeft: (paths: readonly string[]) => void; network?: string },
): Promise<void> {
  const late: NotedChange[] = [];
  for (const change of changes.toReversed()) {
    await step(subjectOf(change), async () => {
      try {
        onLeft(await restore(host, change, network));
      } catch (error) {
        if (toEdgeadmError(error).code !== 'NO_SPACE') throw error;
        late.push(change);
      }
    });
  }
  if (late.length === 0) return;
  await journal.freeReserve();
  for (const change of late) await step(subjectOf(change), async () => onLeft(await restore(host, change, network)));
}

function subjectOf(change: NotedChange): string {
  if ('path' in change) return change.path;
  if (change.kind === 'object') return `${change.type} ${change.name}`;
  return change.kind === 'sysctl' ? change.key : change.kind;
}

/** @returns what is left where it is */
async function restore(host: Host, change: NotedChange, network?: string): Promise<string[]> {
  if (change.kind === 'claim') return clearFolder(host, change.path, change.had, network);
  if (change.kind === 'file') await restoreFile(host, change);
  if (change.kind === 'directory') await removeDirectory(host, change.path);
  if (change.kind === 'object') await restoreObject(host, change);
  if (change.kind === 'sysctl') await host.setSysctl(change.key, change.before);
  return [];
}

async function removeImages(host: Host, journal: Journal, changes: readonly NotedChange[]): Promise<void> {
  const names = new Set(changes.flatMap((change) => (change.kind === 'image' ? [change.name] : [])));
  if (names.size === 0 || !host.runsPrograms) return;
  const ended = await endImports(host, changes);
  await removeNamed(host, names);
  if (ended || (await imagesInDoubt(host, journal)).length > 0) await endLeases(host);
  // containerd completes what it does for an import at the moment that it is ended.
  if (ended) await removeNamed(host, names);
}

/**
 * With the names go the records that containerd's CRI plug-in made for the same image (`sha256:...`), unless another
 * name needs them.
 */
export async function removeNamed(host: Host, names: ReadonlySet<string>): Promise<void> {
  const list = () => host.query('ctr', [...IN_KUBERNETES, 'images', 'list']);
  let listing = await list();
  if (listing.exitCode !== 0) {
    // Without containerd there are no images; an earlier revert may have stopped it before it came to them.
    if (!(await host.unit(PATHS.containerd.unit)).exists) return;
    await host.startUnit(PATHS.containerd.unit);
    listing = await list();
    if (listing.exitCode !== 0) throw commandError('ctr', [...IN_KUBERNETES, 'images', 'list'], listing);
  }
  const doomed = imageRecords(listing.stdout, names);
  if (doomed.length > 0) await host.run('ctr', [...IN_KUBERNETES, 'images', 'remove', '--sync', ...doomed]);
}

/**
 * A run that was killed may have left an import at work, whose images would appear after we have looked. Only one of
 * the very archives that the journal names is ours.
 * @returns true if there was one, which has ended now
 */
async function endImports(host: Host, changes: readonly NotedChange[]): Promise<boolean> {
  const archives = new Set(changes.flatMap((change) => (change.kind === 'image' ? (change.archive ?? []) : [])));
  let ended = false;
  for (const archive of archives) {
    const words = ['ctr', ...importArguments(archive)].join(' ');
    // The whole command line, so that no shell that carries the pattern is found; before it an interpreter, as ctr may
    // be a script.
    const pattern = ['--full', `^([^ ]+ )?([^ ]*/)?${literally(words)}$`];
    const runs = async () => (await host.query('pgrep', pattern)).exitCode === 0;
    if (!(await runs())) continue;
    await host.run('pkill', ['--signal', 'KILL', ...pattern]);
    if (!host.wet) continue;
    const probe = async () => ((await runs()) ? { seen: 'it still runs' } : { done: true as const });
    ended = await waitFor<true>({ what: `the import of ${archive} to end`, probe, timeoutMs: IMPORT_END_MS });
  }
  return ended;
}

/**
 * For a day containerd holds what an import or a pull has brought that was cut: their leases alone expire. The next
 * import would take it for whole.
 * @see https://github.com/containerd/containerd/issues/10457
 */
export async function endLeases(host: Host): Promise<void> {
  const args = [...IN_KUBERNETES, 'leases', 'list'];
  const listing = await host.query('ctr', args);
  if (listing.exitCode !== 0) throw commandError('ctr', args, listing);
  const ids = [...listing.stdout.matchAll(/^(\S+)\s.*containerd\.io\/gc\.expire=/gm)].flatMap(([, id]) => id ?? []);
  if (ids.length > 0) await host.run('ctr', [...IN_KUBERNETES, 'leases', 'delete', '--sync', ...ids]);
}

interface ImageRecord {
  readonly name: string;
  readonly digest: string;
}

/** Reads `ctr images list`: name, type and digest are its first columns. */
export function recordsIn(listing: string): ImageRecord[] {
  return [...listing.matchAll(/^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s/gm)].map(([, name = '', digest = '']) => ({
    name,
    digest,
  }));
}

/**
 * Names of the records that go with these images. Ours come last: without the name, a removal that is run again would
 * not know whose the record is.
 */
export function imageRecords(listing: string, names: ReadonlySet<string>): string[] {
  const records = recordsIn(listing);
  const ours = records.filter(({ name }) => names.has(name));
  const isRecordOf = (digest: string) => records.filter((record) => record.digest === digest);
  const twins = ours
    .flatMap(({ digest }) => isRecordOf(digest))
    .filter(({ name, digest }) => {
      const foreign = isRecordOf(digest).some((other) => !names.has(other.name) && !/^sha256:/.test(other.name));
      return /^sha256:/.test(name) && !foreign;
    });
  return [...new Set([...twins, ...ours].map(({ name }) => name))];
}

/** Where a program that runs cannot be replaced, its service stops before the files return, and runs again after. */
const STOPS_FIRST: Readonly<Record<OperatingSystem, boolean>> = { linux: false, windows: true, other: false };

async function stopWhatWeStarted(host: Host, changes: readonly NotedChange[], step: Step): Promise<void> {
  const stopsAll = STOPS_FIRST[(await host.facts()).platform];
  for (const [unit, wasActive] of firstOf(changes, 'service')) {
    if ((stopsAll || !wasActive) && (await host.unit(unit)).exists) await step(unit, () => host.stopUnit(unit));
  }
  for (const [unit, was] of firstOf(changes, 'enable')) {
    if (!was && (await host.unit(unit)).exists) await step(unit, () => host.disableUnit(unit));
  }
}

async function resumeWhatRan(host: Host, changes: readonly NotedChange[], step: Step): Promise<void> {
  const services = firstOf(changes, 'service');
  const enabled = firstOf(changes, 'enable');
  if (services.size + enabled.size === 0) return;
  await step('service manager', () => host.reloadUnits());
  for (const [unit, was] of enabled) if (was) await step(unit, () => host.enableUnit(unit));
  for (const [unit, wasActive] of services) {
    if (wasActive && (await host.unit(unit)).exists) await step(unit, () => host.restartUnit(unit));
  }
}

/** The state of each unit before the first change to it. */
function firstOf(changes: readonly NotedChange[], kind: 'service' | 'enable'): Map<string, boolean> {
  const first = new Map<string, boolean>();
  for (const change of changes) {
    if (change.kind !== kind || first.has(change.unit)) continue;
    first.set(change.unit, change.kind === 'service' ? change.wasActive : change.was);
  }
  return first;
}

async function restoreFile(host: Host, change: Extract<NotedChange, { kind: 'file' }>): Promise<void> {
  const { path, before } = change;
  // A run that was killed while it wrote left it.
  await host.remove(temporaryOf(path));
  if (before.type === 'absent') return host.remove(path);
  if (before.type === 'symlink') {
    await host.symlink(before.target, path);
    return;
  }
  if (!(await host.stat(before.backup)))
    throw new EdgeadmError({ code: 'WRITE_FAILED', what: `the copy of ${path} is missing`, why: before.backup });
  await host.copyFile(before.backup, path, before);
}

async function restoreObject(
  host: Host,
  { type, name, before }: Extract<NotedChange, { kind: 'object' }>,
): Promise<void> {
  if (before === undefined) await host.undefine(type, name);
  else await host.define(type, name, before);
}

/** On Windows a folder has a temporary name until it is protected: a run that was killed left it. */
async function removeDirectory(host: Host, path: string): Promise<void> {
  if ((await host.facts()).platform === 'windows') await host.remove(temporaryOf(path));
  await removeIfEmpty(host, path);
}

async function removeIfEmpty(host: Host, path: string): Promise<void> {
  if ((await host.list(path)).length === 0 && !(await isMountPoint(host, path))) await host.remove(path);
}
