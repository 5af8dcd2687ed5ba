import ipaddr from 'ipaddr.js';
import { covers } from '../../lib/cidr.ts';

/** A new packet that comes from outside. */
export interface Packet {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** The address of the node, which its peers have neighbours of. */
  readonly address?: string;
  readonly interface?: string;
}

/** `maybe`: it depends on what cannot be read here, such as a mark or a set. */
type Match = 'yes' | 'maybe' | 'no';

export interface FilterRule {
  readonly matches: Match;
  /** undefined: it only counts or logs. */
  readonly verdict?: 'accept' | 'drop' | 'return' | { readonly jump: string } | { readonly goto: string };
}

export interface Chain {
  readonly rules: readonly FilterRule[];
  /** Of a base chain: what becomes of a packet that no rule decides. */
  readonly policy?: 'accept' | 'drop';
}

type Fate = 'accept' | 'drop' | 'maybe' | 'undecided';

const MAX_DEPTH = 32;

/**
 * What a chain does with a packet. `maybe` if a rule that might accept it comes before the one that drops
 * it.
 */
export function evaluateChain(chains: ReadonlyMap<string, Chain>, name: string, depth = 0): Fate {
  const chain = chains.get(name);
  if (!chain || depth > MAX_DEPTH) return 'undecided';
  let perhaps = false;
  for (const { matches, verdict } of chain.rules) {
    if (matches === 'no' || verdict === undefined) continue;
    if (verdict === 'return') {
      if (matches === 'yes') break;
      continue;
    }
    const fate =
      typeof verdict === 'string'
        ? verdict
        : evaluateChain(chains, 'jump' in verdict ? verdict.jump : verdict.goto, depth + 1);
    if (fate === 'undecided') {
      if (typeof verdict !== 'string' && 'goto' in verdict && matches === 'yes') break;
      continue;
    }
    if (fate === 'accept' && matches === 'yes') return 'accept';
    if (fate === 'accept' || fate === 'maybe') perhaps = true;
    else if (matches === 'yes') return perhaps ? 'maybe' : 'drop';
  }
  const end = chain.policy ?? 'undecided';
  return end !== 'accept' && perhaps ? 'maybe' : end;
}

/** `8472`, `8000:9000` or `8000-9000`, also several behind commas. */
export function portsInclude(text: string, port: number): boolean {
  return text.split(',').some((part) => {
    const [first = '', last = first] = part.trim().split(/[:-]/);
    return /^\d+$/.test(first) && /^\d*$/.test(last) && Number(first) <= port && port <= Number(last || 65_535);
  });
}

/**
 * Whether a range of source addresses has the node's peers in it: they mostly share its network. A rule for a single
 * other address says nothing of them.
 */
export function sourceMatches(cidr: string, { address }: Packet): Match {
  if (/^(0\.0\.0\.0|::)\/0$/.test(cidr)) return 'yes';
  if (address && ipaddr.isValid(address.split('/')[0] ?? '') && covers(cidr, address)) return 'yes';
  return 'maybe';
}

/** Reads what `iptables-save` prints, or a file of ufw in that form; the table is `filter`. */
export function parseIptables(text: string, packet: Packet): Map<string, Chain> {
  const chains = new Map<string, { rules: FilterRule[]; policy?: Chain['policy'] }>();
  const chain = (name: string) => {
    const known = chains.get(name) ?? { rules: [] };
    chains.set(name, known);
    return known;
  };
  let table = 'filter';
  for (const line of text.split('\n')) {
    const words = line.trim().match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
    const [first = '', name = ''] = words;
    if (first.startsWith('*')) table = first.slice(1);
    if (table !== 'filter') continue;
    if (first.startsWith(':')) chain(first.slice(1)).policy = policyOf(name);
    if (first === '-A') chain(name).rules.push(iptablesRule(words.slice(2), packet));
  }
  return chains;
}

function policyOf(word: string): Chain['policy'] {
  return word === 'DROP' ? 'drop' : word === 'ACCEPT' ? 'accept' : undefined;
}

function iptablesRule(words: readonly string[], packet: Packet): FilterRule {
  let match: Match = 'yes';
  let verdict: FilterRule['verdict'];
  const narrow = (next: Match): void => {
    if (next === 'no' || (next === 'maybe' && match === 'yes')) match = next;
  };
  for (let i = 0; i < words.length; i++) {
    const negated = words[i] === '!';
    if (negated) i++;
    const option = words[i] ?? '';
    const value = words[i + 1] ?? '';
    const takes = option.startsWith('-') && value !== '' && !value.startsWith('-') && value !== '!';
    if (takes) i++;
    if (option === '-j') verdict = iptablesVerdict(value);
    else if (option === '-g') verdict = { goto: value };
    else narrow(flip(iptablesMatch(option, value, packet), negated));
  }
  return { matches: match, verdict };
}

function iptablesVerdict(target: string): FilterRule['verdict'] {
  if (target === 'ACCEPT') return 'accept';
  if (target === 'DROP' || target === 'REJECT' || target === 'TARPIT') return 'drop';
  if (target === 'RETURN') return 'return';
  return /^(LOG|NFLOG|MARK|CONNMARK|AUDIT|TRACE|NOTRACK|CT|SET)$/.test(target) ? undefined : { jump: target };
}

/** The opposite of a match, if it is negated. */
export function flip(match: Match, negated: boolean): Match {
  if (!negated || match === 'maybe') return match;
  return match === 'yes' ? 'no' : 'yes';
}

function iptablesMatch(option: string, value: string, packet: Packet): Match {
  const is = (yes: boolean): Match => (yes ? 'yes' : 'no');
  switch (option) {
    case '-p':
    case '--protocol':
      return is(value === packet.protocol || value === 'all');
    case '--dport':
    case '--dports':
    case '--destination-port':
    case '--destination-ports':
    case '--ports':
      return is(portsInclude(value, packet.port));
    case '-s':
    case '--source':
      return sourceMatches(value, packet);
    case '-i':
    case '--in-interface':
      return interfaceMatches(value, packet);
    case '--state':
    case '--ctstate':
      return is(value.split(',').some((state) => state === 'NEW' || state === 'UNTRACKED'));
    case '-m':
    case '--match':
    case '--comment':
    case '--reject-with':
    case '--log-prefix':
    case '--log-level':
    case '-d':
      return option === '-d' ? 'maybe' : 'yes';
    case '--dst-type':
      return is(value === 'LOCAL');
    default:
      return option.startsWith('-') ? 'maybe' : 'yes';
  }
}

/** `eth+` is every name that begins so. */
export function interfaceMatches(pattern: string, packet: Packet): Match {
  if (pattern === 'lo') return 'no';
  if (packet.interface === undefined) return 'maybe';
  const same = pattern.endsWith('+') ? packet.interface.startsWith(pattern.slice(0, -1)) : packet.interface === pattern;
  return same ? 'yes' : 'no';
}
