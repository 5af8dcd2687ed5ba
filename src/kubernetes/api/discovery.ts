import type { V1APIResource } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from './client.ts';

interface Group {
  readonly versions?: readonly { readonly groupVersion?: unknown }[];
  readonly preferredVersion?: { readonly groupVersion?: unknown };
}

/** What an API server says of a group of its API. */
export interface ApiGroup {
  /** The version that the server prefers: `policy/v1`. */
  readonly preferred: string;
  /** All that it serves. */
  readonly versions: readonly string[];
}

/**
 * Asks for a group of the API.
 * @returns undefined if the server does not know it
 * @throws EdgeadmError API_ERROR, API_UNREACHABLE
 * @see https://kubernetes.io/docs/reference/kubernetes-api/ (APIGroup of meta/v1)
 */
export async function findGroup(client: ApiClient, group: string, signal?: AbortSignal): Promise<ApiGroup | undefined> {
  const found = await client.find<Group | null>(`/apis/${group}`, { signal });
  return found === undefined ? undefined : groupOf(found, group);
}

/** The preferred version of a group that every cluster has. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
export async function preferredVersion(client: ApiClient, group: string, signal?: AbortSignal): Promise<string> {
  return groupOf(await client.get<Group | null>(`/apis/${group}`, { signal }), group).preferred;
}

/** A resource of the core group, such as `pods/eviction`. See {@link servedResource}. */
export function coreResource(
  client: ApiClient,
  name: string,
  signal?: AbortSignal,
): Promise<V1APIResource | undefined> {
  return servedResource(client, '/api/v1', name, signal);
}

/**
 * A resource as the server lists it.
 * @param root `/api/v1`, `/apis/apps/v1`
 * @returns undefined if the server does not have it
 * @throws EdgeadmError API_ERROR, API_UNREACHABLE
 */
export async function servedResource(
  client: ApiClient,
  root: string,
  name: string,
  signal?: AbortSignal,
): Promise<V1APIResource | undefined> {
  const list = await client.get<{ readonly resources?: unknown } | null>(root, { signal });
  if (!Array.isArray(list?.resources))
    throw unusable(root, 'names no resources', `resources is ${JSON.stringify(list?.resources) ?? 'missing'}`);
  return (list.resources as (V1APIResource | null)[]).find((each) => each?.name === name) ?? undefined;
}

function groupOf(answer: Group | null, group: string): ApiGroup {
  const preferred = answer?.preferredVersion?.groupVersion;
  const versions = Array.isArray(answer?.versions) ? answer.versions.map((version) => version?.groupVersion) : [];
  const isVersion = (version: unknown): version is string =>
    typeof version === 'string' && version.startsWith(`${group}/`);
  if (isVersion(preferred)) return { preferred, versions: versions.filter(isVersion) };
  const why = `preferredVersion.groupVersion is ${JSON.stringify(preferred) ?? 'missing'}`;
  throw unusable(`/apis/${group}`, 'names no version of the group', why);
}

function unusable(path: string, fault: string, why: string): EdgeadmError {
  return new EdgeadmError({
    code: 'API_ERROR',
    what: `the API server's answer to GET ${path} ${fault}`,
    why,
    next: 'Check the address: it may not be an API server, or a proxy may answer in its place.',
  });
}
