import { z } from 'zod';
import type { OpenCallerOptions } from './caller.ts';
import { type CloudCaller, openCaller } from './caller.ts';
import { type KmsKey, openKeys } from './kms.ts';
import { allPages } from './pages.ts';
import { type AccountQuota, type CountedResource, quotaOf } from './quotas.ts';

/** A VPC with all its ranges. */
interface Vpc {
  readonly id: string;
  /** Its own, those that were added, and those of its users. */
  readonly cidrs: readonly string[];
}

interface VpcSwitch {
  readonly id: string;
  readonly zone: string;
}

/** What a new cluster depends on beside the container service, in one region. What the methods throw: see `CloudCaller`. */
export interface Networks {
  /** Undefined if the account has none of that ID in the region. */
  vpc(id: string): Promise<Vpc | undefined>;
  vSwitches(vpcId: string): Promise<readonly VpcSwitch[]>;
  /** How many the account has in the region. */
  count(what: CountedResource): Promise<number>;
  /** What the account may have. */
  quota(what: CountedResource): Promise<AccountQuota>;
  /** Undefined if the account has none of that ID or alias in the region. */
  kmsKey(id: string): Promise<KmsKey | undefined>;
}

type Opened = Omit<OpenCallerOptions, 'product'> & { readonly signal?: AbortSignal };

/** The networks of a region, with the account's credentials. @throws EdgeadmError as `openCaller` does */
export async function openNetworks({ signal, ...options }: Opened): Promise<Networks> {
  const { region } = options;
  const [vpc, ecs, slb, quotas, kmsKey] = await Promise.all([
    openCaller({ ...options, product: 'vpc' }),
    openCaller({ ...options, product: 'ecs' }),
    openCaller({ ...options, product: 'slb' }),
    openCaller({ ...options, product: 'quotas' }),
    openKeys({ ...options, signal }),
  ]);
  const counted: Readonly<Record<CountedResource, readonly [caller: CloudCaller, action: string]>> = {
    securityGroups: [ecs, 'DescribeSecurityGroups'],
    loadBalancers: [slb, 'DescribeLoadBalancers'],
    eips: [vpc, 'DescribeEipAddresses'],
  };
  return {
    vpc: (id) => vpcOf(vpc, { region, id, signal }),
    vSwitches: (vpcId) => vSwitchesOf(vpc, { region, vpcId, signal }),
    count: async (what) => {
      const [caller, action] = counted[what];
      const parameters = { RegionId: region, PageSize: '10', PageNumber: '1' };
      return (await caller.read({ action, parameters, signal }, counts)).TotalCount;
    },
    quota: (what) => quotaOf(quotas, region, what, signal),
    kmsKey,
  };
}

/** A VPC in a region of its own; undefined if the account has none of that ID there. */
export async function vpcOf(
  caller: CloudCaller,
  { region, id, signal }: { readonly region: string; readonly id: string; readonly signal?: AbortSignal },
): Promise<Vpc | undefined> {
  const parameters = { RegionId: region, VpcId: id };
  const { Vpcs } = await caller.read({ action: 'DescribeVpcs', parameters, signal }, vpcs);
  const found = Vpcs.Vpc?.find(({ VpcId }) => VpcId === id);
  if (!found) return undefined;
  const more = [...(found.SecondaryCidrBlocks?.SecondaryCidrBlock ?? []), ...(found.UserCidrs?.UserCidr ?? [])];
  return { id, cidrs: [...new Set([found.CidrBlock, ...more])] };
}

async function vSwitchesOf(
  caller: CloudCaller,
  { region, vpcId, signal }: { readonly region: string; readonly vpcId: string; readonly signal?: AbortSignal },
): Promise<VpcSwitch[]> {
  const action = 'DescribeVSwitches';
  const found = await allPages({ endpoint: caller.endpoint, action, size: PAGE_SIZE }, async (number) => {
    const parameters = { RegionId: region, VpcId: vpcId, PageSize: `${PAGE_SIZE}`, PageNumber: `${number}` };
    const { TotalCount, VSwitches } = await caller.read({ action, parameters, signal }, vSwitches);
    return { items: VSwitches.VSwitch ?? [], total: TotalCount ?? undefined };
  });
  return found.map(({ VSwitchId, ZoneId }) => ({ id: VSwitchId, zone: ZoneId }));
}

const PAGE_SIZE = 50;

/** Fields: the vendor's API references, VPC 2016-04-28, ECS 2014-05-26, Server Load Balancer 2014-05-15. */
const total = z.int().min(0);
const counts = z.looseObject({ TotalCount: total });
const vpcs = z.looseObject({
  Vpcs: z.looseObject({
    Vpc: z
      .array(
        z.looseObject({
          VpcId: z.string().min(1),
          CidrBlock: z.string().min(1),
          SecondaryCidrBlocks: z.looseObject({ SecondaryCidrBlock: z.array(z.string()).nullish() }).nullish(),
          UserCidrs: z.looseObject({ UserCidr: z.array(z.string()).nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});
const vSwitches = z.looseObject({
  TotalCount: total.nullish(),
  VSwitches: z.looseObject({
    VSwitch: z.array(z.looseObject({ VSwitchId: z.string().min(1), ZoneId: z.string() })).nullish(),
  }),
});
