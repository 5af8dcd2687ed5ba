import { stat } from 'node:fs/promises';
import { type HostOverrides, type InventoryHost, parseHostAddress, readInventory } from '../config/inventory.ts';
import { usageError } from '../errors/usage.ts';
import { hostKey, sameHost } from '../lib/cidr.ts';
import { localMachine } from './local.ts';
import type { Machine } from './machine.ts';
import type { SshOptions } from './ssh/index.ts';
import { describeTarget } from './ssh/target.ts';

/** What the common flags say about the machines to work on. */
export interface TargetOptions {
  /** A scratch root. */
  readonly root?: string;
  /** `[user@]ADDR[:port]`, each. */
  readonly hosts: readonly string[];
  /** Path of an inventory. */
  readonly inventory?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
  /** Asks for a password on the terminal; absent if there is no terminal. */
  readonly ask?: SshOptions['ask'];
}

/** A machine to work on, not yet opened. */
export interface Target {
  /** What users call it: `localhost`, `root@10.0.0.5`, the folder of a scratch root. */
  readonly label: string;
  /** The flag that names it on a command line; undefined for this machine. */
  readonly flag?: readonly [name: string, value: string];
  /** Host name or IP address of a machine over SSH. */
  readonly address?: string;
  /** What the inventory says of this host alone. */
  readonly overrides: HostOverrides;
  /** @param signal ends the opening; the machine outlives it, see {@link Machine.withSignal} */
  open(signal?: AbortSignal): Promise<Machine>;
}

/**
 * The machines that a command works on: this one unless others are named. Together with an inventory, `--host` chooses
 * of it: those that failed are tried again with all that the inventory says of them.
 * @throws EdgeadmError USAGE with all mistakes at once
 */
export async function targetsOf(options: TargetOptions): Promise<Target[]> {
  const remote = options.hosts.length > 0 || options.inventory !== undefined;
  if (options.root !== undefined) {
    if (remote)
      throw usageError(['--root: a scratch root is on this machine and cannot be combined with --host or --inventory']);
    return [scratchTarget(options.root)];
  }
  if (!remote) return [{ label: 'localhost', overrides: {}, open: openThisMachine }];
  const named = parseHosts(options.hosts);
  refuseTwice(named);
  const hosts = options.inventory === undefined ? named : await hostsOfInventory(options.inventory, named);
  return hosts.map((host) => sshTarget(host, options));
}

async function hostsOfInventory(file: string, wanted: readonly InventoryHost[]): Promise<InventoryHost[]> {
  const all = await readInventory(file);
  refuseTwice(all);
  if (wanted.length === 0) return all;
  const isMeant = (host: InventoryHost) => (named: InventoryHost) =>
    [host.address, host.overrides.nodeName ?? ''].some((each) => sameHost(each, named.address)) &&
    (named.port ?? host.port ?? 22) === (host.port ?? 22) &&
    (named.user ?? host.user) === host.user;
  const unknown = wanted.filter((named) => !all.some((host) => isMeant(host)(named)));
  if (unknown.length > 0)
    throw usageError(
      unknown.map(
        (named) =>
          `--host: ${describeTarget(named)} is not in ${file}; with --inventory, --host selects hosts from that file`,
      ),
    );
  return all.filter((host) => wanted.some(isMeant(host)));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function openThisMachine(): Promise<Machine> {
  if (process.platform !== 'win32') return localMachine();
  const { localWindows } = await import('./windows/local.ts');
  return localWindows();
}

function scratchTarget(root: string): Target {
  return {
    label: root,
    flag: ['--root', root],
    overrides: {},
    open: async () => {
      if (!(await isFolder(root))) throw usageError([`--root: the folder ${root} does not exist`]);
      const { scratchMachine } = await import('./scratch.ts');
      return scratchMachine(root);
    },
  };
}

function sshTarget(host: InventoryHost, { sshKey, knownHosts, ask }: TargetOptions): Target {
  return {
    label: describeTarget(host),
    flag: ['--host', describeTarget(host)],
    address: host.address,
    overrides: host.overrides,
    open: async (signal) => {
      const { sshMachine } = await import('./ssh/index.ts');
      return sshMachine(host, { keyFile: host.sshKey ?? sshKey, knownHosts, ask, signal });
    },
  };
}

function parseHosts(texts: readonly string[]): InventoryHost[] {
  const mistakes: string[] = [];
  const hosts = texts.flatMap((text) => {
    const host = parseHostAddress(text);
    if (host === undefined)
      mistakes.push(`--host: "${text}" is not [USER@]ADDR[:PORT] (an IPv6 address with a port in brackets)`);
    return host === undefined ? [] : [{ ...host, overrides: {} }];
  });
  if (mistakes.length > 0) throw usageError(mistakes);
  return hosts;
}

/** Two runs on one machine would wait for each other's lock. */
function refuseTwice(hosts: readonly InventoryHost[]): void {
  const seen = new Set<string>();
  const twice = hosts.filter(({ address, port }) => {
    const place = describeTarget({ address: hostKey(address), port });
    return seen.has(place) || !seen.add(place);
  });
  if (twice.length > 0) throw usageError(twice.map((host) => `--host: ${describeTarget(host)} is listed twice`));
}
