import { EdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import { isBoundToItself, mountsBelow, remoteAmong } from '../../../host/mount-table.ts';
import { PATHS } from '../../../host/node-paths.ts';
import type { PhaseLog } from '../../../workflow/events.ts';

/**
 * Where a kubelet and the storage drivers of its pods mount; whatever is mounted elsewhere below its folder is the
 * machine's.
 */
const VOLUME_FOLDERS = ['pods', 'plugins', 'plugins_registry', 'plugin-containers'];

/** A file system whose server is gone keeps umount waiting forever. */
const UMOUNT_TIMEOUT_MS = 10_000;

/**
 * Unmounts what kubelet and storage drivers mounted below /var/lib/kubelet, and what the kubelet mounted there itself;
 * a volume of the machine's own that is mounted on the folder, or on one in it, stays.
 * @param force detaches what is in use: it vanishes from the tree, and is let go when its last user ends
 * @throws EdgeadmError RESET_INCOMPLETE with what is still mounted
 */
export async function unmountKubeletVolumes(host: Host, log: PhaseLog, force = false): Promise<void> {
  const left = await unmountBelow(host, PATHS.kubelet.directory, log, { force, within: VOLUME_FOLDERS });
  if (left.length === 0) {
    while (host.wet && (await isBoundToItself(host, PATHS.kubelet.directory)))
      await host.run('umount', [PATHS.kubelet.directory]);
    return;
  }
  const [remote] = await remoteAmong(host, left);
  throw new EdgeadmError({
    code: 'RESET_INCOMPLETE',
    what: `volumes below ${PATHS.kubelet.directory} are still mounted`,
    why: left.join('\n'),
    next:
      remote === undefined
        ? `stop the processes that use them (fuser -vm ${left[0]}), then run \`edgeadm reset\` again; \`edgeadm reset --force\` detaches them`
        : `if the server of ${remote} is gone, where every program that accesses it hangs: \`edgeadm reset --force\` detaches it; otherwise stop what uses it and run \`edgeadm reset\` again`,
  });
}

interface UnmountOptions {
  /** Detaches what is in use. */
  readonly force?: boolean;
  /** Only what is mounted in these of its folders. */
  readonly within?: readonly string[];
}

/** @returns what is still mounted below the folder */
export async function unmountBelow(
  host: Host,
  folder: string,
  log: PhaseLog,
  { force = false, within }: UnmountOptions = {},
): Promise<string[]> {
  if (!host.runsPrograms) return [];
  const before = await mountsBelow(host, folder, within);
  if (before.length === 0) return [];
  // A share whose server is gone stops the program at it: it must not keep the others.
  const remote = await remoteAmong(host, before);
  const local = before.filter((path) => !remote.includes(path));
  let refusal: string | undefined;
  for (const paths of [local, remote]) if (paths.length > 0) refusal = (await umount(host, paths)) ?? refusal;
  if (!host.wet || refusal === undefined) return [];
  const left = await mountsBelow(host, folder, within);
  if (left.length === 0 || !force) return left;
  log.warning(`Detaching ${left.join(', ')}: ${refusal}`);
  await umount(host, ['--lazy', '--force', ...left]);
  return mountsBelow(host, folder, within);
}

/** One program for all: a mount that is in use does not keep the others. @returns why not all could be unmounted */
async function umount(host: Host, args: readonly string[]): Promise<string | undefined> {
  try {
    await host.run('umount', args, { timeoutMs: UMOUNT_TIMEOUT_MS });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
