import type { ApiClient } from '../../kubernetes/api/client.ts';
import { preferredVersion } from '../../kubernetes/api/discovery.ts';
import { CONTROLLER, core, NAMESPACE, ROLE_LABEL } from './names.ts';

const RBAC = 'rbac.authorization.k8s.io';
const LABELS = { 'app.kubernetes.io/managed-by': 'edgeadm', [ROLE_LABEL]: 'controller' };
const ACCOUNT = { kind: 'ServiceAccount', name: CONTROLLER, namespace: NAMESPACE };

interface Manifest {
  /** Of the collection. */
  readonly path: string;
  readonly object: { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };
}

/** The namespace that everything of an upgrade is in; Jobs there may work on their nodes. */
export async function ensureNamespace(client: ApiClient): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  await ensure(client, {
    path: '/api/v1/namespaces',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } as { name: string } },
  });
}

/** Who the controller is to the cluster, and what it may do there: no more than an upgrade needs. */
export async function ensureAccount(client: ApiClient): Promise<void> {
  const namespace = await client.get<{ metadata: { uid: string } }>(`/api/v1/namespaces/${NAMESPACE}`);
  // The roles of the whole cluster go with the namespace.
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE, uid: namespace.metadata.uid };
  for (const manifest of accountManifests(owner)) await ensure(client, manifest);
}

function accountManifests(owner: object): Manifest[] {
  const apiVersion = `${RBAC}/v1`;
  const metadata = { name: CONTROLLER, labels: LABELS };
  const clusterWide = { ...metadata, ownerReferences: [owner] };
  const rules = `/apis/${apiVersion}`;
  const roleRef = (kind: string) => ({ apiGroup: RBAC, kind, name: CONTROLLER });
  const rule = (apiGroups: string[], resources: string[], verbs: string[]) => ({ apiGroups, resources, verbs });
  const all = ['get', 'list', 'create', 'update', 'patch', 'delete'];
  return [
    { path: core('serviceaccounts'), object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    {
      path: `${rules}/clusterroles`,
      object: {
        apiVersion,
        kind: 'ClusterRole',
        metadata: clusterWide,
        rules: [
          rule([''], ['nodes'], ['get', 'list', 'patch']),
          rule([''], ['pods'], ['get', 'list']),
          rule([''], ['pods/eviction'], ['create']),
          rule(['apps'], ['daemonsets'], ['get']),
        ],
      } as Manifest['object'],
    },
    {
      path: `${rules}/clusterrolebindings`,
      object: {
        apiVersion,
        kind: 'ClusterRoleBinding',
        metadata: clusterWide,
        roleRef: roleRef('ClusterRole'),
        subjects: [ACCOUNT],
      } as Manifest['object'],
    },
    {
      path: `${rules}/namespaces/${NAMESPACE}/roles`,
      object: {
        apiVersion,
        kind: 'Role',
        metadata,
        rules: [
          rule([''], ['configmaps', 'events'], all),
          rule([''], ['pods', 'pods/log'], ['get', 'list', 'delete']),
          rule(['batch'], ['jobs'], all),
          rule(['coordination.k8s.io'], ['leases'], all),
        ],
      } as Manifest['object'],
    },
    {
      path: `${rules}/namespaces/${NAMESPACE}/rolebindings`,
      object: {
        apiVersion,
        kind: 'RoleBinding',
        metadata,
        roleRef: roleRef('Role'),
        subjects: [ACCOUNT],
      } as Manifest['object'],
    },
  ];
}

/** Keeps drains of nodes, ours and others', from evicting the controller. */
export async function ensureBudget(client: ApiClient): Promise<void> {
  const apiVersion = await preferredVersion(client, 'policy');
  await ensure(client, {
    path: `/apis/${apiVersion}/namespaces/${NAMESPACE}/poddisruptionbudgets`,
    object: {
      apiVersion,
      kind: 'PodDisruptionBudget',
      metadata: { name: CONTROLLER, labels: LABELS },
      spec: { minAvailable: 1, selector: { matchLabels: { [ROLE_LABEL]: 'controller' } } },
    } as Manifest['object'],
  });
}

/** Creates an object, or leaves the one of that name as it is. */
async function ensure(client: ApiClient, { path, object }: Manifest): Promise<void> {
  await client.writeUnlessStale('POST', path, object);
}
