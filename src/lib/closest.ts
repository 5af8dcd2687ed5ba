/**
 * The candidate that was probably meant by a mistyped word; undefined if none is near. A library (fastest-levenshtein)
 * would replace only the distance, a dozen lines, and not the rule for what is near.
 */
export function closest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)[0];
  // Two letters of four may be those of any other word.
  const letters = word.replace(/^-+/, '').length;
  const most = letters < 5 ? 1 : Math.max(2, word.length / 3);
  const begun = letters > 0 && near?.candidate.startsWith(word);
  return near && (near.edits <= most || begun) ? near.candidate : undefined;
}

/**
 * Letters to add, leave out, change, or exchange with their neighbour: the distance of optimal string alignment.
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance#Optimal_string_alignment_distance
 */
function editsBetween(from: string, to: string): number {
  let above: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const exchanged = isExchanged ? (above[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(changed, exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [above, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
