import type { V1NodeList } from '@kubernetes/client-node';
import { createToken, randomToken } from '../../src/kubernetes/api/bootstrap-tokens.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { poolLabelOf } from '../../src/kubernetes/api/node-pools.ts';
import { type AttachedNode, type ExchangeCluster, REGISTER_MS } from './exchange.ts';

/** The exchange's hands in a cluster: a client of its API server, as the administrator. */
export function exchangeCluster(client: ApiClient): Pick<ExchangeCluster, 'makeBootstrapToken' | 'nodes'> {
  return {
    makeBootstrapToken: async () => {
      const token = randomToken();
      const description = 'edgeadm: exchanged for a console token';
      await createToken(client, { token, ttlMs: REGISTER_MS, description });
      return token;
    },
    nodes: async () => attachedNodes(await client.get<V1NodeList>('/api/v1/nodes')),
  };
}

/** What the exchange has to know of a list of Nodes. */
export function attachedNodes({ items }: Pick<V1NodeList, 'items'>): AttachedNode[] {
  return items.map((node) => ({
    name: node.metadata?.name ?? '',
    pool: poolLabelOf(node),
    ready: node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    machineId: node.status?.nodeInfo?.machineID ?? '',
  }));
}
