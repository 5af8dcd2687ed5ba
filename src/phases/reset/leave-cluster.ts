import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { drainNode } from '../../kubernetes/drain/drain.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { ResetContext } from './context.ts';
import { isThisMachine, markNotReady } from './teardown/not-ready.ts';

const DRAIN_TIMEOUT_MS = 120_000;

export const drainBeforeReset: Phase<ResetContext> = {
  name: 'drain',
  title: 'Drain the node',
  when: ({ spec }) => spec.drain || 'not requested (--drain)',
  run: async (context) => {
    const { admin, node, spec, log, signal, wet } = context;
    if (!admin || !(await hasNode(context))) return;
    const { force, deleteEmptyDirData } = spec;
    // Forced, the reset would remove every pod anyway: the drain at least respects the budgets of the others.
    const policy = { force, deleteEmptyDirData: deleteEmptyDirData || force };
    await drainNode(admin, node.name, { log, signal, wet, timeoutMs: DRAIN_TIMEOUT_MS, policy }).catch(
      (error: unknown) => {
        if (!force || !(error instanceof EdgeadmError) || error.code !== 'DRAIN_FAILED') throw error;
        log.warning(error.message);
      },
    );
  },
};

/** Only after the kubelet has stopped: it would say Ready again. */
export const markNotReadyPhase: Phase<ResetContext> = {
  name: 'mark-not-ready',
  title: 'Mark the node NotReady in the cluster',
  when: ({ node, spec }) => {
    if (spec.deleteNode) return 'the Node object is deleted';
    return node.credentials !== undefined || 'the node no longer has a certificate';
  },
  run: async ({ host, node, log, signal, planWrite }) => {
    if (node.credentials) await markNotReady(host, node.credentials, { log, signal, planWrite });
  },
};

export const deleteNode: Phase<ResetContext> = {
  name: 'delete-node',
  title: 'Delete the Node object',
  when: ({ spec }) => spec.deleteNode || 'not requested (--delete-node)',
  run: async (context) => {
    const { admin, node, log, signal, wet } = context;
    if (!admin || !(await hasNode(context))) return;
    await admin.delete(`/api/v1/nodes/${node.name}`, { signal });
    if (wet) log.info(`Node ${node.name} was deleted from the cluster.`);
  },
};

async function hasNode({ admin, host, node, log, signal }: ResetContext & PhaseTools): Promise<boolean> {
  const found = await admin?.find<V1Node>(`/api/v1/nodes/${node.name}`, { signal });
  if (!found) log.info(`The cluster has no Node ${node.name}.`);
  if (!found || (await isThisMachine(host, found))) return found !== undefined;
  log.warning(`Node ${node.name} in the cluster is another machine; it was not changed.`);
  return false;
}
