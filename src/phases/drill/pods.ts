import type { Host } from '../../host/host.ts';
import { CriClient } from '../../kubernetes/cri/index.ts';
import { forEachLimited } from '../../lib/for-each.ts';

/** A pod as the runtime has it: only that proves anything while the node is cut off. */
export interface RuntimePod {
  readonly uid: string;
  /** `NAMESPACE/NAME` */
  readonly name: string;
  /** undefined with host networking. */
  readonly address: string | undefined;
  /** Its containers that run, by name. */
  readonly containers: ReadonlyMap<string, RuntimeContainer>;
}

/** One start of a container. */
interface RuntimeContainer {
  readonly id: string;
  /** Milliseconds since 1970, by the clock of the node. */
  readonly createdAt: number;
}

const AT_ONCE = 8;
/** As little as a power cut, but a program that writes may close its files. */
const GRACE_SECONDS = 2;

/** Opens the runtime for one piece of work. */
export async function withRuntime<T>(
  host: Host,
  socket: string,
  work: (client: CriClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await CriClient.connect(host, socket, { signal });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** The pods with a container that runs. */
export async function runningPods(client: CriClient): Promise<RuntimePod[]> {
  const [sandboxes, containers] = await Promise.all([client.podSandboxes(), client.containers()]);
  const running = containers.filter(({ state }) => state === 'running');
  const pods = new Map<string, RuntimePod>();
  for (const { id: sandbox, uid, namespace, name: pod, ready } of sandboxes) {
    const own = running.filter(({ podSandboxId }) => podSandboxId === sandbox);
    if (!ready || own.length === 0) continue;
    const address = await client.podAddress(sandbox);
    pods.set(uid, {
      uid,
      name: `${namespace}/${pod}`,
      address,
      containers: new Map(own.map(({ name, id, createdAt }) => [name, { id, createdAt }])),
    });
  }
  return [...pods.values()];
}

/**
 * Ends what pods run, as a power cut does. The kubelet must be stopped.
 * @param whole also takes their network away, so that each pod is created again
 */
export async function stopPods(client: CriClient, whole: boolean): Promise<void> {
  const running = (await client.containers()).filter(({ state }) => state === 'running');
  await forEachLimited(running, AT_ONCE, ({ id }) => client.stopContainer(id, GRACE_SECONDS));
  if (!whole) return;
  const sandboxes = (await client.podSandboxes()).filter(({ ready }) => ready);
  await forEachLimited(sandboxes, AT_ONCE, ({ id }) => client.stopPodSandbox(id));
}

/** True if every container that ran before runs again, as another one. */
export function isBack(before: RuntimePod, now: RuntimePod | undefined): boolean {
  return [...before.containers].every(([name, { id }]) => {
    const found = now?.containers.get(name);
    return found !== undefined && found.id !== id;
  });
}
