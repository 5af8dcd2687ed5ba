import type { Host } from '../host/host.ts';
import { commandError } from '../host/node-host.ts';
import { PATHS } from '../host/node-paths.ts';
import { renewImages } from '../kubernetes/cri/images-in-doubt.ts';
import { forEachLimited } from '../lib/for-each.ts';
import type { PhaseLog } from '../workflow/events.ts';
import { type Bundle, type BundleFile, filesOf, nameOf } from './bundle.ts';
import { readImageArchive } from './image-archive.ts';
import { fullReference } from './names.ts';
import { type ArchiveKind, type ProgramKind, programPath, programTargets } from './programs.ts';
import { throwIfInterrupted } from './save.ts';

const PROGRAM_MODE = 0o755;
/** Questions asked of a node at the same time; well below the 10 sessions that sshd allows a connection. */
const QUESTIONS_AT_ONCE = 4;

/** A program as it is to be on the node. */
interface Target {
  readonly path: string;
  readonly sha256: string;
  /** Bytes, where the bundle says so. */
  readonly size?: number;
  /** A local path of its bytes, fetched and unpacked if need be. */
  readonly local: () => Promise<string>;
}

/**
 * Installs the kubelet of the bundle as /usr/bin/kubelet. Like the others here: only what differs is fetched and
 * written, nothing happens if the bundle has no such file, and in a dry run nothing is fetched.
 * @returns true if something was changed
 * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE, WRITE_FAILED
 */
export async function installKubeletProgram(bundle: Bundle, host: Host): Promise<boolean> {
  return install(bundle, host, programTarget(bundle, 'kubelet'));
}

/** Installs kubectl as /usr/bin/kubectl, see {@link installKubeletProgram}. */
export async function installKubectl(bundle: Bundle, host: Host): Promise<boolean> {
  return install(bundle, host, programTarget(bundle, 'kubectl'));
}

/** Installs yurthub as /usr/local/bin/yurthub, see {@link installKubeletProgram}. */
export async function installYurthub(bundle: Bundle, host: Host): Promise<boolean> {
  return install(bundle, host, programTarget(bundle, 'yurthub'));
}

/** Installs the CNI plug-ins into /opt/cni/bin, see {@link installKubeletProgram}. */
export async function installCniPlugins(bundle: Bundle, host: Host): Promise<boolean> {
  return install(bundle, host, await archiveTargets(bundle, 'cni-plugins'));
}

/** Installs containerd into /usr/local/bin and runc as /usr/local/sbin/runc, see {@link installKubeletProgram}. */
export async function installContainerd(bundle: Bundle, host: Host): Promise<boolean> {
  return install(bundle, host, [...(await archiveTargets(bundle, 'containerd')), ...programTarget(bundle, 'runc')]);
}

export interface ImportOptions {
  readonly log?: Pick<PhaseLog, 'debug' | 'info' | 'warning'>;
  readonly signal?: AbortSignal;
  /** Whether nothing else brings images meanwhile, as a kubelet that runs does: containerd is asked once for those it has. */
  readonly alone?: boolean;
}

/**
 * Imports the images of the bundle that containerd does not have; containerd must run. An image that is there under
 * its name is not replaced, unless a power cut may have damaged it. On a scratch root, which has no containerd, nothing
 * happens. {@link Host.settle} is for the end of a command, when the node is Ready.
 * @returns true if something was changed
 * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE, COMMAND_FAILED, INTERRUPTED
 */
export async function importImages(bundle: Bundle, host: Host, options: ImportOptions = {}): Promise<boolean> {
  const files = filesOf(bundle.manifest, 'image');
  if (files.length === 0 || !host.runsPrograms) return false;
  const found = new Set(await host.imagesInDoubt());
  const doubtful = await among(found, bundle, host, files);
  if (doubtful.size > 0)
    options.log?.info(`Images that a power cut may have damaged are imported again: ${[...doubtful].join(', ')}`);
  const others = [...found].filter((name) => !doubtful.has(name));
  if (others.length > 0) await warnOfOthers(host, others, options.log);
  return renewImages(host, doubtful, () => importMissing(bundle, host, { ...options, doubtful }), options.signal);
}

async function warnOfOthers(host: Host, names: readonly string[], log: ImportOptions['log']): Promise<void> {
  const there = new Set(await presentImages(host));
  const left = names.filter((name) => there.has(name)).join(', ');
  if (left)
    log?.warning(
      `A power cut may have damaged these images, and this bundle does not contain them: ${left}. If pods that use them do not start, run the command again with the bundle they came from.`,
    );
}

/** Those that the bundle has, by all of their names; only by that in bundle.yaml in a dry run, which fetches nothing. */
async function among(
  doubtful: ReadonlySet<string>,
  bundle: Bundle,
  host: Host,
  files: readonly BundleFile[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const file of doubtful.size > 0 ? files : []) {
    const names = host.wet
      ? (await readImageArchive(await bundle.locate(file), nameOf(file, bundle.origin))).references
      : [fullReference(file.name ?? '')];
    for (const name of names) if (doubtful.has(name)) found.add(name);
  }
  return found;
}

