import { posix } from 'node:path';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { type Check, fail, pass } from '../check.ts';

/** Bit of a mode: other users can write. */
const WRITABLE = 0o002;
const FOLDERS = [
  posix.dirname(WINDOWS_PATHS.kubelet.program),
  PATHS.kubernetes.directory,
  PATHS.kubelet.directory,
  PATHS.cni.configurations,
  PATHS.cni.plugins,
  WINDOWS_PATHS.kubelet.logs,
];
/** Each with the folders above it: who can write there can replace it. */
const WITH_PARENTS = [...new Set(FOLDERS.flatMap((path) => [...parentsOf(path), path]))];

export const folderAccess: Check = {
  name: 'FolderAccess',
  concerns: 'node',
  severity: 'error',
  about:
    'Only administrators can write into the existing folders of Kubernetes (`C:\\k`, `C:\\etc`, `C:\\var`, `C:\\opt` and below): services run programs from them as SYSTEM, and Windows lets every user write into new folders below `C:\\`.',
  remedy:
    'Remove the folder if it is not needed, or set its access list: `icacls FOLDER /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-32-545:(OI)(CI)RX"`.',
  run: async ({ host }) => {
    const open: string[] = [];
    for (const path of WITH_PARENTS) {
      const stat = await host.stat(path, { permissions: true });
      if (stat && (stat.mode & WRITABLE) !== 0) open.push(path);
    }
    return open.length === 0 ? pass() : fail(`other users can write into ${open.join(', ')}`);
  },
};

function parentsOf(path: string): string[] {
  const above = posix.dirname(path);
  return above === '/' ? [] : [...parentsOf(above), above];
}
