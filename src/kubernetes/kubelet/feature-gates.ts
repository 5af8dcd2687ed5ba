/** The feature gates that flags set: each may be given several times, and the last word on a gate counts. */
export function featureGatesOf(words: readonly string[]): Record<string, boolean> {
  const values = words.flatMap((word, i) => {
    const [, name, is] = /^--?([\w-]+)(=)?/.exec(word) ?? [];
    if (name !== 'feature-gates') return [];
    return [is ? word.slice(word.indexOf('=') + 1) : (words[i + 1] ?? '')];
  });
  const pairs = values.flatMap((value) => value.replace(/["']/g, '').split(',')).map((pair) => pair.trim().split('='));
  return Object.fromEntries(pairs.flatMap(([gate, on]) => (gate && on ? [[gate, /^(true|t|1)$/i.test(on)]] : [])));
}
