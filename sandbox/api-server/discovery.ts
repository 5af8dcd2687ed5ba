import { minorOf, SANDBOX_TREE_STATE } from '../../src/kubernetes/version.ts';
import { openApi } from './openapi.ts';
import { groupVersion, type Resource, servedVersions } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Of the server that is asked. */
interface Asked {
  readonly host: string;
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** The answer of paths that name no object; undefined if there is none. A text is shown as it is. */
export function discover(path: string, { host, version: gitVersion, resources }: Asked): object | string | undefined {
  const minor = minorOf(gitVersion);
  if (path.startsWith('/openapi/')) return openApi(path, minor, resources);
  const [root, group, version, ...rest] = path.split('/').filter(Boolean);
  if (rest.length > 0) return undefined;
  if (['healthz', 'livez', 'readyz'].includes(root ?? '') && !group) return 'ok';
  if (root === 'version' && !group) return versionInfo(gitVersion);
  if (root === 'api' && !group) return apiVersions(host);
  if (root === 'api' && group && !version) return resourceList(resources, '', group, minor);
  if (root !== 'apis') return undefined;
  if (!group) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(resources, minor).map(groupOf) };
  if (version) return resourceList(resources, group, version, minor);
  const found = groups(resources, minor).find((one) => one.group === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) };
}

interface Group {
  readonly group: string;
  readonly versions: readonly string[];
}

function groups(resources: readonly Resource[], minor: number): Group[] {
  const named = Map.groupBy(
    resources.filter(({ group }) => group !== ''),
    ({ group }) => group,
  );
  return [...named]
    .map(([group, all]) => ({ group, versions: [...new Set(all.flatMap((one) => servedVersions(one, minor)))] }))
    .map(({ group, versions }) => ({ group, versions: versions.sort(byPriority) }))
    .filter(({ versions }) => versions.length > 0);
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** v2, v1, v1beta2, v1beta1, v1alpha1, then all others. Source: k8s.io/apimachinery, pkg/version/helpers.go */
function byPriority(one: string, other: string): number {
  const [a, b] = [VERSION.exec(one), VERSION.exec(other)];
  if (!a || !b) return a ? -1 : b ? 1 : one < other ? -1 : 1;
  const rank = ([, major, stage, minor]: RegExpExecArray): number[] => [
    ['alpha', 'beta', undefined].indexOf(stage),
    Number(major),
    Number(minor ?? 0),
  ];
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
}

function groupOf({ group, versions }: Group): {
  name: string;
  versions: object[];
  preferredVersion: object | undefined;
} {
  const each = versions.map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions: each, preferredVersion: each[0] };
}

function resourceList(
  resources: readonly Resource[],
  group: string,
  version: string,
  minor: number,
): object | undefined {
  const found = resources.filter(
    (resource) => resource.group === group && servedVersions(resource, minor).includes(version),
  );
  if (found.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: found.flatMap((resource) => resourceEntries(resource, minor)),
  };
}

function resourceEntries(resource: Resource, minor: number): object[] {
  const { plural, singular, namespaced, kind, shortNames, categories, subresources } = resource;
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: resource.isReview ? ['create'] : VERBS,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories && { categories }),
  };
  const below = subresources.map((subresource) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    ...subresourceEntry(subresource, kind, minor),
  }));
  return [entry, ...below];
}

function subresourceEntry(subresource: string, kind: string, minor: number): object {
  if (subresource === 'eviction')
    return { group: 'policy', version: minor < 22 ? 'v1beta1' : 'v1', kind: 'Eviction', verbs: ['create'] };
  if (subresource === 'token')
    return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] };
  const verbs = ['get', 'patch', 'update'];
  return subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs } : { kind, verbs };
}

function versionInfo(gitVersion: string): object {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: SANDBOX_TREE_STATE,
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'edgeadm/sandbox',
  };
}

function apiVersions(host: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  };
}
