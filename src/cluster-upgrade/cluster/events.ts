import type { ApiClient } from '../../kubernetes/api/client.ts';
import { core, NAMESPACE, PLAN } from './names.ts';

/** Tells the cluster what happens, for `kubectl -n kube-upgrade get events`. One that is lost is not missed. */
export async function recordClusterEvent(
  client: ApiClient,
  { reason, message, warning = false }: { reason: string; message: string; warning?: boolean },
): Promise<void> {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${PLAN}-`, namespace: NAMESPACE },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: PLAN, namespace: NAMESPACE },
    source: { component: 'edgeadm' },
    type: warning ? 'Warning' : 'Normal',
    reason,
    message: message.slice(0, 1000),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  await client.send('POST', core('events'), { body }).catch(() => {});
}

/** Deletes the events of upgrades. */
export async function deleteEvents(client: ApiClient): Promise<void> {
  await client.delete(`${core('events')}?fieldSelector=involvedObject.name%3D${PLAN}`);
}
