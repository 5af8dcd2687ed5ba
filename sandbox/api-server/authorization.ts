import type { User } from './authentication.ts';
import type { KubeObject } from './resources.ts';
import type { PathRequest, ResourceRequest } from './router.ts';
import { ApiFailure, forbidden } from './status.ts';

/** What a group may do; `*` is anything. */
interface Rule {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly namespace?: string;
  readonly names?: readonly string[];
}

const READ = ['get', 'list', 'watch'];
const EDIT = ['update', 'patch'];
const CSR = 'certificates.k8s.io';
const csrRule: Rule = { group: CSR, resources: ['certificatesigningrequests'], verbs: ['create', ...READ] };

/** The ConfigMaps that a kubeadm cluster shows to those who join and to nodes. */
const KUBEADM_CONFIG: Rule = {
  group: '',
  resources: ['configmaps'],
  verbs: ['get'],
  namespace: 'kube-system',
  names: ['kubeadm-config', 'kubelet-config-1.20'],
};

/** kubeadm 1.20's role bindings, by the group or user that they are for. */
const BINDINGS: Readonly<Record<string, readonly Rule[]>> = {
  'system:masters': [{ group: '*', resources: ['*'], verbs: ['*'] }],
  'system:anonymous': [
    { group: '', resources: ['configmaps'], verbs: ['get'], namespace: 'kube-public', names: ['cluster-info'] },
  ],
  'system:bootstrappers:kubeadm:default-node-token': [
    csrRule,
    { group: '', resources: ['nodes'], verbs: ['get'] },
    KUBEADM_CONFIG,
  ],
  'system:nodes': [KUBEADM_CONFIG],
  // The ClusterRole system:basic-user
  'system:authenticated': [
    { group: 'authorization.k8s.io', resources: ['selfsubjectaccessreviews'], verbs: ['create'] },
  ],
};

/** What the Node authorizer lets every node do with the resources that are here; admission narrows it to its own. */
const NODE_RULES: readonly Rule[] = [
  { group: '', resources: ['nodes'], verbs: ['create', ...READ, ...EDIT] },
  { group: '', resources: ['nodes/status'], verbs: EDIT },
  { group: '', resources: ['pods'], verbs: [...READ, 'create', 'delete'] },
  { group: '', resources: ['pods/status'], verbs: EDIT },
  { group: '', resources: ['pods/eviction'], verbs: ['create'] },
  { group: '', resources: ['events'], verbs: ['create', ...EDIT] },
  csrRule,
];

const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY_PATHS = [...PUBLIC_PATHS, '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];

/**
 * Lets a request pass or not.
 * @see the table of docs/sandbox-api.md
 * @throws ApiFailure 403 in Kubernetes' words
 */
export function authorize(user: User, request: ResourceRequest | PathRequest): void {
  const refusal = 'path' in request ? refusalOfPath(user, request) : refusalOf(user, request);
  if (refusal) throw refusal;
}

/** The answer to a SelfSubjectAccessReview. @see https://kubernetes.io/docs/reference/kubernetes-api/ */
export function reviewAccess(user: User, review: KubeObject): KubeObject {
  const asked = (review.spec?.resourceAttributes ?? {}) as Partial<ResourceRequest> & { readonly resource?: string };
  const { verb = 'get', group = '', resource = '', subresource = '', namespace = '', name = '' } = asked;
  const request = { verb, group, version: '', plural: resource, subresource, namespace, name, named: name !== '' };
  const refusal = refusalOf(user, request);
  return { ...review, status: { allowed: refusal === undefined, ...(refusal && { reason: refusal.message }) } };
}

function refusalOf(user: User, request: ResourceRequest): ApiFailure | undefined {
  const bound = [user.name, ...user.groups].flatMap((who) => BINDINGS[who] ?? []);
  if (bound.some((rule) => allows(rule, request))) return undefined;
  const node = authenticatedNode(user);
  const why = node === undefined ? '' : refusalOfNode(node, request);
  return why === undefined ? undefined : refused(user, request, why);
}

/** `n1` for system:node:n1 of system:nodes. */
export function authenticatedNode({ name, groups }: User): string | undefined {
  const prefix = 'system:node:';
  return groups.includes('system:nodes') && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

function refusalOfPath(user: User, { verb, path }: PathRequest): ApiFailure | undefined {
  const known = user.groups.includes('system:authenticated') ? DISCOVERY_PATHS : PUBLIC_PATHS;
  const open = known.some((one) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : one === path));
  if ((open && verb === 'get') || user.groups.includes('system:masters')) return undefined;
  return new ApiFailure(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {});
}

function allows(rule: Rule, request: ResourceRequest): boolean {
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  return (
    has([rule.group], request.group) &&
    has(rule.resources, typeOf(request)) &&
    has(rule.verbs, request.verb) &&
    (rule.namespace === undefined || rule.namespace === request.namespace) &&
    (rule.names === undefined || rule.names.includes(request.name))
  );
}

/** @returns undefined if the node may; the reason, often an empty one, if it may not */
function refusalOfNode(node: string, request: ResourceRequest): string | undefined {
  if (request.group === '' && ['secrets', 'configmaps'].includes(request.plural) && READ.includes(request.verb)) {
    if (!request.name) return 'can only read namespaced object of this type';
    return `no relationship found between node '${node}' and this object`;
  }
  if (request.group === 'coordination.k8s.io' && request.plural === 'leases') return refusalOfLease(node, request);
  return NODE_RULES.some((rule) => allows(rule, request)) ? undefined : '';
}

function refusalOfLease(node: string, { verb, namespace, name }: ResourceRequest): string | undefined {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return 'can only get, create, update, patch, or delete a node lease';
  if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  // The name of a new object is only in the body: admission checks it.
  if (verb !== 'create' && name !== node) return 'can only access node lease with the same name as the requesting node';
  return undefined;
}

function typeOf({ plural, subresource }: ResourceRequest): string {
  return subresource ? `${plural}/${subresource}` : plural;
}

function refused(user: User, request: ResourceRequest, why: string): ApiFailure {
  const { verb, group, namespace } = request;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return forbidden(
    { kind: request.plural, group, name: request.name },
    `User "${user.name}" cannot ${verb} resource "${typeOf(request)}" in API group "${group}" ${where}${why && `: ${why}`}`,
  );
}
