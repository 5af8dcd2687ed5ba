import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';

interface Taint {
  readonly key: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

/** Taints that the node lifecycle controller puts on a Node and takes away, with what calls for each. */
const CONDITIONS: Readonly<Record<string, (node: KubeObject) => boolean>> = {
  'node.kubernetes.io/not-ready': (node) => statusOf(node, 'Ready') === 'False',
  'node.kubernetes.io/unreachable': (node) => statusOf(node, 'Ready') === 'Unknown',
  'node.kubernetes.io/disk-pressure': (node) => statusOf(node, 'DiskPressure') === 'True',
  'node.kubernetes.io/memory-pressure': (node) => statusOf(node, 'MemoryPressure') === 'True',
  'node.kubernetes.io/pid-pressure': (node) => statusOf(node, 'PIDPressure') === 'True',
  'node.kubernetes.io/network-unavailable': (node) => statusOf(node, 'NetworkUnavailable') === 'True',
  'node.kubernetes.io/unschedulable': (node) => node.spec?.unschedulable === true,
};

/** Makes the taints of a Node fit its condition. */
export function reconcileTaints(registry: Registry, node: KubeObject): void {
  const taints = (node.spec?.taints ?? []) as Taint[];
  const kept = taints.filter(({ key }) => CONDITIONS[key]?.(node) ?? true);
  const added = Object.keys(CONDITIONS)
    .filter((key) => CONDITIONS[key]?.(node) && !kept.some((taint) => taint.key === key))
    .map((key) => ({ key, effect: 'NoSchedule', timeAdded: registry.timestamp() }));
  if (added.length === 0 && kept.length === taints.length) return;
  const { taints: _, ...spec } = node.spec ?? {};
  const wanted = [...kept, ...added];
  const changed = { ...node, spec: wanted.length > 0 ? { ...spec, taints: wanted } : spec };
  registry.replace(resourceOf('nodes'), changed, node);
}

function statusOf({ status }: KubeObject, wanted: string): string | undefined {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.find(({ type }) => type === wanted)?.status;
}
