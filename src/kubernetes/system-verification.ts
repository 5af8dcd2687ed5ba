import type { Host } from '../host/host.ts';
import { kernelConfiguration } from '../host/kernel-configuration.ts';
import { removalOf } from './removals.ts';
import { missingKernelOptions, requiredControllers } from './system-requirements.ts';

type ReadingHost = Pick<Host, 'read' | 'readBytes' | 'facts'>;

/**
 * The cgroup version that the kubelet sees: it looks at the file system of /sys/fs/cgroup itself; a cgroup2 mounted
 * below it does not count. undefined if there is no /proc/mounts.
 */
export async function cgroupVersionOf(host: Pick<Host, 'read'>): Promise<1 | 2 | undefined> {
  const mounts = await host.read('/proc/mounts');
  if (mounts === undefined) return undefined;
  return /^\S+ \/sys\/fs\/cgroup cgroup2 /m.test(mounts) ? 2 : 1;
}

/** Why a kubelet does not run with the cgroups of the machine. */
export interface CgroupProblem {
  readonly found: string;
  /** Controllers; undefined if the cgroup version is the problem, and the other one would do. */
  readonly missing?: readonly string[];
}

/**
 * Compares the machine's cgroups with what the kubelet of a minor version needs.
 * @param minor undefined if it is not known: the version is not judged, and the controllers are those of today
 * @param acceptsV1 the kubelet is or will be configured with `failCgroupV1: false`
 * @returns undefined if they are fit, or if there is no /proc/mounts
 */
export async function cgroupProblem(
  host: ReadingHost,
  minor: number | undefined,
  acceptsV1: boolean,
): Promise<CgroupProblem | undefined> {
  const version = await cgroupVersionOf(host);
  if (version === undefined) return undefined;
  const refusal = minor === undefined ? undefined : refusalOf(version, minor, acceptsV1);
  if (refusal !== undefined) return { found: refusal };
  const enabled = await (version === 2 ? unifiedControllers(host) : mountedControllers(host));
  const missing = requiredControllers(minor ?? Infinity, version).filter((name) => !enabled.has(name));
  return missing.length === 0 ? undefined : { found: `cgroup v${version} lacks ${missing.join(', ')}`, missing };
}

/** First kubelet that supports cgroup v2. */
const FIRST_WITH_V2 = 19;

function refusalOf(version: 1 | 2, minor: number, acceptsV1: boolean): string | undefined {
  if (version === 2 && minor < FIRST_WITH_V2)
    return `the node has cgroup v2, which kubelet 1.${minor} does not support`;
  if (version === 1 && removalOf('setting', 'cgroupV1', minor) && !acceptsV1)
    return `the node has cgroup v1, which kubelet 1.${minor} does not support`;
  return undefined;
}

async function unifiedControllers(host: ReadingHost): Promise<Set<string>> {
  return new Set(((await host.read('/sys/fs/cgroup/cgroup.controllers')) ?? '').trim().split(/\s+/));
}

/** v1: enabled in /proc/cgroups (columns: name, hierarchy, number, enabled) and mounted somewhere. */
async function mountedControllers(host: ReadingHost): Promise<Set<string>> {
  const mounts = (await host.read('/proc/mounts')) ?? '';
  const options = [...mounts.matchAll(/^\S+ \S+ cgroup (\S+)/gm)].flatMap((match) => match[1]?.split(',') ?? []);
  const mounted = new Set(options);
  const lines = ((await host.read('/proc/cgroups')) ?? '').split('\n').map((line) => line.split(/\s+/));
  return new Set(lines.flatMap(([name = '', , , enabled]) => (enabled === '1' && mounted.has(name) ? [name] : [])));
}

/**
 * The options, `CONFIG_X` each, that a Kubernetes of this minor version requires and the running kernel lacks.
 * @param minor undefined if it is not known: what today's Kubernetes requires
 * @returns undefined if the kernel publishes no configuration
 */
export async function kernelOptionsMissing(
  host: ReadingHost,
  minor: number | undefined,
): Promise<readonly string[] | undefined> {
  const { kernel } = await host.facts();
  const configuration = await kernelConfiguration(host, kernel);
  if (configuration === undefined) return undefined;
  const missing = missingKernelOptions(configuration, minor ?? Infinity, (await cgroupVersionOf(host)) ?? 1);
  return missing.map((name) => `CONFIG_${name}`);
}
