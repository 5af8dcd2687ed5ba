import { z } from 'zod';
import { EdgeadmError } from '../errors/index.ts';
import type { EnsActionName } from './actions/ens.ts';
import type { CloudCaller } from './caller.ts';
import { allPages } from './pages.ts';

/** The reference of AttachNetworkInterface says that 10 can be attached; that the primary one counts is the careful reading. */
export const MAX_INTERFACES = 10;
/** Source: the vendor's guide to Terway Edge; the primary interface carries no pods. */
const PODS_PER_INTERFACE = 25;

/** How many pods an instance can run with so many interfaces, the primary one among them. */
export function podCapacity(interfaces: number): number {
  return Math.max(0, interfaces - 1) * PODS_PER_INTERFACE;
}

/** An ENS instance, as far as its interfaces go. */
export interface EnsInstance {
  readonly id: string;
  /** Running, Stopped, Stopping, Starting, Pending, Expired, Released and others. */
  readonly status: string;
  /** The zone: ENS calls it a region. */
  readonly regionId: string;
  /** Empty for an instance that is in no VPC. */
  readonly networkId: string;
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  readonly system: EnsSystem;
}

/** What an instance is like as a machine; what the service leaves out is undefined. */
interface EnsSystem {
  readonly hostName?: string;
  /** `CentOS 7.6 64bit` */
  readonly osName?: string;
  readonly cpu?: number;
  readonly memoryMb?: number;
  readonly addresses: readonly string[];
}

/** An elastic network interface. */
export interface EnsInterface {
  readonly id: string;
  readonly name: string;
  /** Available, Attaching, InUse, Detaching, Deleting and others; `In_use` of some answers is read as InUse. */
  readonly status: string;
  readonly type: string;
  /** undefined if it is attached to none. */
  readonly instanceId: string | undefined;
  readonly vSwitchId: string;
  readonly addresses: readonly string[];
}

