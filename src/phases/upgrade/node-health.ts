import type { V1Lease, V1Node, V1Pod } from '@kubernetes/client-node';
import { PATHS } from '../../host/node-paths.ts';
import { podName } from '../../kubernetes/drain/pods.ts';
import { conditionOf, isReady } from '../../kubernetes/node/conditions.ts';
import { podsOn } from '../../kubernetes/node/pods-on-node.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import { hubTrouble, waitForHub } from '../join/install-edgehub.ts';
import { kubeletGuard, kubeletTrouble } from '../join/kubelet-guard.ts';
import { readinessOf } from '../join/node-object.ts';
import type { UpgradeContext } from './context.ts';
import { sameVersion } from './versions.ts';

type Parts = Pick<UpgradeContext, 'host' | 'client' | 'nodeName' | 'hub' | 'restarted'> &
  Pick<PhaseTools, 'waitFor'> & {
    /** What the node has to say that it runs its pods with; undefined if that does not change. */
    readonly runtime?: 'containerd' | 'docker';
    /** How long pods have to run after a restart of the kubelet. Milliseconds. */
    readonly steadyMs?: number;
    /** For tests. */
    readonly clock?: Clock;
  };

const NODE_TIMEOUT_MS = 120_000;
const PODS_TIMEOUT_MS = 120_000;
/** A kubelet of another minor version may start containers again, a moment after it has said that its node is Ready. */
const STEADY_MS = 3000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Where kubeadm writes down the CRI socket of a node. */
export const CRI_SOCKET_ANNOTATION = 'kubeadm.alpha.kubernetes.io/cri-socket';

/** The Node object of this node. */
export function getNode(
  { client, nodeName }: Pick<Parts, 'client' | 'nodeName'>,
  signal?: AbortSignal,
): Promise<V1Node> {
  return client.get<V1Node>(`/api/v1/nodes/${nodeName}`, { signal });
}

/** `NAMESPACE/NAME` of the pods on the node that are ready. */
export async function readyPods(parts: Pick<Parts, 'client' | 'nodeName'>, signal?: AbortSignal): Promise<string[]> {
  return (await podsOn(parts.client, parts.nodeName, signal)).filter(isReady).map(podName);
}

/**
 * Waits until the kubelet is of that version and has said so since it was restarted, the node is Ready, the edge-hub
 * is healthy and the pods are ready again.
 * @param pods names as of {@link readyPods}; one that is no longer on the node is not waited for
 * @throws EdgeadmError KUBELET_FAILED, NODE_NOT_READY, EDGE_HUB_FAILED, ADDON_NOT_READY
 */
export async function waitUntilHealthy(
  parts: Parts,
  version: string,
  pods: readonly string[],
  image?: string,
): Promise<void> {
  await waitForNode(parts, version);
  if (parts.hub) await waitForHub(parts.host, parts.nodeName, parts.waitFor);
  await waitForPods(parts, pods, image);
}

async function waitForNode(parts: Parts, version: string): Promise<void> {
  const { host, nodeName, waitFor } = parts;
  await waitFor({
    what: `the node ${nodeName} to be Ready with kubelet ${version}`,
    timeoutMs: NODE_TIMEOUT_MS,
    intervalMs: [200, 1000],
    code: 'NODE_NOT_READY',
    guard: kubeletGuard(host),
    probe: async (signal) => {
      const unit = await host.unit(PATHS.kubelet.unit);
      if (!unit.active) return { seen: `${PATHS.kubelet.unit} is ${unit.detail}` };
      const node = await getNode(parts, signal);
      const found = node.status?.nodeInfo?.kubeletVersion;
      if (!found || !sameVersion(found, version)) return { seen: `its kubelet is ${found}` };
      if (!(await isHeardAgain(parts, node, signal))) return { seen: 'its last status is from before the restart' };
      const runtime = node.status?.nodeInfo?.containerRuntimeVersion;
      if (parts.runtime && !runtime?.startsWith(`${parts.runtime}://`)) return { seen: `its pods run with ${runtime}` };
      const readiness = readinessOf(node);
      return readiness.state === 'waiting' ? { seen: readiness.message } : { done: true };
    },
    evidence: () => kubeletTrouble(host.unbound ?? host),
  });
}

/**
 * True if what the cluster knows comes from the kubelet that runs now. A status has whole seconds and may be minutes
 * old; the lease has microseconds, and a kubelet renews it as soon as it has started and every ten seconds.
 */
async function isHeardAgain(parts: Parts, node: V1Node, signal: AbortSignal): Promise<boolean> {
  const { client, nodeName, restarted } = parts;
  const ready = conditionOf(node, 'Ready');
  const reported = Date.parse(String(ready?.lastHeartbeatTime ?? 0));
  if (reported < Math.floor(restarted.before / 1000) * 1000) return false;
  if (restarted.after === 0) return true;
  const lease = await client.find<V1Lease>(`${LEASES}/${nodeName}`, { signal });
  return !lease || Date.parse(String(lease.spec?.renewTime ?? 0)) > restarted.after;
}

/** @param image that the edge-hub has to run; undefined if it does not change */
async function waitForPods(parts: Parts, names: readonly string[], image: string | undefined): Promise<void> {
  const steadyMs = parts.restarted.after === 0 ? 0 : (parts.steadyMs ?? STEADY_MS);
  const { clock = realClock } = parts;
  let since: number | undefined;
  await parts.waitFor({
    what: 'the pods that ran before to run again',
    timeoutMs: PODS_TIMEOUT_MS,
    intervalMs: [100, 1000],
    code: 'ADDON_NOT_READY',
    probe: async (signal) => {
      const pods = await podsOn(parts.client, parts.nodeName, signal);
      const hubRuns = pods.some((pod) => isReady(pod) && pod.spec?.containers.some((each) => each.image === image));
      const runs = (pod: V1Pod): boolean => isReady(pod) && (!parts.runtime || isMadeBy(pod, parts.runtime));
      const missing = pods.filter((pod) => names.includes(podName(pod)) && !runs(pod)).map(describePod);
      if (image !== undefined && !hubRuns) missing.push(`the edge-hub is not running ${image} yet`);
      // A kubelet whose hub is down tells the cluster nothing: what the cluster has of its pods is from before.
      const trouble = parts.hub && (await hubTrouble(parts.host, signal));
      if (trouble !== undefined) missing.push(`the edge-hub is not healthy: ${trouble}`);
      since = missing.length === 0 ? (since ?? clock.now()) : undefined;
      if (since === undefined) return { seen: missing.join('; ') };
      return clock.now() - since >= steadyMs
        ? { done: true }
        : { seen: 'they are running, but only for a short time yet' };
    },
  });
}

/** What the cluster knows of a pod may be from before its containers were made again. */
function isMadeBy({ status }: V1Pod, runtime: string): boolean {
  return status?.containerStatuses?.every(({ containerID }) => containerID?.startsWith(`${runtime}://`)) ?? false;
}

function describePod(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  return [podName(pod), pod.status?.phase, waiting?.reason].filter(Boolean).join(' ');
}
