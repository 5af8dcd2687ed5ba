import {
  type Chain,
  evaluateChain,
  type FilterRule,
  flip,
  interfaceMatches,
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
      [...text.matchAll(/^\s*(?:set|map) (\S+) \{([\s\S]*?)^\s*\}$/gm)].map(([, name = '', body = '']) => [
        name,
        /elements = \{([^}]*)\}/.exec(body)?.[1] ?? '',
      ]),
    );
    const chains = new Map<string, Chain>();
    for (const [, name = '', body = ''] of text.matchAll(/^\s*chain (\S+) \{\n([\s\S]*?)^\s*\}$/gm)) {
      const policy = /policy (accept|drop);/.exec(body)?.[1] as Chain['policy'];
      const isBase = /type filter hook input /.test(body);
      const lines = body
        .split('\n')
        .filter((line) => line.trim() !== '' && !/^\s*(type \S+ hook|policy |comment )/.test(line));
      const rules = lines.flatMap((line) => rulesIn(line, packet, sets));
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
  /** The rules of a verdict map, each for one of its keys; nothing behind it counts. */
  readonly map?: readonly FilterRule[];
  /** True if nothing behind it counts. */
  readonly isEnd?: boolean;
}

/** The elements of a set, in braces or named. */
type Elements = (word: string) => readonly Element[];

/** One rule of nftables is several of ours if it ends with a verdict map. */
function rulesIn(line: string, packet: Packet, sets: ReadonlyMap<string, string>): FilterRule[] {
  const words = wordsOf(line);
  const elements: Elements = (word) =>
    elementsOf(word.startsWith('@') ? (sets.get(word.slice(1)) ?? '') : word.replace(/^\{|\}$/g, ''));
  let matches: Match = 'yes';
  let verdict: FilterRule['verdict'];
  for (let i = 0; i < words.length; ) {
    const reading = readingOf(words.slice(i), packet, elements);
    matches = both(matches, reading.match ?? 'yes');
    const before = matches;
    if (reading.map) return reading.map.map((rule) => ({ ...rule, matches: both(before, rule.matches) }));
    verdict = reading.verdict ?? verdict;
    if (reading.isEnd) break;
    i += reading.count;
  }
  return [{ matches, verdict }];
}

function both(one: Match, other: Match): Match {
  if (one === 'no' || other === 'no') return 'no';
  return one === 'yes' ? other : one;
}

function readingOf(words: readonly string[], packet: Packet, elements: Elements): Reading {
  const [word = '', next = ''] = words;
  const verdict = verdictOf(word, next);
  if (verdict) return { count: 1, verdict, isEnd: typeof verdict !== 'string' || word === 'reject' };
  if (/^(icmp|icmpv6|igmp|arp)$/.test(word)) return { count: 1, match: 'no', verdict: 'accept', isEnd: true };
  if (word === 'counter') return { count: next === 'packets' ? 5 : 1 };
  if (word === 'comment' || word === 'log') {
    const end = words.findIndex((each, i) => i > 0 && !/^(prefix|level|flags|all|group|".*")$/.test(each));
    return { count: end === -1 ? words.length : end };
  }
  return conditionIn(words, packet, elements);
}

function verdictOf(word: string, next = ''): FilterRule['verdict'] {
  if (word === 'accept' || word === 'drop' || word === 'return') return word;
  if (word === 'reject') return 'drop';
  if (word === 'jump') return { jump: next };
  return word === 'goto' ? { goto: next } : undefined;
}

/** One or more selectors with dots between, `!=`, `vmap` or nothing, and a set or a value. */
function conditionIn(words: readonly string[], packet: Packet, elements: Elements): Reading {
  const { selectors, count } = selectorsIn(words);
  const operator = /^(!=|==|vmap)$/.test(words[count] ?? '') ? words[count] : undefined;
  const end = operator ? count + 1 : count;
  const isSimple = selectors.length === 1 && operator !== 'vmap';
  const found = elements(words[end] ?? '').map(({ keys, verdict }) => {
    // `*` is what a map has for everything else.
    const fits = keys[0] === '*' ? ['yes' as const] : selectors.map((name, i) => matchOf(name, keys[i] ?? '', packet));
    return { fits, verdict };
  });
  // The words of a condition that is not known are read one by one.
  if (isSimple && found.every(({ fits }) => fits.includes(undefined))) return { count: 1, match: 'maybe' };
  const judged = found.map(({ fits, verdict }) => ({
    matches: fits.reduce<Match>((so, fit) => both(so, fit ?? 'maybe'), 'yes'),
    verdict,
  }));
  if (operator === 'vmap') return { count: end + 1, map: judged };
  const all = judged.map(({ matches }) => matches);
  const match = all.includes('yes') ? 'yes' : all.includes('maybe') ? 'maybe' : 'no';
  return { count: end + 1, match: flip(match, operator === '!=') };
}

/** `iifname` is one word, `udp dport` two, `fib daddr type` three; of those that are not known two. */
function selectorsIn(words: readonly string[]): { selectors: string[]; count: number } {
  const selectors: string[] = [];
  for (let i = 0; ; ) {
    const length = /^[io]if(name)?$/.test(words[i] ?? '') ? 1 : words[i] === 'fib' ? 3 : 2;
    selectors.push(words.slice(i, i + length).join(' '));
    i += length;
    if (words[i] !== '.') return { selectors, count: i };
    i += 1;
  }
}

interface Element {
  /** Those of a concatenation, one for each selector. */
  readonly keys: readonly string[];
  readonly verdict?: FilterRule['verdict'];
}

/** `22, 8000-9000 counter packets 0 bytes 0`, `tcp . 22 : accept, udp . 53 : jump dns`, `10.0.0.1 timeout 1h` */
function elementsOf(text: string): Element[] {
  return (text.match(/("[^"]*"|[^,"])+/g) ?? []).map((each) => {
    const [key = '', verdict = ''] = each.trim().split(/\s+:\s+/);
    const [word = '', chain] = verdict.split(/\s+/);
    const bare = key.replace(/\s+(counter|timeout|expires|comment|limit|quota)\s.*$/s, '');
    return { keys: bare.split(/\s+\.\s+/), verdict: verdictOf(word, chain) };
  });
}

const isTrue = (yes: boolean): Match => (yes ? 'yes' : 'no');

/** @returns undefined for a condition that is not known */
function matchOf(name: string, value: string, packet: Packet): Match | undefined {
  if (name === 'ct state') return isTrue(/\b(new|untracked)\b/.test(value));
  if (/^(udp|tcp|th|sctp|dccp|udplite) dport$/.test(name)) {
    const [protocol] = name.split(' ');
    return isTrue((protocol === packet.protocol || protocol === 'th') && portsInclude(value, packet.port));
  }
  if (/^(meta l4proto|ip protocol|ip6 nexthdr)$/.test(name)) return isTrue(value === packet.protocol);
  if (/^ip6? saddr$/.test(name)) return sourceMatches(value, packet);
  if (/^iif(name)?$/.test(name)) return interfaceMatches(value.replaceAll('"', '').replace(/\*$/, '+'), packet);
  if (/^(tcp|udp|sctp|dccp|udplite) /.test(name) && !name.startsWith(packet.protocol)) return 'no';
  if (name === 'meta protocol') return isTrue(value === (packet.address?.includes(':') ? 'ip6' : 'ip'));
  if (name === 'meta nfproto') return isTrue(value === (packet.address?.includes(':') ? 'ipv6' : 'ipv4'));
  if (name === 'fib daddr type') return isTrue(value === 'local');
  return undefined;
}
