import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { type FoundTemplate, type ManifestObject, podTemplatesIn } from '../../kubernetes/pod-templates.ts';

const KINDS = { deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' } as const;

/** The pod templates of the workloads of a cluster. */
export async function clusterTemplates(
  client: ApiClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<FoundTemplate[]> {
  const at = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const lists = await Promise.all(
    Object.entries(KINDS).map(async ([plural, kind]) => {
      const items = await listWhole<ManifestObject>(client, `/apis/apps/v1${at}/${plural}`, signal);
      return items.map(
        (item): ManifestObject => ({
          ...item,
          kind,
          metadata: { ...item.metadata, name: `${item.metadata?.namespace}/${item.metadata?.name}` },
        }),
      );
    }),
  );
  return lists.flat().flatMap(podTemplatesIn);
}
