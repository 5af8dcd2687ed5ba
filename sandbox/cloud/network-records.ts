import type { Store } from '../store.ts';
import { type ClusterRecord, KIND, SANDBOX_VPC } from './records.ts';

/** A VPC, kept under its ID. */
export interface VpcRecord {
  readonly id: string;
  readonly region: string;
  readonly cidr: string;
  readonly secondary: readonly string[];
}

export interface VpcSwitchRecord {
  readonly id: string;
  readonly vpcId: string;
  readonly region: string;
  readonly zone: string;
  readonly cidr: string;
}

/** A CEN instance with what is attached to it. */
export interface CenRecord {
  readonly id: string;
  readonly attached: readonly { readonly id: string; readonly type: 'VPC' | 'CCN'; readonly region: string }[];
}

export interface CcnRecord {
  readonly id: string;
  readonly region: string;
  readonly cidr: string;
}

export const NETWORK_KIND = {
  vpc: 'vpc/vpc',
  vSwitch: 'vpc/vswitch',
  cen: 'cbn/cen',
  ccn: 'smartag/ccn',
  /** Further resources of the account, beside those of its clusters; the documents are empty, or a {@link SecurityGroup}. */
  eip: 'vpc/eip',
  loadBalancer: 'slb/load-balancer',
  securityGroup: 'ecs/security-group',
  /** By the kind of resource: what the account may have, if it is not the default. */
  quota: 'quotas/quota',
} as const;

/** Networks to create clusters in, and a CEN instance that connects some of them with a CCN instance. */
export function seedNetworks(store: Store, region: string): void {
  if (store.get(NETWORK_KIND.vpc, SANDBOX_VPC)) return;
  const vpcs = [SANDBOX_VPC, 'vpc-1', 'vpc-2', 'vpc-3'];
  store.transaction(() => {
    for (const id of vpcs)
      store.put(NETWORK_KIND.vpc, id, { id, region, cidr: '192.168.0.0/16', secondary: [] } satisfies VpcRecord);
    for (const [id, vpcId, zone] of [
      ['vsw-sandbox', SANDBOX_VPC, 'h'],
      ['vsw-1', 'vpc-1', 'h'],
      ['vsw-2', 'vpc-1', 'i'],
      ['vsw-3', 'vpc-1', 'h'],
      ['vsw-21', 'vpc-2', 'h'],
      ['vsw-31', 'vpc-3', 'i'],
    ] as const) {
      const cidr = `192.168.${id.replace(/\D/g, '') || '0'}.0/24`;
      const vSwitch: VpcSwitchRecord = { id, vpcId, region, zone: `${region}-${zone}`, cidr };
      store.put(NETWORK_KIND.vSwitch, id, vSwitch);
    }
    const ccn: CcnRecord = { id: 'ccn-1', region: 'cn-shanghai', cidr: '10.99.0.0/16' };
    const cen: CenRecord = {
      id: 'cen-1',
      attached: [
        { id: 'vpc-1', type: 'VPC', region },
        { id: ccn.id, type: 'CCN', region: ccn.region },
      ],
    };
    store.put(NETWORK_KIND.ccn, ccn.id, ccn);
    store.put(NETWORK_KIND.cen, cen.id, cen);
  });
}

/** Of which an account may have so many. */
export type CountedKind = 'eip' | 'loadBalancer' | 'securityGroup';

const PREFIXES: Readonly<Record<CountedKind, string>> = { eip: 'eip', loadBalancer: 'lb', securityGroup: 'sg' };

/**
 * IDs of what the account has: each cluster that CreateCluster made has an EIP, a load balancer and, unless it was given
 * one, a security group. @param region undefined: in all regions
 */
export function resourceIds(store: Store, kind: CountedKind, region?: string): string[] {
  const made = store
    .list<ClusterRecord>(KIND.cluster)
    .map(({ document }) => document)
    .filter((cluster) => cluster.made !== undefined && (region === undefined || cluster.region === region));
  const own = made.flatMap(({ id, made }) => {
    const resource = `${PREFIXES[kind]}-${id.slice(1, 13)}`;
    return kind === 'securityGroup' && made?.securityGroupId !== resource ? [] : [resource];
  });
  return [...own, ...store.list(NETWORK_KIND[kind]).map(({ key }) => key)];
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** Empty for one of the classic network. */
  readonly vpcId: string;
}

/** Those of {@link resourceIds} with their VPCs. */
export function securityGroups(store: Store, region: string): SecurityGroup[] {
  const clusters = store.list<ClusterRecord>(KIND.cluster).map(({ document }) => document);
  return resourceIds(store, 'securityGroup', region).map((id) => {
    const owner = clusters.find(({ made }) => made?.securityGroupId === id);
    const own = store.get<Partial<SecurityGroup>>(NETWORK_KIND.securityGroup, id);
    const vpcId = owner?.made?.vpcId ?? own?.vpcId ?? '';
    return { id, name: own?.name ?? (owner ? `alicloud-cs-auto-created-security-group-${owner.id}` : id), vpcId };
  });
}
