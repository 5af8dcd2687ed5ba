import type { ProgramResult } from '../../../host/machine.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { flannelIsOff } from '../flannel.ts';
import { findKernelPart } from '../kernel-module.ts';
import { evaluateNftables } from '../nftables.ts';
import { evaluateChain, type Packet, parseIptables, portsInclude, sourceMatches } from '../packet-filter.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const PORT = 8472;

export const firewall: Check = {
  name: `Firewall(${PORT}/udp)`,
  concerns: 'node',
  severity: 'warning',
  about: `No firewall of the node blocks UDP port ${PORT}, which Flannel's VXLAN uses. Loaded rules are read, never changed.`,
  remedy: `Allow UDP port ${PORT} and TCP port 10250, for example \`firewall-cmd --permanent --add-port=${PORT}/udp\`.`,
  run: async (context) => {
    const { host } = context;
    if (!host.runsPrograms) return skip('a scratch root has no firewall');
    const needless = flannelIsOff(context.spec);
    if (needless) return skip(needless);
    const packet = await packetFor(context);
    const manager = (await firewalld(host, packet)) ?? (await ufw(host, packet));
    if (manager)
      return manager.letsIn
        ? pass(`${manager.name} allows it`)
        : fail(`${manager.name} is active`, { remedy: manager.remedy });
    const found = (await Promise.all([iptables(host, packet), nftables(host, packet)])).find(
      (answer) => answer !== undefined,
    );
    return found === undefined ? pass() : fail(found);
  },
};

/** The first packet of another node's VXLAN. */
async function packetFor({ node }: CheckContext): Promise<Packet> {
  const address = await node.address().catch(() => undefined);
  return { protocol: 'udp', port: PORT, address: address?.ip, interface: address?.interface };
}

/** A program that writes the rules; if one does, its own words are asked, which are fewer than the rules. */
interface Manager {
  readonly name: string;
  readonly letsIn: boolean;
  readonly remedy?: string;
}

async function firewalld(host: ReadOnlyHost, packet: Packet): Promise<Manager | undefined> {
  if (!(await host.unit('firewalld.service')).active) return undefined;
  const zone = (await zoneOfSource(host, packet)) ?? (await zoneOfInterface(host, packet));
  const inZone = /^[\w-]+$/.test(zone) ? ['--zone', zone] : [];
  const [ports, all] = await Promise.all([
    host.query('firewall-cmd', ['--list-ports', ...inZone]),
    host.query('firewall-cmd', ['--list-all', ...inZone]),
  ]);
  const open = ports.stdout.split(/\s+/).some((entry) => {
    const [range = '', protocol] = entry.split('/');
    return protocol === 'udp' && portsInclude(range, PORT);
  });
  const trusted = /^\s*target: ACCEPT\s*$/m.test(all.stdout) || (zone === 'trusted' && inZone.length > 0);
  const ruled = all.stdout.split('\n').some((line) => {
    const range = /\bport="?([\d-]+)"? protocol="?udp"?/.exec(line)?.[1];
    return /^\s*rule\b.*\baccept\b/.test(line) && (range ? portsInclude(range, PORT) : isOpenSource(line));
  });
  const remedy = `Allow UDP port ${PORT} and TCP port 10250: \`firewall-cmd --permanent ${inZone.length > 0 ? `--zone=${zone} ` : ''}--add-port=${PORT}/udp --add-port=10250/tcp && firewall-cmd --reload\`.`;
  return { name: 'firewalld', letsIn: open || trusted || ruled, remedy };
}

/** A rich rule that lets everything in from a range. */
function isOpenSource(line: string): boolean {
  return /source address=/.test(line) && !/\b(port|service|protocol|source-port|icmp-type)\b/.test(line);
}

/** The zone to which the addresses of the node's peers are bound, which counts before that of the interface. */
async function zoneOfSource(host: ReadOnlyHost, packet: Packet): Promise<string | undefined> {
  const { stdout } = await host.query('firewall-cmd', ['--get-active-zones']);
  let zone: string | undefined;
  for (const line of stdout.split('\n')) {
    const [, name] = /^([\w-]+)/.exec(line) ?? [];
    zone = name ?? zone;
    const [, sources = ''] = /^\s+sources: (.*)$/.exec(line) ?? [];
    if (sources.split(/\s+/).some((range) => range !== '' && sourceMatches(range, packet) === 'yes')) return zone;
  }
  return undefined;
}

async function zoneOfInterface(host: ReadOnlyHost, { interface: name }: Packet): Promise<string> {
  const asked = name ? [`--get-zone-of-interface=${name}`] : ['--get-default-zone'];
  const { exitCode, stdout } = await host.query('firewall-cmd', asked);
  return exitCode === 0 ? stdout.trim() : '';
}

/** Its service is active whether it filters or not. */
async function ufw(host: ReadOnlyHost, packet: Packet): Promise<Manager | undefined> {
  if (!/^ENABLED=yes/im.test((await host.read('/etc/ufw/ufw.conf')) ?? '')) return undefined;
  const [defaults, rules] = await Promise.all([host.read('/etc/default/ufw'), host.read('/etc/ufw/user.rules')]);
  const open = /^DEFAULT_INPUT_POLICY="?ACCEPT/m.test(defaults ?? '');
  const fate = evaluateChain(parseIptables(rules ?? '', packet), 'ufw-user-input');
  const letsIn = fate === 'accept' || fate === 'maybe' || (open && fate !== 'drop');
  return {
    name: 'ufw',
    letsIn,
    remedy: `Allow UDP port ${PORT} and TCP port 10250: \`ufw allow ${PORT}/udp && ufw allow 10250/tcp\`.`,
  };
}

/** Asked only of tables that are there: iptables would load the modules of those that are not. */
async function iptables(host: ReadOnlyHost, packet: Packet): Promise<string | undefined> {
  const tables = (await host.read('/proc/net/ip_tables_names')) ?? '';
  if (!tables.includes('filter')) return undefined;
  return judgeIptables(
    await host.query((await isIptablesOfNft(host)) ? 'iptables-legacy-save' : 'iptables-save', []),
    packet,
  );
}

async function nftables(host: ReadOnlyHost, packet: Packet): Promise<string | undefined> {
  const part = await findKernelPart(host, { module: 'nf_tables', option: 'CONFIG_NF_TABLES' });
  if (typeof part !== 'object' || part.how === 'can be loaded') return undefined;
  const { exitCode, stdout } = await host.query('nft', ['list', 'ruleset']);
  if (exitCode === 127)
    return (await isIptablesOfNft(host)) ? judgeIptables(await host.query('iptables-save', []), packet) : undefined;
  return evaluateNftables(stdout, packet) === 'drop'
    ? 'nftables drops what its input chain does not accept'
    : undefined;
}

/** `iptables v1.8.9 (nf_tables)` keeps its rules in nftables. */
async function isIptablesOfNft(host: ReadOnlyHost): Promise<boolean> {
  return (await host.query('iptables', ['--version'])).stdout.includes('nf_tables');
}

/** Reads what `iptables-save` prints. */
function judgeIptables({ stdout }: ProgramResult, packet: Packet): string | undefined {
  return evaluateChain(parseIptables(stdout, packet), 'INPUT') === 'drop'
    ? 'iptables drops what its INPUT chain does not accept'
    : undefined;
}
