import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { PATHS } from '../host/node-paths.ts';
import { WINDOWS_PATHS } from '../host/windows/paths.ts';
import type { BundleFileKind, BundleOs } from './bundle.ts';

/** Kinds that are one program, and archives of several. */
export type ProgramKind = 'kubelet' | 'kubectl' | 'runc' | 'yurthub';
export type ArchiveKind = 'cni-plugins' | 'containerd';

/** Where the programs land on a node: what Kubernetes' and containerd's own documentation uses. */
const PROGRAM_PATHS: Readonly<Record<BundleOs, Readonly<Partial<Record<ProgramKind, string>>>>> = {
  linux: {
    kubelet: PATHS.kubelet.program,
    kubectl: PATHS.kubectl.program,
    runc: PATHS.containerd.runc,
    yurthub: PATHS.edgeHub.program,
  },
  windows: { kubelet: WINDOWS_PATHS.kubelet.program, kubectl: WINDOWS_PATHS.kubectl.program },
};
const ARCHIVE_FOLDERS: Readonly<Record<BundleOs, Readonly<Record<ArchiveKind, string>>>> = {
  linux: { 'cni-plugins': PATHS.cni.plugins, containerd: PATHS.containerd.programs },
  windows: { 'cni-plugins': PATHS.cni.plugins, containerd: WINDOWS_PATHS.containerd.programs },
};

/** Folders in which upstream's archives keep programs: containerd's in `bin`, the CNI plug-ins' at the top. */
const PROGRAM_FOLDERS = new Set(['.', 'bin', 'usr/local/bin']);
/** Without these an archive is not what it is called. */
const NEEDED: Readonly<Record<BundleOs, Readonly<Record<ArchiveKind, readonly string[]>>>> = {
  linux: { 'cni-plugins': ['loopback'], containerd: ['containerd', 'containerd-shim-runc-v2', 'ctr'] },
  windows: { 'cni-plugins': [], containerd: ['containerd.exe', 'containerd-shim-runhcs-v1.exe', 'ctr.exe'] },
};

export function isProgram(kind: BundleFileKind): kind is ProgramKind {
  return kind in PROGRAM_PATHS.linux;
}

export function isArchive(kind: BundleFileKind): kind is ArchiveKind {
  return kind in ARCHIVE_FOLDERS.linux;
}

/** Where a program lands; undefined if nodes of that system have none of its kind. */
export function programPath(kind: ProgramKind, os: BundleOs = 'linux'): string | undefined {
  return PROGRAM_PATHS[os][kind];
}

/**
 * Which programs of an archive are installed, and where.
 * @param paths the executable files in the archive
 * @returns path in the archive to path on the node
 * @throws EdgeadmError BUNDLE_INVALID if a program is missing or two have the same name
 */
export function programTargets(
  kind: ArchiveKind,
  paths: Iterable<string>,
  os: BundleOs = 'linux',
): Map<string, string> {
  const targets = new Map<string, string>();
  const names = new Set<string>();
  for (const path of paths) {
    if (!PROGRAM_FOLDERS.has(posix.dirname(path))) continue;
    const name = posix.basename(path);
    if (names.has(name)) throw unusable(kind, `it contains ${name} twice`);
    names.add(name);
    targets.set(path, posix.join(ARCHIVE_FOLDERS[os][kind], name));
  }
  const missing = NEEDED[os][kind].filter((name) => !names.has(name));
  if (missing.length > 0) throw unusable(kind, `it does not contain ${missing.join(', ')}`);
  return targets;
}

function unusable(kind: ArchiveKind, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `the archive of ${kind} cannot be used`, why });
}
