import { PATHS } from '../../host/node-paths.ts';
import { cpuSet, type FitFacts, type Fitted, fitToNode, pathsIn } from '../../kubernetes/kubelet/node-fit.ts';
import { findKubelet } from '../../kubernetes/kubelet/program.ts';
import { fileSystemOf } from './mounts.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

export interface FitQuestion {
  /** The kubelet configuration that the cluster keeps for its nodes. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Minor version of the kubelet. */
  readonly minor: number;
  readonly serviceCidrs: readonly string[];
}

/** The cluster's kubelet configuration without what does not exist on this node. */
export async function fitKubeletConfiguration(host: ReadOnlyHost, question: FitQuestion): Promise<Fitted> {
  return fitToNode(question.configuration, await factsFor(host, question));
}

async function factsFor(host: ReadOnlyHost, { configuration, minor, serviceCidrs }: FitQuestion): Promise<FitFacts> {
  const plugins = String(configuration.volumePluginDir ?? PATHS.kubernetes.plugins);
  const [there, network, online, numa, { cpus, memoryBytes }, featureGates, onReadOnly] = await Promise.all([
    existingOf(host, pathsIn(configuration)),
    host.network(),
    host.read('/sys/devices/system/cpu/online'),
    host.read('/sys/devices/system/node/online'),
    host.facts(),
    configuration.featureGates === undefined ? undefined : gatesOf(host),
    fileSystemOf(host, plugins),
  ]);
  return {
    minor,
    exists: (path) => there.has(path),
    isReadOnly: (path) => path.startsWith(plugins) && (onReadOnly?.options.includes('ro') ?? false),
    addresses: network.interfaces.flatMap(({ addresses }) => addresses.map((cidr) => cidr.split('/')[0] ?? '')),
    serviceCidrs,
    cpus: online === undefined ? Array.from({ length: cpus }, (_, i) => i) : cpuSet(online.trim()),
    numaNodes: cpuSet((numa ?? '').trim()),
    memoryBytes,
    featureGates,
  };
}

/** If no cgroups are to be seen, as on a scratch root, none counts as missing. */
async function existingOf(host: ReadOnlyHost, paths: readonly string[]): Promise<Set<string>> {
  const cgroups = (await host.list('/sys/fs/cgroup')).length > 0;
  const found = await Promise.all(
    paths.map(
      async (path) => (path.startsWith('/sys/fs/cgroup/') && !cgroups) || (await host.stat(path)) !== undefined,
    ),
  );
  return new Set(paths.filter((_, i) => found[i]));
}

/**
 * A kubelet lists the gates that it takes, `kube:Name=true|false (BETA - default=true)`; undefined if it cannot run.
 */
async function gatesOf(host: ReadOnlyHost): Promise<Set<string> | undefined> {
  const { exitCode, stdout } = await host.query(await findKubelet(host), ['--help']);
  const names = [...stdout.matchAll(/^\s*(?:\w+:)?([A-Z]\w+)=true\|false/gm)].map(([, name = '']) => name);
  // The first one follows the description of the flag itself.
  names.push(...[...stdout.matchAll(/Options are:\s*(?:\w+:)?([A-Z]\w+)=true\|false/g)].map(([, name = '']) => name));
  return exitCode === 0 && names.length > 0 ? new Set(names) : undefined;
}
