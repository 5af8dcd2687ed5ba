import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { findKernelPart } from '../kernel-module.ts';

const PORT = '8472';

export const firewall: Check = {
  name: `Firewall(${PORT}/udp)`,
  concerns: 'node',
  severity: 'warning',
  about: `No firewall of the node keeps out UDP port ${PORT}, over which Flannel's VXLAN reaches it. Rules are read where the kernel has them loaded, never changed.`,
  remedy: `Let UDP port ${PORT} and TCP port 10250 in, for example \`firewall-cmd --permanent --add-port=${PORT}/udp\`.`,
  run: async ({ host }) => {
    if (!host.runsPrograms) return skip('a scratch root has no firewall');
    const answers = await Promise.all([firewalld(host), ufw(host), iptables(host), nftables(host)]);
    const found = answers.filter((answer) => answer !== undefined);
    return found.length === 0 ? pass() : fail(found.join('; '));
  },
};

async function firewalld(host: AskingHost): Promise<string | undefined> {
  if (!(await host.unit('firewalld.service')).active) return undefined;
  const { stdout } = await host.query('firewall-cmd', ['--list-ports']);
  return stdout.split(/\s+/).includes(`${PORT}/udp`) ? undefined : 'firewalld is active';
}

/** Its service is active whether it filters or not. */
async function ufw(host: AskingHost): Promise<string | undefined> {
  if (!/^ENABLED=yes/im.test((await host.read('/etc/ufw/ufw.conf')) ?? '')) return undefined;
  const rules = (await host.read('/etc/ufw/user.rules')) ?? '';
  return new RegExp(`--dport ${PORT}\\b.*-j ACCEPT`).test(rules) ? undefined : 'ufw is enabled';
}

/** Asked only of tables that are there: iptables would load the modules of those that are not. */
async function iptables(host: AskingHost): Promise<string | undefined> {
  const tables = (await host.read('/proc/net/ip_tables_names')) ?? '';
  if (!tables.includes('filter')) return undefined;
  const { stdout: version } = await host.query('iptables', ['--version']);
  const program = version.includes('nf_tables') ? 'iptables-legacy-save' : 'iptables-save';
  const rules = (await host.query(program, [])).stdout;
  if (new RegExp(`^-A INPUT .*--dport ${PORT}\\b.*-j ACCEPT`, 'm').test(rules)) return undefined;
  const closed = /^:INPUT DROP/m.test(rules) || /^-A INPUT -j (DROP|REJECT)/m.test(rules);
  return closed ? 'iptables drops what its INPUT chain does not accept' : undefined;
}

async function nftables(host: AskingHost): Promise<string | undefined> {
  const part = await findKernelPart(host, { module: 'nf_tables', option: 'CONFIG_NF_TABLES' });
  if (typeof part !== 'object' || part.how === 'can be loaded') return undefined;
  const { stdout } = await host.query('nft', ['list', 'ruleset']);
  const closed = inputChains(stdout).filter((chain) => isClosed(chain) && !chain.includes(PORT));
  return closed.length === 0 ? undefined : 'nftables drops what its input chain does not accept';
}

/** The text of every chain with the hook `input`; a rule may have braces of its own, a chain ends with one alone. */
function inputChains(ruleset: string): string[] {
  const chains = ruleset.split(/^\s*chain \S+ \{$/m).slice(1);
  return chains.map((text) => text.split(/^\s*\}$/m)[0] ?? '').filter((chain) => chain.includes('hook input'));
}

function isClosed(chain: string): boolean {
  return /policy drop;/.test(chain) || /^\s*(counter [^;\n]*?)?(drop|reject\b.*)$/m.test(chain);
}
