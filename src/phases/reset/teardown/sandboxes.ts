import { EdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { STAND_IN_NETWORK } from '../../../host/pod-network.ts';
import type { CriClient, PodSandbox } from '../../../kubernetes/cri/index.ts';
import { count } from '../../../lib/count.ts';
import { forEachLimited } from '../../../lib/for-each.ts';
import { waitFor } from '../../../lib/wait-for.ts';
import { removeIdleNamespaces } from './network.ts';

/** Between SIGTERM and SIGKILL. A node that leaves in an orderly way is drained first. */
const GRACE_SECONDS = 2;
/** Containers are waiting for most of the time, sandboxes are work for the runtime. */
const CONTAINERS_AT_ONCE = 64;
const SANDBOXES_AT_ONCE = 8;
/** The first file by name is the one that a runtime uses. */
const STAND_IN_PATH = `${PATHS.cni.configurations}/${STAND_IN_NETWORK}`;
const STAND_IN = JSON.stringify({ cniVersion: '0.3.1', name: 'cbr0', plugins: [{ type: 'loopback' }] });
const STAND_IN_TIMEOUT_MS = 5000;

/** Pods that could not be removed, each with the reason. */
export type Failures = ReadonlyMap<PodSandbox, string>;

/** Stops the containers of a runtime and removes its pods; those that stay for their network get a second try. */
export async function removeSandboxes(
  client: CriClient,
  host: Host,
  pods: readonly PodSandbox[],
  network?: string,
): Promise<Failures> {
  const containers = await client.containers();
  const running = containers.filter(({ state }) => state === 'running' || state === 'unknown');
  // Whatever does not stop now is killed with its sandbox.
  await forEachLimited(running, CONTAINERS_AT_ONCE, ({ id }) =>
    client.stopContainer(id, GRACE_SECONDS).catch(() => {}),
  );
  const failed = await tryToRemove(client, pods);
  for (const { id, podSandboxId } of containers) {
    if (!pods.some((pod) => pod.id === podSandboxId)) await client.removeContainer(id);
  }
  // A runtime reports it with gRPC's status Unknown, so that its words are all there is to tell it by.
  const forNetwork = [...failed.values()].some((reason) => /network|cni/i.test(reason));
  return forNetwork ? removeWithoutNetwork(client, host, failed, network) : failed;
}

/**
 * A runtime keeps a pod whose network it cannot take away, and without CNI configuration or plug-in it never can. The
 * namespaces are removed here instead, and a configuration that does nothing lets the runtime believe that it did it.
 */
async function removeWithoutNetwork(
  client: CriClient,
  host: Host,
  pods: Failures,
  network?: string,
): Promise<Failures> {
  let failed = pods;
  await removeIdleNamespaces(host, network);
  await host.write(STAND_IN_PATH, STAND_IN, { mode: 0o600 });
  const probe = async () => {
    failed = await tryToRemove(client, failed.keys());
    return failed.size > 0 ? { seen: `${count('pod', failed.size)}` } : { done: true };
  };
  try {
    await waitFor({ what: 'pods to be removed', probe, timeoutMs: STAND_IN_TIMEOUT_MS }).catch(() => {});
  } finally {
    await host.remove(STAND_IN_PATH);
  }
  return failed;
}

async function tryToRemove(client: CriClient, pods: Iterable<PodSandbox>): Promise<Failures> {
  const failed = new Map<PodSandbox, string>();
  await forEachLimited(pods, SANDBOXES_AT_ONCE, async (pod) => {
    try {
      await client.stopPodSandbox(pod.id);
      await client.removePodSandbox(pod.id);
    } catch (error) {
      failed.set(pod, error instanceof EdgeadmError ? (error.why ?? error.what) : String(error));
    }
  });
  return failed;
}
