import { EdgeadmError } from '../errors/index.ts';
import type { CloudCaller } from './caller.ts';

/** Primary one included. Source: the vendor's reference of AttachNetworkInterface. */
export const MOST_INTERFACES = 10;
/** Source: the vendor's guide to Terway Edge; the primary interface carries no pods. */
export const PODS_PER_INTERFACE = 25;

/** How many pods an instance can run with so many interfaces, the primary one among them. */
export function podCapacity(interfaces: number): number {
  return Math.max(0, interfaces - 1) * PODS_PER_INTERFACE;
}

/** An ENS instance, as far as its interfaces go. */
export interface EnsInstance {
  readonly id: string;
  /** Running, Stopped, Stopping, Starting, Pending, Released and others. */
  readonly status: string;
  /** The zone: ENS calls it a region. */
  readonly regionId: string;
  readonly networkId: string;
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
}

/** An elastic network interface. */
export interface NetworkInterface {
  readonly id: string;
  readonly name: string;
  /** Available, Attaching, InUse, Detaching, Deleting and others; `In_use` of some answers is read as InUse. */
  readonly status: string;
  readonly type: string;
  /** undefined where it is attached to none. */
  readonly instanceId: string | undefined;
  readonly vSwitchId: string;
  readonly addresses: readonly string[];
}

export interface VSwitch {
  readonly id: string;
  readonly regionId: string;
}

/** A rule of a security group; the fields are the API's. */
export interface SecurityRule {
  readonly Direction?: string;
  readonly IpProtocol?: string;
  readonly PortRange?: string;
  readonly Policy?: string;
  readonly SourceCidrIp?: string;
  readonly DestCidrIp?: string;
}

export interface InterfaceOrder {
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  readonly name: string;
}

/** The part of ENS that edgeadm uses. Reads and orders throw what {@link CloudCaller} throws. */
export interface Ens {
  readonly endpoint: string;
  /** undefined where the account has none of that id in the region. */
  instance(id: string): Promise<EnsInstance | undefined>;
  interfaces(filter: { readonly instanceId?: string; readonly networkId?: string }): Promise<NetworkInterface[]>;
  /** undefined where it does not exist in that network. */
  vSwitch(id: string, networkId: string): Promise<VSwitch | undefined>;
  /** The CIDR block of a network. */
  networkCidr(id: string): Promise<string | undefined>;
  securityRules(groupId: string): Promise<readonly SecurityRule[]>;
  buyInterface(order: InterfaceOrder): Promise<void>;
  attach(instanceId: string, interfaceId: string): Promise<void>;
  detach(interfaceId: string): Promise<void>;
  deleteInterface(id: string): Promise<void>;
  stop(instanceId: string, options: { readonly force: boolean }): Promise<void>;
  start(instanceId: string): Promise<void>;
}

const PAGE_SIZE = 100;

/**
 * ENS through a caller. Actions and fields: the vendor's API reference, version 2017-11-10, and the models of its Go SDK;
 * there is no npm package.
 */
export function ens(caller: CloudCaller, signal?: AbortSignal): Ens {
  return { endpoint: caller.endpoint, ...reads(caller, signal), ...orders(caller) };
}

type Reads = Pick<Ens, 'instance' | 'interfaces' | 'vSwitch' | 'networkCidr' | 'securityRules'>;

function reads(caller: CloudCaller, signal: AbortSignal | undefined): Reads {
  const read = <T>(action: string, parameters: Record<string, string | undefined>): Promise<T> =>
    caller.read<T>({ action, parameters, signal });
  return {
    instance: async (id) => {
      const answer = await read<{ Instances?: { Instance?: RawInstance[] } }>('DescribeInstances', { InstanceId: id });
      const found = answer.Instances?.Instance?.find(({ InstanceId }) => InstanceId === id);
      return found && instanceOf(found);
    },
    interfaces: async ({ instanceId, networkId }) => {
      const found = await allPages((page) =>
        read<RawInterfaces>('DescribeNetworkInterfaces', { InstanceId: instanceId, NetworkId: networkId, ...page }),
      );
      return found.map(interfaceOf);
    },
    vSwitch: async (id, networkId) => {
      const parameters = { VSwitchId: id, NetworkId: networkId };
      const answer = await read<{ VSwitches?: { VSwitch?: RawVSwitch[] } }>('DescribeVSwitches', parameters);
      const found = answer.VSwitches?.VSwitch?.find(({ VSwitchId }) => VSwitchId === id);
      return found && { id, regionId: found.EnsRegionId ?? '' };
    },
    networkCidr: async (id) =>
      (await read<{ CidrBlock?: string }>('DescribeNetworkAttribute', { NetworkId: id })).CidrBlock,
    securityRules: async (id) => {
      const parameters = { SecurityGroupId: id };
      const answer = await read<RawSecurityGroup>('DescribeSecurityGroupAttribute', parameters);
      return answer.Permissions?.Permission ?? [];
    },
  };
}

