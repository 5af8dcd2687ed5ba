import type { V1DaemonSet, V1Deployment, V1LabelSelector, V1Pod } from '@kubernetes/client-node';
import type { GatewayPod } from '../../config/node-pool.ts';
import type { ApiClient } from './client.ts';
import { listAll } from './list.ts';

/** By both of their names. Source: the vendor's page of enhanced node pools. */
const COMPONENTS = [
  { component: 'egw-core', plural: 'deployments', name: /^(egw|edge-gateway)-core(-|$)/ },
  { component: 'egw-helper', plural: 'daemonsets', name: /^(egw|edge-gateway)-helper(-|$)/ },
] as const;

type Workload = Pick<V1Deployment | V1DaemonSet, 'metadata'> & {
  readonly spec?: { readonly selector?: V1LabelSelector };
};

/** The pods of the gateways of all enhanced node pools, by the Deployments and DaemonSets that they belong to. */
export async function listGatewayPods(client: ApiClient): Promise<GatewayPod[]> {
  const found = await Promise.all(
    COMPONENTS.map(async ({ component, plural, name }) => {
      const workloads = await listAll<Workload>(client, `/apis/apps/v1/${plural}`, {
        keep: (each) => (name.test(each.metadata?.name ?? '') ? each : undefined),
      });
      const pods = await Promise.all(workloads.map((each) => podsOf(client, each)));
      return pods.flat().map((pod) => ({ component, ...pod }));
    }),
  );
  return found.flat();
}

async function podsOf(client: ApiClient, { metadata, spec }: Workload): Promise<Omit<GatewayPod, 'component'>[]> {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return [];
  const query = new URLSearchParams({ labelSelector: labels.join(',') });
  return listAll<V1Pod, Omit<GatewayPod, 'component'>>(
    client,
    `/api/v1/namespaces/${metadata?.namespace}/pods?${query}`,
    {
      keep: (pod) => ({
        node: pod.spec?.nodeName ?? '',
        ready: (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
        hostNetwork: pod.spec?.hostNetwork ?? false,
      }),
    },
  );
}
