import type { Host } from '../../host/host.ts';
import { IN_KUBERNETES } from '../../host/node-host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { endLeases, imageRecords, removeNamed } from '../../host/roll-back.ts';
import { CriClient } from './index.ts';

/**
 * Removes images whose files a power cut may have emptied, for an import of all that is in them, which is to be done
 * meanwhile. containerd takes what it has of an image for good by its name, and keeps it for as long as a record, a
 * container, or the lease of an import that was cut holds it: so all of these go. The kubelet rests, since it would
 * make the containers again.
 * @param work imports them
 */
export async function renewImages<T>(
  host: Host,
  names: ReadonlySet<string>,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (names.size === 0) return work();
  const { active } = await host.unit(PATHS.kubelet.unit);
  if (active) await host.stopUnit(PATHS.kubelet.unit);
  try {
    await removePodsOf(host, names, signal);
    await removeNamed(host, names);
    await endLeases(host);
    return await work();
  } finally {
    if (active) await host.startUnit(PATHS.kubelet.unit);
  }
}

async function removePodsOf(host: Host, names: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
  const [images, listing] = await Promise.all([ask(host, 'images', 'list'), ask(host, 'containers', 'list')]);
  const users = new Set([...names, ...imageRecords(images, names)]);
  const ids = [...listing.matchAll(/^(\S+)\s+(\S+)/gm)].flatMap(([, id, image = '']) => (users.has(image) ? id : []));
  if (ids.length === 0 || !host.wet) return;
  const client = await CriClient.connect(host, PATHS.containerd.socket, { signal });
  try {
    const containers = await client.containers();
    for (const { id } of await client.podSandboxes()) {
      const parts = containers.filter(({ podSandboxId }) => podSandboxId === id);
      if (![id, ...parts.map((part) => part.id)].some((each) => ids.includes(each))) continue;
      await client.stopPodSandbox(id);
      await client.removePodSandbox(id);
    }
  } finally {
    client.close();
  }
}

async function ask(host: Host, ...words: readonly string[]): Promise<string> {
  return (await host.query('ctr', [...IN_KUBERNETES, ...words])).stdout;
}
