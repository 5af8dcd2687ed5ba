import type { V1Node } from '@kubernetes/client-node';
import type { Host } from '../../../host/host.ts';
import { ApiClient, type PlanWrite } from '../../../kubernetes/api/client.ts';
import { sameMachineId } from '../../../kubernetes/node/machine-id.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import type { NodeCredentials } from '../../node-credentials.ts';

/** A node that is cut off must not keep a reset waiting. */
const TIMEOUT_MS = 5000;

export interface NotReadyOptions {
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
  /** Tells the write instead of doing it (dry run). */
  readonly planWrite?: PlanWrite;
  /** Of a join: a reset itself says who deletes the Node. */
  readonly ofRollBack?: boolean;
}

/**
 * Tells the cluster that the node is gone, as the node: it may not delete its own Node object, but a join of the same
 * name finds one that is not Ready. The kubelet must be stopped, or it says otherwise a moment later. A cluster that
 * cannot be reached is a warning, never an error.
 */
export async function markNotReady(
  host: Host,
  { nodeName, connection }: NodeCredentials,
  { log, signal, planWrite, ofRollBack = false }: NotReadyOptions,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const dial: ConstructorParameters<typeof ApiClient>[1] = (address, options) =>
    host.connect(address, { timeoutMs: TIMEOUT_MS, signal: limit, ...options });
  const client = new ApiClient(connection, dial, { plan: planWrite, signal: limit });
  const now = new Date().toISOString();
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'EdgeadmReset',
    message: 'edgeadm reset removed this node from the cluster',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const path = `/api/v1/nodes/${nodeName}`;
  const options = { contentType: 'application/strategic-merge-patch+json', timeoutMs: TIMEOUT_MS, signal: limit };
  try {
    const node = await client.find<V1Node>(path, options);
    if (!node || !(await isThisMachine(host, node)))
      return log.debug(`The cluster has no Node ${nodeName} of this machine.`);
    await client.patch(`${path}/status`, { status: { conditions: [condition] } }, options);
    const left = ofRollBack ? `; unless this machine joins again as it: kubectl delete node ${nodeName}` : '.';
    if (!planWrite) log.info(`Node ${nodeName} is marked NotReady${left}`);
  } catch (error) {
    signal.throwIfAborted();
    const why = (error as Error).message;
    log.warning(`The cluster could not be notified (${why}). To remove the node: kubectl delete node ${nodeName}`);
  } finally {
    client.close();
  }
}

/** Another machine may have been joined under the name since. */
export async function isThisMachine(host: Host, node: V1Node): Promise<boolean> {
  const { machineId } = await host.facts();
  const claimed = node.status?.nodeInfo?.machineID;
  return !claimed || sameMachineId(claimed, machineId);
}
