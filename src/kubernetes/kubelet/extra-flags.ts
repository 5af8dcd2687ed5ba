import { refuseNodeLabel } from '../../config/grammar.ts';
import { closest } from '../../lib/closest.ts';
import { removalOf } from '../removals.ts';
import { featureGatesOf, removedGates } from './feature-gates.ts';

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
  for (const { name, value } of flagsIn(text)) {
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
    const malformed = valueFault(name, value);
    if (malformed !== undefined) refused.push(`${file}: --${name}=${value}: ${malformed}`);
    if (name === 'feature-gates' && minor !== undefined) {
      const gates = removedGates(Object.keys(featureGatesOf([`--${name}=${value}`])), minor);
      refused.push(
        ...gates.map(
          (gate) =>
            `${file}: --feature-gates: ${gate.name} was removed in kubelet 1.${gate.goneIn}, and kubelet 1.${minor} exits over it`,
        ),
      );
    }
    if (name !== 'node-labels') continue;
    const labels = value.split(',').map((label) => label.split('=')[0] ?? '');
    refused.push(
      ...labels.flatMap((label) => refuseNodeLabel(label, minor) ?? []).map((why) => `${file}: --node-labels: ${why}`),
    );
  }
  return { refused, overriding };
}

/** Flags whose value is a list of pairs, with the form of one. A kubelet exits over any other. */
const PAIRS: Readonly<Record<string, { readonly is: RegExp; readonly form: string }>> = {
  'eviction-hard': { is: /^[\w.]+<[^<>=]+$/, form: 'SIGNAL<VALUE, such as memory.available<100Mi' },
  'eviction-soft': { is: /^[\w.]+<[^<>=]+$/, form: 'SIGNAL<VALUE, such as memory.available<100Mi' },
  'eviction-soft-grace-period': { is: /^[\w.]+=[\dhms.]+$/, form: 'SIGNAL=DURATION, such as memory.available=90s' },
  'eviction-minimum-reclaim': { is: /^[\w.]+=[^<>=]+$/, form: 'SIGNAL=VALUE, such as nodefs.available=500Mi' },
  'feature-gates': { is: /^\w+=(true|false|1|0|t|f)$/i, form: 'GATE=true or GATE=false' },
  'kube-reserved': { is: /^(cpu|memory|ephemeral-storage|pid)=[\w.]+$/, form: 'RESOURCE=VALUE, such as cpu=500m' },
  'system-reserved': { is: /^(cpu|memory|ephemeral-storage|pid)=[\w.]+$/, form: 'RESOURCE=VALUE, such as cpu=500m' },
};

function valueFault(name: string, value: string): string | undefined {
  const pairs = PAIRS[name];
  const wrong = pairs && value.split(',').find((pair) => pair !== '' && !pairs.is.test(pair.trim()));
  return wrong === undefined ? undefined : `"${wrong}" is not ${pairs?.form}`;
}

/** The names of the flags in what `kubelet --help` prints; undefined if it does not print any. */
export function listedFlags(help: string): ReadonlySet<string> | undefined {
  const names = new Set([...help.matchAll(/^\s+(?:-\w, )?--([a-z][\w-]*)/gm)].map(([, name = '']) => name));
  return names.has('node-ip') && names.has('v') ? names : undefined;
}

/** The flags of KUBELET_EXTRA_ARGS; a value may be behind `=` or be the next word. */
function flagsIn(text: string): { name: string; value: string }[] {
  // systemd continues with the next line after a backslash. See systemd.exec(5), EnvironmentFile.
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split('\n');
  const line = lines.findLast((each) => /^\s*KUBELET_EXTRA_ARGS=/.test(each)) ?? '';
  const words = line
    .replace(/^\s*KUBELET_EXTRA_ARGS=/, '')
    .replace(/["']/g, ' ')
    .trim()
    .split(/\s+/);
  return words.flatMap((word, i) => {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (!name) return [];
    const next = words[i + 1];
    return [{ name, value: value ?? (next && !next.startsWith('-') ? next : '') }];
  });
}
