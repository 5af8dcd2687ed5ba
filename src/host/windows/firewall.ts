import type { Machine } from '../machine.ts';
import { type ObjectStore, requireExit } from './object-store.ts';
import { readKey } from './registry.ts';

/** A rule that lets connections in. */
export interface FirewallRule {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

/** Where Windows keeps its rules, one value each: `v2.28|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=10250|Name=X|`. */
const RULES = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules';
/** Numbers of IANA, as the rules have them. */
const PROTOCOLS = new Map([
  ['6', 'TCP'],
  ['17', 'UDP'],
] as const);
/** Of netsh: there is no such rule. */
const NONE = 1;

/** Rules of Windows' own firewall by name; they are read from the registry, since netsh prints them translated. */
export function firewallRules(exec: Machine['exec']): ObjectStore<FirewallRule> {
  const netsh = (...args: string[]) => exec('netsh.exe', ['advfirewall', 'firewall', ...args], { repeatable: true });
  const remove = async (name: string): Promise<void> =>
    requireExit('netsh advfirewall firewall delete rule', await netsh('delete', 'rule', `name=${name}`), [NONE]);
  return {
    read: async (name) => {
      const rules = [...((await readKey(exec, RULES))?.values() ?? [])].map(({ data }) => parseRule(data));
      const rule = rules.find((each) => each.get('Name') === name);
      const protocol = PROTOCOLS.get(rule?.get('Protocol') as '6' | '17');
      return rule && { protocol: protocol ?? 'TCP', port: isOpen(rule) ? Number(rule.get('LPort')) : 0 };
    },
    write: async (name, { protocol, port }) => {
      // A second rule of a name does not take the place of the first.
      await remove(name);
      const words = ['dir=in', 'action=allow', `protocol=${protocol}`, `localport=${port}`, 'profile=any'];
      requireExit('netsh advfirewall firewall add rule', await netsh('add', 'rule', `name=${name}`, ...words));
    },
    remove,
  };
}

function parseRule(data: string): ReadonlyMap<string, string> {
  return new Map(data.split('|').map((part) => [part.split('=')[0] ?? '', part.slice(part.indexOf('=') + 1)]));
}

/** One that was switched off or turned round opens no port. */
function isOpen(rule: ReadonlyMap<string, string>): boolean {
  return rule.get('Action') === 'Allow' && rule.get('Active') === 'TRUE' && rule.get('Dir') === 'In';
}
