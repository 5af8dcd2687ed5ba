import type { Store } from '../store.ts';
import { pageOf } from './cs-answers.ts';
import { listOf, type Parameters, requiredParameter } from './ens-parameters.ts';
import { resourceIds } from './network-records.ts';
import type { CloudParts, CloudService } from './service.ts';

/** An ECS instance, kept under its id. */
export interface EcsInstanceRecord {
  readonly id: string;
  readonly region: string;
  readonly vpcId: string;
  readonly address: string;
  readonly status: 'Running' | 'Stopped';
  readonly osName: string;
  /** Pay-as-you-go or subscription. */
  readonly charge: 'PostPaid' | 'PrePaid';
}

export const ECS_INSTANCE = 'ecs/instance';

function ecsInstances(store: Store): EcsInstanceRecord[] {
  return store.list<EcsInstanceRecord>(ECS_INSTANCE).map(({ document }) => document);
}

const ACTIONS: Readonly<Record<string, (parameters: Parameters, store: Store) => object>> = {
  DescribeInstances: (parameters, store) => {
    const region = requiredParameter(parameters, 'RegionId');
    const ids = listOf(parameters, 'InstanceIds');
    const found = ecsInstances(store)
      .filter((instance) => instance.region === region)
      .filter(({ id }) => ids.length === 0 || ids.includes(id));
    const { items, counts } = paged(found, parameters);
    return { ...counts, Instances: { Instance: items.map(instanceAnswer) } };
  },
  DescribeSecurityGroups: (parameters, store) => {
    const region = requiredParameter(parameters, 'RegionId');
    const { items, counts } = paged(resourceIds(store, 'securityGroup', region), parameters);
    const answer = (id: string) => ({ SecurityGroupId: id, SecurityGroupType: 'normal' });
    return { ...counts, RegionId: region, SecurityGroups: { SecurityGroup: items.map(answer) } };
  },
};

/** The part of the emulated Elastic Compute Service that tells what an account has. RPC style. */
export function ecsService({ store }: Pick<CloudParts, 'store'>): CloudService {
  return {
    product: 'ecs',
    authentication: 'signature',
    version: '2014-05-26',
    actionOf: (_method, path, { Action }) =>
      path === '/' && Action !== undefined && Object.hasOwn(ACTIONS, Action) ? Action : undefined,
    handle: ({ action, parameters }) => ACTIONS[action]?.(parameters, store) ?? {},
  };
}

/** More are not answered, even if they are requested. Source: the vendor's API reference. */
const LARGEST_PAGE = 100;

function paged<T>(found: readonly T[], { PageNumber = '1', PageSize = '10' }: Parameters) {
  const { items } = pageOf(found, PageNumber, PageSize);
  return {
    items,
    counts: {
      TotalCount: found.length,
      PageNumber: Number(PageNumber),
      PageSize: Math.min(LARGEST_PAGE, Number(PageSize)),
    },
  };
}

/** Fields: the vendor's API reference, DescribeInstances of 2014-05-26. */
function instanceAnswer({ id, region, vpcId, address, status, osName, charge }: EcsInstanceRecord): object {
  return {
    InstanceId: id,
    InstanceName: id,
    RegionId: region,
    Status: status,
    OSName: osName,
    OSNameEn: osName,
    OSType: 'linux',
    Cpu: 4,
    Memory: 8192,
    InstanceChargeType: charge,
    VpcAttributes: { VpcId: vpcId, PrivateIpAddress: { IpAddress: [address] } },
  };
}
