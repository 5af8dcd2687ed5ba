import type { V1Deployment, V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { edgeNamesOf, placeOf } from '../../kubernetes/edge-names.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { compareVersions } from '../../kubernetes/version.ts';

/** Label of a cloud node that passes requests on to pods at the edge; its value is empty. */
const GATEWAY = 'node-role.alibabacloud.com/cloud-gateway';
const CONTROLLER = 'edge-controller-manager';
/** Source: the vendor's documents on edge networks, Express Connect. */
const CONTROLLER_SINCE = '2.1.0';

export function isGateway({ metadata }: V1Node): boolean {
  return metadata?.labels?.[GATEWAY] !== undefined;
}

/**
 * What makes nodes gateways, or ordinary nodes again.
 * @throws EdgeadmError SETTING_REFUSED with every node that cannot be one
 */
export function gatewayChanges(nodes: readonly V1Node[], on: boolean): ChangeRequest[] {
  const reasons = on ? nodes.flatMap(refusalOf) : [];
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: 'only cloud nodes of ACK@Edge can be gateways to the edge',
      why: reasons.join('\n'),
      next: '`edgeadm node list` shows which nodes are cloud nodes.',
    });
  return nodes.map((node) => ({
    name: `node/${nodeNameOf(node)}`,
    path: `/api/v1/nodes/${nodeNameOf(node)}`,
    before: { ...node, apiVersion: 'v1', kind: 'Node' },
    patch: { metadata: { labels: { [GATEWAY]: on ? '' : null } } },
  }));
}

function refusalOf(node: V1Node): string[] {
  const name = nodeNameOf(node);
  if (placeOf(node) === 'edge') return [`${name}: an edge node`];
  if (placeOf(node) === 'other') return [`${name}: not a cloud node: it has no label alibabacloud.com/is-edge-worker`];
  if (edgeNamesOf(node)?.project === 'ack') return [];
  return [`${name}: a node of OpenYurt, whose gateways are objects of Raven: kubectl get gateways.raven.openyurt.io`];
}

/**
 * Checks that the controller acts on the label.
 * @returns a warning if its version cannot be read: that of a managed cluster runs outside it
 * @throws EdgeadmError SETTING_REFUSED if it is too old
 */
export async function checkGatewayController(client: ApiClient, signal?: AbortSignal): Promise<string[]> {
  const path = `/apis/apps/v1/namespaces/kube-system/deployments/${CONTROLLER}`;
  const found = await client.find<V1Deployment>(path, { signal });
  const image = found?.spec?.template.spec?.containers[0]?.image ?? '';
  const version = /:v?(\d+\.\d+(?:\.\d+)?)/.exec(image)?.[1];
  if (version === undefined)
    return [
      `Warning: ${CONTROLLER} has to be ${CONTROLLER_SINCE.replace(/\.0$/, '')} or newer; its version cannot be read from inside the cluster. \`edgeadm addon list --cluster-id ID\` shows it.`,
    ];
  if (compareVersions(version, CONTROLLER_SINCE) >= 0) return [];
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: `${CONTROLLER} ${version} does not support gateways`,
    why: `image ${image}; the label ${GATEWAY} needs version ${CONTROLLER_SINCE.replace(/\.0$/, '')} or newer`,
    next: `Upgrade ${CONTROLLER} first.`,
  });
}
