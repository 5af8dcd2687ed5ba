import { z } from 'zod';
import type { CloudCaller } from './caller.ts';

/** Resources of which an account may have so many. */
export type CountedResource = 'securityGroups' | 'loadBalancers' | 'eips';

/** What an account may have of a resource, and how much of that is used. */
export interface AccountQuota {
  readonly most: number;
  /** Undefined: Quota Center does not count it. */
  readonly used?: number;
}

/**
 * Where Quota Center keeps them. Sources: the pages of quotas of EIP and of Classic Load Balancer, the example of
 * GetProductQuota for ECS. Only ECS has quotas by region.
 */
const QUOTAS: Readonly<Record<CountedResource, { product: string; action: string; byRegion: boolean }>> = {
  securityGroups: { product: 'ecs', action: 'q_security-groups', byRegion: true },
  loadBalancers: { product: 'slb', action: 'slb_quota_instances_num', byRegion: false },
  eips: { product: 'eip', action: 'eip_quota_instances_num', byRegion: false },
};

/** @throws what {@link CloudCaller} throws: the account may be without the right to see its quotas */
export async function quotaOf(
  caller: CloudCaller,
  region: string,
  resource: CountedResource,
  signal?: AbortSignal,
): Promise<AccountQuota> {
  const { product, action, byRegion } = QUOTAS[resource];
  const parameters = {
    ProductCode: product,
    QuotaActionCode: action,
    ...(byRegion && { 'Dimensions.1.Key': 'regionId', 'Dimensions.1.Value': region }),
  };
  const { Quota } = await caller.read({ action: 'GetProductQuota', parameters, signal }, answer);
  return { most: Quota.TotalQuota, used: Quota.TotalUsage ?? undefined };
}

/** Fields: the vendor's API reference, GetProductQuota of 2020-05-10. */
const answer = z.looseObject({
  Quota: z.looseObject({ TotalQuota: z.number().min(0), TotalUsage: z.number().min(0).nullish() }),
});
