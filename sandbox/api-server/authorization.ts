import { kubeletConfigMaps } from '../../src/kubernetes/kubelet/migrations.ts';
import { minorOf } from '../../src/kubernetes/version.ts';
import type { User } from './authentication.ts';
import type { PathRequest, ResourceRequest } from './router.ts';
import { ApiFailure, forbidden } from './status.ts';
import { reasonOf } from './wordings.ts';

/** What a request is about, or a question. */
export type AskedFor = Pick<ResourceRequest, 'group' | 'plural' | 'subresource' | 'namespace' | 'name'> & {
  readonly verb: string;
  readonly nodeName?: string;
};

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
function kubeadmConfig(version: string): Rule {
  return {
    group: '',
    resources: ['configmaps'],
    verbs: ['get'],
    namespace: 'kube-system',
    names: ['kubeadm-config', kubeletConfigMaps(version)[0] ?? ''],
  };
}

/** kubeadm's role bindings, by the group or user that they are for. */
const bindings = (version: string): Readonly<Record<string, readonly Rule[]>> => ({
  'system:masters': [{ group: '*', resources: ['*'], verbs: ['*'] }],
  // The cluster role system:basic-user.
  'system:authenticated': [
    {
      group: 'authorization.k8s.io',
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      verbs: ['create'],
    },
    { group: 'authentication.k8s.io', resources: ['selfsubjectreviews'], verbs: ['create'] },
  ],
  'system:anonymous': [
    { group: '', resources: ['configmaps'], verbs: ['get'], namespace: 'kube-public', names: ['cluster-info'] },
  ],
  'system:bootstrappers:kubeadm:default-node-token': [
    csrRule,
    { group: '', resources: ['nodes'], verbs: ['get'] },
    kubeadmConfig(version),
  ],
  'system:nodes': [kubeadmConfig(version)],
});

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

/** Source: kubernetes.io, feature gate AuthorizeNodeWithSelectors, on since then. */
const FIRST_WITH_SELECTORS = 32;

const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY_PATHS = [...PUBLIC_PATHS, '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];

/**
 * Lets a request pass or not.
 * @see the table of docs/sandbox-api.md
 * @throws ApiFailure 403 in Kubernetes' words
 */
export function authorize(user: User, request: AskedFor | PathRequest, version: string): void {
  const why = whyNot(user, request, version);
  if (why === undefined) return;
  throw 'path' in request ? refusedPath(user, request) : refused(user, request, why);
}

/**
 * A node reads a single pod only if that runs on it, since {@link FIRST_WITH_SELECTORS}.
 * @param placedOn the node of the requested pod; undefined if there is no such pod
 * @throws ApiFailure 403 in Kubernetes' words
 */
export function authorizePod(user: User, request: ResourceRequest, placedOn: unknown, version: string): void {
  const node = authenticatedNode(user);
  const minor = minorOf(version);
  if (node === undefined || node === placedOn || minor < FIRST_WITH_SELECTORS) return;
  throw refused(user, request, reasonOf('node', `no relationship found between node '${node}' and this object`, minor));
}

/** @returns undefined if the user may do it; the reason, often empty, if not */
export function whyNot(user: User, request: AskedFor | PathRequest, version: string): string | undefined {
  if ('path' in request) return mayReadPath(user, request) ? undefined : '';
  if (rulesOf(user, version).some((rule) => allows(rule, request))) return undefined;
  const node = authenticatedNode(user);
  if (node === undefined) return '';
  const minor = minorOf(version);
  const refusal = refusalOfNode(node, request, minor);
  return refusal === undefined ? undefined : reasonOf('node', refusal, minor);
}

/** The rules that are bound to a user. */
export function rulesOf({ name, groups }: User, version: string): readonly Rule[] {
  const bound = bindings(version);
  return [name, ...groups].flatMap((who) => bound[who] ?? []);
}

/** The paths that a user may read; `*` at the end matches anything. */
export function pathsOf({ groups }: User): readonly string[] {
  if (groups.includes('system:masters')) return ['*'];
  return groups.includes('system:authenticated') ? DISCOVERY_PATHS : PUBLIC_PATHS;
}

/** `n1` for system:node:n1 of system:nodes. */
export function authenticatedNode({ name, groups }: User): string | undefined {
  const prefix = 'system:node:';
  return groups.includes('system:nodes') && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

function mayReadPath(user: User, { verb, path }: PathRequest): boolean {
  const open = pathsOf(user).some((one) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : one === path));
  return (open && verb === 'get') || user.groups.includes('system:masters');
}

function refusedPath(user: User, { verb, path }: PathRequest): ApiFailure {
  return new ApiFailure(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {});
}

function allows(rule: Rule, request: AskedFor): boolean {
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  return (
    has([rule.group], request.group) &&
    has(rule.resources, typeOf(request)) &&
    has(rule.verbs, request.verb) &&
    (rule.namespace === undefined || rule.namespace === request.namespace) &&
    (rule.names === undefined || rule.names.includes(request.name))
  );
}

/** @returns undefined if the node may; the reason, often an empty one, where it may not */
function refusalOfNode(node: string, request: AskedFor, minor: number): string | undefined {
  if (request.group === '' && ['secrets', 'configmaps'].includes(request.plural) && READ.includes(request.verb)) {
    if (!request.name) return 'can only read namespaced object of this type';
    return `no relationship found between node '${node}' and this object`;
  }
  if (request.group === 'coordination.k8s.io' && request.plural === 'leases') return refusalOfLease(node, request);
  if (!NODE_RULES.some((rule) => allows(rule, request))) return '';
  return minor < FIRST_WITH_SELECTORS ? undefined : refusalOfReading(node, request);
}

/** A node reads its own Node, and lists its own pods. */
function refusalOfReading(node: string, request: AskedFor): string | undefined {
  const { group, plural, subresource, verb, name, nodeName } = request;
  if (group !== '' || subresource !== '' || !READ.includes(verb)) return undefined;
  if (plural === 'nodes' && name === '') return `node '${node}' cannot read all nodes, only its own Node object`;
  if (plural === 'nodes' && name !== node) return `node '${node}' cannot read '${name}', only its own Node object`;
  if (plural === 'pods' && verb !== 'get' && name === '' && nodeName !== node)
    return 'can only list/watch pods with spec.nodeName field selector';
  return undefined;
}

function refusalOfLease(node: string, { verb, namespace, name }: AskedFor): string | undefined {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return 'can only get, create, update, patch, or delete a node lease';
  if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  // The name of a new object is only in the body: admission checks it.
  if (verb !== 'create' && name !== node) return 'can only access node lease with the same name as the requesting node';
  return undefined;
}

function typeOf({ plural, subresource }: AskedFor): string {
  return subresource ? `${plural}/${subresource}` : plural;
}

function refused(user: User, request: AskedFor, why: string): ApiFailure {
  const { verb, group, namespace } = request;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return forbidden(
    { kind: request.plural, group, name: request.name },
    `User "${user.name}" cannot ${verb} resource "${typeOf(request)}" in API group "${group}" ${where}${why && `: ${why}`}`,
  );
}
