import type { V1Container, V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { controllerOf } from '../../kubernetes/drain/pods.ts';
import { placeOf } from '../../kubernetes/edge-names.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';

/** A program on edge nodes, by the name that it most likely sends as its User-Agent. */
export interface EdgeProgram {
  readonly agent: string;
  /** The start command is certain; without one in the pod, the name of the image is a guess; a log is certain too. */
  readonly source: 'command' | 'image' | 'log of the hub';
  /** Whose pods run it. */
  readonly workloads: readonly PodOwner[];
  readonly pods: number;
}

/** What restarts the pods of a program: `apps/v1` objects with a template. */
export interface PodOwner {
  readonly namespace: string;
  /** `Deployment`, `StatefulSet`, `DaemonSet`; `Pod` if nothing recreates it. */
  readonly kind: string;
  readonly name: string;
}

/** Shells, and words that are around the program in a script. */
const SHELLS = /^(?:sh|bash|ash|dash|env|exec|tini|dumb-init|sudo|nohup|set|cd|export|source|sleep|echo)$/;

/** The pods on edge nodes; those on cloud nodes have no hub with a cache. */
export async function podsOnEdgeNodes(
  client: ApiClient,
  nodes: readonly V1Node[],
  signal?: AbortSignal,
): Promise<V1Pod[]> {
  const edge = new Set(nodes.filter((node) => placeOf(node) === 'edge').map(nodeNameOf));
  return listAll<V1Pod>(client, '/api/v1/pods', {
    keep: (pod) => (edge.has(pod.spec?.nodeName ?? '') ? pod : undefined),
    signal,
  });
}

/** Programs of pods, by name. Static pods are the node's own: they do not use a service account. */
export function programsOf(pods: readonly V1Pod[]): EdgeProgram[] {
  const programs = new Map<string, EdgeProgram>();
  for (const pod of pods) {
    if (pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) continue;
    for (const container of pod.spec?.containers ?? []) {
      const found = programOf(container);
      if (!found) continue;
      const known = programs.get(found.agent);
      const workload = workloadOf(pod);
      const workloads = known?.workloads ?? [];
      const isNew = !workloads.some((each) => JSON.stringify(each) === JSON.stringify(workload));
      programs.set(found.agent, {
        agent: found.agent,
        source: known?.source === 'command' ? 'command' : found.source,
        workloads: isNew ? [...workloads, workload] : workloads,
        pods: (known?.pods ?? 0) + 1,
      });
    }
  }
  return [...programs.values()].sort((a, b) => a.agent.localeCompare(b.agent));
}

function programOf({ command = [], args = [], image }: V1Container): Pick<EdgeProgram, 'agent' | 'source'> | undefined {
  const words = [...command, ...args].flatMap((word) =>
    word
      .split('\n')
      .filter((line) => !line.trim().startsWith('#'))
      .flatMap((line) => line.trim().split(/\s+/)),
  );
  if (command.length > 0) {
    const program = words.map((word) => word.split('/').at(-1) ?? '').find(isProgram);
    if (program) return { agent: program, source: 'command' };
  }
  const name = image?.split('@')[0]?.split('/').at(-1)?.split(':')[0];
  return name ? { agent: name, source: 'image' } : undefined;
}

function isProgram(word: string): boolean {
  return /^[A-Za-z][\w.-]*$/.test(word) && !SHELLS.test(word);
}

/** A ReplicaSet is named after its Deployment and a hash. */
function workloadOf(pod: V1Pod): PodOwner {
  const namespace = pod.metadata?.namespace ?? '';
  const owner = controllerOf(pod);
  if (!owner) return { namespace, kind: 'Pod', name: pod.metadata?.name ?? '' };
  if (owner.kind !== 'ReplicaSet') return { namespace, kind: owner.kind, name: owner.name };
  return { namespace, kind: 'Deployment', name: owner.name.replace(/-[a-z0-9]+$/, '') };
}

/** A request in a hub's log: `util.go:221] edge-app get services: /api/v1/services/x with status code 200, spent 21ms`. */
const REQUEST =
  /\] (\S+) (?:get|list|watch|create|update|patch|delete|deletecollection) \S+: \/\S* with status code \d+/g;

/** The programs that a hub has served, by its log. */
export function agentsInLog(log: string): string[] {
  const agents = [...log.matchAll(REQUEST)].map(([, agent = '']) => agent.split('/')[0] ?? '');
  return [...new Set(agents.filter(Boolean))].sort();
}

/** The log of the hub of a node, read through the API server; undefined if the node has no hub in a pod. */
export async function hubLogOf(client: ApiClient, node: string, signal?: AbortSignal): Promise<string | undefined> {
  const query = encodeURIComponent(`spec.nodeName=${node}`);
  const pods = await listAll<V1Pod>(client, `/api/v1/namespaces/kube-system/pods?fieldSelector=${query}`, {
    keep: (pod) => (/^(?:edge-hub|yurt-?hub)/.test(pod.metadata?.name ?? '') ? pod : undefined),
    signal,
  });
  const name = pods[0]?.metadata?.name;
  if (!name) return undefined;
  return client.get<string>(`/api/v1/namespaces/kube-system/pods/${name}/log?tailLines=5000`, { signal });
}
