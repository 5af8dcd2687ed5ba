import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { PATHS } from '../node-paths.ts';

const path = z.string().regex(/^\/[^\0]*$/, 'not an absolute path');
const backup = path.refine(isBackup, 'not a file in the folder of copies');
const text = z.string();
const objectKind = z.enum(['service', 'firewall-rule', 'scheduled-task']);

/** What a path was before edgeadm changed it. */
const before = z.discriminatedUnion('type', [
  z.object({ type: z.literal('absent') }),
  z.object({ type: z.literal('file'), mode: z.int(), uid: z.int(), gid: z.int(), backup }),
  z.object({ type: z.literal('symlink'), target: text }),
]);

/** What a change is about; each is recorded before it happens. `phase` says who did it. */
const change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), path, before, after: text.optional(), phase: text }),
  z.object({ kind: z.literal('directory'), path, phase: text }),
  /** `had` lists what was in the folder; undefined if there was no folder. */
  z.object({ kind: z.literal('claim'), path, had: z.array(text).readonly().optional(), phase: text }),
  z.object({ kind: z.literal('enable'), unit: text, was: z.boolean(), phase: text }),
  z.object({ kind: z.literal('service'), unit: text, wasActive: z.boolean(), phase: text }),
  z.object({ kind: z.literal('sysctl'), key: text, before: text, phase: text }),
  /** A Windows service, a firewall rule and the like; `before` is what defined it. */
  z.object({ kind: z.literal('object'), type: objectKind, name: text, before: text.optional(), phase: text }),
  /**
   * `archive` is what it is imported from: an import that a killed run left at work is known by it. `boot` is the boot of
   * the machine in which it was: a power cut may take what was not synced in it.
   */
  z.object({
    kind: z.literal('image'),
    name: text,
    archive: text.optional(),
    boot: text.optional(),
    phase: text,
  }),
]);

/** An upgrade was begun: what is noted after it takes the node back to the version before, until it is completed. */
const upgradeNote = z.object({
  kind: z.literal('upgrade'),
  /** Versions of the kubelet, `v1.20.2`. */
  from: text,
  to: text,
  /** True if the upgrade keeps new pods off the node, and lets them in again at its end. */
  // JSON leaves an undefined one out, as versions before this one wrote it.
  cordoned: z.boolean().default(false),
  /** `NAMESPACE/NAME` of the pods that were ready on the node before. */
  pods: z.array(text).readonly(),
  /** There if the pods move from docker to containerd; `criSocket` is what the Node object said of its runtime. */
  docker: z.object({ criSocket: text.optional() }).optional(),
  time: text,
});

/** A node that another tool has joined begins to become an edge node: what is noted after it can be rolled back. */
const conversionNote = z.object({
  kind: z.literal('conversion'),
  node: text,
  /** `NAMESPACE/NAME` of the pods that were ready on the node before. */
  pods: z.array(text).readonly(),
  /** Labels of its Node object that the conversion sets, as they were; null for one that was not there. */
  labels: z.record(text, text.nullable()).readonly(),
  time: text,
});

const joinedNote = z.object({ kind: z.literal('joined'), cluster: text, node: text, time: text });

/** Notes that are no changes: who ran, what was chosen, that a join was completed. */
const note = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), command: text, version: text, time: text }),
  /** A unit was started after all changes noted before; a `service` entry alone only says that it was about to be. */
  z.object({ kind: z.literal('started'), unit: text }),
  z.object({ kind: z.literal('choice'), key: text, value: text }),
  /** An image that was noted before is imported again, since it may be damaged. Not a change to roll back: it was here. */
  z.object({ kind: z.literal('reimport'), name: text, boot: text }),
  /** The images that were noted before, and imported in this boot of the machine, are on its disk. */
  z.object({ kind: z.literal('synced'), boot: text }),
  /** The container service got a report of the node that includes all changes noted before. */
  z.object({ kind: z.literal('reported'), time: text }),
  joinedNote,
  upgradeNote,
  conversionNote,
  z.object({ kind: z.literal('converted'), time: text }),
  /** The journal was replaced by what is before this line; the copies in `unneeded` can go. */
  z.object({ kind: z.literal('replaced'), unneeded: z.array(backup).readonly() }),
]);

const entry = z.discriminatedUnion('kind', [change, note]);

export type Before = z.output<typeof before>;
export type NotedChange = z.output<typeof change>;
export type Note = z.output<typeof note>;
export type UpgradeNote = z.output<typeof upgradeNote>;
export type ConversionNote = z.output<typeof conversionNote>;
export type JoinedNote = z.output<typeof joinedNote>;
/** One line of the journal. */
export type Entry = NotedChange | Note;
/** A change before it is known whose it is. */
export type Change = WithoutPhase<NotedChange>;
type WithoutPhase<T> = T extends unknown ? Omit<T, 'phase'> : never;

export function isChange(each: Entry): each is NotedChange {
  return 'phase' in each;
}

/** The line of an entry, with a sum in front: damage must not make it another entry. */
export function lineOf(each: Entry): string {
  return `${JSON.stringify({ sum: sumOf(each), ...each })}\n`;
}

/**
 * Reads a line; lines of edgeadm 0.1 have no sum.
 * @throws Error that says what is wrong with it
 */
export function parseLine(line: string): Entry {
  const { sum, ...rest } = z.looseObject({ sum: text.optional() }).parse(JSON.parse(line));
  if (sum !== undefined && sum !== sumOf(rest)) throw new Error('its checksum does not match');
  return entry.parse(rest);
}

function sumOf(each: object): string {
  return crc32(JSON.stringify(each)).toString(16).padStart(8, '0');
}

function isBackup(file: string): boolean {
  const folder = `${PATHS.edgeadm.backups}/`;
  return file.startsWith(folder) && /^[^/\0]+$/.test(file.slice(folder.length)) && !/\/\.\.?$/.test(file);
}
