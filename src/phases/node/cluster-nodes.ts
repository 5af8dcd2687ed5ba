import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { EdgeHubForm } from '../../edge-hub/releases.ts';
import { HUB_SERVICE_VERSION } from '../../edge-hub/service-mark.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { reportedKubeletVersion } from '../../kubernetes/node/node.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { autonomyOf, type NodeAutonomy } from './autonomy.ts';
import { isGateway } from './gateway.ts';

/** A node as its cluster sees it. */
export interface ClusterNode extends NodeAutonomy {
  readonly unschedulable: boolean;
  readonly gateway: boolean;
  /** Its edge-hub; undefined if the node has none, or one that another tool has set up as a service. */
  readonly hub: HubOfNode | undefined;
  readonly kubelet: string | undefined;
  readonly runtime: string | undefined;
  readonly os: string | undefined;
  readonly arch: string | undefined;
  readonly addresses: readonly string[];
  /** When the kubelet's certificate ends, RFC 3339; undefined if it was not requested or could not be read. */
  readonly certificateEnds: string | undefined;
}

interface HubOfNode {
  readonly as: EdgeHubForm;
  readonly version?: string;
  /** Of a hub that is a static pod. */
  readonly pod?: string;
  readonly ready?: boolean;
}

/** How many kubelets are asked at the same time, and how long one may take. */
const AT_ONCE = 16;
const KUBELET_MS = 5_000;

/** What a cluster says of nodes. @param certificates true to ask the kubelets when their certificates end */
export async function describeNodes(
  client: ApiClient,
  nodes: readonly V1Node[],
  { certificates, signal }: { readonly certificates: boolean; readonly signal: AbortSignal },
): Promise<ClusterNode[]> {
  const hubs = await hubPods(client, signal);
  const ends = new Map<string, string>();
  if (certificates)
    await forEachLimited(nodes, AT_ONCE, async ({ metadata }) => {
      const end = await certificateEnd(client, metadata?.name ?? '', signal);
      if (end) ends.set(metadata?.name ?? '', end);
    });
  return nodes.map((node) => describe(node, hubs, ends));
}

function describe(node: V1Node, hubs: ReadonlyMap<string, V1Pod>, ends: ReadonlyMap<string, string>): ClusterNode {
  const autonomy = autonomyOf(node);
  const { nodeInfo, addresses = [] } = node.status ?? {};
  return {
    ...autonomy,
    unschedulable: node.spec?.unschedulable ?? false,
    gateway: isGateway(node),
    hub: hubOf(node, hubs.get(autonomy.name)),
    kubelet: reportedKubeletVersion(node),
    runtime: nodeInfo?.containerRuntimeVersion,
    os: nodeInfo?.osImage,
    arch: node.metadata?.labels?.['kubernetes.io/arch'] ?? nodeInfo?.architecture,
    addresses: addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
    certificateEnds: ends.get(autonomy.name),
  };
}

function hubOf({ metadata }: V1Node, pod: V1Pod | undefined): HubOfNode | undefined {
  if (pod) return { as: 'pod', pod: pod.metadata?.name ?? '', ready: isReady(pod), version: imageVersion(pod) };
  const version = metadata?.annotations?.[HUB_SERVICE_VERSION]?.replace(/^v/, '');
  return version === undefined ? undefined : { as: 'service', version };
}

/** By node; the hub is a static pod, named after it. */
async function hubPods(client: ApiClient, signal: AbortSignal): Promise<Map<string, V1Pod>> {
  const pods = await listAll<V1Pod>(client, '/api/v1/namespaces/kube-system/pods', {
    keep: (pod) => (/^(?:edge-hub|yurt-?hub)-/.test(pod.metadata?.name ?? '') ? pod : undefined),
    signal,
  });
  return new Map(pods.map((pod) => [pod.spec?.nodeName ?? '', pod]));
}

function imageVersion({ spec }: V1Pod): string | undefined {
  return /:v?(\d[^@/]*)(?:@|$)/.exec(spec?.containers[0]?.image ?? '')?.[1];
}

/** Asks the kubelet, through the API server: the metric is the kubelet's own, since 1.18. */
async function certificateEnd(client: ApiClient, node: string, signal: AbortSignal): Promise<string | undefined> {
  const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics`;
  try {
    const text = await client.get<string>(path, { accept: 'text/plain', timeoutMs: KUBELET_MS, signal });
    const [, seconds] = /^kubelet_certificate_manager_client_ttl_seconds (\S+)$/m.exec(text) ?? [];
    const ms = Number(seconds) * 1000;
    return Number.isFinite(ms) ? new Date(Date.now() + ms).toISOString() : undefined;
  } catch {
    // A node that is disconnected has no answer, and others may be listed anyway.
    signal.throwIfAborted();
    return undefined;
  }
}
