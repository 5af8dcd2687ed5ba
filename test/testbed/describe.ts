import type { CoreV1EventList, V1Node, V1Pod } from '@kubernetes/client-node';

/** A cluster, as far as it is needed here. */
interface Api {
  get<T>(path: string): Promise<T | undefined>;
}

const LAST_EVENTS = 8;

/**
 * What the cluster says of a pod or node, for a wait that has failed: conditions, containers and last events, a line each.
 * @param path of the object in the API
 */
export async function describeObject(cluster: Api, path: string): Promise<string> {
  const object = await cluster.get<V1Pod & V1Node>(path);
  if (!object) return `the cluster has no ${path}`;
  const { metadata, spec, status } = object;
  const lines = [`phase ${status?.phase ?? 'unknown'}, ${status?.reason ?? 'no reason'} ${status?.message ?? ''}`];
  for (const { type, status: value, reason, message } of status?.conditions ?? [])
    lines.push(`${type}=${value} ${reason ?? ''} ${message ?? ''}`);
  for (const { name, state } of status?.containerStatuses ?? [])
    lines.push(`container ${name}: ${JSON.stringify(state)}`);
  for (const { key, value, effect } of spec?.taints ?? []) lines.push(`taint ${key}=${value ?? ''}:${effect}`);
  lines.push(...(await eventsOf(cluster, metadata?.name)));
  return lines.map((line) => line.trim()).join('\n');
}

async function eventsOf(cluster: Api, name = ''): Promise<string[]> {
  const events = await cluster.get<CoreV1EventList>(`/api/v1/events?fieldSelector=involvedObject.name=${name}`);
  const time = ({ lastTimestamp, eventTime, metadata }: CoreV1EventList['items'][number]) =>
    String(lastTimestamp ?? eventTime ?? metadata.creationTimestamp);
  return (events?.items ?? [])
    .toSorted((one, other) => time(one).localeCompare(time(other)))
    .slice(-LAST_EVENTS)
    .map((event) => `event ${time(event)} ${event.reason}: ${event.message} (${event.count ?? 1} times)`);
}
