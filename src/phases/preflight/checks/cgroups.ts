import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { controllerRemedy } from '../controller-remedy.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

/** What the kubelet needs; in v2 devices and freezer are part of the kernel. See Kubernetes' system-validators. */
const CONTROLLERS = {
  v1: ['cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids'],
  v2: ['cpu', 'cpuset', 'memory', 'pids'],
};

export const systemVerification: Check = {
  name: 'SystemVerification(cgroups)',
  concerns: 'node',
  severity: 'error',
  about:
    'The cgroup controllers that the kubelet needs are enabled and mounted, in a cgroup version that this kubelet supports (v2 from 1.19 on, v1 up to 1.34).',
  remedy: 'Enable the controllers on the kernel command line (for memory: `cgroup_enable=memory`) and reboot.',
  run: async (context) => {
    const mounts = await context.host.read('/proc/mounts');
    if (mounts === undefined) return skip('/proc/mounts does not exist');
    const version = isUnified(mounts) ? 'v2' : 'v1';
    const refusal = refusalOf(version, await kubeletMinor(context));
    if (refusal) return fail(refusal, { remedy: VERSION_REMEDY });
    const enabled = await (version === 'v2'
      ? unifiedControllers(context.host)
      : mountedControllers(context.host, mounts));
    const missing = CONTROLLERS[version].filter((controller) => !enabled.has(controller));
    if (missing.length === 0) return pass(`cgroup ${version}`);
    return fail(`cgroup ${version} lacks ${missing.join(', ')}`, {
      remedy: await controllerRemedy(context.host, missing),
    });
  },
};

const VERSION_REMEDY =
  'Boot with the other cgroup version: `systemd.unified_cgroup_hierarchy=1` for v2, `=0` for v1 on the kernel command line.';

/** The kubelet looks at the file system of /sys/fs/cgroup itself; a cgroup2 mounted below it does not count. */
function isUnified(mounts: string): boolean {
  return /^\S+ \/sys\/fs\/cgroup cgroup2 /m.test(mounts);
}

function refusalOf(version: 'v1' | 'v2', minor: number | undefined): string | undefined {
  if (minor === undefined) return undefined;
  if (version === 'v2' && minor < 19) return `the node has cgroup v2, which kubelet 1.${minor} does not support`;
  if (version === 'v1' && minor >= 35) return `the node has cgroup v1, which kubelet 1.${minor} does not support`;
  return undefined;
}

async function unifiedControllers(host: AskingHost): Promise<Set<string>> {
  return new Set(((await host.read('/sys/fs/cgroup/cgroup.controllers')) ?? '').trim().split(/\s+/));
}

/** v1: enabled in /proc/cgroups (columns: name, hierarchy, number, enabled) and mounted somewhere. */
async function mountedControllers(host: AskingHost, mounts: string): Promise<Set<string>> {
  const options = [...mounts.matchAll(/^\S+ \S+ cgroup (\S+)/gm)].flatMap((match) => match[1]?.split(',') ?? []);
  const mounted = new Set(options);
  const lines = ((await host.read('/proc/cgroups')) ?? '').split('\n').map((line) => line.split(/\s+/));
  return new Set(lines.flatMap(([name = '', , , enabled]) => (enabled === '1' && mounted.has(name) ? [name] : [])));
}
