import type { Store } from '../store.ts';
import { pageOf } from './cs-answers.ts';
import { type Parameters, requiredParameter } from './ens-parameters.ts';
import { describeKey } from './kms.ts';
import {
  type CcnRecord,
  type CenRecord,
  type CountedKind,
  NETWORK_KIND,
  resourceIds,
  type VpcRecord,
  type VpcSwitchRecord,
} from './network-records.ts';
import { CloudFailure, type CloudParts, type CloudService } from './service.ts';

type Action = (parameters: Parameters, store: Store) => object;

/** Fields of these four: the vendor's API references and the models of its SDKs for Python. */
const VPC_ACTIONS: Readonly<Record<string, Action>> = {
  DescribeVpcs: (parameters, store) => {
    const ids = parameters.VpcId?.split(',') ?? [];
    const found = inRegion<VpcRecord>(store, NETWORK_KIND.vpc, parameters).filter(
      ({ id }) => ids.length === 0 || ids.includes(id),
    );
    return paged(parameters, found, (items) => ({ Vpcs: { Vpc: items.map(vpcAnswer) } }));
  },
  DescribeVSwitches: (parameters, store) => {
    const found = inRegion<VpcSwitchRecord>(store, NETWORK_KIND.vSwitch, parameters).filter(
      ({ vpcId }) => !parameters.VpcId || vpcId === parameters.VpcId,
    );
    return paged(parameters, found, (items) => ({ VSwitches: { VSwitch: items.map(vSwitchAnswer) } }));
  },
  DescribeEipAddresses: (parameters, store) => {
    const ids = resourceIds(store, 'eip', parameters.RegionId);
    const answer = (id: string) => ({ AllocationId: id, RegionId: parameters.RegionId, Status: 'InUse' });
    return paged(parameters, ids, (items) => ({ EipAddresses: { EipAddress: items.map(answer) } }));
  },
};

const SLB_ACTIONS: Readonly<Record<string, Action>> = {
  DescribeLoadBalancers: (parameters, store) => {
    const ids = resourceIds(store, 'loadBalancer', parameters.RegionId);
    const answer = (id: string) => ({
      LoadBalancerId: id,
      RegionId: parameters.RegionId,
      LoadBalancerStatus: 'active',
    });
    return paged(parameters, ids, (items) => ({ LoadBalancers: { LoadBalancer: items.map(answer) } }));
  },
};

const CEN_ACTIONS: Readonly<Record<string, Action>> = {
  DescribeCens: (parameters, store) => {
    const found = store.list<CenRecord>(NETWORK_KIND.cen).map(({ document }) => document);
    const answer = ({ id }: CenRecord) => ({ CenId: id, Name: id, Status: 'Active', ProtectionLevel: 'REDUCED' });
    return paged(parameters, found, (items) => ({ Cens: { Cen: items.map(answer) } }));
  },
  DescribeCenAttachedChildInstances: (parameters, store) => {
    const id = requiredParameter(parameters, 'CenId');
    const cen = store.get<CenRecord>(NETWORK_KIND.cen, id);
    // The real status and code. Source: the vendor's API reference, its table of errors.
    if (!cen) throw new CloudFailure(400, 'ParameterCenInstanceId', 'The specified CenInstanceId is not exist.');
    const { ChildInstanceType: type } = parameters;
    const found = cen.attached.filter((each) => !type || each.type === type);
    return paged(parameters, found, (items) => ({
      ChildInstances: {
        ChildInstance: items.map((each) => ({
          CenId: id,
          ChildInstanceId: each.id,
          ChildInstanceType: each.type,
          ChildInstanceRegionId: each.region,
          Status: 'Attached',
        })),
      },
    }));
  },
};

const SMARTAG_ACTIONS: Readonly<Record<string, Action>> = {
  DescribeCloudConnectNetworks: (parameters, store) => {
    const found = inRegion<CcnRecord>(store, NETWORK_KIND.ccn, parameters).filter(
      ({ id }) => !parameters.CcnId || id === parameters.CcnId,
    );
    const answer = ({ id, cidr }: CcnRecord) => ({ CcnId: id, Name: id, CidrBlock: cidr });
    return paged(parameters, found, (items) => ({
      CloudConnectNetworks: { CloudConnectNetwork: items.map(answer) },
    }));
  },
};

