import type { Store } from '../store.ts';
import { consumeFault } from './faults.ts';

/** A state on its way to the next one: what is asynchronous in the real service is a matter of time here. */
export interface InTransition<S extends string> {
  readonly status: S;
  /** Where it goes by itself, and when (milliseconds since 1970). */
  readonly next?: { readonly status: S | 'Deleted'; readonly at: number };
}

export type InstanceStatus = 'Pending' | 'Running' | 'Stopping' | 'Stopped' | 'Starting' | 'Expired' | 'Released';
type InterfaceStatus = 'Creating' | 'Available' | 'Attaching' | 'InUse' | 'Detaching' | 'Deleting';

export interface InstanceRecord extends InTransition<InstanceStatus> {
  readonly id: string;
  readonly name: string;
  readonly regionId: string;
  /** Empty, as the next one, if it is in no VPC. */
  readonly networkId: string;
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  /** Default: CentOS 7.6, 4 vCPUs and 8 GiB. */
  readonly system?: { readonly osName: string; readonly cpu: number; readonly memoryMb: number };
}

/** A script that AttachEnsInstances runs on an instance, kept under its id. */
export interface ScriptRecord {
  readonly id: string;
  readonly instanceId: string;
  readonly script: string;
  /** When it has joined the instance. Milliseconds since 1970. */
  readonly until: number;
  readonly fails: boolean;
}

export interface InterfaceRecord extends InTransition<InterfaceStatus> {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type: 'Primary' | 'Secondary';
  /** Set while attached, and on the way there and back. */
  readonly instanceId?: string;
  readonly regionId: string;
  readonly networkId: string;
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  readonly address: string;
  /** Another service of the cloud holds it; users may not attach it. */
  readonly serviceManaged?: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export interface NetworkRecord {
  readonly id: string;
  readonly regionId: string;
  readonly cidr: string;
}

export interface VSwitchRecord {
  readonly id: string;
  readonly networkId: string;
  readonly regionId: string;
  readonly cidr: string;
}

/** A rule as DescribeSecurityGroupAttribute answers it. */
export interface PermissionRecord {
  readonly Direction: 'ingress' | 'egress';
  readonly IpProtocol: string;
  readonly PortRange: string;
  readonly Policy: 'Accept' | 'Drop';
  readonly SourceCidrIp: string;
  readonly DestCidrIp: string;
  readonly Priority: number;
}

export interface SecurityGroupRecord {
  readonly id: string;
  readonly permissions: readonly PermissionRecord[];
}

/** Kinds of the emulated ENS in the store. */
interface EnsDocuments {
  readonly 'ens/instance': InstanceRecord;
  readonly 'ens/network-interface': InterfaceRecord;
  readonly 'ens/network': NetworkRecord;
  readonly 'ens/vswitch': VSwitchRecord;
  readonly 'ens/security-group': SecurityGroupRecord;
  readonly 'ens/script': ScriptRecord;
}

/** Reads and writes the records of ENS; what time has changed meanwhile is changed when it is read. */
export class EnsRecords {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #slowness: number;

  /** @param slowness changes last so many times as long */
  constructor(store: Store, now: () => number, slowness = 1) {
    this.#store = store;
    this.#now = now;
    this.#slowness = slowness;
  }

  now(): number {
    return this.#now();
  }

  /** When a change that begins now ends. */
  after(ms: number): number {
    return this.#now() + ms * this.#slowness;
  }

  instances(): InstanceRecord[] {
    return this.#all<InstanceRecord>('ens/instance');
  }

  instance(id: string): InstanceRecord | undefined {
    return this.instances().find((instance) => instance.id === id);
  }

  interfaces(): InterfaceRecord[] {
    return this.#all<InterfaceRecord>('ens/network-interface').map((eni) =>
      eni.status === 'Available' ? { ...eni, instanceId: undefined } : eni,
    );
  }

  interface(id: string): InterfaceRecord | undefined {
    return this.interfaces().find((eni) => eni.id === id);
  }

  network(id: string): NetworkRecord | undefined {
    return this.#store.get('ens/network', id);
  }

  vSwitches(): VSwitchRecord[] {
    return this.#store.list<VSwitchRecord>('ens/vswitch').map(({ document }) => document);
  }

  securityGroup(id: string): SecurityGroupRecord | undefined {
    return this.#store.get('ens/security-group', id);
  }

  put<K extends keyof EnsDocuments>(kind: K, record: EnsDocuments[K]): void {
    this.#store.put(kind, record.id, record);
  }

  /** True if a fault strikes what an order brings about, after it was accepted. */
  fails(action: string): boolean {
    return consumeFault(this.#store, `${action}/effect`) !== undefined;
  }

  /** `eni-sandbox000007`. */
  newId(prefix: string): string {
    return `${prefix}-sandbox${String(this.#store.next(`ens/${prefix}`)).padStart(6, '0')}`;
  }

  #all<T extends InTransition<string> & { readonly id: string }>(kind: string): T[] {
    return this.#store.list<T>(kind).flatMap(({ key, document }) => {
      const { next, ...rest } = document;
      if (next === undefined || next.at > this.#now()) return [document];
      if (next.status === 'Deleted') {
        this.#store.delete(kind, key);
        return [];
      }
      const changed = { ...rest, status: next.status } as unknown as T;
      this.#store.put(kind, key, changed);
      return [changed];
    });
  }
}
