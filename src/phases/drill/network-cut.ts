import { isIP } from 'node:net';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { quote } from '../../host/quote.ts';
import { DRILL_UNIT } from '../reset/teardown/drill.ts';

/** An API server as packets name it. */
export interface ServerAddress {
  readonly ip: string;
  readonly port: number;
}

/** Of the chain with the rules. */
const CHAIN = 'EDGEADM-DRILL';
const HOOKS = ['INPUT', 'OUTPUT', 'FORWARD'];

/**
 * The addresses of servers, as the node resolves them.
 * @throws EdgeadmError DRILL_REFUSED for a name that it does not resolve
 */
export async function serverAddresses(host: Host, servers: readonly string[]): Promise<ServerAddress[]> {
  const found = new Map<string, ServerAddress>();
  for (const server of servers) {
    const { hostname, port } = new URL(server);
    const name = hostname.replace(/^\[|\]$/g, '');
    for (const ip of isIP(name) > 0 ? [name] : await resolve(host, name))
      found.set(`${ip} ${port}`, { ip, port: Number(port || 443) });
  }
  return [...found.values()];
}

async function resolve(host: Host, name: string): Promise<string[]> {
  const { stdout } = await host.query('getent', ['ahosts', name]);
  const ips = [...new Set(stdout.split('\n').map((line) => line.split(/\s+/)[0] ?? ''))].filter((ip) => isIP(ip) > 0);
  if (ips.length > 0) return ips;
  throw new EdgeadmError({
    code: 'DRILL_REFUSED',
    what: `the node does not resolve ${name}`,
    next: `getent ahosts ${name}`,
  });
}

/**
 * What ends a drill, as a script: removes the rules and starts the kubelet. Rules of iptables do not outlive a power
 * cut, and a kubelet starts at boot.
 */
export function endScript(): string {
  const hooks = HOOKS.map((hook) => `while "$t" -w -D ${hook} -j ${CHAIN}; do :; done`).join('; ');
  return [
    `for t in iptables ip6tables; do command -v "$t" || continue; ${hooks}; "$t" -w -F ${CHAIN}; "$t" -w -X ${CHAIN}; done >/dev/null 2>&1`,
    `systemctl start ${quote(PATHS.kubelet.unit)}`,
  ].join('; ');
}

/**
 * Has systemd end the drill, whatever becomes of edgeadm: the timer is there before the network is cut.
 * @throws EdgeadmError COMMAND_FAILED if systemd does not take it: then nothing may be cut
 */
export async function armTimer(host: Host, seconds: number): Promise<void> {
  await disarmTimer(host);
  const unit = [`--unit=${DRILL_UNIT}`, `--on-active=${seconds}s`, '--timer-property=AccuracySec=1s'];
  await host.run('systemd-run', [...unit, '/bin/sh', '-c', endScript()]);
}

/** Drops what goes to the API servers and what comes from them; everything else, SSH too, passes. */
export async function cutOff(host: Host, addresses: readonly ServerAddress[]): Promise<void> {
  for (const [program, ...args] of cutCommands(addresses)) await host.run(program, args);
}

/** The same, as commands. */
export function cutCommands(addresses: readonly ServerAddress[]): [program: string, ...args: string[]][] {
  return byProgram(addresses).flatMap(([program, ofFamily]) => {
    const iptables = (...args: string[]): [string, ...string[]] => [program, '-w', ...args];
    return [
      iptables('-N', CHAIN),
      ...ofFamily.flatMap(({ ip, port }) => [
        iptables('-A', CHAIN, '-d', ip, '-p', 'tcp', '--dport', String(port), '-j', 'DROP'),
        iptables('-A', CHAIN, '-s', ip, '-p', 'tcp', '--sport', String(port), '-j', 'DROP'),
      ]),
      ...HOOKS.map((hook) => iptables('-I', hook, '-j', CHAIN)),
    ];
  });
}

/** Ends the drill now. If this does not work, the timer does it. */
export async function restoreNetwork(host: Host): Promise<void> {
  await host.run('/bin/sh', ['-c', endScript()]);
  await disarmTimer(host);
}

/** @throws EdgeadmError DRILL_REFUSED if the node has no program for it */
export async function refuseWithoutIptables(host: Host, addresses: readonly ServerAddress[]): Promise<void> {
  for (const [program] of byProgram(addresses)) {
    const { exitCode } = await host.query(program, ['-w', '-S', 'INPUT']);
    if (exitCode === 0) continue;
    throw new EdgeadmError({
      code: 'DRILL_REFUSED',
      what: `${program} does not work on this node`,
      why: `${program} -w -S INPUT ended with exit code ${exitCode}`,
      next: 'cut the node off by hand: edgeadm node drill --cut manual',
    });
  }
}

/** True if one of the servers takes a connection. */
export async function reachesServers(host: Host, addresses: readonly ServerAddress[]): Promise<boolean> {
  const tries = addresses.map(async ({ ip, port }) => {
    const socket = await host.connect({ host: ip, port }, { timeoutMs: 2000 }).catch(() => undefined);
    socket?.destroy();
    return socket !== undefined;
  });
  return (await Promise.all(tries)).some(Boolean);
}

function byProgram(addresses: readonly ServerAddress[]): [program: string, addresses: ServerAddress[]][] {
  return [...Map.groupBy(addresses, ({ ip }) => (isIP(ip) === 6 ? 'ip6tables' : 'iptables'))];
}

async function disarmTimer(host: Host): Promise<void> {
  for (const suffix of ['timer', 'service']) {
    await host.query('systemctl', ['stop', `${DRILL_UNIT}.${suffix}`]);
    await host.query('systemctl', ['reset-failed', `${DRILL_UNIT}.${suffix}`]);
  }
}
