import { PATHS } from '../node-paths.ts';

/**
 * Where things are on a Windows node. A path on a node begins at the root of its system, which is the system drive on
 * Windows, as for kubeadm: `/etc/kubernetes` is `C:\etc\kubernetes`. What is not here is where Linux has it, below that
 * root. `nativePath` of the host makes what the programs of Windows read.
 * Source: kubernetes-sigs/sig-windows-tools, kubeadm; containerd's own service on Windows.
 */
export const WINDOWS_PATHS = {
  kubelet: {
    program: '/k/kubelet.exe',
    otherPrograms: ['/Program Files/Kubernetes/kubelet.exe'],
    logs: '/var/log/kubelet',
  },
  kubectl: { program: '/k/kubectl.exe' },
  edgeHub: { program: '/k/yurthub.exe' },
  containerd: {
    configuration: '/Program Files/containerd/config.toml',
    programs: '/Program Files/containerd',
    program: '/Program Files/containerd/containerd.exe',
    ctr: '/Program Files/containerd/ctr.exe',
    data: '/ProgramData/containerd/root',
    runtimeState: '/ProgramData/containerd/state',
  },
  sockets: { containerd: '//./pipe/containerd-containerd', docker: '//./pipe/docker_engine' },
  /** Only administrators write into it. */
  lock: '/Windows/edgeadm.lock',
  temporary: '/Windows/Temp',
} as const;

/** What Windows has a folder of its own for; every user may make folders in C:\\ and in ProgramData, but not in these. */
const ELSEWHERE = [
  [PATHS.edgeadm.state, '/Program Files/edgeadm'],
  [PATHS.edgeadm.log, '/Windows/Logs/edgeadm.log'],
] as const;

/**
 * `/etc/kubernetes` is `C:\etc\kubernetes`, `/D:/containerd` is `D:\containerd`, a pipe `//./pipe/x` is `\\.\pipe\x`.
 * @param drive with its colon: `C:`
 */
export function toNativePath(path: string, drive: string): string {
  if (/^[A-Za-z]:[\\/]/.test(path)) return path;
  const [, other, rest = '/'] = /^\/([A-Za-z]:)(\/.*)?$/.exec(path) ?? [];
  if (other !== undefined) return `${other}${rest}`.replaceAll('/', '\\');
  const moved = ELSEWHERE.find(([from]) => path === from || path.startsWith(`${from}/`));
  const there = moved ? `${moved[1]}${path.slice(moved[0].length)}` : path;
  return `${there.startsWith('//') ? '' : drive}${there}`.replaceAll('/', '\\');
}
