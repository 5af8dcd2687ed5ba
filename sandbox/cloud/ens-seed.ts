import type { Store } from '../store.ts';
import { EnsRecords, type InstanceStatus, type PermissionRecord } from './ens-records.ts';

export interface InstanceSeed {
  /** Default `i-sandbox`. */
  readonly id?: string;
  readonly status?: InstanceStatus;
  /** Default true: the security group lets the whole network in and out, as pods need it. */
  readonly withRules?: boolean;
  /** The zone; default `ap-southeast-1-sandbox`. */
  readonly regionId?: string;
  /** Default: a network of its own for each zone. */
  readonly networkId?: string;
}

const CIDR = '10.10.0.0/16';
const ANY = '0.0.0.0/0';

/**
 * Puts an instance into the emulated ENS, with its primary ENI, vSwitch, network and security group. One that is there
 * already is not changed.
 * @returns its id
 */
export function seedInstance(store: Store, seed: InstanceSeed = {}): string {
  const { id = 'i-sandbox', status = 'Running', withRules = true, regionId = 'ap-southeast-1-sandbox' } = seed;
  const records = new EnsRecords(store, Date.now);
  if (records.instance(id)) return id;
  const networkId = seed.networkId ?? `n-${regionId}`;
  const place = { regionId, networkId, vSwitchId: `vsw-${networkId.slice(2)}` };
  const securityGroupIds = [`sg-${id.slice(2)}`];
  records.put('ens/network', { id: networkId, regionId, cidr: CIDR });
  records.put('ens/vswitch', { id: place.vSwitchId, networkId, regionId, cidr: '10.10.1.0/24' });
  records.put('ens/security-group', {
    id: securityGroupIds[0] ?? '',
    permissions: withRules ? [rule('ingress'), rule('egress')] : [],
  });
  records.put('ens/instance', { id, name: id, status, ...place, securityGroupIds });
  const primary = records.newId('eni');
  records.put('ens/network-interface', {
    id: primary,
    name: '',
    description: '',
    type: 'Primary',
    status: 'InUse',
    instanceId: id,
    ...place,
    securityGroupIds,
    address: `10.10.1.${store.next('ens/address') + 1}`,
    created: 0,
  });
  return id;
}

function rule(Direction: 'ingress' | 'egress'): PermissionRecord {
  return {
    Direction,
    IpProtocol: 'ALL',
    PortRange: '-1/-1',
    Policy: 'Accept',
    SourceCidrIp: Direction === 'ingress' ? CIDR : ANY,
    DestCidrIp: Direction === 'egress' ? CIDR : ANY,
    Priority: 1,
  };
}
