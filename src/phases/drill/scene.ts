import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import type { EventSink } from '../../workflow/events.ts';
import { losesPodsOffline, type OfflineAutonomy } from '../diagnose/collectors/offline-autonomy.ts';
import { nodeCredentials } from '../node-credentials.ts';
import { findRuntime } from '../reset/teardown/runtime.ts';
import { BOOT_STATE } from './boot-files.ts';
import { reachesServers, refuseWithoutIptables, type ServerAddress, serverAddresses } from './network-cut.ts';
import { type RuntimePod, runningPods, withRuntime } from './pods.ts';

export interface DrillSpec {
  /** The node's name, as the user knows it; another one is refused. */
  readonly node?: string;
  readonly cut: 'iptables' | 'manual';
  /** Whether the machine is rebooted, in place of stopping what runs. */
  readonly reboot: boolean;
  /** Whether the network of the pods is taken away too. */
  readonly wholePods: boolean;
  /** From the start of the kubelet until all pods are back. Milliseconds. */
  readonly limitMs: number;
}

export interface DrillOptions {
  readonly spec: DrillSpec;
  /** Nothing of a drill is to be rolled back: both are without a journal. */
  readonly host: Host;
  /** The same, for what is done whatever ended the drill. */
  readonly plain: Host;
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Asks before the node that is described is cut off, and has the user cut it; rejects if the answer is no. */
  readonly confirm: (question: string) => Promise<void>;
}

/** What a drill knows before it begins. */
export interface Scene {
  readonly nodeName: string;
  readonly servers: readonly ServerAddress[];
  readonly socket: string;
  readonly autonomy: OfflineAutonomy;
  readonly pods: readonly RuntimePod[];
  readonly mac: string | undefined;
}

/** @throws EdgeadmError DRILL_REFUSED */
export async function lookAround({ host, spec, signal }: DrillOptions): Promise<Scene> {
  if (!host.runsPrograms) throw refused('nothing runs on a scratch root');
  if (await host.stat(BOOT_STATE))
    throw refused('a drill with a reboot is in progress: edgeadm node drill --reboot ends it');
  const credentials = await nodeCredentials(host);
  if (!credentials) throw refused('the machine was not joined: it has no certificate of a cluster');
  const { nodeName, connection } = credentials;
  if (spec.node !== undefined && spec.node !== nodeName)
    throw refused(
      `this machine is the node ${nodeName}, not ${spec.node}; pass the machine of ${spec.node} with --host`,
    );
  const autonomy = await losesPodsOffline(host);
  if (!autonomy) throw refused('the node has no edge-hub: offline, no pod would come back');
  const servers = await serverAddresses(host, connection.servers);
  if (spec.cut === 'iptables') await refuseWithoutIptables(host, servers);
  if (!(await host.unit(PATHS.kubelet.unit)).active) throw refused(`${PATHS.kubelet.unit} is not running`);
  if (!(await reachesServers(host, servers)))
    throw refused('the node cannot reach its API server even before the drill');
  const { socket } = await findRuntime(host);
  const pods = await withRuntime(host, socket, runningPods, signal);
  if (pods.length === 0) throw refused('no pod runs on the node: there is nothing to prove');
  return { nodeName, servers, socket, autonomy, pods, mac: await flannelMac(host) };
}

/** Of the interface that Flannel makes; undefined without one. */
export async function flannelMac(host: Host): Promise<string | undefined> {
  return (await host.read('/sys/class/net/flannel.1/address'))?.trim();
}

/** Nothing was changed. */
export function refused(why: string): EdgeadmError {
  return new EdgeadmError({ code: 'DRILL_REFUSED', what: 'the offline drill did not start', why });
}
