import { isCidr } from '../../src/lib/cidr.ts';
import { type EnsAction, invalidParameter, neededList, type Parameters, requiredParameter } from './ens-parameters.ts';
import type { EnsRecords, InstanceRecord, InterfaceRecord } from './ens-records.ts';
import { CloudFailure } from './service.ts';

/** Primary and foreign ones included. Source: the vendor's reference of AttachNetworkInterface. */
const MOST_ON_INSTANCE = 10;
/** The real quota depends on the account. */
const MOST_IN_ACCOUNT = 50;

/** How long each state on the way lasts. Milliseconds; the real service takes seconds to minutes. */
export const ENS_DELAY_MS = {
  create: 200,
  stop: 400,
  start: 400,
  attach: 300,
  detach: 300,
  delete: 200,
  script: 400,
} as const;

/**
 * What ENS can be ordered to do. Rules and codes: the vendor's references of these actions. Nothing is deduplicated, as
 * no order has a client token: who asks twice buys twice.
 */
export const orderActions: Readonly<Record<string, EnsAction>> = {
  CreateNetworkInterface: (parameters, records) => {
    const groups = neededList(parameters, 'SecurityGroupIds');
    const vSwitchId = requiredParameter(parameters, 'VSwitchId');
    const vSwitch = records.vSwitches().find(({ id }) => id === vSwitchId);
    if (!vSwitch) throw invalidParameter('VSwitchId');
    if (groups.some((group) => !records.securityGroup(group))) throw invalidParameter('SecurityGroupIds');
    const existing = records.interfaces();
    if (existing.length >= MOST_IN_ACCOUNT)
      throw new CloudFailure(400, 'QuotaExceeded', 'The quota of network interfaces is exceeded.');
    const eni: InterfaceRecord = {
      id: records.newId('eni'),
      name: parameters.Name ?? '',
      description: parameters.Description ?? '',
      type: 'Secondary',
      status: 'Creating',
      next: { status: 'Available', at: records.after(ENS_DELAY_MS.create) },
      regionId: vSwitch.regionId,
      networkId: vSwitch.networkId,
      vSwitchId,
      securityGroupIds: groups,
      address: freeAddress(existing),
      created: records.now(),
    };
    records.put('ens/network-interface', eni);
    return { NetworkInterfaceIds: [eni.id] };
  },

  AttachNetworkInterface: (parameters, records) => {
    const eni = interfaceOf(parameters, records);
    const instance = instanceOf(parameters, records);
    if (eni.serviceManaged) throw invalidParameter('EniServiceManaged');
    if (eni.status !== 'Available') throw wrongInterfaceStatus();
    if (instance.status !== 'Stopped') throw wrongInstanceStatus();
    if (eni.networkId !== instance.networkId || eni.regionId !== instance.regionId)
      throw new CloudFailure(400, 'InvalidOperation.InstanceNotSupport', 'The instance is in another zone or VPC.');
    const attached = records.interfaces().filter(({ instanceId }) => instanceId === instance.id);
    if (attached.length >= MOST_ON_INSTANCE)
      throw new CloudFailure(400, 'QuotaExceeded', 'The instance has reached its limit of network interfaces.');
    records.put('ens/network-interface', {
      ...eni,
      instanceId: instance.id,
      status: 'Attaching',
      next: {
        status: records.fails('AttachNetworkInterface') ? 'Available' : 'InUse',
        at: records.after(ENS_DELAY_MS.attach),
      },
    });
    return {};
  },

  DetachNetworkInterface: (parameters, records) => {
    const eni = interfaceOf(parameters, records);
    if (eni.type === 'Primary')
      throw new CloudFailure(400, 'InvalidOperation.InvalidEniType', 'A primary network interface cannot be detached.');
    if (eni.status !== 'InUse') throw wrongInterfaceStatus();
    if (records.instance(eni.instanceId ?? '')?.status !== 'Stopped') throw wrongInstanceStatus();
    records.put('ens/network-interface', {
      ...eni,
      status: 'Detaching',
      next: {
        status: records.fails('DetachNetworkInterface') ? 'InUse' : 'Available',
        at: records.after(ENS_DELAY_MS.detach),
      },
    });
    return {};
  },

  DeleteNetworkInterfaces: (parameters, records) => {
    const ids = neededList(parameters, 'NetworkInterfaceIds');
    const interfaces = ids.map((id) => interfaceOf({ NetworkInterfaceId: id }, records));
    if (interfaces.some(({ status }) => status !== 'Available')) throw wrongInterfaceStatus();
    for (const eni of interfaces) {
      records.put('ens/network-interface', {
        ...eni,
        status: 'Deleting',
        next: { status: 'Deleted', at: records.after(ENS_DELAY_MS.delete) },
      });
    }
    return {};
  },

  StopInstance: (parameters, records) => {
    const instance = instanceOf(parameters, records);
    if (instance.status !== 'Running') throw wrongInstanceStatus();
    const next = { status: 'Stopped', at: records.after(ENS_DELAY_MS.stop) } as const;
    records.put('ens/instance', { ...instance, status: 'Stopping', next });
    return { Code: 0 };
  },

  StartInstance: (parameters, records) => {
    const instance = instanceOf(parameters, records);
    if (instance.status !== 'Stopped') throw wrongInstanceStatus();
    const next = { status: 'Running', at: records.after(ENS_DELAY_MS.start) } as const;
    records.put('ens/instance', { ...instance, status: 'Starting', next });
    return { Code: 0 };
  },

  // The reference has one instance a call, and a script in Base64.
  AttachEnsInstances: (parameters, records) => {
    const instance = instanceOf(parameters, records);
    if (instance.status !== 'Running') throw wrongInstanceStatus();
    const encoded = requiredParameter(parameters, 'Scripts');
    if (!BASE64.test(encoded)) throw invalidParameter('Scripts');
    const script = Buffer.from(encoded, 'base64').toString('utf8');
    records.put('ens/script', {
      id: records.newId('script'),
      instanceId: instance.id,
      script,
      until: records.after(ENS_DELAY_MS.script),
      fails: records.fails('AttachEnsInstances'),
    });
    return {};
  },

  AuthorizeSecurityGroup: (parameters, records) => addRule(parameters, records, 'ingress'),
  AuthorizeSecurityGroupEgress: (parameters, records) => addRule(parameters, records, 'egress'),
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function addRule(parameters: Parameters, records: EnsRecords, Direction: 'ingress' | 'egress'): object {
  const group = records.securityGroup(requiredParameter(parameters, 'SecurityGroupId'));
  if (!group)
    throw new CloudFailure(404, 'InvalidSecurityGroupId.NotFound', 'The specified SecurityGroupId does not exist.');
  const protocol = requiredParameter(parameters, 'IpProtocol');
  if (!['tcp', 'udp', 'icmp', 'gre', 'all'].includes(protocol)) throw invalidParameter('IpProtocol');
  const PortRange = requiredParameter(parameters, 'PortRange');
  if (!(protocol === 'all' ? /^-1\/-1$/ : /^-?\d+\/-?\d+$/).test(PortRange)) throw invalidParameter('PortRange');
  const range = Direction === 'ingress' ? 'SourceCidrIp' : 'DestCidrIp';
  const cidr = requiredParameter(parameters, range);
  if (!isCidr(cidr)) throw invalidParameter(range);
  const rule = {
    Direction,
    IpProtocol: protocol.toUpperCase(),
    PortRange,
    Policy: parameters.Policy === 'drop' ? ('Drop' as const) : ('Accept' as const),
    SourceCidrIp: Direction === 'ingress' ? cidr : '0.0.0.0/0',
    DestCidrIp: Direction === 'egress' ? cidr : '0.0.0.0/0',
    Priority: Number(parameters.Priority ?? 1),
  };
  records.put('ens/security-group', { ...group, permissions: [...group.permissions, rule] });
  return {};
}

function instanceOf(parameters: Readonly<Record<string, string>>, records: EnsRecords): InstanceRecord {
  const instance = records.instance(requiredParameter(parameters, 'InstanceId'));
  if (instance && instance.status !== 'Released') return instance;
  throw new CloudFailure(400, 'InstanceNotFound', 'The specified instance does not exist.');
}

function interfaceOf(parameters: Readonly<Record<string, string>>, records: EnsRecords): InterfaceRecord {
  const eni = records.interface(requiredParameter(parameters, 'NetworkInterfaceId'));
  if (eni) return eni;
  throw new CloudFailure(400, 'InvalidEniId.NotFound', 'The specified network interface does not exist.');
}

function wrongInterfaceStatus(): CloudFailure {
  const message = 'Current eni status does not support this operation.';
  return new CloudFailure(400, 'InvalidOperation.InvalidEniStatus', message);
}

function wrongInstanceStatus(): CloudFailure {
  const message = 'Current ens status does not support this operation.';
  return new CloudFailure(400, 'InvalidOperation.InvalidEnsStatus', message);
}

function freeAddress(existing: readonly InterfaceRecord[]): string {
  const taken = new Set(existing.map(({ address }) => address));
  const free = Array.from({ length: 253 }, (_, index) => `10.10.1.${index + 2}`).find((each) => !taken.has(each));
  if (free) return free;
  throw new CloudFailure(400, 'InvalidParameter.VSwitchId', 'The vSwitch has no free address.');
}

/** By which name a fault strikes what an order brings about. */
export const ENS_EFFECTS: readonly string[] = [
  'AttachNetworkInterface/effect',
  'DetachNetworkInterface/effect',
  'AttachEnsInstances/effect',
];