function orders(caller: CloudCaller): Omit<Ens, keyof Reads | 'endpoint'> {
  const order = async (action: string, parameters: Record<string, string>): Promise<void> => {
    await caller.order({ action, parameters });
  };
  return {
    buyInterface: ({ vSwitchId, securityGroupIds, name }) =>
      order('CreateNetworkInterface', {
        VSwitchId: vSwitchId,
        SecurityGroupIds: JSON.stringify(securityGroupIds),
        Name: name,
      }),
    attach: (instanceId, id) => order('AttachNetworkInterface', { InstanceId: instanceId, NetworkInterfaceId: id }),
    detach: (id) => order('DetachNetworkInterface', { NetworkInterfaceId: id }),
    deleteInterface: (id) => order('DeleteNetworkInterfaces', { NetworkInterfaceIds: JSON.stringify([id]) }),
    stop: (instanceId, { force }) => order('StopInstance', { InstanceId: instanceId, ForceStop: String(force) }),
    start: (instanceId) => order('StartInstance', { InstanceId: instanceId }),
  };
}

/** @throws EdgeadmError CLOUD_REFUSED where there is none */
export async function requireInstance(ens: Ens, id: string): Promise<EnsInstance> {
  const instance = await ens.instance(id);
  if (instance && instance.status !== 'Released') return instance;
  throw new EdgeadmError({
    code: 'CLOUD_REFUSED',
    what: `${ens.endpoint} knows no instance ${id}`,
    why: instance ? 'it is released' : 'the account has none of this id there',
    next: 'check --instance, --region and whose credentials are used',
  });
}

interface RawInstance {
  readonly InstanceId?: string;
  readonly Status?: string;
  readonly EnsRegionId?: string;
  readonly NetworkAttributes?: { readonly NetworkId?: string; readonly VSwitchId?: string };
  readonly SecurityGroupIds?: { readonly SecurityGroupId?: readonly string[] };
}

interface RawVSwitch {
  readonly VSwitchId?: string;
  readonly EnsRegionId?: string;
}

interface RawInterface {
  readonly NetworkInterfaceId?: string;
  readonly NetworkInterfaceName?: string;
  readonly Status?: string;
  readonly Type?: string;
  readonly InstanceId?: string;
  readonly VSwitchId?: string;
  readonly PrivateIpSets?: { readonly PrivateIpSet?: readonly { readonly PrivateIpAddress?: string }[] };
}

interface RawInterfaces {
  readonly TotalCount?: number;
  readonly NetworkInterfaceSets?: { readonly NetworkInterfaceSet?: readonly RawInterface[] };
}

interface RawSecurityGroup {
  readonly Permissions?: { readonly Permission?: readonly SecurityRule[] };
}

async function allPages(
  ask: (page: { PageSize: string; PageNumber: string }) => Promise<RawInterfaces>,
): Promise<RawInterface[]> {
  const found: RawInterface[] = [];
  for (let number = 1; ; number++) {
    const answer = await ask({ PageSize: String(PAGE_SIZE), PageNumber: String(number) });
    const page = answer.NetworkInterfaceSets?.NetworkInterfaceSet ?? [];
    found.push(...page);
    if (page.length === 0 || found.length >= (answer.TotalCount ?? 0)) return found;
  }
}

function instanceOf(raw: RawInstance): EnsInstance {
  return {
    id: raw.InstanceId ?? '',
    status: raw.Status ?? '',
    regionId: raw.EnsRegionId ?? '',
    networkId: raw.NetworkAttributes?.NetworkId ?? '',
    vSwitchId: raw.NetworkAttributes?.VSwitchId ?? '',
    securityGroupIds: raw.SecurityGroupIds?.SecurityGroupId ?? [],
  };
}

function interfaceOf(raw: RawInterface): NetworkInterface {
  const status = raw.Status ?? '';
  return {
    id: raw.NetworkInterfaceId ?? '',
    name: raw.NetworkInterfaceName ?? '',
    status: /^in_?use$/i.test(status) ? 'InUse' : status,
    type: raw.Type ?? '',
    instanceId: raw.InstanceId || undefined,
    vSwitchId: raw.VSwitchId ?? '',
    addresses: (raw.PrivateIpSets?.PrivateIpSet ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
  };
}
