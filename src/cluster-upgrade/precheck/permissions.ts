import type { V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { NAMESPACE } from '../cluster/names.ts';
import { groupBy } from './objects.ts';

/** Something a caller may or may not do. */
export interface Permission {
  readonly verb: string;
  /** `jobs.batch`, `pods/eviction`, as `kubectl auth can-i` takes them. */
  readonly resource: string;
  /** Undefined for every namespace. */
  readonly namespace?: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const AT_ONCE = 8;

const allow = (resource: string, verbs: readonly string[], namespace?: string): Permission[] =>
  verbs.map((verb) => ({ verb, resource, namespace }));

/** Permissions needed to start an upgrade: for its state in the cluster, the Jobs, and what those may do. */
export const START_PERMISSIONS: readonly Permission[] = [
  ...allow('nodes', ['get', 'list', 'patch']),
  ...allow('namespaces', ['get', 'create']),
  ...allow('configmaps', ['get', 'create', 'update'], NAMESPACE),
  ...allow('leases.coordination.k8s.io', ['get', 'create', 'update'], NAMESPACE),
  ...allow('events', ['create', 'deletecollection'], NAMESPACE),
  ...allow('jobs.batch', ['get', 'list', 'create', 'delete'], NAMESPACE),
  ...allow('pods', ['list'], NAMESPACE),
  ...allow('pods/log', ['get'], NAMESPACE),
  ...allow('poddisruptionbudgets.policy', ['create'], NAMESPACE),
  ...allow('serviceaccounts', ['create'], NAMESPACE),
  ...allow('roles.rbac.authorization.k8s.io', ['create'], NAMESPACE),
  ...allow('rolebindings.rbac.authorization.k8s.io', ['create'], NAMESPACE),
  ...allow('clusterroles.rbac.authorization.k8s.io', ['create']),
  ...allow('clusterrolebindings.rbac.authorization.k8s.io', ['create']),
];

/** Permissions as text: one for each resource, with all its verbs. */
export function byResource(permissions: readonly Permission[]): Permission[] {
  const groups = groupBy(permissions, ({ resource, namespace }) => `${resource} ${namespace}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, verb: [first, ...others].map(({ verb }) => verb).join(', ') }] : [],
  );
}

/** What a drain needs beside. */
export const DRAIN_PERMISSIONS: readonly Permission[] = [
  ...allow('pods', ['get', 'list']),
  ...allow('pods/eviction', ['create']),
  ...allow('daemonsets.apps', ['get']),
];

/**
 * What an upgrade needs and the caller may not do, by the API server's own judgement. Nothing is written: a review is
 * a question that is asked by POST.
 * @throws EdgeadmError if the server cannot be asked
 */
export async function refusedPermissions(
  client: ApiClient,
  { drain, signal }: { readonly drain: boolean; readonly signal: AbortSignal },
): Promise<Permission[]> {
  const needed = drain ? [...START_PERMISSIONS, ...DRAIN_PERMISSIONS] : START_PERMISSIONS;
  const [first, ...others] = needed;
  const refused = new Set<Permission>();
  const ask = async (permission: Permission): Promise<void> => {
    if (!(await mayI(client, permission, signal))) refused.add(permission);
  };
  // Where the server does not answer the first question, it answers none.
  if (first) await ask(first);
  await forEachLimited(others, AT_ONCE, ask);
  return needed.filter((permission) => refused.has(permission));
}

async function mayI(client: ApiClient, permission: Permission, signal: AbortSignal): Promise<boolean> {
  const { verb, namespace } = permission;
  const [whole = '', subresource] = permission.resource.split('/');
  const [resource = '', ...group] = whole.split('.');
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, namespace, group: group.join('.'), resource, subresource } },
  };
  // Not `create`: a dry run would leave the question unasked.
  const { body: review } = await client.request<V1SelfSubjectAccessReview>('POST', REVIEWS, { body, signal });
  const { allowed, evaluationError } = review.status ?? {};
  if (allowed === undefined && evaluationError)
    throw new EdgeadmError({
      code: 'API_ERROR',
      what: 'the API server could not check a permission',
      why: evaluationError,
    });
  return allowed === true;
}
