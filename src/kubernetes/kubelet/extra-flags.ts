import { closest } from '../../lib/closest.ts';
import { encodingOfWindows, SAVE_AS_UTF8 } from '../../lib/decode-text.ts';
import { removalOf } from '../removals.ts';
import { featureGatesOf, type RefusedGate, refusedGates } from './feature-gates.ts';
import { refuseFlagValue } from './flag-values.ts';

export interface JudgedFlags {
  /** Why the kubelet would exit, one line a flag. */
  readonly refused: readonly string[];
  /** What a flag overrides that the join sets, and flags that the kubelet does not list. */
  readonly overriding: readonly string[];
}

interface FlagsQuestion {
  readonly minor: number | undefined;
  /** Where the flags were found. */
  readonly file: string;
  /** The flags that the kubelet lists in its help; undefined if it cannot be asked. */
  readonly listed?: ReadonlySet<string>;
}

/** Flags of the join that the same flag behind them, or for a key of the configuration file, overrides. */
const SET_BY_JOIN: Readonly<Record<string, string>> = {
  'node-ip': '`--node-ip` of the join',
  'hostname-override': '`--node-name` of the join',
  'container-runtime-endpoint': '`--cri-socket` of the join',
  'pod-infra-container-image': '`pauseImage`',
  config: 'the configuration file that the join writes',
  kubeconfig: 'the kubeconfig that the join writes',
  'cgroup-driver': 'cgroupDriver of the configuration file, which the runtime shares',
  'pod-manifest-path': 'staticPodPath of the configuration file: the edge-hub would not start',
  'resolv-conf': 'resolvConf of the configuration file',
  'cluster-dns': 'clusterDNS of the configuration file',
  'fail-swap-on': 'failSwapOn of the configuration file',
  'register-with-taints': '`--taints` of the join',
  'client-ca-file': 'clientCAFile of the configuration file',
  'rotate-certificates': 'rotateCertificates of the configuration file',
};

/** @param text of a file of environment variables that systemd reads for the kubelet */
export function judgeExtraFlags(text: string, { minor, file, listed }: FlagsQuestion): JudgedFlags {
  const refused: string[] = [];
  const overriding: string[] = [];
  refused.push(...replacedVariables(text).map((why) => `${file}: ${why}`));
  overriding.push(...ignoredLines(text).map((why) => `${file}: ${why}`));
  const words = wordsIn(text);
  for (const word of strayWords(words)) refused.push(`${file}: "${word}" is not a flag: the kubelet exits over it`);
  for (const { name, value } of givenFlags(words)) {
    const gone = minor === undefined ? undefined : removalOf('flag', name, minor);
    if (gone)
      refused.push(
        `${file}: --${name} was removed in kubelet 1.${gone.goneIn}, and kubelet 1.${minor} exits over it. ${gone.advice}`,
      );
    else if (SET_BY_JOIN[name]) overriding.push(`${file}: --${name}=${value} overrides ${SET_BY_JOIN[name]}`);
    else if (listed && !listed.has(name)) {
      const meant = closest(name, [...listed]);
      overriding.push(
        `${file}: --${name} is not among the flags that the kubelet lists: it exits over a flag that it does not know${meant ? `; --${meant} was probably meant` : ''}`,
      );
    }
    refused.push(...refuseFlagValue(name, value, minor).map((why) => `${file}: ${why}`));
    if (name === 'feature-gates' && minor !== undefined) {
      const gates = refusedGates(featureGatesOf([`--${name}=${value}`]), minor);
      refused.push(...gates.map((gate) => `${file}: --feature-gates: ${exitsOver(gate, minor)}`));
    }
  }
  return { refused, overriding };
}

function exitsOver({ name, since, lockedTo }: RefusedGate, minor: number): string {
  const why = lockedTo === undefined ? `${name} was removed` : `${name} was locked to ${lockedTo}`;
  return `${why} in kubelet 1.${since}, and kubelet 1.${minor} exits over ${lockedTo === undefined ? 'it' : 'another value'}`;
}

/** systemd reads the file after the ones of the join, and of a variable that is set twice the last one counts. */
function replacedVariables(text: string): string[] {
  return [...text.matchAll(/^\s*(KUBELET_(?:KUBEADM|CONFIG|KUBECONFIG)_ARGS)\s*=/gm)].map(
    ([, name]) => `${name} takes the place of what the join writes into it; put your flags into KUBELET_EXTRA_ARGS`,
  );
}

/** What systemd does not read as its author meant it. */
function ignoredLines(text: string): string[] {
  const foreign = encodingOfWindows(text);
  if (foreign) return [`${foreign}, and systemd ignores its first line. ${SAVE_AS_UTF8}`];
  return /^\s*export\s+KUBELET_EXTRA_ARGS\s*=/m.test(text)
    ? ['systemd ignores a line with export: the kubelet does not get these flags']
    : [];
}

/** The names of the flags in what `kubelet --help` prints; undefined if it does not print any. */
export function listedFlags(help: string): ReadonlySet<string> | undefined {
  const names = new Set([...help.matchAll(/^\s+(?:-\w, )?--([a-z][\w-]*)/gm)].map(([, name = '']) => name));
  return names.has('node-ip') && names.has('v') ? names : undefined;
}

/** The flags of a kubelet, in the order given; a value may be behind `=` or be the next word. */
export function givenFlags(words: readonly string[]): { name: string; value: string }[] {
  return words.flatMap((word, i) => {
    const [, name, value] = FLAG.exec(word) ?? [];
    if (!name) return [];
    const next = words[i + 1];
    return [{ name: name.replaceAll('_', '-'), value: value ?? (next && !next.startsWith('-') ? next : '') }];
  });
}

/** A kubelet takes `--node_ip` for `--node-ip`. */
const FLAG = /^--?([\w-]+)(?:=(.*))?$/;

/** Words that are not a flag, and do not follow one that may take them as its value. */
export function strayWords(words: readonly string[]): string[] {
  return words.filter((word, i) => {
    const [, before, value] = FLAG.exec(words[i - 1] ?? '') ?? [];
    return !word.startsWith('-') && (before === undefined || value !== undefined);
  });
}

function wordsIn(text: string): string[] {
  // systemd continues with the next line after a backslash. See systemd.exec(5), EnvironmentFile.
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split('\n');
  const line = lines.findLast((each) => /^\s*KUBELET_EXTRA_ARGS\s*=/.test(each)) ?? '';
  const value = line.replace(/^\s*KUBELET_EXTRA_ARGS\s*=/, '').trim();
  const bare = /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
  // systemd takes quotes within the value away, and a blank between them does not end a word.
  const words = bare.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/["']/g, ''));
}
