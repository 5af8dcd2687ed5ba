import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from './cluster.ts';
import { busyboxImage } from './config.ts';
import { describeObject } from './describe.ts';
import type { Node } from './node.ts';
import { prepare } from './prepare.ts';
import { until } from './wait.ts';

/** Loads an image tar of this machine into a node's containerd. */
export async function importImage(node: Node, tar: string): Promise<void> {
  const inNode = `/tmp/${crypto.randomUUID()}.tar`;
  await node.put(tar, inNode);
  const { exitCode, stderr } = await node.exec('ctr', '-n', 'k8s.io', 'images', 'import', inNode);
  await node.exec('rm', inNode);
  if (exitCode !== 0) throw new Error(`${node.name} could not import ${tar}: ${stderr}`);
}

/**
 * Writes a CNI configuration (bridge, host-local addresses) to a node, as the cluster's network DaemonSet would once
 * it runs there.
 * @param podCidr the node's; taken from its Node object by {@link podCidrOf}
 */
export async function installCni(node: Pick<Node, 'write'>, podCidr: string): Promise<void> {
  const config = {
    cniVersion: '0.3.1',
    name: 'testbed',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  await node.write('/etc/cni/net.d/10-testbed.conflist', JSON.stringify(config, null, 2));
}

/** The pod network the controller-manager gave to a Node; waits for it. */
export function podCidrOf(cluster: Cluster, nodeName: string): Promise<string> {
  const path = `/api/v1/nodes/${nodeName}`;
  return until(
    `a pod network for ${nodeName}`,
    async () => (await cluster.get<{ spec: { podCIDR?: string } }>(path))?.spec.podCIDR,
    60,
    () => describeObject(cluster, path),
  );
}

export interface PodOptions {
  /** What busybox runs; sleeps unless given. */
  command?: string[];
  hostNetwork?: boolean;
  namespace?: string;
  /** Whether its service account's token is mounted. */
  token?: boolean;
}

/**
 * Runs a busybox pod on a node, past the scheduler and any taint, and waits until it is Ready.
 * @returns the pod's address
 */
export async function runPod(cluster: Cluster, node: Node, name: string, options: PodOptions = {}): Promise<string> {
  const { command, hostNetwork = false, namespace = 'default', token = false } = options;
  const { images } = await prepare();
  await importImage(node, images.busybox);
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: node.name,
      hostNetwork,
      automountServiceAccountToken: token,
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image: busyboxImage, imagePullPolicy: 'Never', ...(command ? { command } : {}) }],
    },
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  return until(
    `pod ${name} on ${node.name}`,
    async () => {
      const { status } = (await cluster.get<V1Pod>(path)) ?? {};
      const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return ready && status?.podIP;
    },
    60,
    async () =>
      `${await describeObject(cluster, path)}\nnode: ${await describeObject(cluster, `/api/v1/nodes/${node.name}`)}`,
  );
}
