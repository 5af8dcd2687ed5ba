import { dump } from 'js-yaml';
import { EdgeadmError } from '../errors/index.ts';
import { usageError } from '../errors/usage.ts';
import { registerSecret } from '../lib/redact.ts';
import { refuseNodeLabel } from './grammar.ts';
import type { JoinKey } from './join-schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** Our key for one of kubeadm's, or what to do instead of it. */
type Replacement = string | { readonly key: JoinKey; readonly convert?: (value: unknown) => unknown };

const TOKEN = 'pass it with --token @FILE';
const WORKER = 'edgeadm joins worker nodes only; for a control-plane node use `kubeadm join`';
const CLUSTER = 'the kubelet configuration comes from the cluster';
const ARGS = 'nodeRegistration.kubeletExtraArgs';
const LABELS = { key: 'labels' } as const;

/**
 * Keys of kubeadm's JoinConfiguration. Source: cmd/kubeadm/app/apis/kubeadm/v1beta3/types.go and v1beta4/types.go
 * (kubernetes, v1.34), and the flags of the kubelet.
 */
const KEYS: Readonly<Record<string, Replacement>> = {
  caCertPath: 'not needed: caCertHashes verify the CA',
  controlPlane: WORKER,
  'discovery.bootstrapToken.apiServerEndpoint': { key: 'apiServers', convert: (server) => [server] },
  'discovery.bootstrapToken.caCertHashes': { key: 'caCertHashes' },
  'discovery.bootstrapToken.token': TOKEN,
  'discovery.bootstrapToken.unsafeSkipCAVerification': { key: 'unsafeSkipCaVerification' },
  'discovery.file.kubeConfigPath': 'pass it with --discovery-file FILE',
  'discovery.timeout': 'use --timeout',
  'discovery.tlsBootstrapToken': TOKEN,
  dryRun: 'use --dry-run',
  'nodeRegistration.criSocket': { key: 'criSocket' },
  'nodeRegistration.ignorePreflightErrors': { key: 'ignorePreflightErrors' },
  'nodeRegistration.name': { key: 'nodeName' },
  'nodeRegistration.taints': { key: 'taints' },
  [`${ARGS}.hostname-override`]: { key: 'nodeName' },
  [`${ARGS}.max-pods`]: { key: 'maxPods', convert: Number },
  [`${ARGS}.node-ip`]: { key: 'nodeIp' },
  [`${ARGS}.node-labels`]: LABELS,
  [`${ARGS}.pod-infra-container-image`]: { key: 'pauseImage' },
  patches: 'edgeadm applies no patches: the kubelet configuration comes from the cluster',
  skipPhases: 'the phases of edgeadm have other names: `edgeadm join phases`',
  timeouts: 'use --timeout',
};

/** Labels that a node may set on itself, and why not the others: a file with these would be refused again. */
function ownLabels(text: unknown): { readonly labels: Values; readonly refusals: readonly string[] } {
  const pairs = String(text)
    .split(',')
    .map((pair) => [pair.split('=')[0]?.trim() ?? '', pair.slice(pair.indexOf('=') + 1)] as const);
  return {
    labels: Object.fromEntries(pairs.filter(([key]) => refuseNodeLabel(key) === undefined)),
    refusals: pairs.flatMap(([key]) => refuseNodeLabel(key) ?? []),
  };
}

/** The document of kubeadm in a file, if it has one. */
export function kubeadmDocument(documents: readonly unknown[]): Values | undefined {
  const ofKubeadm = documents
    .filter(isMap)
    .filter(({ apiVersion }) => typeof apiVersion === 'string' && apiVersion.startsWith('kubeadm.k8s.io/'));
  return ofKubeadm.find(({ kind }) => kind === 'JoinConfiguration') ?? ofKubeadm[0];
}

/** The error of a configuration file of kubeadm: the same settings in our keys, and what has none. */
export function kubeadmFileError(name: string, document: Values, version: string): EdgeadmError {
  const { apiVersion, kind, ...values } = document;
  const what = `${name}: this is a configuration file of kubeadm (${apiVersion}, ${kind})`;
  if (kind !== 'JoinConfiguration') return usageError([`${what}; edgeadm joins nodes and creates no control plane`]);
  const { keys, notes } = replaced(values);
  const yaml = dump({ apiVersion: version, kind: 'JoinConfiguration', ...keys }, { lineWidth: -1, noRefs: true });
  return new EdgeadmError({
    code: 'USAGE',
    what: `${what}; edgeadm has keys of its own`,
    why: ['the same settings in these keys:', yaml.trimEnd(), ...notes].join('\n'),
    next: 'save the settings above, from apiVersion on, in a file of their own and pass that file with --config',
  });
}

function replaced(values: Values): { readonly keys: Values; readonly notes: readonly string[] } {
  const keys: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [path, value] of settingsOf(values)) {
    const replacement = Object.hasOwn(KEYS, path) ? KEYS[path] : undefined;
    if (replacement === TOKEN && typeof value === 'string') registerSecret(value);
    if (replacement === LABELS) {
      const { labels, refusals } = ownLabels(value);
      if (Object.keys(labels).length > 0) keys[LABELS.key] = labels;
      notes.push(...refusals.map((refusal) => `${path}: ${refusal}`));
    } else if (typeof replacement === 'object') keys[replacement.key] = replacement.convert?.(value) ?? value;
    else notes.push(`${path}: ${replacement ?? (path.startsWith(ARGS) ? CLUSTER : 'edgeadm has no such setting')}`);
  }
  return { keys, notes };
}

/** The settings of a document by the path of their keys; those without a value are none. */
function settingsOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (value === null || value === undefined || value === '') return [];
  if (path === ARGS && Array.isArray(value))
    return value.filter(isMap).flatMap(({ name, value: argument }) => settingsOf(argument, `${path}.${name}`));
  if (!isMap(value) || Object.hasOwn(KEYS, path)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => settingsOf(inner, path ? `${path}.${key}` : key));
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
