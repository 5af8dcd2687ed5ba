import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { PodOwner } from './programs.ts';

/** What `kubectl rollout restart` sets, so that both count as the same. */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';

const PLURALS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/** True if the pods of it can be restarted by a change of the template. */
export function isRestartable({ kind }: PodOwner): boolean {
  return Object.hasOwn(PLURALS, kind);
}

/**
 * A rolling restart of all its pods.
 * @param now RFC 3339
 * @returns undefined if it does not exist: a ReplicaSet may have been made without a Deployment
 */
export async function restartChange(
  client: ApiClient,
  workload: PodOwner,
  now: string,
): Promise<ChangeRequest | undefined> {
  const { namespace, kind, name } = workload;
  const path = `/apis/apps/v1/namespaces/${namespace}/${PLURALS[kind]}/${name}`;
  const before = await client.find<object>(path);
  if (!before) return undefined;
  return {
    name: `${kind.toLowerCase()}/${name}`,
    path,
    before: { ...before, apiVersion: 'apps/v1', kind },
    patch: { spec: { template: { metadata: { annotations: { [RESTARTED]: now } } } } },
  };
}
