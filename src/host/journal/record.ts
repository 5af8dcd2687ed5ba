import type { ObjectKind } from '../machine.ts';
import type { ChoiceKey } from './choices.ts';
import {
  type ConversionNote,
  type Entry,
  isChange,
  type JoinedNote,
  type NotedChange,
  type UpgradeNote,
} from './entry.ts';

/**
 * A point in the journal: a number of {@link JournalRecord.mark}, or the last note of that kind (the start if there is
 * none).
 */
export type Mark = number | 'start' | 'joined' | 'reported' | 'upgrade' | 'conversion';

/** What phases may ask of a node's journal. */
export interface JournalView {
  /** The node's membership, as the last completed join left it. */
  readonly joined: JoinedNote | undefined;
  /** The upgrade in progress; undefined if none is. */
  readonly upgrade: UpgradeNote | undefined;
  /** The conversion of a node that another tool has joined; undefined if there was none. */
  readonly conversion: ConversionNote | undefined;
  /** True if the conversion was completed. */
  readonly isConverted: boolean;
  /** A join, a conversion or an upgrade that was begun, and neither ended well nor was rolled back. */
  readonly unfinished: { readonly command: string; readonly time: string } | undefined;
  /** True if anything is noted that a reset would undo. */
  readonly hasChanges: boolean;
  /** True if the node was reported to the container service at least once. */
  readonly wasReported: boolean;
  /** Now, for {@link changedSince}. */
  mark(): Mark;
  /** True if something was changed since, or one of these files. */
  changedSince(mark: Mark, files?: readonly string[]): boolean;
  /** True if a phase other than these changed something since. */
  changedByOthersSince(mark: Mark, phases: readonly string[]): boolean;
  /** The units that were started, stopped or restarted since. */
  unitsSince(mark: Mark): readonly string[];
  /** True if edgeadm wrote the file. */
  wrote(path: string): boolean;
  /** True if edgeadm wrote the file or made the folder, or claimed the folder above it before it was there. */
  owns(path: string): boolean;
  /** True if edgeadm defined the object of the machine, and there was none before. */
  made(kind: ObjectKind, name: string): boolean;
  /** True if a file was changed since the unit was last started by us. */
  isStale(unit: string, files: readonly string[]): boolean;
  /** The claim of a folder, with what was in it then; undefined if there is none. */
  claimOf(path: string): { readonly had?: readonly string[] } | undefined;
  /** A value chosen earlier, undefined if none was. */
  choice(key: ChoiceKey, since?: Mark): string | undefined;
}

