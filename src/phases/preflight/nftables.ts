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

function ruleIn(line: string, packet: Packet, sets: ReadonlyMap<string, string>): FilterRule {
  const words = wordsOf(line);
  const setOf = (word: string): string =>
    word.startsWith('@') ? (sets.get(word.slice(1)) ?? '') : word.replace(/[{}\s]/g, '');
  let matches: Match = 'yes';
  let verdict: FilterRule['verdict'];
  const narrow = (next: Match, negated = false): void => {
    const turned: Match = negated && next !== 'maybe' ? (next === 'yes' ? 'no' : 'yes') : next;
    if (turned === 'no' || (turned === 'maybe' && matches === 'yes')) matches = turned;
  };
  const is = (yes: boolean): Match => (yes ? 'yes' : 'no');
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const pair = `${word} ${words[i + 1] ?? ''}`;
    const negated = words[i + 2] === '!=';
    const value = setOf(words[i + (negated ? 3 : 2)] ?? '');
    if (word === 'accept' || word === 'drop' || word === 'return') verdict = word;
    else if (word === 'reject') return { matches, verdict: 'drop' };
    else if (word === 'jump' || word === 'goto') return { matches, verdict: { jump: words[i + 1] ?? '' } };
    else if (word === 'counter') i += words[i + 1] === 'packets' ? 4 : 0;
    else if (word === 'comment' || word === 'log') {
      while (/^(prefix|level|flags|all|group|".*")$/.test(words[i + 1] ?? '')) i++;
    } else if (pair === 'ct state') {
      // A map of states to verdicts is about packets of known connections, unless it has the new ones.
      narrow(
        words[i + 2] === 'vmap'
          ? /\bnew\b/.test(words[i + 3] ?? '')
            ? 'maybe'
            : 'no'
          : is(/\b(new|untracked)\b/.test(value)),
        negated,
      );
      i += negated || words[i + 2] === 'vmap' ? 3 : 2;
    } else if (/^(udp|tcp|th|sctp) dport$/.test(pair)) {
      narrow(is((word === packet.protocol || word === 'th') && portsInclude(value, packet.port)), negated);
      i += negated ? 3 : 2;
    } else if (/^(meta l4proto|ip protocol|ip6 nexthdr)$/.test(pair)) {
      narrow(is(value.split(',').includes(packet.protocol)), negated);
      i += negated ? 3 : 2;
    } else if (/^ip6? saddr$/.test(pair)) {
      const each = value.split(',').map((range) => sourceMatches(range, packet));
      narrow(each.includes('yes') ? 'yes' : 'maybe', negated);
      i += negated ? 3 : 2;
    } else if (word === 'iifname' || word === 'iif') {
      const not = words[i + 1] === '!=';
      const names = setOf(words[i + (not ? 2 : 1)] ?? '')
        .replaceAll('"', '')
        .split(',');
      narrow(
        names.includes('lo') && names.length === 1
          ? 'no'
          : packet.interface
            ? is(names.includes(packet.interface))
            : 'maybe',
        not,
      );
      i += not ? 2 : 1;
    } else if (word === 'icmp' || word === 'icmpv6' || word === 'igmp' || word === 'arp') {
      narrow('no');
      return { matches, verdict: 'accept' };
    } else narrow('maybe');
  }
  return { matches, verdict };
}
