import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { type CgroupDriver, CriClient } from '../../kubernetes/cri/index.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** The cgroup driver of a runtime that the join does not configure, and where that was found. */
export interface RuntimeDriver {
  readonly driver: CgroupDriver;
  readonly from: string;
}

/**
 * The cgroup driver of a runtime other than containerd, which a kubelet must share. undefined for containerd, which a join gives the
 * systemd driver.
 */
export async function runtimeDriver(
  host: ReadOnlyHost,
  { runtime, criSocket }: { readonly runtime: 'containerd' | 'docker'; readonly criSocket?: string },
): Promise<RuntimeDriver | undefined> {
  if (runtime === 'docker' || /dockerd|dockershim|docker\.sock/.test(criSocket ?? '')) return dockerDriver(host);
  if (criSocket === undefined || /containerd/.test(criSocket)) return undefined;
  return (await askedDriver(host, criSocket)) ?? (/crio/.test(criSocket) ? crioDriver(host) : undefined);
}

/** What the runtime itself says; one that does not answer is reported by the check of its socket. */
async function askedDriver(host: ReadOnlyHost, socket: string): Promise<RuntimeDriver | undefined> {
  if (!host.runsPrograms) return undefined;
  const client = await CriClient.connect(host, socket, { timeoutMs: 5000 }).catch(() => undefined);
  const driver = await client?.cgroupDriver().finally(() => client.close());
  return driver && { driver, from: `CRI RuntimeConfig on ${socket}` };
}

async function dockerDriver(host: ReadOnlyHost): Promise<RuntimeDriver> {
  const file = PATHS.docker.configuration;
  const configured = execOptionIn((await host.read(file)) ?? '');
  if (configured) return { driver: configured, from: file };
  if (host.runsPrograms) {
    const { exitCode, stdout } = await host.query('docker', ['info', '--format', '{{.CgroupDriver}}']);
    const told = stdout.trim();
    if (exitCode === 0 && isDriver(told)) return { driver: told, from: '`docker info`' };
  }
  // Docker's own default. Source: moby, daemon/config: systemd on cgroup v2 if systemd runs the machine.
  const unified = (await host.stat('/sys/fs/cgroup/cgroup.controllers')) !== undefined;
  return { driver: unified ? 'systemd' : 'cgroupfs', from: `docker's default on cgroup v${unified ? 2 : 1}` };
}

function execOptionIn(text: string): CgroupDriver | undefined {
  try {
    const { 'exec-opts': options } = JSON.parse(text) as { 'exec-opts'?: unknown };
    const words = Array.isArray(options) ? options.map(String) : [];
    const value = words.findLast((word) => word.startsWith('native.cgroupdriver='))?.split('=')[1] ?? '';
    return isDriver(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDriver(text: string): text is CgroupDriver {
  return text === 'systemd' || text === 'cgroupfs';
}

/** Of several files the last by name counts. */
async function crioDriver(host: ReadOnlyHost): Promise<RuntimeDriver> {
  const { configuration, dropIns } = PATHS.crio;
  const files = [configuration, ...(await host.list(dropIns)).map((name) => posix.join(dropIns, name))];
  let found: RuntimeDriver = { driver: 'systemd', from: "CRI-O's default" };
  for (const file of files) {
    const value = /^\s*cgroup_manager\s*=\s*["'](\w+)["']/m.exec((await host.read(file)) ?? '')?.[1] ?? '';
    if (isDriver(value)) found = { driver: value, from: file };
  }
  return found;
}
