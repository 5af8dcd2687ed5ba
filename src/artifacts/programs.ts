import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { PATHS } from '../host/node-paths.ts';
import type { BundleFileKind } from './bundle.ts';

/** Kinds that are one program, and archives of several. */
export type ProgramKind = 'kubelet' | 'kubectl' | 'runc' | 'yurthub';
export type ArchiveKind = 'cni-plugins' | 'containerd';

/** Where the programs land on a node: what Kubernetes' and containerd's own documentation uses. */
export const PROGRAM_PATHS: Readonly<Record<ProgramKind, string>> = {
  kubelet: PATHS.kubelet.program,
  kubectl: PATHS.kubectl.program,
  runc: PATHS.containerd.runc,
  yurthub: PATHS.edgeHub.program,
};
const ARCHIVE_FOLDERS: Readonly<Record<ArchiveKind, string>> = {
  'cni-plugins': PATHS.cni.plugins,
  containerd: PATHS.containerd.programs,
};

/** Folders in which upstream's archives keep programs: containerd's in `bin`, the CNI plug-ins' at the top. */
const PROGRAM_FOLDERS = new Set(['.', 'bin', 'usr/local/bin']);
/** Without these an archive is not what it is called. */
const NEEDED: Readonly<Record<ArchiveKind, readonly string[]>> = {
  'cni-plugins': ['loopback'],
  containerd: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
};

export function isProgram(kind: BundleFileKind): kind is ProgramKind {
  return kind in PROGRAM_PATHS;
}

export function isArchive(kind: BundleFileKind): kind is ArchiveKind {
  return kind in ARCHIVE_FOLDERS;
}

/**
 * Which programs of an archive are installed, and where.
 * @param paths the executable files in the archive
 * @returns path in the archive to path on the node
 * @throws EdgeadmError BUNDLE_INVALID if a program is missing or two have the same name
 */
export function programTargets(kind: ArchiveKind, paths: Iterable<string>): Map<string, string> {
  const targets = new Map<string, string>();
  const names = new Set<string>();
  for (const path of paths) {
    if (!PROGRAM_FOLDERS.has(posix.dirname(path))) continue;
    const name = posix.basename(path);
    if (names.has(name)) throw unusable(kind, `it contains ${name} twice`);
    names.add(name);
    targets.set(path, posix.join(ARCHIVE_FOLDERS[kind], name));
  }
  const missing = NEEDED[kind].filter((name) => !names.has(name));
  if (missing.length > 0) throw unusable(kind, `it does not contain ${missing.join(', ')}`);
  return targets;
}

function unusable(kind: ArchiveKind, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `the archive of ${kind} cannot be used`, why });
}
