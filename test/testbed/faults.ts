import { execa } from 'execa';
import { cableName } from './network.ts';
import type { Node } from './node.ts';

/** Pulls the node's network cable. */
export async function cutNetwork(node: Node): Promise<void> {
  await execa('ip', ['link', 'set', cableName(node.octet), 'down']);
}

/** Drops what the node sends and receives, silently: connections hang instead of failing. */
export function blackHole(node: Node): Promise<void> {
  return losePackets(node, 100);
}

/**
 * Limits what the node sends and receives.
 * @param rate as tc has it, such as `1mbit`
 */
export async function limitRate(node: Node, rate: string): Promise<void> {
  const bucket = ['root', 'tbf', 'rate', rate, 'burst', '32kbit', 'latency', '400ms'];
  await execa('tc', ['qdisc', 'replace', 'dev', cableName(node.octet), ...bucket]);
  await execa('tc', ['-n', cableName(node.octet), 'qdisc', 'replace', 'dev', 'eth0', ...bucket]);
}

/** Loses so many percent of the packets of each direction, at random. The kernel here has no netem. */
export async function losePackets(node: Node, percent: number): Promise<void> {
  const luck = percent >= 100 ? [] : ['-m', 'statistic', '--mode', 'random', '--probability', String(percent / 100)];
  await forgetLosses(node);
  await must(node, 'iptables', '-I', 'INPUT', '-i', 'eth0', ...luck, ...lossMark);
  await must(node, 'iptables', '-I', 'OUTPUT', '-o', 'eth0', ...luck, ...lossMark);
}

/** Ends all of the above. */
export async function restoreNetwork(node: Node): Promise<void> {
  await forgetLosses(node);
  await execa('tc', ['qdisc', 'del', 'dev', cableName(node.octet), 'root'], { reject: false });
  await execa('tc', ['-n', cableName(node.octet), 'qdisc', 'del', 'dev', 'eth0', 'root'], { reject: false });
  await execa('ip', ['link', 'set', cableName(node.octet), 'up']);
}

/**
 * Fills the node's /var. The node must have been made with `varSize`: without, it would be this machine's disk.
 * @param leave MiB to leave free; with 0 not a byte is left
 */
export async function fillVar(node: Node, leave = 0): Promise<void> {
  if (!node.varSize) throw new Error(`node ${node.name} has no /var of its own: make it with varSize`);
  const { stdout } = await must(node, 'df', '--output=avail', '-B', '1', '/var');
  // the file system needs blocks of its own to note the file's: the last MiB is written until no more will go
  const bytes = Number(stdout.split('\n')[1]) - Math.max(leave, 1) * 2 ** 20;
  if (bytes > 0) await must(node, 'fallocate', '-l', String(bytes), fillFile);
  if (leave === 0)
    await node.exec('dd', 'if=/dev/zero', `of=${fillFile}`, 'oflag=append', 'conv=notrunc,fsync', 'bs=4k');
}

/** Takes away what {@link fillVar} put there. */
export async function emptyVar(node: Node): Promise<void> {
  await must(node, 'rm', '-f', fillFile);
}

const fillFile = '/var/testbed-fill';
const lossMark = ['-m', 'comment', '--comment', 'testbed-loss', '-j', 'DROP'];

async function forgetLosses(node: Node): Promise<void> {
  const { stdout } = await must(node, 'iptables', '-S');
  for (const rule of stdout.split('\n').filter((line) => line.includes('testbed-loss'))) {
    await must(node, 'iptables', '-D', ...rule.split(' ').slice(1));
  }
}

async function must(node: Node, file: string, ...args: string[]) {
  const result = await node.exec(file, ...args);
  if (result.exitCode !== 0) throw new Error(`${file} on ${node.name}: ${result.stderr}`);
  return result;
}
