import { PATHS } from '../../host/node-paths.ts';
import { minorOf } from '../version.ts';
import { featureGatesOf } from './feature-gates.ts';
import type { KubeletSettings } from './settings.ts';

/** The gate of client-go with which a kubelet reads lists as watches that begin with all objects. */
const GATE = 'WatchListClient';

/**
 * First minor version whose kubelet uses it by default. It waits for a bookmark at the end of the objects,
 * and never falls back to a list if the bookmark does not come.
 * Source: CHANGELOG-1.35; tried with kubelet 1.34.4 (off), 1.35.4 and 1.37.2 (on) behind yurthub 1.7.0.
 */
const FIRST_WITH_WATCH_LISTS = 35;

/** True if a kubelet of that version, started so, reads lists as watches. Its flags override its file. */
export function readsWatchLists(version: string, { flags, configuration }: KubeletSettings): boolean {
  const gates = { ...gatesIn(configuration), ...featureGatesOf(flags) };
  const isOn = gates[GATE] ?? gates.AllBeta;
  return minorOf(version) >= FIRST_WITH_WATCH_LISTS ? isOn !== false : isOn === true;
}

/** The configuration with which a kubelet of that version reads plain lists: the same object if it does already. */
export function withPlainLists(
  version: string,
  configuration: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!readsWatchLists(version, { flags: [], configuration })) return configuration;
  return { ...configuration, featureGates: { ...gatesIn(configuration), [GATE]: false } };
}

/** What a user reads if the gate is switched off, or should be. */
export const WATCH_LISTS_REASON =
  'offline, the edge-hub does not answer the watch lists of a kubelet from 1.35 on: after a restart without network no pod would come back';

/** Who has joined a node, by its journal. */
export interface NodeOwner {
  readonly joined?: unknown;
  readonly conversion?: unknown;
}

/** How the gate of a node is switched off: `upgrade` refuses nodes that edgeadm has not joined, `convert` all others. */
export function plainListsRemedy({ joined, conversion }: NodeOwner): string {
  if (conversion !== undefined) return `edgeadm convert (${WRITES_GATE})`;
  if (joined !== undefined) return `edgeadm upgrade (${WRITES_GATE})`;
  return `set featureGates: {${GATE}: false} in ${PATHS.kubelet.configuration}, then systemctl restart kubelet`;
}

const WRITES_GATE = `it sets the feature gate ${GATE}: false; remove --feature-gates=${GATE}=true from KUBELET_EXTRA_ARGS if it is there`;

function gatesIn({ featureGates }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return typeof featureGates === 'object' && featureGates !== null ? { ...featureGates } : {};
}