/** Quotas by product and code, and the default of each. Source: the vendor's pages of quotas; the guide for the groups. */
const QUOTAS: Readonly<Record<string, { kind: CountedKind; most: number; byRegion?: true }>> = {
  'ecs/q_security-groups': { kind: 'securityGroup', most: 100, byRegion: true },
  'slb/slb_quota_instances_num': { kind: 'loadBalancer', most: 60 },
  'eip/eip_quota_instances_num': { kind: 'eip', most: 20 },
};

const QUOTA_ACTIONS: Readonly<Record<string, Action>> = {
  GetProductQuota: (parameters, store) => {
    const product = requiredParameter(parameters, 'ProductCode');
    const code = requiredParameter(parameters, 'QuotaActionCode');
    const known = QUOTAS[`${product}/${code}`];
    // The real code is not documented.
    if (!known) throw new CloudFailure(404, 'QUOTA.NOT.EXISTS', `The quota ${code} of ${product} does not exist.`);
    const { kind, most, byRegion } = known;
    const region = byRegion ? requiredParameter(parameters, 'Dimensions.1.Value') : undefined;
    return {
      Quota: {
        ProductCode: product,
        QuotaActionCode: code,
        QuotaName: code,
        TotalQuota: store.get<{ most: number }>(NETWORK_KIND.quota, kind)?.most ?? most,
        TotalUsage: resourceIds(store, kind, region).length,
        QuotaUnit: 'AMOUNT',
        Adjustable: true,
        Consumable: true,
        ...(region && { Dimensions: { regionId: region } }),
      },
    };
  },
};

const KMS_ACTIONS: Readonly<Record<string, Action>> = { DescribeKey: describeKey };

const SERVICES = [
  { product: 'vpc', version: '2016-04-28', actions: VPC_ACTIONS },
  { product: 'slb', version: '2014-05-15', actions: SLB_ACTIONS },
  { product: 'cbn', version: '2017-09-12', actions: CEN_ACTIONS },
  { product: 'smartag', version: '2018-03-13', actions: SMARTAG_ACTIONS },
  { product: 'quotas', version: '2020-05-10', actions: QUOTA_ACTIONS },
  { product: 'kms', version: '2016-01-20', actions: KMS_ACTIONS },
] as const;

/** Their names. */
export const NETWORK_ACTIONS: readonly string[] = SERVICES.flatMap(({ actions }) => Object.keys(actions));

/**
 * The parts of VPC, Server Load Balancer, CEN, Smart Access Gateway, Quota Center and Key Management Service that tell what
 * is there. RPC style.
 */
export function networkServices({ store }: Pick<CloudParts, 'store'>): CloudService[] {
  return SERVICES.map(({ product, version, actions }) => ({
    product,
    authentication: 'signature',
    version,
    actionOf: (_method, path, { Action }) =>
      path === '/' && Action !== undefined && Object.hasOwn(actions, Action) ? Action : undefined,
    handle: ({ action, parameters }) => actions[action]?.(parameters, store) ?? {},
  }));
}

function inRegion<T extends { readonly region: string }>(store: Store, kind: string, parameters: Parameters): T[] {
  const region = requiredParameter(parameters, 'RegionId');
  const all = store.list<T>(kind).map(({ document }) => document);
  return all.filter((each) => each.region === region);
}

/** Pages of up to 50, 10 by default. */
function paged<T>(parameters: Parameters, found: readonly T[], answer: (items: readonly T[]) => object): object {
  const size = Math.min(50, Number(parameters.PageSize ?? 10));
  const { items } = pageOf(found, parameters.PageNumber, String(size));
  return {
    TotalCount: found.length,
    PageNumber: Number(parameters.PageNumber ?? 1),
    PageSize: size,
    ...answer(items),
  };
}

function vpcAnswer({ id, region, cidr, secondary }: VpcRecord): object {
  return {
    VpcId: id,
    VpcName: id,
    RegionId: region,
    Status: 'Available',
    CidrBlock: cidr,
    SecondaryCidrBlocks: { SecondaryCidrBlock: secondary },
    UserCidrs: { UserCidr: [] },
  };
}

function vSwitchAnswer({ id, vpcId, zone, cidr }: VpcSwitchRecord): object {
  return { VSwitchId: id, VSwitchName: id, VpcId: vpcId, ZoneId: zone, CidrBlock: cidr, Status: 'Available' };
}
