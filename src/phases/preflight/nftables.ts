import {
  type Chain,
  evaluateChain,
  type FilterRule,
  type Packet,
  portsInclude,
  sourceMatches,
} from './packet-filter.ts';

type Match = FilterRule['matches'];

interface BaseChain {
  readonly key: string;
  readonly chains: Map<string, Chain>;
}

/** What the input chains of a ruleset, as `nft list ruleset` prints it, do with a packet: one that drops it decides. */
export function evaluateNftables(ruleset: string, packet: Packet): 'accept' | 'drop' | 'maybe' {
  const fates = inputChains(ruleset, packet).map(({ key, chains }) => evaluateChain(chains, key));
  if (fates.includes('drop')) return 'drop';
  return fates.includes('maybe') ? 'maybe' : 'accept';
}

function inputChains(ruleset: string, packet: Packet): BaseChain[] {
  const bases: BaseChain[] = [];
  for (const { family, text } of tablesIn(ruleset)) {
    if (family !== 'inet' && family !== (packet.address?.includes(':') ? 'ip6' : 'ip')) continue;
    const sets = new Map(
      [...text.matchAll(/^\s*set (\S+) \{([\s\S]*?)^\s*\}$/gm)].map(([, name = '', body = '']) => [
        name,
        elementsOf(body),
      ]),
    );
    const chains = new Map<string, Chain>();
    for (const [, name = '', body = ''] of text.matchAll(/^\s*chain (\S+) \{\n([\s\S]*?)^\s*\}$/gm)) {
      const policy = /policy (accept|drop);/.exec(body)?.[1] as Chain['policy'];
      const isBase = /type filter hook input /.test(body);
      const lines = body
        .split('\n')
        .filter((line) => line.trim() !== '' && !/^\s*(type \S+ hook|policy |comment )/.test(line));
      const rules = lines.map((line) => ruleIn(line, packet, sets));
      chains.set(name, { rules, policy: isBase ? (policy ?? 'accept') : undefined });
      if (isBase) bases.push({ key: name, chains });
    }
  }
  return bases;
}

function tablesIn(ruleset: string): { family: string; text: string }[] {
  const parts = ruleset.split(/^table (\S+) \S+ \{.*$/m);
  return parts.flatMap((text, i) => (i % 2 === 0 && i > 0 ? [{ family: parts[i - 1] ?? '', text }] : []));
}

function elementsOf(body: string): string {
  return /elements = \{([^}]*)\}/.exec(body)?.[1]?.replace(/\s+/g, '') ?? '';
}

/** A set, in braces or named, is one word. */
function wordsOf(line: string): string[] {
  return line.match(/"[^"]*"|\{[^}]*\}|[^\s"{}]+/g) ?? [];
}

/** What the first word of a rest of a rule says, with those that belong to it. */
interface Reading {
  /** How many words they are. */
  readonly count: number;
  readonly match?: Match;
  readonly verdict?: FilterRule['verdict'];
  /** True if nothing behind it counts. */
  readonly isEnd?: boolean;
}

function ruleIn(line: string, packet: Packet, sets: ReadonlyMap<string, string>): FilterRule {
  const words = wordsOf(line);
  const resolve = (word: string): string =>
    word.startsWith('@') ? (sets.get(word.slice(1)) ?? '') : word.replace(/[{}\s]/g, '');
  let matches: Match = 'yes';
  let verdict: FilterRule['verdict'];
  for (let i = 0; i < words.length; ) {
    const reading = readingOf(words.slice(i), packet, resolve);
    if (reading.match === 'no' || (reading.match === 'maybe' && matches === 'yes')) matches = reading.match;
    verdict = reading.verdict ?? verdict;
    if (reading.isEnd) break;
    i += reading.count;
  }
  return { matches, verdict };
}

function readingOf(words: readonly string[], packet: Packet, resolve: (word: string) => string): Reading {
  const [word = '', next = ''] = words;
  if (word === 'accept' || word === 'drop' || word === 'return') return { count: 1, verdict: word };
  if (word === 'reject') return { count: 1, verdict: 'drop', isEnd: true };
  if (word === 'jump' || word === 'goto') return { count: 2, verdict: { jump: next }, isEnd: true };
  if (/^(icmp|icmpv6|igmp|arp)$/.test(word)) return { count: 1, match: 'no', verdict: 'accept', isEnd: true };
  if (word === 'counter') return { count: next === 'packets' ? 5 : 1 };
  if (word === 'comment' || word === 'log') {
    const end = words.findIndex((each, i) => i > 0 && !/^(prefix|level|flags|all|group|".*")$/.test(each));
    return { count: end === -1 ? words.length : end };
  }
  if (word === 'ct' && next === 'state' && words[2] === 'vmap') {
    // A map of states to verdicts is about packets of known connections, unless it has the new ones.
    return { count: 4, match: /\bnew\b/.test(words[3] ?? '') ? 'maybe' : 'no' };
  }
  return conditionIn(words, packet, resolve);
}

/** The name of a condition, which is one word or two, `!=` or nothing, and a value. */
function conditionIn(words: readonly string[], packet: Packet, resolve: (word: string) => string): Reading {
  const name = /^iif(name)?$/.test(words[0] ?? '') ? 1 : 2;
  const negated = words[name] === '!=';
  const end = name + (negated ? 1 : 0);
  const match = matchOf(words.slice(0, name).join(' '), resolve(words[end] ?? ''), packet);
  if (match === undefined) return { count: 1, match: 'maybe' };
  const turned = match === 'maybe' ? match : isTrue(match === 'no');
  return { count: end + 1, match: negated ? turned : match };
}

const isTrue = (yes: boolean): Match => (yes ? 'yes' : 'no');

/** @returns undefined for a condition that is not known */
function matchOf(name: string, value: string, packet: Packet): Match | undefined {
  const values = value.split(',');
  if (name === 'ct state') return isTrue(/\b(new|untracked)\b/.test(value));
  if (/^(udp|tcp|th|sctp) dport$/.test(name)) {
    const [protocol] = name.split(' ');
    return isTrue((protocol === packet.protocol || protocol === 'th') && portsInclude(value, packet.port));
  }
  if (/^(meta l4proto|ip protocol|ip6 nexthdr)$/.test(name)) return isTrue(values.includes(packet.protocol));
  if (/^ip6? saddr$/.test(name))
    return values.some((range) => sourceMatches(range, packet) === 'yes') ? 'yes' : 'maybe';
  if (/^iif(name)?$/.test(name)) {
    const names = values.map((each) => each.replaceAll('"', ''));
    if (names.length === 1 && names[0] === 'lo') return 'no';
    return packet.interface ? isTrue(names.includes(packet.interface)) : 'maybe';
  }
  return undefined;
}
