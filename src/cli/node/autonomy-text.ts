import type { V1Node } from '@kubernetes/client-node';
import { commandLine } from '../../host/quote.ts';
import { edgeNamesOf } from '../../kubernetes/edge-names.ts';
import { table } from '../../output/table.ts';
import { type AutonomyKeeper, autonomyBefore, type NodeAutonomy } from '../../phases/node/autonomy.ts';

/** A warning if the annotation would have no effect. The vendor's controller runs outside the cluster. */
export function keeperNotes(nodes: readonly V1Node[], { name }: AutonomyKeeper): string[] {
  const needed = nodes.some((node) => edgeNamesOf(node)?.project === 'openyurt');
  if (!needed || name !== undefined) return [];
  return [
    'Warning: kube-system has no yurt-manager, which acts on the annotation. Without it pods are evicted as on any node.',
  ];
}

/** One line a node. */
export function autonomyTable(nodes: readonly NodeAutonomy[], wide = false): string {
  return table(
    nodes.map(({ name, place, pool, ready, autonomous, duration, annotation }) => ({
      node: name,
      type: place,
      pool: pool ?? '-',
      status: ready ? 'Ready' : 'NotReady',
      autonomy: place !== 'edge' ? '-' : autonomous ? 'on' : 'off',
      limit: autonomous ? (duration ?? 'none') : '-',
      ...(wide && { annotation: annotation ?? '-' }),
    })),
  );
}

/** Lines that give nodes what they have now. */
export function autonomyUndo(
  nodes: readonly V1Node[],
  wanted: Pick<NodeAutonomy, 'autonomous' | 'duration'>,
): string[] {
  return autonomyBefore(nodes, wanted).map(({ autonomous, duration, names }) => {
    const limit = duration === undefined ? [] : ['--duration', duration];
    return commandLine(['edgeadm', 'node', 'autonomy', autonomous ? 'enable' : 'disable', ...names, ...limit]);
  });
}
