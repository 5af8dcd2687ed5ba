import type { ContainerService } from '../../cloud/cs.ts';
import { openTemporaryCluster } from '../../cloud/temporary-cluster.ts';
import { type ApiClient, apiErrorOf } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { compareVersions } from '../../kubernetes/version.ts';

/** Clusters of this version and older have the tunnel of before, frp. Source: the vendor's user guide, 4.3. */
const LAST_WITH_FRP = '1.12.6';

const KINDS = [
  { kind: 'daemonset', api: '/apis/apps/v1', plural: 'daemonsets' },
  { kind: 'deployment', api: '/apis/apps/v1', plural: 'deployments' },
  { kind: 'service', api: '/api/v1', plural: 'services' },
] as const;

interface Frp {
  readonly service: ContainerService;
  readonly clusterId: string;
  readonly signal?: AbortSignal;
}

/**
 * Objects of frps and frpc that have to go before the tunnel is upgraded: `daemonset kube-system/frpc`. None in a cluster
 * that never had them.
 * @throws EdgeadmError if a cluster that has them cannot be reached
 */
export async function frpObjects({ service, clusterId, signal }: Frp): Promise<string[]> {
  const cluster = await service.cluster(clusterId);
  const version = cluster.currentVersion || cluster.initVersion;
  if (!version || compareVersions(version, LAST_WITH_FRP) > 0) return [];
  return withInside({ service, clusterId, signal }, async (client) => {
    const lists = await Promise.all(KINDS.map((kind) => objectsOf(client, kind)));
    return lists.flat();
  });
}

/** Deletes them; one that is gone already is none. */
export async function removeFrpObjects(objects: readonly string[], frp: Frp): Promise<void> {
  if (objects.length === 0) return;
  await withInside(frp, async (client) => {
    for (const object of objects)
      await client.delete(pathOf(object)).catch((error: unknown) => {
        if (apiErrorOf(error)?.status !== 404) throw error;
      });
  });
}

async function objectsOf(client: ApiClient, { kind, api, plural }: (typeof KINDS)[number]): Promise<string[]> {
  const found = await listWhole<{ metadata?: { name?: string; namespace?: string } }>(client, `${api}/${plural}`);
  return found
    .filter(({ metadata }) => /^frp[sc](-|$)/.test(metadata?.name ?? ''))
    .map(({ metadata }) => `${kind} ${metadata?.namespace}/${metadata?.name}`);
}

function pathOf(object: string): string {
  const [kind, namespace, name] = object.split(/[ /]/);
  const { api, plural } = KINDS.find((each) => each.kind === kind) ?? KINDS[0];
  return `${api}/namespaces/${namespace}/${plural}/${name}`;
}

async function withInside<T>({ service, clusterId, signal }: Frp, work: (client: ApiClient) => Promise<T>): Promise<T> {
  const inside = await openTemporaryCluster(service, await service.cluster(clusterId), { signal });
  try {
    return await work(inside.client);
  } finally {
    await inside.close();
  }
}
