/**
 * The candidate that was probably meant by a mistyped word; undefined if none is near. A library (fastest-levenshtein)
 * would replace only the distance, a dozen lines, and not the rule for what is near.
 */
export function closest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)[0];
  // Two letters of three may be those of any other word.
  const letters = word.replace(/^-+/, '').length;
  const most = letters < 4 ? 1 : Math.max(2, word.length / 3);
  const begun = letters > 0 && near?.candidate.startsWith(word);
  return near && (near.edits <= most || begun) ? near.candidate : undefined;
}

/** Levenshtein's distance: letters to add, leave out or change. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (const [left, other] of [...to].entries()) {
      const changed = (row[left] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[left + 1] ?? 0) + 1, (next[left] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
