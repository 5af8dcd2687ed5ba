import type { Host } from '../../host/host.ts';
import { commandError, IN_KUBERNETES } from '../../host/node-host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { endLeases, imageRecords, recordsIn, removeNamed } from '../../host/roll-back.ts';
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
    const tags = await otherNames(host, names);
    const all = new Set([...names, ...tags.keys()]);
    await removePodsOf(host, all, signal);
    await removeNamed(host, all);
    await endLeases(host);
    const result = await work();
    for (const [other, name] of tags) await host.run('ctr', [...IN_KUBERNETES, 'images', 'tag', name, other]);
    return result;
  } finally {
    // Also if it was interrupted.
    if (active) await (host.unbound ?? host).startUnit(PATHS.kubelet.unit);
  }
}

/** Other names of the same images, such as that of a mirror: each with one of ours. */
async function otherNames(host: Host, names: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const records = recordsIn(await ask(host, 'images', 'list'));
  const byDigest = new Map(records.flatMap(({ name, digest }) => (names.has(name) ? [[digest, name]] : [])));
  return new Map(
    records.flatMap(({ name, digest }) => {
      const ours = byDigest.get(digest);
      return ours === undefined || names.has(name) || /^sha256:/.test(name) ? [] : [[name, ours]];
    }),
  );
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
  const args = [...IN_KUBERNETES, ...words];
  const result = await host.query('ctr', args);
  if (result.exitCode !== 0) throw commandError('ctr', args, result);
  return result.stdout;
}
