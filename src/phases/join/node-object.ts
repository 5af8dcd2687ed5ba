import type { V1Node } from '@kubernetes/client-node';
import type { Taint } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { conditionOf } from '../../kubernetes/node/conditions.ts';

/**
 * A kubelet's taints count only when it creates its Node object, and a node may not change them later.
 * @throws EdgeadmError TAINTS_DIFFER if the object is there with other taints
 */
export function checkTaints(existing: V1Node | 'not readable' | undefined, wanted: readonly Taint[]): void {
  if (!existing || existing === 'not readable') return;
  const found = existing.spec?.taints ?? [];
  const missing = wanted.filter(
    ({ key, value, effect }) =>
      !found.some((taint) => taint.key === key && taint.effect === effect && (taint.value ?? '') === value),
  );
  if (missing.length === 0) return;
  const name = existing.metadata?.name ?? '';
  const show = ({ key, value, effect }: { key: string; value?: string; effect: string }): string =>
    `${key}=${value ?? ''}:${effect}`;
  throw new EdgeadmError({
    code: 'TAINTS_DIFFER',
    what: `the Node ${name} already exists, without the requested taints`,
    why: `requested: ${wanted.map(show).join(', ')}\nfound:      ${found.map(show).join(', ') || 'none'}`,
    next: `kubectl taint node ${name} --overwrite ${missing.map(show).join(' ')}   (or: kubectl delete node ${name})`,
  });
}

/** Patches labels and annotations that differ (null: there must be none), and takes outdated labels away. @returns true if something was changed */
export async function applyMetadata(
  client: ApiClient,
  node: V1Node,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string | null>>,
  outdated: readonly string[] = [],
): Promise<boolean> {
  const differing = (
    wanted: Readonly<Record<string, string | null>>,
    found: Record<string, string> = {},
  ): Record<string, string | null> =>
    Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (found[key] ?? null) !== value));
  const there = outdated.filter((key) => node.metadata?.labels?.[key] !== undefined);
  const removing = Object.fromEntries(there.map((key) => [key, null]));
  const patch = {
    labels: { ...differing(labels, node.metadata?.labels), ...removing },
    annotations: differing(annotations, node.metadata?.annotations),
  };
  if (Object.keys(patch.labels).length + Object.keys(patch.annotations).length === 0) return false;
  await client.patch(`/api/v1/nodes/${node.metadata?.name}`, { metadata: patch });
  return true;
}

/** How far a node is. */
export type Readiness =
  | { readonly state: 'ready' }
  /** Only the cluster's CNI configuration is missing, which a DaemonSet brings later. */
  | { readonly state: 'no-cni'; readonly message: string }
  | { readonly state: 'waiting'; readonly message: string };

/** Reads the Ready condition of a Node object. */
export function readinessOf(node: V1Node): Readiness {
  const ready = conditionOf(node, 'Ready');
  if (!ready) return { state: 'waiting', message: 'it has no Ready condition yet' };
  if (ready.status === 'True') return { state: 'ready' };
  const message = ready.message ?? ready.reason ?? 'no reason given';
  return onlyCniIsMissing(message) ? { state: 'no-cni', message } : { state: 'waiting', message };
}

/** The kubelet lists every reason in brackets; only that of the network plug-in may be among them. */
function onlyCniIsMissing(message: string): boolean {
  if (!/cni (plugin|config) (not initialized|uninitialized)|NetworkPluginNotReady/i.test(message)) return false;
  const reasons = message.replace(/^\[|\]$/g, '').split(/, (?=[a-z ]+(?:not|is|are|missing))/i);
  return reasons.every((reason) =>
    /network (is )?not ready|NetworkPluginNotReady|cni (plugin|config)|CSINode is not yet initialized/i.test(reason),
  );
}
