import { type Change, type Entry, isChange } from './entry.ts';

/**
 * The journal's entries once a later change of the node is there to stay: of each thing that was changed before too,
 * only the first state counts, since a reset restores that one. Copies that no entry names any more are removed
 * when the journal is rewritten.
 * @param from the first entry of the later change
 */
export function compact(entries: readonly Entry[], from: number): Entry[] {
  const known = new Set(entries.slice(0, from).flatMap(subjectOf));
  const later = entries.slice(from).filter((entry) => {
    const [thing] = subjectOf(entry);
    if (thing === undefined) return true;
    if (known.has(thing)) return false;
    known.add(thing);
    return true;
  });
  return [...entries.slice(0, from), ...later];
}

/** What an entry is about; nothing for a note. */
function subjectOf(entry: Entry): string[] {
  if (!isChange(entry)) return [];
  return [`${entry.kind} ${nameOf(entry)}`];
}

function nameOf(change: Change): string {
  if ('path' in change) return change.path;
  if ('unit' in change) return change.unit;
  return 'key' in change ? change.key : change.name;
}
