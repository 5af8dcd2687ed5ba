/** `1 node`, `3 nodes`; of nouns whose plural ends in -s. */
export function count(noun: string, number: number): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
