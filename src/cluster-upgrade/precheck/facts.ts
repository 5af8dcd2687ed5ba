import type {
  V1APIService,
  V1CertificateSigningRequest,
  V1Endpoints,
  V1Node,
  V1Pod,
  V1PodDisruptionBudget,
} from '@kubernetes/client-node';
import { SYSTEM_NAMESPACES } from '../../kubernetes/addons.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { preferredVersion } from '../../kubernetes/api/discovery.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { isOffline, nodeNameOf } from '../../kubernetes/node/node.ts';
import { type PodTrouble, troubleOf } from '../../kubernetes/node/pod-trouble.ts';
import { memoize } from '../../lib/memoize.ts';
import { NAMESPACE } from '../cluster/names.ts';
import { concatSettled } from './concat-settled.ts';
import { type Permission, refusedPermissions } from './permissions.ts';
import { readWebhooks, type Webhook } from './webhook.ts';
import { readWorkloads, type Workload } from './workload.ts';

/** What the API server tells about the cluster. Each is requested once, when first needed; a failure is kept, too. */
export interface PrecheckFacts {
  /** Address and version of the API server. */
  readonly server: () => Promise<{ readonly address: string; readonly version: string | undefined }>;
  /** Names of all nodes that are offline, those too that are not to be upgraded. */
  readonly offlineNodes: () => Promise<ReadonlySet<string>>;
  /** DaemonSets and Deployments of the system's namespaces. */
  readonly workloads: () => Promise<readonly Workload[]>;
  /** Pods of the system's namespaces that are not as they should be. */
  readonly systemPods: () => Promise<readonly PodTrouble[]>;
  /** Failed pods of earlier upgrades. */
  readonly upgradePods: () => Promise<readonly PodTrouble[]>;
  readonly apiServices: () => Promise<readonly V1APIService[]>;
  readonly disruptionBudgets: () => Promise<readonly V1PodDisruptionBudget[]>;
  readonly webhooks: () => Promise<readonly Webhook[]>;
  /** True if a Service has an endpoint that is ready. */
  readonly hasEndpoint: (namespace: string, service: string) => Promise<boolean>;
  readonly certificateRequests: () => Promise<readonly V1CertificateSigningRequest[]>;
  /** What an upgrade needs and the caller may not do. */
  readonly refused: (drain: boolean) => Promise<readonly Permission[]>;
}

/**
 * Facts of the cluster that a client speaks to.
 * @param nodes what is known of nodes if the caller may not list them
 */
export function precheckFacts(client: ApiClient, nodes: readonly V1Node[], signal: AbortSignal): PrecheckFacts {
  const list: List = (path, keep) => listAll(client, path, { keep, signal });
  const all = <T>(path: string): Promise<T[]> => list(path, (item: T) => item);
  const inGroup = async <T>(group: string, plural: string): Promise<T[]> =>
    all(`/apis/${await preferredVersion(client, group, signal)}/${plural}`);
  const pods = (path: string): Promise<PodTrouble[]> => list(path, (pod: V1Pod) => troubleOf(pod));
  return {
    server: memoize(() => readServer(client, signal)),
    offlineNodes: memoize(async () => new Set(await offlineOf(list, nodes))),
    workloads: memoize(() => readWorkloads(all)),
    systemPods: memoize(() => concatSettled(SYSTEM_NAMESPACES.map((name) => pods(`/api/v1/namespaces/${name}/pods`)))),
    upgradePods: memoize(() =>
      pods(`/api/v1/namespaces/${NAMESPACE}/pods?fieldSelector=${encodeURIComponent('status.phase=Failed')}`),
    ),
    apiServices: memoize(() => inGroup('apiregistration.k8s.io', 'apiservices')),
    disruptionBudgets: memoize(() => inGroup('policy', 'poddisruptionbudgets')),
    webhooks: memoize(() => readWebhooks((plural) => inGroup('admissionregistration.k8s.io', plural))),
    hasEndpoint: (namespace, service) => hasEndpoint(client, namespace, service, signal),
    certificateRequests: memoize(() => inGroup('certificates.k8s.io', 'certificatesigningrequests')),
    refused: (drain) => refusedPermissions(client, { drain, signal }),
  };
}

type List = <T, U>(path: string, keep: (item: T) => U | undefined) => Promise<U[]>;

function offlineOf(list: List, nodes: readonly V1Node[]): Promise<string[]> {
  const named = (node: V1Node): string | undefined => (isOffline(node) ? nodeNameOf(node) : undefined);
  return list('/api/v1/nodes', named).catch(() => nodes.filter(isOffline).map(nodeNameOf));
}

/** Some clusters hide their version from users with few rights; the report is still useful. */
async function readServer(
  client: ApiClient,
  signal: AbortSignal,
): Promise<{ address: string; version: string | undefined }> {
  const { server, body } = await client.send<{ gitVersion?: string }>('GET', '/version', { signal });
  return { address: server, version: body?.gitVersion };
}

async function hasEndpoint(
  client: ApiClient,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/endpoints/${encodeURIComponent(service)}`;
  const endpoints = await client.find<V1Endpoints>(path, { signal });
  return endpoints?.subsets?.some(({ addresses }) => (addresses?.length ?? 0) > 0) ?? false;
}
