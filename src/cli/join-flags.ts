import { Args, Flags } from '@oclif/core';
import { readMatrixFile } from '../compat/matrix-file.ts';
import { readConfigFile } from '../config/config-file.ts';
import type { JoinKey } from '../config/join-schema.ts';
import { DEFAULT_TIMEOUT_MS, flagOf, joinSpec, type Layer } from '../config/join-spec.ts';
import type { JoinSpec } from '../config/spec.ts';
import { durationOf, nodeFlags, pairsOf, type Refuse, secretOf, taintsOf } from './flags.ts';

const list = { multiple: true as const, delimiter: ',' as const };

/** Flags of join, preflight and config: one set, so that a line that passes one passes the others. */
export const joinFlags = {
  ...nodeFlags,
  config: Flags.string({
    helpValue: 'FILE',
    description: 'YAML file, kind JoinConfiguration; see `edgeadm config print-defaults`',
    helpGroup: 'COMMON',
  }),
  token: Flags.string({
    helpValue: 'ID.SECRET|@FILE|-',
    description: 'bootstrap token (or EDGEADM_TOKEN)',
    helpGroup: 'CLUSTER',
  }),
  'discovery-token-ca-cert-hash': Flags.string({
    multiple: true,
    helpValue: 'sha256:HEX',
    description: 'pin of the cluster CA (repeatable)',
    helpGroup: 'CLUSTER',
  }),
  'discovery-token-unsafe-skip-ca-verification': Flags.boolean({
    description: 'believe any CA; anybody in between can take the node over',
    helpGroup: 'CLUSTER',
  }),
  'node-name': Flags.string({
    helpValue: 'NAME',
    description: 'default: host name; "*" six random characters; "*.SUFFIX"',
    helpGroup: 'NODE',
  }),
  'node-ip': Flags.string({ helpValue: 'IP', description: 'address the kubelet announces', helpGroup: 'NODE' }),
  'node-iface': Flags.string({
    helpValue: 'NIC',
    description: 'network interface for kubelet and Flannel',
    helpGroup: 'NODE',
  }),
  labels: Flags.string({
    multiple: true,
    helpValue: 'K=V,...',
    description: 'labels of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  annotations: Flags.string({
    multiple: true,
    helpValue: 'K=V',
    description: 'annotation of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  taints: Flags.string({
    multiple: true,
    helpValue: 'K=V:EFFECT,...',
    description: 'taints of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  nodepool: Flags.string({ helpValue: 'NAME', description: 'node pool the node asks for', helpGroup: 'NODE' }),
  'allowed-cluster-addons': Flags.string({
    ...list,
    helpValue: 'NAME,...',
    description: 'add-ons that may run here: kube-proxy,flannel,coredns',
    helpGroup: 'NODE',
  }),
  'gpu-version': Flags.string({
    helpValue: 'MODEL',
    description: 'GPU model such as Nvidia_Tesla_T4',
    helpGroup: 'NODE',
  }),
  'edge-hub-image': Flags.string({
    helpValue: 'IMAGE',
    description: 'image of the edge-hub; default: the one the bundle names',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-flavor': Flags.string({
    options: ['ack', 'openyurt'],
    description: 'whose edge-hub it is',
    helpGroup: 'EDGE-HUB',
  }),
  'no-edge-hub': Flags.boolean({
    description: 'let the kubelet speak to the API server itself',
    helpGroup: 'EDGE-HUB',
  }),
  'enable-iptables': Flags.boolean({ description: 'let the edge-hub make its iptables rules', helpGroup: 'EDGE-HUB' }),
  'manage-runtime': Flags.boolean({ description: 'install and manage containerd', helpGroup: 'SOFTWARE' }),
  runtime: Flags.string({
    options: ['containerd', 'docker'],
    description: 'container runtime (docker below 1.24 only)',
    helpGroup: 'SOFTWARE',
  }),
  'cri-socket': Flags.string({
    helpValue: 'PATH',
    description: 'socket of the container runtime',
    helpGroup: 'SOFTWARE',
  }),
  'runtime-root-dir': Flags.string({
    helpValue: 'DIR',
    description: 'where containerd keeps images and containers',
    helpGroup: 'SOFTWARE',
  }),
  'pause-image': Flags.string({
    helpValue: 'IMAGE',
    description: 'default: the one the bundle names',
    helpGroup: 'SOFTWARE',
  }),
  'image-repo-type': Flags.string({
    options: ['public', 'private'],
    description: 'image source',
    helpGroup: 'SOFTWARE',
  }),
  bundle: Flags.string({
    helpValue: 'DIR|TGZ|URL',
    description: 'kubelet, CNI plug-ins, containerd and images to install',
    helpGroup: 'SOFTWARE',
  }),
  'bundle-sha256': Flags.string({ helpValue: 'HEX', description: 'pin of bundle.yaml', helpGroup: 'SOFTWARE' }),
  'kubernetes-version': Flags.string({
    helpValue: 'V',
    description: "kubelet version; default: the bundle's or the node's",
    helpGroup: 'SOFTWARE',
  }),
  'skip-phases': Flags.string({
    ...list,
    helpValue: 'NAME,...',
    description: 'phases to leave out, see `edgeadm join phases`',
    helpGroup: 'RUN',
  }),
  'ignore-preflight-errors': Flags.string({
    ...list,
    helpValue: 'NAME,...|all',
    description: 'checks whose errors become warnings',
    helpGroup: 'RUN',
  }),
  'compat-matrix': Flags.string({
    helpValue: 'FILE',
    description: 'rows added to the compatibility matrix',
    helpGroup: 'RUN',
  }),
  'rollback-on-failure': Flags.boolean({
    allowNo: true,
    description: 'put the node back as it was when the join fails (default)',
    helpGroup: 'RUN',
  }),
};

export const joinArgs = {
  server: Args.string({
    name: 'API-SERVER',
    description: 'HOST[:PORT] of the API server, several separated by commas',
  }),
};

/** What oclif made of the command line. */
export interface ParsedJoin {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly server?: string;
}

/** Flags that are no key of the configuration under their own name. */
const SPECIAL = new Set([
  'config',
  'token',
  'labels',
  'annotations',
  'taints',
  'no-edge-hub',
  'compat-matrix',
  'output',
  ...Object.keys(nodeFlags),
]);
const KEY_OF: Record<string, JoinKey> = {
  'discovery-token-ca-cert-hash': 'caCertHashes',
  'discovery-token-unsafe-skip-ca-verification': 'unsafeSkipCaVerification',
  nodepool: 'nodePool',
};

/**
 * Makes the specification of one host from flags, environment, file and the host's own entry in the inventory.
 * @throws EdgeadmError USAGE with all mistakes at once
 */
export async function joinSpecOf(
  parsed: ParsedJoin,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<JoinSpec> {
  const flags = parsed.flags as { config?: string; timeout?: string; yes?: boolean; 'compat-matrix'?: string };
  const mistakes: string[] = [];
  const refuse: Refuse = (mistake) => mistakes.push(mistake);
  const layers: Layer[] = [];
  if (flags.config) layers.push(await readConfigFile(flags.config, 'JoinConfiguration'));
  layers.push({
    nameOf: (key) => (key === 'token' ? 'EDGEADM_TOKEN' : key),
    values: { token: await secretOf(process.env.EDGEADM_TOKEN || undefined, 'EDGEADM_TOKEN') },
  });
  layers.push({ nameOf: flagOf, values: await flagValues(parsed, refuse) });
  layers.push({ nameOf: (key) => `inventory: ${key}`, values: overrides });
  const settings = {
    yes: flags.yes ?? false,
    timeoutMs: durationOf(flags.timeout, '--timeout', refuse) ?? DEFAULT_TIMEOUT_MS,
    compatMatrix: flags['compat-matrix'] ? await readMatrixFile(flags['compat-matrix']) : [],
  };
  return joinSpec(layers, settings, mistakes);
}

async function flagValues({ flags, server }: ParsedJoin, refuse: Refuse): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(flags)) {
    if (SPECIAL.has(flag)) continue;
    values[KEY_OF[flag] ?? flag.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())] = value;
  }
  const texts = flags as { token?: string; labels?: string[]; annotations?: string[]; taints?: string[] };
  return {
    ...values,
    apiServers: server?.split(',').filter(Boolean),
    token: await secretOf(texts.token, '--token'),
    labels: pairsOf(texts.labels, { flag: '--labels', commas: true }, refuse),
    annotations: pairsOf(texts.annotations, { flag: '--annotations', commas: false }, refuse),
    taints: taintsOf(texts.taints, '--taints', refuse),
    edgeHub: flags['no-edge-hub'] ? false : undefined,
  };
}
