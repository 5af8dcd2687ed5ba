import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { bridge, prefix, subnet } from './config.ts';

const ip = (...args: string[]) => execa('ip', args);

/** The host's own address among the nodes, and their way out. */
const gateway = `${subnet}.254`;

/** The same for the same IP address, so that no ARP cache holds a wrong one. */
const hardwareAddress = (octet: number) =>
  ['02', '00', ...[...subnet.split('.'), octet].map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** Makes the bridge that stands for the site's network, if it is not there. */
async function ensureBridge(): Promise<void> {
  // else the bridge takes one of its cables', and when that goes, the bridge is unreachable for half a minute
  await execa('ip', ['link', 'add', bridge, 'address', hardwareAddress(254), 'type', 'bridge'], { reject: false });
  await ip('link', 'set', bridge, 'up');
  await ip('addr', 'replace', `${gateway}/24`, 'dev', bridge);
  // else the first address would take the others with it when its cluster goes
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/promote_secondaries`, '1');
}

/** Gives the host an address on the bridge, for a cluster. */
export async function addHostAddress(octet: number): Promise<void> {
  await ensureBridge();
  await ip('addr', 'replace', `${subnet}.${octet}/24`, 'dev', bridge);
}

export async function removeHostAddress(octet: number): Promise<void> {
  await execa('ip', ['addr', 'del', `${subnet}.${octet}/24`, 'dev', bridge], { reject: false });
}

/** The host's end of a node's cable. */
export const cableName = (octet: number) => `${prefix}-${octet}`;

/** A network namespace of its own for a node, with `eth0` plugged into the bridge; returns the namespace's name. */
export async function plugIn(octet: number): Promise<string> {
  const cable = cableName(octet);
  await ensureBridge();
  await ip('netns', 'add', cable);
  const end = ['name', 'eth0', 'address', hardwareAddress(octet), 'netns', cable];
  await ip('link', 'add', cable, 'type', 'veth', 'peer', ...end);
  await ip('link', 'set', cable, 'master', bridge, 'up');
  await ip('-n', cable, 'addr', 'add', `${subnet}.${octet}/24`, 'dev', 'eth0');
  for (const link of ['lo', 'eth0']) await ip('-n', cable, 'link', 'set', link, 'up');
  await ip('-n', cable, 'route', 'add', 'default', 'via', gateway);
  return cable;
}

/** Takes a node's cable and network namespace away, if they are there. */
export async function unplug(octet: number): Promise<void> {
  await execa('ip', ['link', 'del', cableName(octet)], { reject: false });
  await execa('ip', ['netns', 'del', cableName(octet)], { reject: false });
}

/** Removes the bridge and what killed runs left of cables and namespaces. */
export async function removeNetwork(): Promise<void> {
  const { stdout } = await ip('netns', 'list');
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names) {
    if (name.startsWith(`${prefix}-`)) await unplug(Number(name.slice(prefix.length + 1)));
  }
  await execa('ip', ['link', 'del', bridge], { reject: false });
}