async function importMissing(
  bundle: Bundle,
  host: Host,
  { doubtful, log, signal, alone = false }: ImportOptions & { readonly doubtful: ReadonlySet<string> },
): Promise<boolean> {
  const present = new Set((await presentImages(host)).filter((name) => !doubtful.has(name)));
  const isMissing = ({ name }: BundleFile): boolean => name === undefined || !present.has(fullReference(name));
  const files = filesOf(bundle.manifest, 'image').filter(isMissing);
  const check = (file?: BundleFile) => (file && host.wet ? checkArchive(bundle, host, file) : undefined);
  let next = check(files[0]);
  let changed = false;
  for (const [index, file] of files.entries()) {
    throwIfInterrupted(signal);
    const checked = next;
    next = check(files[index + 1]);
    if (!isMissing(file)) continue;
    const archive = await checked;
    const names = archive ? await importArchive(host, archive, { present, alone }) : await planImport(host, file);
    for (const name of names) present.add(name);
    changed ||= names.length > 0;
    log?.debug(`${file.path}: ${names.join(', ') || 'all its images are already present'}`);
  }
  return changed;
}

/** An archive that has been looked at. */
interface CheckedArchive {
  readonly file: BundleFile;
  readonly local: string;
  readonly references: readonly string[];
  /** The node sees the very same file: it is the machine edgeadm runs on. */
  readonly onNode: boolean;
}

/**
 * Fetches and checks an archive while containerd imports the one before it.
 * @returns a promise whose failure may wait until it is this one's turn, which never comes if another fails
 * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE
 */
function checkArchive(bundle: Bundle, host: Host, file: BundleFile): Promise<CheckedArchive> {
  const check = async (): Promise<CheckedArchive> => {
    const local = await bundle.locate(file);
    const { references } = await readImageArchive(local, nameOf(file, bundle.origin));
    return { file, local, references, onNode: (await host.sha256(local)) === file.sha256 };
  };
  const checked = check();
  checked.catch(() => {});
  return checked;
}

/**
 * @returns the references that were added
 * @throws EdgeadmError NO_SPACE, COMMAND_FAILED
 */
async function importArchive(
  host: Host,
  { file, local, references, onNode }: CheckedArchive,
  { present, alone }: { readonly present: ReadonlySet<string>; readonly alone: boolean },
): Promise<readonly string[]> {
  // Those that were there before us are not ours to remove at a reset.
  const added = references.filter((reference) => !present.has(reference));
  if (added.length === 0) return [];
  const there = alone ? present : undefined;
  if (onNode) await host.importImage(local, added, there);
  else await importCopy(host, local, file, { names: added, there });
  return added;
}

async function importCopy(
  host: Host,
  local: string,
  file: BundleFile,
  { names, there }: { readonly names: readonly string[]; readonly there: ReadonlySet<string> | undefined },
): Promise<void> {
  const copy = `${PATHS.edgeadm.state}/image-${file.sha256.slice(0, 16)}.tar`;
  await host.upload(local, copy, { mode: 0o600, sha256: file.sha256 });
  try {
    await host.importImage(copy, names, there);
  } finally {
    // Host.remove would keep a copy of what we brought ourselves; the journal knows the file from its upload.
    await host.removeTree(copy);
  }
}

async function planImport(host: Host, file: BundleFile): Promise<readonly string[]> {
  const names = [file.name === undefined ? 'the images' : fullReference(file.name)];
  await host.importImage(file.path, names);
  return names;
}

/**
 * Without a list, the owner's images would count as ours and go at a reset.
 * @throws EdgeadmError COMMAND_FAILED
 */
async function presentImages(host: Host): Promise<readonly string[]> {
  const args = ['--namespace', 'k8s.io', 'images', 'list', '--quiet'];
  const result = await host.query('ctr', args);
  if (result.exitCode !== 0) throw commandError('ctr', args, result);
  return result.stdout.split('\n').filter(Boolean);
}

function programTarget(bundle: Bundle, kind: ProgramKind): readonly Target[] {
  const [file] = filesOf(bundle.manifest, kind);
  const path = programPath(kind, bundle.manifest.os);
  return file && path ? [{ path, sha256: file.sha256, size: file.size, local: () => bundle.locate(file) }] : [];
}

async function archiveTargets(bundle: Bundle, kind: ArchiveKind): Promise<readonly Target[]> {
  const [file] = filesOf(bundle.manifest, kind);
  if (!file) return [];
  const contents = file.contents ?? (await unpackedSums(bundle, file));
  return [...programTargets(kind, Object.keys(contents), bundle.manifest.os)].map(([inner, path]) => ({
    path,
    sha256: contents[inner] ?? '',
    local: async () => (await bundle.unpack(file)).find((program) => program.path === inner)?.localPath ?? '',
  }));
}

async function unpackedSums(bundle: Bundle, file: BundleFile): Promise<Record<string, string>> {
  return Object.fromEntries((await bundle.unpack(file)).map(({ path, sha256 }) => [path, sha256]));
}

async function install(bundle: Bundle, host: Host, targets: readonly Target[]): Promise<boolean> {
  const found = new Set<Target>();
  await forEachLimited(targets, QUESTIONS_AT_ONCE, async (target) => {
    if (!(await isInstalled(host, target))) found.add(target);
  });
  for (const target of targets.filter((candidate) => found.has(candidate))) {
    const local = host.wet ? await target.local() : bundle.origin;
    await host.upload(local, target.path, { mode: PROGRAM_MODE, sha256: target.sha256, differs: true });
  }
  return found.size > 0;
}

async function isInstalled(host: Host, { path, sha256, size }: Target): Promise<boolean> {
  const stat = await host.stat(path);
  if (stat?.type !== 'file' || stat.mode !== PROGRAM_MODE) return false;
  return (size ?? stat.size) === stat.size && (await host.sha256(path)) === sha256;
}
