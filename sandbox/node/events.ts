import { randomBytes } from 'node:crypto';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';

interface About {
  readonly kind: 'Node' | 'Pod';
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
}

interface EventText {
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/** Records an event as a kubelet does: those of a Node are in the namespace `default`. */
export async function recordEvent(client: ApiClient, { namespace, ...about }: About, event: EventText): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const within = namespace ?? 'default';
  await client.create(`/api/v1/namespaces/${within}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.name}.${randomBytes(8).toString('hex')}`, namespace: within },
    involvedObject: { ...about, ...(namespace && { namespace }), apiVersion: 'v1' },
    ...event,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'kubelet' },
  });
}
