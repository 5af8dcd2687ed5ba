import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { availableParallelism, networkInterfaces, totalmem } from 'node:os';
import { exclusiveFile } from '../exclusive-file.ts';
import { dialLocally } from '../local-dial.ts';
import { programRunner } from '../local-program.ts';
import type { Machine, Network, Route } from '../machine.ts';
import { withoutOwnVariables } from '../programs.ts';
import { localDrives } from './drive-files.ts';
import type { Hardware } from './facts.ts';
import { windowsMachine } from './machine.ts';
import { WINDOWS_PATHS } from './paths.ts';

/** Far away, whatever the network: TEST-NET-1 and the documentation's prefix (RFC 5737, RFC 3849). */
const FAR = [
  { family: 'udp4', address: '192.0.2.1', destination: '0.0.0.0/0' },
  { family: 'udp6', address: '2001:db8::1', destination: '::/0' },
] as const;

/** The Windows machine that edgeadm runs on. */
export function localWindows(): Machine {
  const systemDrive = process.env.SystemDrive ?? 'C:';
  return windowsMachine({
    name: 'localhost',
    systemDrive,
    root: systemDrive,
    exec: programRunner({
      options: { cwd: `${systemDrive}\\`, windowsHide: true, env: withoutOwnVariables() },
      kill: killTree,
    }),
    drives: localDrives(),
    connect: dialLocally,
    lock: () => exclusiveFile(`${systemDrive}${WINDOWS_PATHS.lock}`),
    clock: async () => ({ now: Date.now(), uncertaintyMs: 0 }),
    hardware: () => hardwareOf(`${systemDrive}\\`),
    network: readLocalNetwork,
    close: async () => {},
  });
}

async function hardwareOf(systemDrive: string): Promise<Hardware> {
  const { bavail, blocks, bsize } = await statfs(systemDrive);
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    systemDrive: { freeBytes: bavail * bsize, totalBytes: blocks * bsize },
  };
}

/** Windows has no process groups; taskkill ends a program with those that it started. */
function killTree(pid: number): void {
  const { SystemRoot = 'C:\\Windows' } = process.env;
  const args = ['/pid', String(pid), '/t', '/f'];
  spawn(`${SystemRoot}\\System32\\taskkill.exe`, args, { stdio: 'ignore', windowsHide: true }).on('error', () => {});
}

async function readLocalNetwork(): Promise<Network> {
  const interfaces = Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    up: true,
    addresses: addresses.flatMap(({ cidr }) => cidr ?? []),
  }));
  const routes = await Promise.all(FAR.map((far) => defaultRoute(far, interfaces)));
  return { interfaces, routes: routes.flat() };
}

/** The address that Windows would send from, which it says of a connected socket; nothing is sent. */
async function defaultRoute(
  { family, address, destination }: (typeof FAR)[number],
  interfaces: Network['interfaces'],
): Promise<Route[]> {
  const socket = createSocket(family);
  try {
    socket.connect(9, address);
    await once(socket, 'connect');
    const source = socket.address().address;
    const holder = interfaces.find(({ addresses }) => addresses.some((cidr) => cidr.split('/')[0] === source));
    return holder ? [{ destination, interface: holder.name, source, metric: 0 }] : [];
  } catch {
    return [];
  } finally {
    socket.close();
  }
}
