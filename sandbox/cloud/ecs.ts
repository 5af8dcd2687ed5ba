import type { Store } from '../store.ts';
import { pageOf } from './cs-answers.ts';
import { invalidParameter, listOf, type Parameters, requiredParameter } from './ens-parameters.ts';
import { type SecurityGroup, securityGroups } from './network-records.ts';
import { CloudFailure, type CloudParts, type CloudService } from './service.ts';

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
    if (ids.length > MOST_IDS) throw invalidParameter('InstanceIds');
    const found = ecsInstances(store)
      .filter((instance) => instance.region === region)
      .filter(({ id }) => ids.length === 0 || ids.includes(id));
    const { items, counts } = paged(found, parameters);
    return { ...counts, Instances: { Instance: items.map(instanceAnswer) } };
  },
  DescribeSecurityGroups: (parameters, store) => {
    const region = requiredParameter(parameters, 'RegionId');
    const found = securityGroups(store, region).filter(chosenGroups(parameters));
    if (parameters.DryRun === 'true')
      throw new CloudFailure(400, 'DryRunOperation', 'Request validation has been passed with DryRun flag set.');
    const { items, counts } = paged(found, parameters);
    return { ...counts, RegionId: region, SecurityGroups: { SecurityGroup: items.map(groupAnswer) } };
  },
};

/** True for the groups that all filters of a call let through. Filters: the request of the vendor's SDK. */
function chosenGroups(parameters: Parameters): (group: SecurityGroup) => boolean {
  const { SecurityGroupId, SecurityGroupName, SecurityGroupType, NetworkType, VpcId } = parameters;
  const ids = [...(SecurityGroupId ? [SecurityGroupId] : []), ...listOf(parameters, 'SecurityGroupIds')];
  if (ids.length > MOST_IDS) throw invalidParameter('SecurityGroupIds');
  // No group here is in a resource group, has tags or is managed by another service.
  const isOther =
    Boolean(parameters.ResourceGroupId || parameters['Tag.1.Key']) || parameters.ServiceManaged === 'true';
  return ({ id, name, vpcId }) =>
    !isOther &&
    (ids.length === 0 || ids.includes(id)) &&
    (!SecurityGroupName || name === SecurityGroupName) &&
    (!SecurityGroupType || SecurityGroupType === 'normal') &&
    (!NetworkType || (NetworkType === 'vpc') === (vpcId !== '')) &&
    (!VpcId || vpcId === VpcId);
}

function groupAnswer({ id, name, vpcId }: SecurityGroup): object {
  return {
    SecurityGroupId: id,
    SecurityGroupName: name,
    SecurityGroupType: 'normal',
    VpcId: vpcId,
    Description: '',
    ResourceGroupId: '',
    ServiceManaged: false,
    Tags: { Tag: [] },
  };
}

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
/** Of a filter by ID. Source: the vendor's API reference. */
const MOST_IDS = 100;

/** By number, or, if MaxResults is given, by the token of the page before. */
function paged<T>(found: readonly T[], parameters: Parameters) {
  const { MaxResults, NextToken, PageNumber = NextToken ?? '1', PageSize = MaxResults ?? '10' } = parameters;
  const { items, next } = pageOf(found, PageNumber, PageSize);
  const size = Math.min(LARGEST_PAGE, Number(PageSize));
  return {
    items,
    counts: {
      TotalCount: found.length,
      ...(MaxResults ? { NextToken: next ?? '' } : { PageNumber: Number(PageNumber), PageSize: size }),
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
