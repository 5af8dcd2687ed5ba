import { kubeletConfigMaps } from '../../src/kubernetes/kubelet/migrations.ts';
import { minorOf } from '../../src/kubernetes/version.ts';
import type { User } from './authentication.ts';
import { type Grant, grantsOf } from './rbac.ts';
import type { Registry } from './registry.ts';
import type { PathRequest, ResourceRequest } from './router.ts';
import { ApiFailure, forbidden } from './status.ts';
import { reasonOf } from './wordings.ts';

/** What a request is about, or a question. */
export type AskedFor = Pick<ResourceRequest, 'group' | 'plural' | 'subresource' | 'namespace' | 'name'> & {
  readonly verb: string;
  readonly nodeName?: string;
};

/** What decides: this table, and the roles that are stored. */
export interface Authority {
  readonly registry: Registry;
  /** Of Kubernetes, `v1.34.4`. */
  readonly version: string;
}

/** What a group may do; `*` is anything. */
interface Rule {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly namespace?: string;
  readonly names?: readonly string[];
}

/** Paths that name no object; `*` at the end matches anything. */
interface PathRule {
  readonly paths: readonly string[];
  readonly verbs: readonly string[];
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
export function authorize(user: User, request: AskedFor | PathRequest, authority: Authority): void {
  const why = whyNot(user, request, authority);
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
export function whyNot(
  user: User,
  request: AskedFor | PathRequest,
  { registry, version }: Authority,
): string | undefined {
  const grants = (): Grant[] => grantsOf(registry, user);
  if ('path' in request)
    return allowsPath(fixedPaths(user), request) || allowsPath(grants().flatMap(pathRule), request) ? undefined : '';
  if (fixedRules(user, version).some((rule) => allows(rule, request))) return undefined;
  const node = authenticatedNode(user);
  const minor = minorOf(version);
  const refusal = node === undefined ? '' : refusalOfNode(node, request, minor);
  if (
    refusal === undefined ||
    grants()
      .flatMap(resourceRules)
      .some((rule) => allows(rule, request))
  )
    return undefined;
  return node === undefined ? refusal : reasonOf('node', refusal, minor);
}

/** The rules for objects that are bound to a user. */
export function rulesOf(user: User, { registry, version }: Authority): readonly Rule[] {
  return [...fixedRules(user, version), ...grantsOf(registry, user).flatMap(resourceRules)];
}

/** The rules for paths that are bound to a user. */
export function pathsOf(user: User, { registry }: Authority): readonly PathRule[] {
  return [...fixedPaths(user), ...grantsOf(registry, user).flatMap(pathRule)];
}

function fixedRules({ name, groups }: User, version: string): readonly Rule[] {
  const bound = bindings(version);
  return [name, ...groups].flatMap((who) => bound[who] ?? []);
}

function fixedPaths({ groups }: User): readonly PathRule[] {
  if (groups.includes('system:masters')) return [{ paths: ['*'], verbs: ['*'] }];
  return [{ paths: groups.includes('system:authenticated') ? DISCOVERY_PATHS : PUBLIC_PATHS, verbs: ['get'] }];
}

function resourceRules({ rule, namespace }: Grant): Rule[] {
  const { apiGroups = [], resources = [], verbs, resourceNames = [] } = rule;
  const names = resourceNames.length > 0 ? resourceNames : undefined;
  return apiGroups.map((group) => ({ group, resources, verbs, namespace, names }));
}

/** Only a ClusterRoleBinding gives rights to paths. */
function pathRule({ rule, namespace }: Grant): PathRule[] {
  const paths = rule.nonResourceURLs ?? [];
  return namespace === undefined && paths.length > 0 ? [{ paths, verbs: rule.verbs }] : [];
}

/** `n1` for system:node:n1 of system:nodes. */
export function authenticatedNode({ name, groups }: User): string | undefined {
  const prefix = 'system:node:';
  return groups.includes('system:nodes') && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

function allowsPath(rules: readonly PathRule[], { verb, path }: PathRequest): boolean {
  const matches = (one: string): boolean => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : one === path);
  return rules.some(({ paths, verbs }) => paths.some(matches) && has(verbs, verb));
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function refusedPath(user: User, { verb, path }: PathRequest): ApiFailure {
  return new ApiFailure(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${path}"`, {});
}

function allows(rule: Rule, request: AskedFor): boolean {
  const ofAll = request.subresource !== '' && rule.resources.includes(`*/${request.subresource}`);
  return (
    has([rule.group], request.group) &&
    (has(rule.resources, typeOf(request)) || ofAll) &&
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
