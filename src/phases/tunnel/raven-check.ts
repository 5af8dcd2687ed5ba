import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { edgeNamesOf, placeOf } from '../../kubernetes/edge-names.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { count } from '../../lib/count.ts';
import type { TunnelCheck } from './check.ts';
import type { Gateway } from './raven-ports.ts';

/** DaemonSet of Raven. Source: OpenYurt v1.7.0, pkg/yurthub/configuration/manager.go. */
const AGENT = 'raven-agent-ds';

/** What the checks of Raven are made of. */
interface RavenParts {
  readonly gateways: readonly Gateway[];
  readonly nodes: readonly V1Node[];
  readonly agentPods: readonly V1Pod[];
}

/** Reads what belongs to Raven. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
export async function readRavenParts(
  client: ApiClient,
  gateways: readonly Gateway[],
  signal: AbortSignal,
): Promise<RavenParts> {
  const [nodes, pods] = await Promise.all([
    listNodes(client, { signal }),
    listWhole<V1Pod>(client, '/api/v1/namespaces/kube-system/pods', signal),
  ]);
  return { gateways, nodes, agentPods: pods.filter(({ metadata }) => metadata?.name?.startsWith(`${AGENT}-`)) };
}

/** Judges Raven: an exposed gateway, an active endpoint of each gateway, an agent on each Ready edge node. */
export function judgeRaven({ gateways, nodes, agentPods }: RavenParts): TunnelCheck[] {
  const exposed = gateways.filter(({ spec }) => spec?.exposeType);
  const addressed = exposed.filter((gateway) => endpointsOf(gateway).some(({ publicIP }) => publicIP));
  const idle = gateways.filter((gateway) => endpointsOf(gateway).length === 0).map(({ metadata }) => metadata.name);
  const edge = nodes.filter((node) => placeOf(node) === 'edge' && edgeNamesOf(node) && isReady(node)).map(nodeNameOf);
  const running = new Set(agentPods.filter(isReady).map(({ spec }) => spec?.nodeName));
  const without = edge.filter((name) => !running.has(name));
  const verdict = (check: string, ok: boolean, found: string, next: string): TunnelCheck => ({
    ...{ check, ok, found },
    next: ok ? '' : next,
  });
  return [
    verdict(
      'exposed gateway',
      addressed.length > 0,
      exposed.length === 0
        ? `none of ${gateways.length} gateways has spec.exposeType`
        : addressed.map(({ metadata }) => metadata.name).join(', ') || 'no active endpoint has a public address',
      'set spec.exposeType of a gateway in the cloud: kubectl get gateways.raven.openyurt.io',
    ),
    verdict(
      'active endpoints',
      idle.length === 0 && gateways.length > 0,
      idle.length === 0 ? `of ${count('gateway', gateways.length)}` : `missing: ${idle.join(', ')}`,
      'kubectl describe gateways.raven.openyurt.io',
    ),
    verdict(
      'agents',
      without.length === 0,
      `on ${edge.length - without.length} of ${edge.length} Ready edge nodes${without.length > 0 ? `; missing: ${without.join(', ')}` : ''}`,
      `kubectl -n kube-system describe daemonset ${AGENT}`,
    ),
  ];
}

/** v1alpha1 has one endpoint, v1beta1 a list. */
function endpointsOf({ status }: Gateway): readonly { readonly publicIP?: string }[] {
  return status?.activeEndpoints ?? (status?.activeEndpoint ? [status.activeEndpoint] : []);
}
