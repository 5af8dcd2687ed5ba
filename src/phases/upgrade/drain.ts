import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { drainNode } from '../../kubernetes/drain/drain.ts';
import { type ProbeResult, waitFor } from '../../lib/wait-for.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';

const API_TIMEOUT_MS = 30_000;

export const drainBeforeUpgrade: Phase<UpgradeContext> = {
  name: 'drain',
  title: 'Drain the node',
  when: ({ spec }) => spec.drain || 'not requested (--drain)',
  run: async ({ admin, nodeName, spec, begin, log, signal, wet }) => {
    if (!admin) return;
    await begin();
    await drainNode(admin, nodeName, { log, signal, wet, timeoutMs: spec.drainTimeoutMs, policy: spec.drainPolicy });
  },
};

export const uncordonAfterUpgrade: Phase<UpgradeContext> = {
  name: 'uncordon',
  title: 'Uncordon the node',
  when: ({ spec, underWay }) => spec.drain || underWay()?.cordoned || 'the node was not drained',
  run: async ({ underWay, admin, nodeName, log }) => {
    if (underWay()?.cordoned ?? true) await allowPods(admin, nodeName, log);
  },
};

/** A node has no right to do this by itself: without an administrator's kubeconfig the user learns how to do it. */
export async function allowPods(admin: ApiClient | undefined, nodeName: string, log: PhaseLog): Promise<void> {
  if (!admin) return log.warning(`The node is still cordoned. To uncordon it: kubectl uncordon ${nodeName}`);
  const refusal = await waitFor({
    what: `the API server to uncordon ${nodeName}`,
    timeoutMs: API_TIMEOUT_MS,
    code: 'API_UNREACHABLE',
    probe: (signal) => tryToAllow(admin, nodeName, signal),
    next: `kubectl uncordon ${nodeName}`,
  });
  if (refusal) throw refusal;
  log.info(`Node ${nodeName} is uncordoned.`);
}

/** An upgrade that went well is not worth less for an API server that is away for a moment. */
async function tryToAllow(
  admin: ApiClient,
  nodeName: string,
  signal: AbortSignal,
): Promise<ProbeResult<Error | undefined>> {
  try {
    await admin.patch<V1Node>(`/api/v1/nodes/${nodeName}`, { spec: { unschedulable: null } }, { signal });
    return { done: undefined };
  } catch (error) {
    const { code, message } = toEdgeadmError(error);
    if (code === 'API_UNREACHABLE') return { seen: message };
    return { done: new EdgeadmError({ code, what: `${nodeName} is still cordoned`, why: message }) };
  }
}
