import {
  refuseLabelValue,
  refuseNodeAddress,
  refuseNodeLabel,
  refuseNodeName,
  refuseQualifiedName,
} from '../../config/grammar.ts';

/** Flags whose value is a list of pairs, with the form of one. A kubelet exits over any other. */
const PAIRS: Readonly<Record<string, { readonly is: RegExp; readonly form: string }>> = {
  'eviction-hard': { is: /^[\w.]+<[^<>=]+$/, form: 'SIGNAL<VALUE, such as memory.available<100Mi' },
  'eviction-soft': { is: /^[\w.]+<[^<>=]+$/, form: 'SIGNAL<VALUE, such as memory.available<100Mi' },
  'eviction-soft-grace-period': { is: /^[\w.]+=[\dhms.]+$/, form: 'SIGNAL=DURATION, such as memory.available=90s' },
  'eviction-minimum-reclaim': { is: /^[\w.]+=[^<>=]+$/, form: 'SIGNAL=VALUE, such as nodefs.available=500Mi' },
  'feature-gates': { is: /^\w+=(true|false|1|0|t|f)$/i, form: 'GATE=true or GATE=false' },
  'kube-reserved': { is: /^(cpu|memory|ephemeral-storage|pid)=[\w.]+$/, form: 'RESOURCE=VALUE, such as cpu=500m' },
  'system-reserved': { is: /^(cpu|memory|ephemeral-storage|pid)=[\w.]+$/, form: 'RESOURCE=VALUE, such as cpu=500m' },
  'node-labels': { is: /=/, form: 'KEY=VALUE' },
  // Source: k8s.io/kubernetes/pkg/util/taints, ParseTaints.
  'register-with-taints': {
    is: /^[^=:]+(=[^=:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
    form: 'KEY=VALUE:EFFECT with the effect NoSchedule, PreferNoSchedule or NoExecute',
  },
};

const NUMBERS =
  /^(max-pods|pods-per-core|max-open-files|(kube-api|event|registry)-burst|image-gc-(high|low)-threshold|oom-score-adj|((read-only|healthz)-)?port)$/;

/** Addresses with which a kubelet chooses one of this family by itself. */
const ANY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Why a kubelet exits over the value of a flag, or the API server refuses the Node that it makes of it.
 * @param minor of the kubelet; undefined if it is not known
 */
export function refuseFlagValue(name: string, value: string, minor: number | undefined): string[] {
  if (/\$[({]|`/.test(value)) return [`--${name}=${value}: systemd runs no shell that would replace ${value}`];
  const pairs = PAIRS[name];
  const wrong = pairs && partsOf(value).find((pair) => !pairs.is.test(pair));
  if (wrong !== undefined) return [`--${name}=${value}: "${wrong}" is not ${pairs?.form}`];
  if (NUMBERS.test(name) && !/^[+-]?(0x[\da-f]+|\d+)$/i.test(value))
    return [`--${name}=${value}: "${value}" is not a number`];
  return (REFUSALS[name]?.(value, minor) ?? []).map((why) => `--${name}: ${why}`);
}

const REFUSALS: Readonly<Record<string, (value: string, minor: number | undefined) => string[]>> = {
  'node-labels': (value, minor) =>
    partsOf(value).flatMap((pair) => {
      const [key = '', label = ''] = pair.split('=');
      return refuseNodeLabel(key, minor) ?? refuseQualifiedName(key) ?? refuseLabelValue(label) ?? [];
    }),
  'node-ip': (value) =>
    partsOf(value).flatMap((address) => (ANY_ADDRESS.includes(address) ? [] : (refuseNodeAddress(address) ?? []))),
  'hostname-override': (value) => [refuseNodeName(value.toLowerCase()) ?? []].flat(),
};

function partsOf(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}
