import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { PhaseTools } from '../../workflow/phase.ts';
import { waitForHub } from '../join/install-edgehub.ts';
import { kubeletGuard, kubeletTrouble } from '../join/kubelet-guard.ts';
import { readinessOf } from '../join/node-object.ts';
import type { UpgradeContext } from './context.ts';
import { sameVersion } from './versions.ts';

type Parts = Pick<UpgradeContext, 'host' | 'client' | 'nodeName' | 'hub' | 'restarted'> & Pick<PhaseTools, 'waitFor'>;

const NODE_TIMEOUT_MS = 120_000;
const PODS_TIMEOUT_MS = 120_000;

/** The Node object of this node. */
export function nodeObject(
  { client, nodeName }: Pick<Parts, 'client' | 'nodeName'>,
  signal?: AbortSignal,
): Promise<V1Node> {
  return client.get<V1Node>(`/api/v1/nodes/${nodeName}`, { signal });
}

/** `NAMESPACE/NAME` of the pods on the node that are ready. */
export async function readyPods(parts: Pick<Parts, 'client' | 'nodeName'>, signal?: AbortSignal): Promise<string[]> {
  return (await podsOf(parts, signal)).filter(isReady).map(nameOf);
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
  if (parts.hub) await waitForHub(parts.host, parts.waitFor);
  await waitForPods(parts, pods, image);
}

async function waitForNode(parts: Parts, version: string): Promise<void> {
  const { host, nodeName, restarted, waitFor } = parts;
  await waitFor({
    what: `the node ${nodeName} to be Ready with kubelet ${version}`,
    timeoutMs: NODE_TIMEOUT_MS,
    intervalMs: [200, 1000],
    code: 'NODE_NOT_READY',
    guard: kubeletGuard(host),
    probe: async (signal) => {
      const unit = await host.unit('kubelet.service');
      if (!unit.active) return { seen: `kubelet.service is ${unit.detail}` };
      const node = await nodeObject(parts, signal);
      const found = node.status?.nodeInfo?.kubeletVersion;
      if (!found || !sameVersion(found, version)) return { seen: `its kubelet is ${found}` };
      const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
      if (Date.parse(String(ready?.lastHeartbeatTime ?? 0)) / 1000 < restarted.since)
        return { seen: 'its last status is from before the restart' };
      const readiness = readinessOf(node);
      return readiness.state === 'waiting' ? { seen: readiness.message } : { done: true };
    },
    evidence: () => kubeletTrouble(host),
  });
}

/** @param image that the edge-hub has to run; undefined where it stays as it was */
async function waitForPods(parts: Parts, names: readonly string[], image: string | undefined): Promise<void> {
  await parts.waitFor({
    what: 'the pods that ran before to run again',
    timeoutMs: PODS_TIMEOUT_MS,
    intervalMs: [100, 1000],
    code: 'ADDON_NOT_READY',
    probe: async (signal) => {
      const pods = await podsOf(parts, signal);
      const hubRuns = pods.some((pod) => isReady(pod) && pod.spec?.containers.some((each) => each.image === image));
      if (image !== undefined && !hubRuns) return { seen: `the edge-hub does not run ${image} yet` };
      const missing = pods.filter((pod) => names.includes(nameOf(pod)) && !isReady(pod));
      return missing.length === 0 ? { done: true } : { seen: missing.map(describePod).join('; ') };
    },
  });
}

async function podsOf(
  { client, nodeName }: Pick<Parts, 'client' | 'nodeName'>,
  signal?: AbortSignal,
): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${nodeName}`);
  return (await client.get<{ items: V1Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`, { signal })).items;
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function nameOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function describePod(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  return [nameOf(pod), pod.status?.phase, waiting?.reason].filter(Boolean).join(' ');
}
