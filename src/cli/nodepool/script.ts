import { refuseJoinValues } from '../../config/join-spec.ts';
import { readNodeSpec } from '../../config/node-spec.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { Refuse } from '../flags.ts';

/**
 * What the console puts into its line, besides keys that are empty. Sources: the vendor's user guide for Windows and
 * for the add-ons of a regular node; `quiet` and `manageRuntime` of Linux as published console lines have them.
 */
const CONSOLE = {
  linux: { quiet: true, manageRuntime: true, allowedClusterAddons: ['kube-proxy', 'flannel', 'coredns'] },
  windows: { quiet: true, platform: 'Windows' },
};
const TEN_YEARS_MS = 10 * 365 * 86_400_000;

/** The node specification of a line: the console's keys, and over them the user's JSON. */
export function attachSpecOf(
  text: string,
  platform: keyof typeof CONSOLE,
  refuse: Refuse,
): { readonly keys: Readonly<Record<string, unknown>>; readonly warnings: readonly string[] } {
  const mistakes: string[] = [];
  const { given, layer, warnings } = readNodeSpec(text, (mistake) => mistakes.push(mistake));
  mistakes.push(...refuseJoinValues(layer));
  for (const mistake of mistakes) refuse(mistake);
  if (mistakes.length > 0) return { keys: {}, warnings: [] };
  return { keys: { ...CONSOLE[platform], ...given }, warnings };
}

/** When a line ends to be good. What the API takes for "forever" is not documented: ten years have to do. */
export function expiryOf(
  ttl: string,
  refuse: Refuse,
  now = Date.now(),
): { readonly seconds: number; readonly warnings: readonly string[] } {
  const ms = parseDuration(ttl);
  if (ms === undefined) refuse(`--ttl: "${ttl}" is not a duration such as 90m or 2h`);
  const warnings =
    ms === 0 ? ['--ttl 0: the token is valid for ten years, because the API has no unlimited lifetime'] : [];
  return { seconds: Math.floor((now + (ms || TEN_YEARS_MS)) / 1000), warnings };
}
