/** A kernel option by its names without `CONFIG_`; one of them has to be set. */
type KernelOption = readonly [name: string, ...aliases: string[]];

interface Since<T> {
  readonly needs: readonly T[];
  /** First minor version of Kubernetes that requires it; absent: all. */
  readonly since?: number;
  /** Only on machines with this cgroup version; absent: on both. */
  readonly cgroup?: 1 | 2;
}

/**
 * The kernel options that Kubernetes' own validators require, by minor version.
 *
 * Source: kubernetes/system-validators, types_unix.go, in the version that each kubeadm's go.mod names: v1.0.4 (1.17),
 * v1.1.2 (1.19), v1.2.0 (1.20), v1.4.0 (1.21), v1.8.0 (1.26 to 1.31), v1.9.1 (1.32, 1.33), v1.10.1 (1.34), v1.12.1
 * (1.35 to 1.37). Since v1.11.0 they say which options belong to which cgroup version; that did not change.
 */
const KERNEL_OPTIONS: readonly Since<KernelOption>[] = [
  {
    needs: [
      ['NAMESPACES'],
      ['NET_NS'],
      ['PID_NS'],
      ['IPC_NS'],
      ['UTS_NS'],
      ['CGROUPS'],
      ['CGROUP_SCHED'],
      ['CPUSETS'],
      ['MEMCG'],
      ['INET'],
      ['EXT4_FS'],
      ['PROC_FS'],
      ['NETFILTER_XT_TARGET_REDIRECT', 'IP_NF_TARGET_REDIRECT'],
      ['NETFILTER_XT_MATCH_COMMENT'],
    ],
  },
  { needs: [['CGROUP_CPUACCT'], ['CGROUP_DEVICE'], ['CGROUP_FREEZER']], cgroup: 1 },
  { needs: [['FAIR_GROUP_SCHED'], ['CGROUP_PIDS']], since: 21 },
  { needs: [['CGROUP_BPF']], since: 32, cgroup: 2 },
];

/**
 * The cgroup controllers that they require. In v2, devices and freezer are part of the kernel and are listed nowhere.
 * Source: as above; pids is optional in v1.1.2 (1.19) and required from v1.2.0 (1.20) on.
 */
const CONTROLLERS: readonly Since<string>[] = [
  { needs: ['cpu', 'cpuset', 'memory'] },
  { needs: ['cpuacct', 'devices', 'freezer'], cgroup: 1 },
  { needs: ['pids'], since: 20 },
];

/** Below this, every version of the validators refuses a kernel. */
const OLDEST_KERNEL = '3.10';
/** Below this the kernel has no cgroup v2 that a container runtime can use: no device filter. */
const OLDEST_KERNEL_OF_CGROUP2 = '4.15';
/**
 * From which kernel on each Kubernetes is tested upstream; an older one is a warning (kubernetes/kubernetes#131919).
 */
const RECOMMENDED_KERNELS: readonly { readonly since: number; readonly kernel: string }[] = [
  { since: 34, kernel: '5.4' },
  { since: 32, kernel: '4.19' },
];

function needed<T>(table: readonly Since<T>[], minor: number, cgroup: 1 | 2): T[] {
  const applies = ({ since = 0, cgroup: only = cgroup }: Since<T>): boolean => minor >= since && only === cgroup;
  return table.filter(applies).flatMap(({ needs }) => needs);
}

/** The controllers that this Kubernetes needs. */
export function requiredControllers(minor: number, cgroup: 1 | 2): string[] {
  return needed(CONTROLLERS, minor, cgroup);
}

/**
 * The required options that a kernel's configuration (`CONFIG_X=y` or `=m`, a line each) does not set, without the
 * prefix `CONFIG_`.
 */
export function missingKernelOptions(configuration: string, minor: number, cgroup: 1 | 2): string[] {
  const set = new Set([...configuration.matchAll(/^CONFIG_(\w+)=[ym]\s*$/gm)].map((match) => match[1]));
  return needed(KERNEL_OPTIONS, minor, cgroup)
    .filter((names) => !names.some((name) => set.has(name)))
    .map(([name]) => name);
}

/** What this Kubernetes thinks of a kernel's version. */
export type KernelVerdict =
  | { readonly verdict: 'fit' }
  | { readonly verdict: 'too old' | 'untested'; readonly needs: string }
  | { readonly verdict: 'unknown' };

/**
 * Judges a kernel by its first two numbers.
 * @param release `uname -r`, `6.1.0-25-amd64`
 * @param minor of Kubernetes; undefined if it is not known: what all versions refuse is refused
 * @param cgroup undefined if it is not known
 */
export function judgeKernel(release: string, minor: number | undefined, cgroup?: 1 | 2): KernelVerdict {
  const oldest = cgroup === 2 ? OLDEST_KERNEL_OF_CGROUP2 : OLDEST_KERNEL;
  const tested = RECOMMENDED_KERNELS.find(({ since }) => minor !== undefined && minor >= since)?.kernel;
  const number = numberOf(release);
  if (number === undefined) return { verdict: 'unknown' };
  if (number < (numberOf(oldest) ?? 0)) return { verdict: 'too old', needs: oldest };
  if (tested !== undefined && number < (numberOf(tested) ?? 0)) return { verdict: 'untested', needs: tested };
  return { verdict: 'fit' };
}

/** `4.19.90` as 4019. */
function numberOf(release: string): number | undefined {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,3})(?!\d)/.exec(release.trim()) ?? [];
  return major === undefined || minor === undefined ? undefined : Number(major) * 1000 + Number(minor);
}
