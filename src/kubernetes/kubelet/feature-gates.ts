import { LOCKED_GATES } from '../locked-gates.ts';
import { removalOf } from '../removals.ts';
import type { KubeletSettings } from './settings.ts';

/** The feature gates that flags set: each may be given several times, and the last word on a gate counts. */
export function featureGatesOf(words: readonly string[]): Record<string, boolean> {
  const pairs = words.flatMap((_, i) => pairsAt(words, i) ?? []).map((pair) => pair.split('='));
  return Object.fromEntries(pairs.flatMap(([gate, on]) => (gate && on ? [[gate, /^(true|t|1)$/i.test(on)]] : [])));
}

/** A gate over which a kubelet exits. */
export interface RefusedGate {
  readonly name: string;
  /** First minor version that refuses it. */
  readonly since: number;
  /** Its fixed value, if it has one and was given the other; undefined if the kubelet no longer knows the gate. */
  readonly lockedTo: boolean | undefined;
}

const LOCKS = new Map(
  LOCKED_GATES.flatMap(([lockedIn, to, names]) => names.split(/\s+/).map((name) => [name, { lockedIn, to }] as const)),
);

/** Those of the gates that a kubelet of that minor version no longer knows, or no longer lets anybody change. */
export function refusedGates(given: Readonly<Record<string, unknown>>, minor: number): RefusedGate[] {
  return Object.entries(given).flatMap(([name, value]): RefusedGate[] => {
    const removal = removalOf('feature gate', name, minor);
    if (removal) return [{ name, since: removal.goneIn, lockedTo: undefined }];
    const lock = LOCKS.get(name);
    if (lock === undefined || minor < lock.lockedIn || typeof value !== 'boolean' || value === lock.to) return [];
    return [{ name, since: lock.lockedIn, lockedTo: lock.to }];
  });
}

/** `1.36 no longer knows it`; `1.36 has locked it to true` */
export function whyRefused({ since, lockedTo }: RefusedGate): string {
  return lockedTo === undefined ? `1.${since} no longer knows it` : `1.${since} has locked it to ${lockedTo}`;
}

/** The settings without {@link refusedGates}, in the flags and in the configuration, and those gates. */
export function withoutRefusedGates(
  { flags, configuration }: KubeletSettings,
  minor: number,
): KubeletSettings & { readonly gates: readonly RefusedGate[] } {
  const given = Object.entries({ ...(configuration.featureGates as Record<string, unknown> | undefined) });
  const inFile = refusedGates(Object.fromEntries(given), minor);
  const inFlags = refusedGates(featureGatesOf(flags), minor);
  const gates = [...inFile, ...inFlags.filter(({ name }) => !isAmong(inFile, name))];
  if (gates.length === 0) return { flags, configuration, gates };
  return {
    flags: flags.flatMap((word, i) => {
      const pairs = pairsAt(flags, i);
      // Its value may be the next word, and is written behind its name then.
      if (pairs === undefined) return /^--?feature-gates$/.test(flags[i - 1] ?? '') ? [] : [word];
      const kept = pairs.filter((pair) => !isAmong(inFlags, pair.split('=')[0]));
      return kept.length === 0 ? [] : [`--feature-gates=${kept.join(',')}`];
    }),
    configuration:
      configuration.featureGates === undefined
        ? configuration
        : { ...configuration, featureGates: Object.fromEntries(given.filter(([name]) => !isAmong(inFile, name))) },
    gates,
  };
}

function isAmong(gates: readonly RefusedGate[], name: string | undefined): boolean {
  return gates.some((gate) => gate.name === name);
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
