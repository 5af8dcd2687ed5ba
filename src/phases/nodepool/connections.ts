import type { EnterpriseNetwork } from '../../cloud/enterprise-network.ts';
import type { NodePoolSpec } from '../../config/node-pool.ts';
import { EdgeadmError } from '../../errors/index.ts';

/** What the CEN instance of an enhanced pool connects. */
export interface PoolConnections {
  /** Why the pool could not work. */
  readonly refusals: readonly string[];
  /** Ranges of the VPCs that are attached. */
  readonly vpcCidrs: readonly string[];
  /** What could not be checked, as warnings. */
  readonly notChecked: readonly string[];
}

const UNKNOWN = 'whether the CEN and the CCN instance exist and are connected was not checked';

/** @param why as it continues the sentence */
export function unknownConnections(why: string): PoolConnections {
  return { refusals: [], vpcCidrs: [], notChecked: [`${UNKNOWN}: ${why}`] };
}

/**
 * Looks at the CEN instance of a pool, its CCN instance and its VPCs. What the account may not see is a warning. A CEN
 * instance of another account (`cenOwner`) cannot be seen.
 */
export async function connectionsOf(
  spec: NodePoolSpec,
  open: () => Promise<EnterpriseNetwork>,
): Promise<PoolConnections> {
  const { cenId = '', ccnId = '', ccnRegion = '', cenOwner } = spec;
  try {
    const network = await open();
    const hasCcn = await network.hasCcn(ccnRegion, ccnId);
    const refusals = hasCcn ? [] : [`the CCN instance ${ccnId} was not found in ${ccnRegion}`];
    if (cenOwner !== undefined) {
      const { notChecked } = unknownConnections(`the CEN instance ${cenId} belongs to the account ${cenOwner}`);
      return { refusals, vpcCidrs: [], notChecked };
    }
    if (!(await network.hasCen(cenId)))
      return {
        refusals: [...refusals, `the account has no CEN instance ${cenId}; --cen-owner names the account that has it`],
        vpcCidrs: [],
        notChecked: [],
      };
    const found = await attachedTo(network, { cenId, ccnId: hasCcn ? ccnId : undefined });
    return { ...found, refusals: [...refusals, ...found.refusals] };
  } catch (error) {
    if (!(error instanceof EdgeadmError) || error.code === 'INTERRUPTED') throw error;
    return unknownConnections(error.what);
  }
}

async function attachedTo(
  network: EnterpriseNetwork,
  { cenId, ccnId }: { readonly cenId: string; readonly ccnId?: string },
): Promise<PoolConnections> {
  const attached = await network.attached(cenId);
  const vpcs = attached.filter(({ type }) => type === 'VPC');
  const ccn = attached.find(({ id }) => id === ccnId);
  const ranges = await Promise.all(
    vpcs.map(async ({ region, id }) => ({ id, cidrs: await network.vpcCidrs(region, id) })),
  );
  return {
    refusals: [
      ...(ccnId !== undefined && ccn?.status !== 'Attached'
        ? [`the CCN instance ${ccnId} is ${ccn ? ccn.status : 'not attached'} (CEN instance ${cenId})`]
        : []),
      ...(vpcs.length === 0 ? [`no VPC is attached to the CEN instance ${cenId}`] : []),
    ],
    vpcCidrs: ranges.flatMap(({ cidrs = [] }) => cidrs),
    notChecked: ranges
      .filter(({ cidrs }) => cidrs === undefined)
      .map(({ id }) => `overlap with ${id} was not checked: the VPC belongs to another account, pass its --vpc-cidr`),
  };
}
