import type { V1DaemonSet, V1Deployment, V1Node, V1Pod, V1Service } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { type EdgeNames, edgeNamesOf, placeOf } from '../../kubernetes/edge-names.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';

/** One thing that a tunnel needs. */
export interface TunnelCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do; empty if it is well. */
  readonly next: string;
}

/** What the checks of a tunnel are made of. */
export interface TunnelParts {
  readonly server: V1Deployment | undefined;
  readonly service: V1Service | undefined;
  readonly agent: V1DaemonSet | undefined;
  readonly agentPods: readonly V1Pod[];
  readonly nodes: readonly V1Node[];
}

/** Reads what belongs to the tunnel of a cluster. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
export async function readTunnelParts(client: ApiClient, names: EdgeNames, signal: AbortSignal): Promise<TunnelParts> {
  const apps = '/apis/apps/v1/namespaces/kube-system';
  const [server, service, agent, pods, nodes] = await Promise.all([
    client.find<V1Deployment>(`${apps}/deployments/${names.tunnelServer}`, { signal }),
    client.find<V1Service>(`/api/v1/namespaces/kube-system/services/${names.tunnelServer}-svc`, { signal }),
    client.find<V1DaemonSet>(`${apps}/daemonsets/${names.tunnelAgent}`, { signal }),
    listWhole<V1Pod>(client, '/api/v1/namespaces/kube-system/pods', signal),
    listNodes(client, { signal }),
  ]);
  const agentPods = pods.filter(({ metadata }) => metadata?.name?.startsWith(`${names.tunnelAgent}-`));
  return { server, service, agent, agentPods, nodes };
}

/** The address of the server's load balancer. */
export function tunnelAddress({ service }: TunnelParts): string | undefined {
  return service?.status?.loadBalancer?.ingress?.map(({ ip, hostname }) => ip ?? hostname)[0];
}

/** Judges the parts, in the order in which a request passes them. */
export function judgeTunnel(parts: TunnelParts, names: EdgeNames): TunnelCheck[] {
  const { server, service, agent, agentPods, nodes } = parts;
  const { tunnelServer, tunnelAgent } = names;
  const cloud = nodes.filter((node) => placeOf(node) === 'cloud' && isReady(node));
  const edge = nodes.filter((node) => placeOf(node) === 'edge' && edgeNamesOf(node) && isReady(node)).map(nodeNameOf);
  const running = new Set(agentPods.filter(isReady).map(({ spec }) => spec?.nodeName));
  const without = edge.filter((name) => !running.has(name));
  const available = server?.status?.availableReplicas ?? 0;
  const address = tunnelAddress(parts);
  const verdict = (check: string, ok: boolean, found: string, next: string): TunnelCheck => ({
    ...{ check, ok, found },
    next: ok ? '' : next,
  });
  const describe = (name: string, part: object | undefined): string =>
    part ? `kubectl -n kube-system describe ${name}` : 'install the tunnel: its add-ons, server before agent';
  return [
    verdict('cloud node', cloud.length > 0, `${cloud.length} Ready`, `${tunnelServer} runs on a cloud node: add one`),
    verdict(
      'server',
      available > 0,
      server ? `${available} of ${server.spec?.replicas ?? 1} replicas available` : `no Deployment ${tunnelServer}`,
      describe(`deployment ${tunnelServer}`, server),
    ),
    verdict(
      'load balancer',
      address !== undefined,
      address ?? (service ? `Service ${tunnelServer}-svc has no address` : `no Service ${tunnelServer}-svc`),
      describe(`service ${tunnelServer}-svc`, service),
    ),
    verdict(
      'agents',
      agent !== undefined && without.length === 0,
      agent
        ? `on ${edge.length - without.length} of ${edge.length} Ready edge nodes${without.length > 0 ? `; missing: ${without.join(', ')}` : ''}`
        : `no DaemonSet ${tunnelAgent}`,
      describe(`daemonset ${tunnelAgent}`, agent),
    ),
  ];
}
