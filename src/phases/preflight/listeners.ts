import { PATHS } from '../../host/node-paths.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** Who listens on a port, as far as it is known. */
export interface Listener {
  /** `kubelet`, undefined if the machine does not say. */
  readonly process?: string;
  /** The service that the process belongs to: `k3s-agent.service`. */
  readonly unit?: string;
  /** True if the process is the kubelet, runs in one of its pods, or is the service of the edge-hub. */
  readonly ofNode: boolean;
}

/**
 * Who listens on a TCP port, undefined if it is free. /proc/net says whether it is free; the name of the program
 * needs `ss`, which not every machine has.
 * @returns `unknown` if there is no /proc
 */
export async function listenerOn(host: ReadOnlyHost, port: number): Promise<Listener | undefined | 'unknown'> {
  const tables = await Promise.all([host.read('/proc/net/tcp'), host.read('/proc/net/tcp6')]);
  if (tables.every((table) => table === undefined)) return 'unknown';
  if (!tables.some((table) => isListening(table ?? '', port))) return undefined;
  const owner = host.runsPrograms ? await ownerOf(host, port) : undefined;
  if (!owner) return { ofNode: false };
  const cgroup = (await host.read(`/proc/${owner.pid}/cgroup`)) ?? '';
  return {
    process: owner.name,
    unit: /\/([^/\n]+\.service)(?:\/|$)/m.exec(cgroup)?.[1],
    ofNode: owner.name === 'kubelet' || cgroup.includes('kubepods') || cgroup.includes(PATHS.edgeHub.unit),
  };
}

/** Columns of /proc/net/tcp: number, local `ADDRESS:PORT` in hex, remote, state (0A is LISTEN). See proc(5). */
function isListening(table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]{4} 0A `, 'm').test(table);
}

/** Reads lines like `LISTEN 0 4096 127.0.0.1:10248 0.0.0.0:* users:(("kubelet",pid=42,fd=20))`. */
async function ownerOf(host: ReadOnlyHost, port: number): Promise<{ name: string; pid: string } | undefined> {
  const { stdout } = await host.query('ss', ['-l', '-t', '-n', '-p']);
  const line = stdout.split('\n').find((text) => new RegExp(`^LISTEN\\s+\\d+\\s+\\d+\\s+\\S+:${port}\\s`).test(text));
  const match = /users:\(\("([^"]+)",(?:pid=)?(\d+)/.exec(line ?? '');
  return match?.[1] && match[2] ? { name: match[1], pid: match[2] } : undefined;
}
