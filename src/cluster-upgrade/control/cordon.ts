import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { drainNode } from '../../kubernetes/drain/drain.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { type NodeRecord, nodesIn, type PlanSpec } from '../plan/plan.ts';
import type { PlanStore } from '../plan/store.ts';
import { withNodeChanged } from '../plan/transitions.ts';

interface Parts {
  readonly client: ApiClient;
  readonly store: PlanStore;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/**
 * Keeps new pods off a node and evicts those it has. That the upgrade did so is in the plan before it is done.
 * @throws EdgeadmError DRAIN_REFUSED, DRAIN_FAILED
 */
export async function cordonAndDrain(parts: Parts, spec: PlanSpec, node: NodeRecord): Promise<void> {
  const { client, store, log, signal } = parts;
  const { spec: found } = await client.get<V1Node>(`/api/v1/nodes/${node.name}`, { signal });
  if (found?.unschedulable !== true)
    await store.update((plan) => withNodeChanged(plan, node.name, { cordoned: true }), signal);
  const { drainTimeoutMs: timeoutMs, drainPolicy: policy } = spec;
  await drainNode(client, node.name, { log, signal, timeoutMs, policy, wet: true });
}

/** Lets pods in again where the upgrade kept them off; not onto a node that does not work any more. */
export async function uncordonUpgraded(parts: Parts, name: string, failure?: EdgeadmError): Promise<void> {
  const { client, store, signal } = parts;
  const node = nodesIn(await store.need(signal), 'running').find((each) => each.name === name);
  if (!node?.cordoned || (failure && !stillWorks(failure))) return;
  const path = `/api/v1/nodes/${name}`;
  // It may have been deleted meanwhile.
  if (await client.find<V1Node>(path, { signal }))
    await client.patch(path, { spec: { unschedulable: null } }, { signal });
  await store.update((plan) => withNodeChanged(plan, name, { cordoned: false }), signal);
}

/** A node whose drain failed was not touched. @param failure of the upgrade, or what edgeadm reported on the node as its cause */
function stillWorks({ code, cause }: EdgeadmError): boolean {
  if (cause instanceof EdgeadmError && code === 'UPGRADE_NODE_FAILED') return stillWorks(cause);
  return code === 'DRAIN_REFUSED' || code === 'DRAIN_FAILED' || code === 'UPGRADE_RECOVERED';
}
