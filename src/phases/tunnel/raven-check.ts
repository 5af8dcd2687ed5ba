import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { edgeNamesOf, placeOf } from '../../kubernetes/edge-names.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { count } from '../../lib/count.ts';
import type { TunnelCheck } from './check.ts';
import { type Gateway, gatewayPorts, isExposed, type Raven } from './raven-ports.ts';

/** DaemonSet of Raven. Source: OpenYurt v1.7.0, pkg/yurthub/configuration/manager.go. */
const AGENT = 'raven-agent-ds';

/** What the checks of Raven are made of. */
interface RavenParts {
  readonly raven: Raven;
  readonly nodes: readonly V1Node[];
  readonly agentPods: readonly V1Pod[];
}

/** Reads what belongs to Raven. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
export async function readRavenParts(client: ApiClient, raven: Raven, signal: AbortSignal): Promise<RavenParts> {
  const [nodes, pods] = await Promise.all([
    listNodes(client, { signal }),
    listWhole<V1Pod>(client, '/api/v1/namespaces/kube-system/pods', signal),
  ]);
  return { raven, nodes, agentPods: pods.filter(({ metadata }) => metadata?.name?.startsWith(`${AGENT}-`)) };
}

/** Judges Raven: its modes, an exposed gateway, an active endpoint of each gateway, its ports, an agent on each Ready edge node. */
export function judgeRaven({ raven, nodes, agentPods }: RavenParts): TunnelCheck[] {
  const { gateways } = raven;
  const exposed = gateways.filter(isExposed);
  const addressed = exposed.filter((gateway) => endpointsOf(gateway).some(({ publicIP }) => publicIP));
  const idle = gateways.filter((gateway) => endpointsOf(gateway).length === 0).map(({ metadata }) => metadata.name);
  const edge = nodes.filter((node) => placeOf(node) === 'edge' && edgeNamesOf(node) && isReady(node)).map(nodeNameOf);
  const running = new Set(agentPods.filter(isReady).map(({ spec }) => spec?.nodeName));
  const without = edge.filter((name) => !running.has(name));
  return [
    ...modesOf(raven),
    verdict(
      'exposed gateway',
      addressed.length > 0,
      exposed.length === 0
        ? `none of ${gateways.length} gateways is exposed (spec.exposeType)`
        : addressed.map(({ metadata }) => metadata.name).join(', ') || 'no active endpoint has a public address',
      'set spec.exposeType of a gateway in the cloud: kubectl get gateways.raven.openyurt.io',
    ),
    verdict(
      'active endpoints',
      idle.length === 0 && gateways.length > 0,
      idle.length === 0 ? `of ${count('gateway', gateways.length)}` : `missing: ${idle.join(', ')}`,
      'kubectl describe gateways.raven.openyurt.io',
    ),
    ...portsOf(raven),
    verdict(
      'agents',
      without.length === 0,
      `on ${edge.length - without.length} of ${edge.length} Ready edge nodes${without.length > 0 ? `; missing: ${without.join(', ')}` : ''}`,
      `kubectl -n kube-system describe daemonset ${AGENT}`,
    ),
  ];
}

function verdict(check: string, ok: boolean, found: string, next: string): TunnelCheck {
  return { check, ok, found, next: ok ? '' : next };
}

/** What v1alpha1 did is not set anywhere. */
function modesOf({ version, modes }: Raven): TunnelCheck[] {
  if (version === 'v1alpha1') return [];
  const on = [...(modes.proxy ? ['proxy'] : []), ...(modes.vpn ? ['VPN'] : [])];
  const found = on.join(' and ') || 'kube-system/raven-cfg enables neither enable-l7-proxy nor enable-l3-tunnel';
  const patch = '\'{"data":{"enable-l7-proxy":"true"}}\'';
  return [
    verdict('modes', on.length > 0, found, `kubectl -n kube-system patch configmap raven-cfg --type=merge -p ${patch}`),
  ];
}

/** The proxy forwards what gateways list: nothing is built in, and `kubectl logs` needs the kubelet's port. */
function portsOf({ modes, gateways }: Raven): TunnelCheck[] {
  if (!modes.proxy) return [];
  const ports = gatewayPorts(gateways);
  const twice = ports.find(({ port, gateway }, i) =>
    ports.slice(0, i).some((each) => each.port === port && each.gateway !== gateway),
  );
  if (twice) {
    const found = `${twice.port} is forwarded by two gateways, so that their Service is rejected`;
    return [verdict('ports', false, found, `edgeadm tunnel ports remove ${twice.port} --gateway ${twice.gateway}`)];
  }
  const isThere = ports.some(({ port, protocol }) => port === '10250' && protocol === 'HTTPS');
  const listed = ports.map(({ port }) => port).join(', ');
  const found = isThere
    ? listed
    : `10250 of the kubelet is not forwarded: kubectl logs and exec do not reach edge nodes`;
  return [verdict('ports', isThere, found, 'edgeadm tunnel ports add 10250 --https')];
}

/** v1alpha1 has one endpoint, v1beta1 a list. */
function endpointsOf({ status }: Gateway): readonly { readonly publicIP?: string }[] {
  return status?.activeEndpoints ?? (status?.activeEndpoint ? [status.activeEndpoint] : []);
}
