import { table } from '../../output/table.ts';
import type { ClusterNode } from '../../phases/node/cluster-nodes.ts';

export interface NodeTableOptions {
  readonly wide: boolean;
  readonly certificates: boolean;
}

/** One line a node. */
export function clusterNodeTable(nodes: readonly ClusterNode[], { wide, certificates }: NodeTableOptions): string {
  return table(
    nodes.map((node) => ({
      name: node.name,
      type: node.gateway ? `${node.place}, gateway` : node.place,
      pool: node.pool ?? '-',
      status: statusOf(node),
      autonomy: node.place !== 'edge' ? '-' : node.autonomous ? (node.duration ?? 'on') : 'off',
      hub: hubText(node),
      kubelet: node.kubelet ?? '-',
      ...(certificates && { 'certificate ends': node.certificateEnds?.slice(0, 10) ?? 'unknown' }),
      ...(wide && {
        address: node.addresses.join(',') || '-',
        arch: node.arch || '-',
        os: node.os || '-',
        runtime: node.runtime || '-',
      }),
    })),
  );
}

function statusOf({ ready, unschedulable }: ClusterNode): string {
  return `${ready ? 'Ready' : 'NotReady'}${unschedulable ? ', cordoned' : ''}`;
}

function hubText({ hub }: ClusterNode): string {
  if (!hub) return '-';
  const state = hub.as === 'service' ? ['service'] : hub.ready ? [] : ['not ready'];
  return [hub.version ?? 'yes', ...state].join(', ');
}
