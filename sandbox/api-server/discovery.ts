import { SANDBOX_TREE_STATE } from '../../src/kubernetes/version.ts';
import { openApi } from './openapi.ts';
import { groupVersion, RESOURCES, type Resource } from './resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Of the server that is asked. */
interface Asked {
  readonly host: string;
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
}

/** The answer of paths that name no object; undefined if there is none. A text is shown as it is. */
export function discover(path: string, { host, version: gitVersion }: Asked): object | string | undefined {
  if (path.startsWith('/openapi/')) return openApi(path);
  const [root, group, version, ...rest] = path.split('/').filter(Boolean);
  if (rest.length > 0) return undefined;
  if (['healthz', 'livez', 'readyz'].includes(root ?? '') && !group) return 'ok';
  if (root === 'version' && !group) return versionInfo(gitVersion);
  if (root === 'api' && !group) return apiVersions(host);
  if (root === 'api' && group && !version) return resourceList('', group);
  if (root !== 'apis') return undefined;
  if (!group) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) };
  if (version) return resourceList(group, version);
  const found = groups().find((one) => one.group === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) };
}

interface Group {
  readonly group: string;
  readonly versions: readonly string[];
}

function groups(): Group[] {
  const named = RESOURCES.filter(({ group }) => group !== '');
  return [...new Map(named.map((one) => [one.group, one])).values()];
}

function groupOf({ group, versions }: Group): {
  name: string;
  versions: object[];
  preferredVersion: object | undefined;
} {
  const each = versions.map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions: each, preferredVersion: each[0] };
}

function resourceList(group: string, version: string): object | undefined {
  const resources = RESOURCES.filter((resource) => resource.group === group && resource.versions.includes(version));
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: resources.flatMap(resourceEntries),
  };
}

function resourceEntries(resource: Resource): object[] {
  const { plural, singular, namespaced, kind, shortNames, categories, subresources } = resource;
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories && { categories }),
  };
  const below = subresources.map((subresource) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    ...(subresource === 'eviction'
      ? { group: 'policy', version: 'v1beta1', kind: 'Eviction', verbs: ['create'] }
      : { kind, verbs: ['get', 'patch', 'update'] }),
  }));
  return [entry, ...below];
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