/** The entries of a journal, and what they say. */
export class JournalRecord implements JournalView {
  readonly #entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  get joined(): JoinedNote | undefined {
    return this.#entries.findLast((entry) => entry.kind === 'joined');
  }

  get upgrade(): UpgradeNote | undefined {
    return this.#entries.findLast((entry) => entry.kind === 'upgrade');
  }

  get conversion(): ConversionNote | undefined {
    return this.#entries.findLast((entry) => entry.kind === 'conversion');
  }

  get isConverted(): boolean {
    return this.conversion !== undefined && this.entriesSince('conversion').some(({ kind }) => kind === 'converted');
  }

  get unfinished(): JournalView['unfinished'] {
    const { upgrade, conversion } = this;
    if (upgrade) return { command: `upgrade from ${upgrade.from} to ${upgrade.to}`, time: upgrade.time };
    if (conversion) return this.isConverted ? undefined : { command: 'convert', time: conversion.time };
    // A join that changed something noted who ran; one that ended well noted that, and one that was rolled back
    // nothing.
    const begun = this.#entries.findLastIndex((entry) => entry.kind === 'run' && entry.command === 'join');
    const run = this.#entries[begun];
    const ended = this.#entries.findLastIndex((entry) => entry.kind === 'joined') > begun;
    return run?.kind === 'run' && !ended ? { command: 'join', time: run.time } : undefined;
  }

  get hasChanges(): boolean {
    return this.#entries.some(isChange);
  }

  /** True if a run that was killed has noted nothing but that it ran. */
  get hasOnlyRuns(): boolean {
    return this.#entries.every(({ kind }) => kind === 'run' || kind === 'replaced');
  }

  mark(): Mark {
    return this.#entries.length;
  }

  get wasReported(): boolean {
    return this.#entries.some(({ kind }) => kind === 'reported');
  }

  changedSince(mark: Mark, files?: readonly string[]): boolean {
    const changes = this.changesSince(mark);
    if (!files) return changes.length > 0;
    return changes.some((change) => change.kind === 'file' && files.includes(change.path));
  }

  changedByOthersSince(mark: Mark, phases: readonly string[]): boolean {
    return this.changesSince(mark).some(({ phase }) => !phases.includes(phase));
  }

  unitsSince(mark: Mark): readonly string[] {
    return this.changesSince(mark).flatMap((change) => (change.kind === 'service' ? [change.unit] : []));
  }

  wrote(path: string): boolean {
    return this.#entries.some((entry) => entry.kind === 'file' && entry.path === path);
  }

  owns(path: string): boolean {
    return this.#entries.some((entry) => {
      if (entry.kind === 'claim') return isNewWithin(entry, path);
      return (entry.kind === 'file' || entry.kind === 'directory') && entry.path === path;
    });
  }

  made(kind: ObjectKind, name: string): boolean {
    const first = this.#entries.find((entry) => entry.kind === 'object' && entry.type === kind && entry.name === name);
    return first?.kind === 'object' && first.before === undefined;
  }

  isStale(unit: string, files: readonly string[]): boolean {
    const lastChange = this.#entries.findLastIndex(
      (entry) =>
        (entry.kind === 'file' && files.includes(entry.path)) ||
        (entry.kind === 'object' && entry.type === 'service' && `${entry.name}.service` === unit),
    );
    return lastChange > this.#entries.findLastIndex((entry) => entry.kind === 'started' && entry.unit === unit);
  }

  choice(key: ChoiceKey, since: Mark = 'start'): string | undefined {
    const entry = this.entriesSince(since).findLast((each) => each.kind === 'choice' && each.key === key);
    return entry?.kind === 'choice' ? entry.value : undefined;
  }

  claimOf(path: string): { readonly had?: readonly string[] } | undefined {
    const claim = this.#entries.find((entry) => entry.kind === 'claim' && entry.path === path);
    return claim?.kind === 'claim' ? claim : undefined;
  }

  /** Images that were imported in a boot of the machine and not synced in it: the name of each, and the boot. */
  get unsyncedImages(): ReadonlyMap<string, string> {
    const images = new Map<string, string>();
    for (const entry of this.#entries) {
      const isImport = entry.kind === 'image' || entry.kind === 'reimport';
      if (isImport && entry.boot !== undefined) images.set(entry.name, entry.boot);
      if (entry.kind !== 'synced') continue;
      for (const [name, boot] of images) if (boot === entry.boot) images.delete(name);
    }
    return images;
  }

  /** For those who take changes back. */
  changesSince(mark: Mark): readonly NotedChange[] {
    return this.entriesSince(mark).filter(isChange);
  }

  protected get entries(): readonly Entry[] {
    return this.#entries;
  }

  protected entriesSince(mark: Mark): readonly Entry[] {
    return this.#entries.slice(this.positionOf(mark));
  }

  /** Where what came after the mark begins. */
  protected positionOf(mark: Mark): number {
    if (typeof mark === 'number') return mark;
    return mark === 'start' ? 0 : this.#entries.findLastIndex(({ kind }) => kind === mark) + 1;
  }

  protected add(...entries: readonly Entry[]): void {
    this.#entries.push(...entries);
  }

  protected replaceAll(entries: readonly Entry[]): void {
    this.#entries.splice(0, Number.POSITIVE_INFINITY, ...entries);
  }
}

/** A claimed folder is filled by the node's own programs, but for what was in it when it was claimed. */
function isNewWithin({ path: folder, had }: { path: string; had?: readonly string[] }, path: string): boolean {
  if (!path.startsWith(`${folder}/`)) return false;
  const [child = ''] = path.slice(folder.length + 1).split('/');
  return !had?.includes(child);
}
