import { removalOf } from '../removals.ts';
import type { KubeletSettings } from './settings.ts';

/** The feature gates that flags set: each may be given several times, and the last word on a gate counts. */
export function featureGatesOf(words: readonly string[]): Record<string, boolean> {
  const pairs = words.flatMap((_, i) => pairsAt(words, i) ?? []).map((pair) => pair.split('='));
  return Object.fromEntries(pairs.flatMap(([gate, on]) => (gate && on ? [[gate, /^(true|t|1)$/i.test(on)]] : [])));
}

export interface RemovedGate {
  readonly name: string;
  /** First minor version that does not know it. */
  readonly goneIn: number;
}

/** Those of the gates that a kubelet of that minor version no longer knows: it exits over each. */
export function removedGates(names: readonly string[], minor: number): RemovedGate[] {
  return names.flatMap((name) => {
    const removal = removalOf('feature gate', name, minor);
    return removal === undefined ? [] : [{ name, goneIn: removal.goneIn }];
  });
}

/** The settings without {@link removedGates}, in the flags and in the configuration, and those gates. */
export function withoutRemovedGates(
  { flags, configuration }: KubeletSettings,
  minor: number,
): KubeletSettings & { readonly gates: readonly RemovedGate[] } {
  const given = Object.entries({ ...(configuration.featureGates as Record<string, unknown> | undefined) });
  const names = new Set([...given.map(([name]) => name), ...Object.keys(featureGatesOf(flags))]);
  const gates = removedGates([...names], minor);
  if (gates.length === 0) return { flags, configuration, gates };
  const isGone = (name: string | undefined): boolean => gates.some((gate) => gate.name === name);
  return {
    flags: flags.flatMap((word, i) => {
      const pairs = pairsAt(flags, i);
      // Its value may be the next word, and is written behind its name then.
      if (pairs === undefined) return /^--?feature-gates$/.test(flags[i - 1] ?? '') ? [] : [word];
      const kept = pairs.filter((pair) => !isGone(pair.split('=')[0]));
      return kept.length === 0 ? [] : [`--feature-gates=${kept.join(',')}`];
    }),
    configuration:
      configuration.featureGates === undefined
        ? configuration
        : { ...configuration, featureGates: Object.fromEntries(given.filter(([name]) => !isGone(name))) },
    gates,
  };
}

/** `Name=true` each, of the flag at this place among the words; undefined if another word is there. */
function pairsAt(words: readonly string[], i: number): string[] | undefined {
  const [, name, is] = /^--?([\w-]+)(=)?/.exec(words[i] ?? '') ?? [];
  if (name !== 'feature-gates') return undefined;
  const value = is ? words[i]?.slice((words[i]?.indexOf('=') as number) + 1) : words[i + 1];
  return (value ?? '')
    .replace(/["']/g, '')
    .split(',')
    .map((pair) => pair.trim());
}
