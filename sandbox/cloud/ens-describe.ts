import { type EnsAction, invalidParameter, listOf, type Parameters, requiredParameter } from './ens-parameters.ts';
import type { EnsRecords, InstanceRecord, InterfaceRecord } from './ens-records.ts';
import { CloudFailure } from './service.ts';

/**
 * What ENS can be asked. Shapes: the vendor's API reference and the models of its Go SDK (services/ens). The name of an
 * interface is given as `Name` and answered as `NetworkInterfaceName`.
 */
export const describeActions: Readonly<Record<string, EnsAction>> = {
  DescribeInstances: (parameters, records) => {
    const { NetworkId, VSwitchId, SecurityGroupId, InstanceName, Status } = parameters;
    const ids = namedBy(parameters, 'InstanceId');
    const regions = namedBy(parameters, 'EnsRegionId');
    const found = records
      .instances()
      .filter(({ id }) => ids.length === 0 || ids.includes(id))
      .filter(({ regionId }) => regions.length === 0 || regions.includes(regionId))
      .filter(({ networkId }) => !NetworkId || networkId === NetworkId)
      .filter(({ vSwitchId }) => !VSwitchId || vSwitchId === VSwitchId)
      .filter(({ securityGroupIds }) => !SecurityGroupId || securityGroupIds?.includes(SecurityGroupId))
      .filter(({ name }) => !InstanceName || name === InstanceName)
      .filter(({ status }) => !Status || status === Status);
    const { page, ...counts } = paged(found, parameters);
    return { Code: 0, ...counts, Instances: { Instance: page.map((instance) => showInstance(instance, records)) } };
  },

  DescribeNetworkInterfaces: (parameters, records) => {
    const { InstanceId, NetworkId, Status, Type, VSwitchId, NetworkInterfaceName } = parameters;
    const { SecurityGroupId, PrimaryIpAddress } = parameters;
    const ids = namedBy(parameters, 'NetworkInterfaceId');
    const regions = namedBy(parameters, 'EnsRegionId');
    const found = records
      .interfaces()
      .filter(({ id }) => ids.length === 0 || ids.includes(id))
      .filter(({ instanceId }) => !InstanceId || instanceId === InstanceId)
      .filter(({ status }) => !Status || status === Status)
      .filter(({ type }) => !Type || type === Type)
      .filter(({ networkId }) => !NetworkId || networkId === NetworkId)
      .filter(({ vSwitchId }) => !VSwitchId || vSwitchId === VSwitchId)
      .filter(({ regionId }) => regions.length === 0 || regions.includes(regionId))
      .filter(({ securityGroupIds }) => !SecurityGroupId || securityGroupIds.includes(SecurityGroupId))
      .filter(({ address }) => !PrimaryIpAddress || address === PrimaryIpAddress)
      .filter(({ name }) => !NetworkInterfaceName || name === NetworkInterfaceName);
    const { page, ...counts } = paged(found, parameters);
    return { ...counts, NetworkInterfaceSets: { NetworkInterfaceSet: page.map(showInterface) } };
  },

  DescribeVSwitches: (parameters, records) => {
    const { NetworkId } = parameters;
    const ids = namedBy(parameters, 'VSwitchId');
    const regions = namedBy(parameters, 'EnsRegionId');
    const found = records
      .vSwitches()
      .filter(({ id }) => ids.length === 0 || ids.includes(id))
      .filter(({ regionId }) => regions.length === 0 || regions.includes(regionId))
      .filter(({ networkId }) => !NetworkId || networkId === NetworkId);
    const { page, ...counts } = paged(found, parameters);
    const VSwitch = page.map(({ id, networkId, regionId, cidr }) => ({
      VSwitchId: id,
      NetworkId: networkId,
      EnsRegionId: regionId,
      CidrBlock: cidr,
      Status: 'Available',
    }));
    return { ...counts, VSwitches: { VSwitch } };
  },

  DescribeNetworkAttribute: (parameters, records) => {
    const network = records.network(requiredParameter(parameters, 'NetworkId'));
    if (!network) throw notFound('NetworkId');
    return { NetworkId: network.id, EnsRegionId: network.regionId, CidrBlock: network.cidr, Status: 'Available' };
  },

  DescribeSecurityGroupAttribute: (parameters, records) => {
    const group = records.securityGroup(requiredParameter(parameters, 'SecurityGroupId'));
    if (!group) throw notFound('SecurityGroupId');
    return { SecurityGroupId: group.id, SecurityGroupName: group.id, Permissions: { Permission: group.permissions } };
  },
};

/** One by `NameId`, several by `NameIds`; none: all are requested. */
function namedBy(parameters: Parameters, name: string): string[] {
  const { [name]: one } = parameters;
  return [...listOf(parameters, `${name}s`), ...(one ? [one] : [])];
}

/** By the description of the request, and by that of the answer. */
const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;
const LARGEST_ANSWER = 50;

function paged<T>(all: readonly T[], { PageSize, PageNumber }: Readonly<Record<string, string>>) {
  const size = Math.min(LARGEST_ANSWER, numberOf(PageSize, 'PageSize', DEFAULT_PAGE, LARGEST_PAGE));
  const number = numberOf(PageNumber, 'PageNumber', 1, Number.MAX_SAFE_INTEGER);
  const page = all.slice((number - 1) * size, number * size);
  return { page, PageSize: size, PageNumber: number, TotalCount: all.length };
}

function numberOf(text: string | undefined, name: string, otherwise: number, most: number): number {
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidParameter(name);
}

function notFound(name: string): CloudFailure {
  return new CloudFailure(404, `Invalid${name}.NotFound`, `The specified ${name} does not exist.`);
}

const DEFAULT_SYSTEM = { osName: 'CentOS 7.6 64bit', cpu: 4, memoryMb: 8192 };

function showInstance(instance: InstanceRecord, records: EnsRecords): object {
  const { system = DEFAULT_SYSTEM } = instance;
  const interfaces = records.interfaces().filter(({ instanceId }) => instanceId === instance.id);
  const primary = interfaces.filter(({ type }) => type === 'Primary');
  return {
    InstanceId: instance.id,
    InstanceName: instance.name,
    Status: instance.status,
    EnsRegionId: instance.regionId,
    OSName: system.osName,
    Cpu: String(system.cpu),
    Memory: system.memoryMb,
    ...(instance.networkId && {
      NetworkAttributes: { NetworkId: instance.networkId, VSwitchId: instance.vSwitchId },
      SecurityGroupIds: { SecurityGroupId: instance.securityGroupIds },
    }),
    PrivateIpAddresses: { PrivateIpAddress: primary.map(({ address }) => ({ Ip: address })) },
    NetworkInterfaces: {
      NetworkInterfaces: interfaces.map(({ id, type }) => ({ NetworkInterfaceId: id, Type: type })),
    },
  };
}

function showInterface(eni: InterfaceRecord): object {
  return {
    NetworkInterfaceId: eni.id,
    NetworkInterfaceName: eni.name,
    Description: eni.description,
    InstanceId: eni.instanceId ?? '',
    Status: eni.status,
    Type: eni.type,
    EnsRegionId: eni.regionId,
    NetworkId: eni.networkId,
    VSwitchId: eni.vSwitchId,
    SecurityGroupIds: { SecurityGroup: eni.securityGroupIds },
    PrimaryIp: eni.address,
    PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress: eni.address, Primary: true }] },
    CreationTime: new Date(eni.created).toISOString().replace(/\.\d+/, ''),
  };
}
