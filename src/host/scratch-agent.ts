import { readFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { processLives } from '../lib/process-lives.ts';
import { PATHS } from './node-paths.ts';

/**
 * Where edgeadm and the agent of a scratch root meet. An agent (the sandbox) stands for the service manager and
 * the programs of the machine: it looks at what edgeadm wrote and does what it says.
 */
export const AGENT_PATHS = {
  /** Process id of the agent. */
  pid: '/run/edgeadm/agent.pid',
  /** A started unit is a file here, with the word that systemd would have for it. */
  units: '/run/edgeadm/units',
  /** A unit that is at work is a file here: a stop waits until it is gone. */
  running: '/run/edgeadm/running',
  /** `PORT.sock`: a symlink to the socket that stands for that port of the machine's loopback. */
  ports: '/run/edgeadm/ports',
  /** The machine's interfaces and routes, as `Network` has them. */
  network: '/run/edgeadm/network.json',
  /** `UNIT.log`: what the unit logged. */
  logs: '/var/log/units',
} as const;

/**
 * Advice for a machine as it is for a scratch root, where a pasted `systemctl` or `journalctl` would ask the machine that
 * the root is on, and a path would be one of that machine.
 */
export function adviceForRoot(advice: string, root: string): string {
  return advice
    .replace(/(?<=^|[\s(`'])\/(?=(?:etc|run|usr|var)\/)/g, (slash, at, whole: string) =>
      whole.startsWith(`${root}/`, at) ? slash : `${root}/`,
    )
    .replace(/\bsystemctl daemon-reload(?:; )?/g, '')
    .replace(/\bsystemctl unmask ([\w-]+)(?:\.service)?/g, `rm ${root}${dirname(PATHS.kubelet.unitFile)}/$1.service`)
    .replace(/\bsystemctl status ([\w-]+)(?:\.service)?/g, `cat ${root}${AGENT_PATHS.units}/$1.service`)
    .replace(/\bsystemctl (?:restart|start) ([\w-]+)(?:\.service)?/g, `touch ${root}${AGENT_PATHS.units}/$1.service`)
    .replace(/\bjournalctl -u ([\w-]+)(?:\.service)?/g, `cat ${root}${AGENT_PATHS.logs}/$1.service.log`);
}

/** First line of a file that stands for a program; what the program would answer to `--version` follows. */
export const FAKE_PROGRAM_HEADER = '#!edgeadm sandbox';

const LOOPBACK = /^(127\.|::1$|localhost$)/;
/** Of kubelet and edge-hub. Where the folder has none, a connection would reach those of the machine it is on. */
const NODE_PORTS = new Set([10248, 10250, 10255, 10261, 10266, 10267, 10268, 10269]);

/** True for addresses that are the node's own, so that a connection must not leave the folder. */
export function isOwnAddress(host: string, port: number): boolean {
  return NODE_PORTS.has(port) && (LOOPBACK.test(host) || host.startsWith('169.254.'));
}

/** True if the process of the agent of a scratch root runs. @param root the folder, absolute */
export function hasAgent(root: string): boolean {
  try {
    return processLives(Number(readFileSync(join(root, AGENT_PATHS.pid), 'utf8')));
  } catch {
    return false;
  }
}

/**
 * The socket that stands for a port of a scratch root's loopback. The symlink is read here, not by the kernel: a socket
 * address has room for 107 bytes, and roots may lie deep.
 * @returns undefined if the agent serves no such port
 */
export async function portSocket(root: string, host: string, port: number): Promise<string | undefined> {
  if (!LOOPBACK.test(host)) return undefined;
  return readlink(join(root, AGENT_PATHS.ports, `${port}.sock`)).catch(() => undefined);
}
