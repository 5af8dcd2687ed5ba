import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { sameAddress } from '../../lib/cidr.ts';

/** The component without which Terway Edge gives no pod an address. Source: the vendor's guide to Terway Edge. */
export const CONTROL_PLANE = 'terway-edge-controlplane';

/** Says that the node was cordoned for its interfaces, so that a later run lets pods on it again. */
const CORDONED = 'edgeadm.io/cordoned-by';
const BY_BIND = 'eni';

/** An instance as a node. */
export interface EdgeNode {
  readonly name: string;
  readonly cordoned: boolean;
  /** By an earlier run that did not come to its end. */
  readonly cordonedByUs: boolean;
}

/** The node that runs on an instance: its provider ID ends with the instance's id, or it has one of its addresses. */
export async function nodeOfInstance(
  cluster: ApiClient,
  instance: { readonly id: string; readonly addresses: readonly string[] },
): Promise<EdgeNode | undefined> {
  const nodes = await listNodes(cluster);
  const node = nodes.find(
    ({ spec, status }) =>
      spec?.providerID?.split(/[/.:]/).at(-1) === instance.id ||
      status?.addresses?.some(
        ({ type, address }) => type === 'InternalIP' && instance.addresses.some((each) => sameAddress(each, address)),
      ),
  );
  return node && describe(node);
}

function describe({ metadata, spec }: V1Node): EdgeNode {
  const cordoned = spec?.unschedulable ?? false;
  return {
    name: metadata?.name ?? '',
    cordoned,
    cordonedByUs: cordoned && metadata?.annotations?.[CORDONED] === BY_BIND,
  };
}

/** True if edgeadm may cordon the node, and uncordon it again: a cordon by others stays. */
export function mayCordon({ cordoned, cordonedByUs }: EdgeNode): boolean {
  return !cordoned || cordonedByUs;
}

/** How the plan tells that the node is drained. */
export function describeDrain(node: EdgeNode): string {
  const drained = `Node ${node.name} of the cluster is drained first`;
  return mayCordon(node) ? `${drained}.` : `${drained}, and stays cordoned, because edgeadm did not cordon it.`;
}

/** True if the cluster runs the component: as a Deployment, or as pods under another controller. */
export async function hasControlPlane(cluster: ApiClient): Promise<boolean> {
  const namespace = 'namespaces/kube-system';
  if (await cluster.find(`/apis/apps/v1/${namespace}/deployments/${CONTROL_PLANE}`)) return true;
  const pods = await listWhole<V1Pod>(cluster, `/api/v1/${namespace}/pods`);
  return pods.some(({ metadata }) => metadata?.name?.startsWith(CONTROL_PLANE));
}

/** Call it before cordoning the node: a kill in between must not leave a cordon that no run would remove. */
export async function markCordonAsOwn(cluster: ApiClient, node: string): Promise<void> {
  await cluster.patch(`/api/v1/nodes/${node}`, { metadata: { annotations: { [CORDONED]: BY_BIND } } });
}

/** Lets pods on the node again. */
export async function removeCordon(cluster: ApiClient, node: string): Promise<void> {
  await cluster.patch(`/api/v1/nodes/${node}`, {
    metadata: { annotations: { [CORDONED]: null } },
    spec: { unschedulable: null },
  });
}