interface VSwitch {
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

interface InterfaceOrder {
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  readonly name: string;
}

/** The part of ENS that edgeadm uses. Reads and orders throw what {@link CloudCaller} throws. */
export interface Ens {
  readonly endpoint: string;
  /** undefined if the account has none of that id in the region. */
  instance(id: string): Promise<EnsInstance | undefined>;
  interfaces(filter: { readonly instanceId?: string; readonly networkId?: string }): Promise<EnsInterface[]>;
  /** undefined if it does not exist in that network. */
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
  /** Adds a rule to a security group: all protocols and ports. */
  allow(groupId: string, direction: 'ingress' | 'egress', cidr: string): Promise<void>;
  /** Runs a script on an instance, as root. What comes of it is not reported. */
  runScript(instanceId: string, script: string): Promise<void>;
}

/** Source: the vendor's API reference, AuthorizeSecurityGroup. */
const ALL = { IpProtocol: 'all', PortRange: '-1/-1', Policy: 'accept', Priority: '1' };

/** The request takes up to 100, the answer says at most 50. */
const PAGE_SIZE = 50;

/**
 * ENS through a caller. Actions and fields: the vendor's API reference, version 2017-11-10, and the models of its Go
 * SDK; there is no npm package.
 */
export function ens(caller: CloudCaller, signal?: AbortSignal): Ens {
  return { endpoint: caller.endpoint, ...reads(caller, signal), ...orders(caller) };
}

type Reads = Pick<Ens, 'instance' | 'interfaces' | 'vSwitch' | 'networkCidr' | 'securityRules'>;

function reads(caller: CloudCaller, signal: AbortSignal | undefined): Reads {
  const read = <T>(
    action: EnsActionName,
    parameters: Record<string, string | undefined>,
    shape: z.ZodType<T>,
  ): Promise<T> => caller.read({ action, parameters, signal }, shape);
  return {
    instance: async (id) => {
      const answer = await read('DescribeInstances', { InstanceId: id }, instances);
      const found = answer.Instances.Instance?.find(({ InstanceId }) => InstanceId === id);
      return found && instanceOf(found);
    },
    interfaces: async ({ instanceId, networkId }) => {
      // An empty filter might be none, which lists all interfaces of the account.
      const filter = {
        InstanceId: instanceId || undefined,
        NetworkId: networkId || undefined,
        PageSize: `${PAGE_SIZE}`,
      };
      const action = 'DescribeNetworkInterfaces';
      const found = await allPages({ endpoint: caller.endpoint, action, size: PAGE_SIZE }, async (number) => {
        const { TotalCount, NetworkInterfaceSets } = await read(
          action,
          { ...filter, PageNumber: `${number}` },
          interfaces,
        );
        return { items: NetworkInterfaceSets.NetworkInterfaceSet ?? [], total: TotalCount ?? undefined };
      });
      return found.map(interfaceOf);
    },
    vSwitch: async (id, networkId) => {
      const parameters = { VSwitchId: id, NetworkId: networkId };
      const answer = await read('DescribeVSwitches', parameters, vSwitches);
      const found = answer.VSwitches.VSwitch?.find(({ VSwitchId }) => VSwitchId === id);
      return found && { id, regionId: found.EnsRegionId ?? '' };
    },
    networkCidr: async (id) => (await read('DescribeNetworkAttribute', { NetworkId: id }, network)).CidrBlock,
    securityRules: async (id) => {
      const parameters = { SecurityGroupId: id };
      const answer = await read('DescribeSecurityGroupAttribute', parameters, securityGroup);
      return answer.Permissions.Permission ?? [];
    },
  };
}

function orders(caller: CloudCaller): Omit<Ens, keyof Reads | 'endpoint'> {
  const order = async (action: EnsActionName, parameters: Record<string, string>): Promise<void> => {
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
    allow: (groupId, direction, cidr) =>
      direction === 'ingress'
        ? order('AuthorizeSecurityGroup', { ...ALL, SecurityGroupId: groupId, SourceCidrIp: cidr })
        : order('AuthorizeSecurityGroupEgress', { ...ALL, SecurityGroupId: groupId, DestCidrIp: cidr }),
    runScript: (instanceId, script) =>
      order('AttachEnsInstances', {
        InstanceId: instanceId,
        Scripts: Buffer.from(script, 'utf8').toString('base64'),
      }),
  };
}

/** @throws EdgeadmError CLOUD_REFUSED if there is none */
export async function requireInstance(ens: Ens, id: string): Promise<EnsInstance> {
  const instance = await ens.instance(id);
  if (instance && instance.status !== 'Released') return instance;
  throw new EdgeadmError({
    code: 'CLOUD_REFUSED',
    what: `instance ${id} not found at ${ens.endpoint}`,
    why: instance ? 'it has been released' : 'the account has no instance with this ID in the region',
    next: 'check --instance, --region and the account of the credentials',
  });
}

/** Fields that may be missing are those that the API leaves out if it has no value. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

function addressList(key: string) {
  return z
    .looseObject({ [key]: z.array(z.looseObject({ Ip: z.string() })).nullish() })
    .nullish()
    .catch(undefined)
    .transform((list) => (list?.[key] as { Ip: string }[] | undefined)?.map(({ Ip }) => Ip) ?? []);
}

const rawInstance = z.looseObject({
  InstanceId: text,
  Status: text,
  EnsRegionId: text,
  NetworkAttributes: z.looseObject({ NetworkId: text, VSwitchId: text }).nullish(),
  SecurityGroupIds: z.looseObject({ SecurityGroupId: z.array(z.string()).nullish() }).nullish(),
  HostName: text,
  OSName: text,
  // A text by the reference.
  Cpu: z.coerce.number().nullish().catch(undefined),
  Memory: z.coerce.number().nullish().catch(undefined),
  PrivateIpAddresses: addressList('PrivateIpAddress'),
  PublicIpAddresses: addressList('PublicIpAddress'),
});
const rawInterface = z.looseObject({
  NetworkInterfaceId: z.string().min(1),
  NetworkInterfaceName: text,
  Status: text,
  Type: text,
  InstanceId: text,
  VSwitchId: text,
  PrivateIpSets: z
    .looseObject({ PrivateIpSet: z.array(z.looseObject({ PrivateIpAddress: text })).nullish() })
    .nullish(),
});
const securityRule = z.looseObject({
  Direction: text,
  IpProtocol: text,
  PortRange: text,
  Policy: text,
  SourceCidrIp: text,
  DestCidrIp: text,
});

/** The outer key is always there; the list in it is left out by some services if it is empty. */
const instances = z.looseObject({ Instances: z.looseObject({ Instance: z.array(rawInstance).nullish() }) });
const interfaces = z.looseObject({
  TotalCount: z.int().min(0).nullish(),
  NetworkInterfaceSets: z.looseObject({ NetworkInterfaceSet: z.array(rawInterface).nullish() }),
});
const vSwitches = z.looseObject({
  VSwitches: z.looseObject({
    VSwitch: z.array(z.looseObject({ VSwitchId: text, EnsRegionId: text })).nullish(),
  }),
});
const network = z.looseObject({ CidrBlock: text });
const securityGroup = z.looseObject({
  Permissions: z.looseObject({ Permission: z.array(securityRule).nullish() }),
});

function instanceOf(raw: z.output<typeof rawInstance>): EnsInstance {
  return {
    id: raw.InstanceId ?? '',
    status: raw.Status ?? '',
    regionId: raw.EnsRegionId ?? '',
    networkId: raw.NetworkAttributes?.NetworkId ?? '',
    vSwitchId: raw.NetworkAttributes?.VSwitchId ?? '',
    securityGroupIds: raw.SecurityGroupIds?.SecurityGroupId ?? [],
    system: {
      hostName: raw.HostName,
      osName: raw.OSName,
      cpu: raw.Cpu ?? undefined,
      memoryMb: raw.Memory ?? undefined,
      addresses: [...raw.PrivateIpAddresses, ...raw.PublicIpAddresses],
    },
  };
}

function interfaceOf(raw: z.output<typeof rawInterface>): EnsInterface {
  const status = raw.Status ?? '';
  return {
    id: raw.NetworkInterfaceId,
    name: raw.NetworkInterfaceName ?? '',
    status: /^in_?use$/i.test(status) ? 'InUse' : status,
    type: raw.Type ?? '',
    instanceId: raw.InstanceId || undefined,
    vSwitchId: raw.VSwitchId ?? '',
    addresses: (raw.PrivateIpSets?.PrivateIpSet ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
  };
}
