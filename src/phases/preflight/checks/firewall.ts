import type { CommandResult } from '../../../host/machine.ts';
import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { findKernelPart } from '../kernel-module.ts';

const PORT = '8472';

export const firewall: Check = {
  name: `Firewall(${PORT}/udp)`,
  concerns: 'node',
  severity: 'warning',
  about: `No firewall of the node blocks UDP port ${PORT}, which Flannel's VXLAN uses. Loaded rules are read, never changed.`,
  remedy: `Allow UDP port ${PORT} and TCP port 10250, for example \`firewall-cmd --permanent --add-port=${PORT}/udp\`.`,
  run: async ({ host }) => {
    if (!host.runsPrograms) return skip('a scratch root has no firewall');
    const manager = (await firewalld(host)) ?? (await ufw(host));
    if (manager) return manager.letsIn ? pass(`${manager.name} allows it`) : fail(`${manager.name} is active`);
    const found = (await Promise.all([iptables(host), nftables(host)])).find((answer) => answer !== undefined);
    return found === undefined ? pass() : fail(found);
  },
};

/** A program that writes the rules; where one does, the rules themselves are too many words to judge. */
interface Manager {
  readonly name: string;
  readonly letsIn: boolean;
}

async function firewalld(host: AskingHost): Promise<Manager | undefined> {
  if (!(await host.unit('firewalld.service')).active) return undefined;
  const { stdout } = await host.query('firewall-cmd', ['--list-ports']);
  return { name: 'firewalld', letsIn: stdout.split(/\s+/).includes(`${PORT}/udp`) };
}

/** Its service is active whether it filters or not. */
async function ufw(host: AskingHost): Promise<Manager | undefined> {
  if (!/^ENABLED=yes/im.test((await host.read('/etc/ufw/ufw.conf')) ?? '')) return undefined;
  const rules = (await host.read('/etc/ufw/user.rules')) ?? '';
  return { name: 'ufw', letsIn: new RegExp(`--dport ${PORT}\\b.*-j ACCEPT`).test(rules) };
}

/** Asked only of tables that are there: iptables would load the modules of those that are not. */
async function iptables(host: AskingHost): Promise<string | undefined> {
  const tables = (await host.read('/proc/net/ip_tables_names')) ?? '';
  if (!tables.includes('filter')) return undefined;
  return judgeIptables(await host.query((await isIptablesOfNft(host)) ? 'iptables-legacy-save' : 'iptables-save', []));
}

async function nftables(host: AskingHost): Promise<string | undefined> {
  const part = await findKernelPart(host, { module: 'nf_tables', option: 'CONFIG_NF_TABLES' });
  if (typeof part !== 'object' || part.how === 'can be loaded') return undefined;
  const { exitCode, stdout } = await host.query('nft', ['list', 'ruleset']);
  if (exitCode === 127)
    return (await isIptablesOfNft(host)) ? judgeIptables(await host.query('iptables-save', [])) : undefined;
  const closed = inputChains(stdout).filter((chain) => isClosed(chain) && !chain.includes(PORT));
  return closed.length === 0 ? undefined : 'nftables drops what its input chain does not accept';
}

/** `iptables v1.8.9 (nf_tables)` keeps its rules in nftables. */
async function isIptablesOfNft(host: AskingHost): Promise<boolean> {
  return (await host.query('iptables', ['--version'])).stdout.includes('nf_tables');
}

/** Reads what `iptables-save` prints. */
function judgeIptables({ stdout }: CommandResult): string | undefined {
  if (new RegExp(`^-A INPUT .*--dport ${PORT}\\b.*-j ACCEPT`, 'm').test(stdout)) return undefined;
  const closed = /^:INPUT DROP/m.test(stdout) || /^-A INPUT -j (DROP|REJECT)/m.test(stdout);
  return closed ? 'iptables drops what its INPUT chain does not accept' : undefined;
}

/** The text of every chain with the hook `input`; a rule may have braces of its own, a chain ends with one alone. */
function inputChains(ruleset: string): string[] {
  const chains = ruleset.split(/^\s*chain \S+ \{$/m).slice(1);
  return chains.map((text) => text.split(/^\s*\}$/m)[0] ?? '').filter((chain) => chain.includes('hook input'));
}

function isClosed(chain: string): boolean {
  return /policy drop;/.test(chain) || /^\s*(counter [^;\n]*?)?(drop|reject\b.*)$/m.test(chain);
}
