import type { V1Node, V1NodeCondition } from '@kubernetes/client-node';
import type { HostFacts } from '../../src/host/host-facts.ts';
import type { Pressure } from './eviction.ts';
import type { KubeletRunSettings } from './kubelet-settings.ts';

/** containerd's, as the node's runtime tells it: no runtime runs in a sandbox. */
const RUNTIME_VERSION = 'containerd://1.6.0-sandbox';
/** What a kubelet 1.20 and newer says while no CNI configuration is there. */
const NO_CNI =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

/** The Node object that a kubelet creates, without its status. */
export function initialNode({ nodeName, labels, taints }: KubeletRunSettings, { arch }: HostFacts): V1Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: { ...ownLabels(nodeName, arch), ...labels } },
    spec: taints.length > 0 ? { taints: [...taints] } : {},
  };
}

/** The labels that a kubelet keeps right on a node that exists already. */
export function ownLabels(nodeName: string, arch: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': arch,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  };
}

/** @param before the status that the API server has, whose transition times stay if nothing changed */
export function nodeStatus(
  { nodeName, nodeIp, maxPods }: KubeletRunSettings,
  facts: HostFacts,
  {
    kubeletVersion,
    hasCni,
    pressures,
    before,
  }: { kubeletVersion: string; hasCni: boolean; pressures: readonly Pressure[]; before?: V1Node['status'] },
): NonNullable<V1Node['status']> {
  const ready = hasCni
    ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { status: 'False', reason: 'KubeletNotReady', message: NO_CNI };
  const found = (type: string, reason: string) => {
    const pressure = pressures.find((each) => each.type === type);
    return pressure
      ? { status: 'True', reason: pressure.reason, message: pressure.message }
      : { status: 'False', reason };
  };
  const capacity = { cpu: `${facts.cpus}`, memory: `${facts.memoryBytes / 1024}Ki`, pods: `${maxPods}` };
  return {
    addresses: [
      { type: 'InternalIP', address: nodeIp },
      { type: 'Hostname', address: nodeName },
    ],
    capacity,
    allocatable: capacity,
    conditions: [
      condition('MemoryPressure', found('MemoryPressure', 'KubeletHasSufficientMemory'), before),
      condition('DiskPressure', found('DiskPressure', 'KubeletHasNoDiskPressure'), before),
      condition('PIDPressure', { status: 'False', reason: 'KubeletHasSufficientPID' }, before),
      condition('Ready', ready, before),
    ],
    nodeInfo: {
      architecture: facts.arch,
      bootID: facts.machineId,
      containerRuntimeVersion: RUNTIME_VERSION,
      kernelVersion: facts.kernel,
      kubeProxyVersion: kubeletVersion,
      kubeletVersion,
      machineID: facts.machineId,
      operatingSystem: 'linux',
      osImage: facts.os.pretty,
      systemUUID: facts.machineId,
    },
  };
}

function condition(
  type: string,
  found: { readonly status: string; readonly reason: string; readonly message?: string },
  before: V1Node['status'],
): V1NodeCondition {
  // JSON has times as texts, whatever the client's types say.
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z') as unknown as Date;
  const last = before?.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime = last?.status === found.status ? last.lastTransitionTime : now;
  const message = found.message ?? `kubelet reports: ${found.reason}`;
  return { type, ...found, message, lastHeartbeatTime: now, lastTransitionTime };
}
