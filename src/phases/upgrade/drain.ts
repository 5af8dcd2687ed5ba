import type { V1Node } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/client.ts';
import { drainNode } from '../../kubernetes/drain.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';

export const drain: Phase<UpgradeContext> = {
  name: 'drain',
  title: 'Drain the node',
  when: ({ spec }) => spec.drain || 'not asked for (--drain)',
  run: async ({ admin, nodeName, spec, begin, log, signal, wet }) => {
    if (!admin) return;
    await begin();
    await drainNode(admin, nodeName, { log, signal, wet, timeoutMs: spec.drainTimeoutMs });
  },
};

export const uncordon: Phase<UpgradeContext> = {
  name: 'uncordon',
  title: 'Let new pods onto the node',
  when: ({ spec, underWay }) => spec.drain || underWay()?.cordoned || 'the node was not drained',
  run: async ({ underWay, admin, nodeName, log }) => {
    if (underWay()?.cordoned ?? true) await allowPods(admin, nodeName, log);
  },
};

/** A node has no right to do this by itself: without an administrator's kubeconfig it is told how. */
export async function allowPods(admin: ApiClient | undefined, nodeName: string, log: PhaseLog): Promise<void> {
  if (!admin) return log.warning(`The node takes no new pods. To let them in again: kubectl uncordon ${nodeName}`);
  await admin.patch<V1Node>(`/api/v1/nodes/${nodeName}`, { spec: { unschedulable: null } });
  log.info(`Node ${nodeName} takes new pods again.`);
}
