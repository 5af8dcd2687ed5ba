import { minorOf, SANDBOX_TREE_STATE } from '../../src/kubernetes/version.ts';
import { openApi } from './openapi.ts';
import { groupVersion, RESOURCES, type Resource, servedVersions } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Of the server that is asked. */
interface Asked {
  readonly host: string;
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
}

/** The answer of paths that name no object; undefined if there is none. A text is shown as it is. */
export function discover(path: string, { host, version: gitVersion }: Asked): object | string | undefined {
  const minor = minorOf(gitVersion);
  if (path.startsWith('/openapi/')) return openApi(path, minor);
  const [root, group, version, ...rest] = path.split('/').filter(Boolean);
  if (rest.length > 0) return undefined;
  if (['healthz', 'livez', 'readyz'].includes(root ?? '') && !group) return 'ok';
  if (root === 'version' && !group) return versionInfo(gitVersion);
  if (root === 'api' && !group) return apiVersions(host);
  if (root === 'api' && group && !version) return resourceList('', group, minor);
  if (root !== 'apis') return undefined;
  if (!group) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(minor).map(groupOf) };
  if (version) return resourceList(group, version, minor);
  const found = groups(minor).find((one) => one.group === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) };
}

interface Group {
  readonly group: string;
  readonly versions: readonly string[];
}

function groups(minor: number): Group[] {
  const named = RESOURCES.filter(({ group }) => group !== '');
  const all = [...new Map(named.map((one) => [one.group, one])).values()];
  return all
    .map(({ group, versions }) => ({ group, versions: servedVersions({ group, versions }, minor) }))
    .filter(({ versions }) => versions.length > 0);
}

function groupOf({ group, versions }: Group): {
  name: string;
  versions: object[];
  preferredVersion: object | undefined;
} {
  const each = versions.map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions: each, preferredVersion: each[0] };
}

function resourceList(group: string, version: string, minor: number): object | undefined {
  const resources = RESOURCES.filter(
    (resource) => resource.group === group && servedVersions(resource, minor).includes(version),
  );
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: resources.flatMap((resource) => resourceEntries(resource, minor)),
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
