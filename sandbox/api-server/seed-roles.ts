import { type KubeObject, type Resource, resourceOf } from './resources.ts';

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const WORKLOADS = ['statefulsets', 'deployments', 'replicasets'];
const SCALES = WORKLOADS.map((plural) => `${plural}/scale`);
const BATCH = ['jobs', 'cronjobs'];
const NETWORKING = ['networkpolicies', 'ingresses'];
const CORE = ['pods', 'serviceaccounts', 'services', 'endpoints', 'persistentvolumeclaims', 'configmaps', 'events'];

const rule = (verbs: readonly string[], group: string, ...resources: string[]) => ({
  verbs,
  apiGroups: [group],
  resources,
});

/** Rights in a namespace that Kubernetes calls `view`, as far as the resources are here. Secrets are not in them. */
const VIEW = [
  rule(READ, '', ...CORE, 'limitranges', 'resourcequotas', 'namespaces', 'pods/log', 'pods/status'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(READ, 'apps', ...WORKLOADS, 'daemonsets', ...SCALES),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers'),
  rule(READ, 'batch', ...BATCH),
  rule(READ, 'policy', 'poddisruptionbudgets'),
  rule(READ, 'networking.k8s.io', ...NETWORKING),
];

const EDIT = [
  ...VIEW,
  rule(READ, '', 'secrets', 'pods/exec', 'pods/attach', 'pods/portforward'),
  rule(WRITE, '', ...CORE.filter((plural) => plural !== 'endpoints'), 'secrets', 'pods/exec', 'pods/attach'),
  rule(['create'], '', 'pods/eviction', 'serviceaccounts/token', 'pods/portforward'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(WRITE, 'apps', ...WORKLOADS, 'daemonsets', ...SCALES),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', ...BATCH),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', ...NETWORKING),
  rule([...READ, ...WRITE], 'coordination.k8s.io', 'leases'),
];

/** The roles for people. Source: k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go */
const CLUSTER_ROLES: Readonly<Record<string, readonly object[]>> = {
  'cluster-admin': [rule(['*'], '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  admin: [...EDIT, rule([...READ, ...WRITE], RBAC, 'roles', 'rolebindings')],
  edit: EDIT,
  view: VIEW,
  // What OpenYurt's chart gives to its hubs. Source: openyurt v1.7, charts/yurthub.
  'yurt-hub': [
    rule(['list', 'watch'], 'apps.openyurt.io', 'nodepools'),
    rule(['list', 'watch'], '', 'configmaps', 'endpoints'),
    rule(['list', 'watch'], 'discovery.k8s.io', 'endpointslices'),
  ],
};

/** Which group has which role from the start. */
const GROUPS = { 'cluster-admin': 'system:masters', 'yurt-hub': 'system:nodes' };

/** Makes the roles that people are given, and the bindings that a cluster with OpenYurt begins with. */
export function seedRoles(ensure: (resource: Resource, object: KubeObject) => void): void {
  for (const [name, rules] of Object.entries(CLUSTER_ROLES))
    ensure(resourceOf('clusterroles'), { metadata: { name }, rules });
  for (const [name, group] of Object.entries(GROUPS))
    ensure(resourceOf('clusterrolebindings'), {
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: group }],
    });
}
