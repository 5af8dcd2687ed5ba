import type { NodePoolSpec } from '../../config/node-pool.ts';
import { connectionsOf, type PoolConnections, unknownConnections } from '../../phases/nodepool/connections.ts';
import { interruptible } from '../signals.ts';
import type { PoolSourceFlags } from './pools.ts';

/**
 * What the CEN instance of an enhanced pool connects, with the account's keys. They are used only if a region is named:
 * a cluster of a kubeconfig need not have anything to do with them.
 */
export async function enhancedConnections(
  spec: NodePoolSpec,
  { 'cluster-id': clusterId, region, profile }: PoolSourceFlags,
): Promise<PoolConnections | undefined> {
  // The container service does not create such pools.
  if (clusterId !== undefined) return undefined;
  if (region === undefined) return unknownConnections("pass --region, and the account's keys");
  return interruptible((signal) =>
    connectionsOf(spec, async () => {
      const { openEnterpriseNetwork } = await import('../../cloud/enterprise-network.ts');
      return openEnterpriseNetwork({ region, credentials: { profile }, signal });
    }),
  );
}
