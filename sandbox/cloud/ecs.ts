import type { Store } from '../store.ts';
import { pageOf } from './cs-answers.ts';
import { listOf } from './ens-parameters.ts';
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

/** The part of the emulated Elastic Compute Service that tells what an instance is like. RPC style. */
export function ecsService({ store }: Pick<CloudParts, 'store'>): CloudService {
  return {
    authentication: 'signature',
    version: '2014-05-26',
    actionOf: (_method, path, { Action }) => (path === '/' && Action === 'DescribeInstances' ? Action : undefined),
    handle: ({ parameters }) => {
      const ids = listOf(parameters, 'InstanceIds');
      const found = ecsInstances(store)
        .filter(({ region }) => region === parameters.RegionId)
        .filter(({ id }) => ids.length === 0 || ids.includes(id));
      const { items } = pageOf(found, parameters.PageNumber, parameters.PageSize);
      return {
        TotalCount: found.length,
        PageNumber: Number(parameters.PageNumber ?? 1),
        PageSize: Number(parameters.PageSize ?? 10),
        Instances: { Instance: items.map(instanceAnswer) },
      };
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
