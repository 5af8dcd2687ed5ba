import { Args, Flags } from '@oclif/core';
import { FLAG_OF_KEY, type KeyFlag } from '../../config/join-schema.ts';
import {
  BUNDLE_SHA256,
  nodeFlags,
  nonEmptyName,
  pairsOf,
  type Refuse,
  repeatable,
  secretOf,
  taintsOf,
} from '../flags.ts';

const list = { ...repeatable, delimiter: ',' } as const;

/** Where a request comes from beside the flags, and which form it has. */
const requestFlags = {
  config: Flags.string({
    helpValue: 'FILE',
    description: 'YAML file, kind JoinConfiguration; see `edgeadm config print-defaults`',
    helpGroup: 'COMMON',
  }),
  'discovery-token': Flags.string({
    helpValue: 'ID.SECRET|@FILE|-',
    description: 'as kubeadm spells it: the same as --token',
    helpGroup: 'CLUSTER',
  }),
  'tls-bootstrap-token': Flags.string({
    helpValue: 'ID.SECRET|@FILE|-',
    description: 'as kubeadm spells it: the same as --token, such as with --discovery-file',
    helpGroup: 'CLUSTER',
  }),
  'discovery-file': Flags.string({
    helpValue: 'FILE',
    description: 'kubeconfig with the address and the CA of the cluster, instead of API-SERVER and the CA hash',
    helpGroup: 'CLUSTER',
  }),
  'openapi-token': Flags.string({
    helpValue: 'T|@FILE|-',
    description: "the console's token of the container service (or EDGEADM_OPENAPI_TOKEN)",
    helpGroup: 'CONTAINER SERVICE',
  }),
  'node-spec': Flags.string({
    helpValue: 'JSON|@FILE|-',
    description: "node settings from the console's join command, as JSON",
    helpGroup: 'CONTAINER SERVICE',
  }),
  'openapi-endpoint': Flags.string({
    helpValue: 'URL',
    env: 'EDGEADM_OPENAPI_ENDPOINT',
    description: 'endpoint of the token exchange; default: https://cs-anony.REGION.aliyuncs.com/edgeadm/v1',
    helpGroup: 'CONTAINER SERVICE',
  }),
  'cluster-id': Flags.string({
    parse: nonEmptyName('--cluster-id'),
    helpValue: 'ID',
    description: "join a node pool of this cluster with the account's AccessKey",
    helpGroup: 'CONTAINER SERVICE',
  }),
  reboot: Flags.boolean({
    description: 'Windows: reboot if the join needs it; a task at start-up continues the join',
    helpGroup: 'RUN',
  }),
  'compat-matrix': Flags.string({
    helpValue: 'FILE',
    description: 'file with additional rows for the compatibility matrix',
    helpGroup: 'RUN',
  }),
};

/** One flag for each key of the configuration that has one. */
const keyFlags = {
  token: Flags.string({
    helpValue: 'ID.SECRET|@FILE|-',
    description: 'bootstrap token (or EDGEADM_TOKEN)',
    helpGroup: 'CLUSTER',
  }),
  'discovery-token-ca-cert-hash': Flags.string({
    ...repeatable,
    helpValue: 'sha256:HEX',
    description: 'expected hash of the cluster CA (repeatable)',
    helpGroup: 'CLUSTER',
  }),
  'discovery-token-unsafe-skip-ca-verification': Flags.boolean({
    description: 'skip CA verification (insecure: a man in the middle can take over the node)',
    helpGroup: 'CLUSTER',
  }),
  region: Flags.string({
    helpValue: 'REGION',
    description: 'region, such as cn-hangzhou',
    helpGroup: 'CONTAINER SERVICE',
  }),
  'node-name': Flags.string({
    helpValue: 'NAME',
    description: 'node name; default: host name. "*" generates six random characters, "*.SUFFIX" appends a suffix',
    helpGroup: 'NODE',
  }),
  'node-ip': Flags.string({ helpValue: 'IP', description: 'IP address the kubelet announces', helpGroup: 'NODE' }),
  'node-iface': Flags.string({
    helpValue: 'NIC',
    description: 'network interface for kubelet and Flannel',
    helpGroup: 'NODE',
  }),
  labels: Flags.string({
    ...repeatable,
    helpValue: 'K=V',
    description: 'labels of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  annotations: Flags.string({
    ...repeatable,
    helpValue: 'K=V',
    description: 'annotation of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  taints: Flags.string({
    ...repeatable,
    helpValue: 'K=V:EFFECT',
    description: 'taints of the node (repeatable)',
    helpGroup: 'NODE',
  }),
  nodepool: Flags.string({ helpValue: 'NAME', description: 'node pool to join', helpGroup: 'NODE' }),
  'allowed-cluster-addons': Flags.string({
    ...list,
    helpValue: 'NAME',
    description: 'add-ons allowed on the node (kube-proxy,flannel,coredns), the others are kept off; default: all',
    helpGroup: 'NODE',
  }),
  'max-pods': Flags.integer({
    helpValue: 'N',
    description: "maximum number of pods on the node, and so of pod IPs; default: the cluster's maxPods",
    helpGroup: 'NODE',
  }),
  'gpu-version': Flags.string({
    helpValue: 'MODEL',
    description: 'GPU model such as Nvidia_Tesla_T4',
    helpGroup: 'NODE',
  }),
  'edge-hub-image': Flags.string({
    helpValue: 'IMAGE',
    description: 'edge-hub image; default: the one named in the bundle',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-flavor': Flags.string({
    options: ['ack', 'openyurt'],
    description: 'edge-hub variant',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-as': Flags.string({
    options: ['pod', 'service'],
    description: 'run the edge-hub as a static pod or as a systemd service (openyurt, yurthub 1.6 and newer)',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-program': Flags.string({
    helpValue: 'FILE',
    description: 'yurthub program for the service; default: the one in the bundle, or on the node',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-version': Flags.string({
    helpValue: 'V',
    description: 'version of the yurthub program; default: from the bundle, or as the program reports it',
    helpGroup: 'EDGE-HUB',
  }),
  'edge-hub-mode': Flags.string({
    helpValue: 'token|kubeletcertificate',
    description: 'client certificate of yurthub: its own, requested with the token (default), or that of the kubelet',
    helpGroup: 'EDGE-HUB',
  }),
  'no-edge-hub': Flags.boolean({
    description: 'connect the kubelet directly to the API server',
    helpGroup: 'EDGE-HUB',
  }),
  'enable-iptables': Flags.boolean({
    description: 'let the edge-hub manage its iptables rules',
    helpGroup: 'EDGE-HUB',
  }),
  'manage-runtime': Flags.boolean({ description: 'install and manage containerd', helpGroup: 'SOFTWARE' }),
  runtime: Flags.string({
    options: ['containerd', 'docker'],
    description: 'container runtime (docker only before Kubernetes 1.24)',
    helpGroup: 'SOFTWARE',
  }),
  'cri-socket': Flags.string({
    helpValue: 'PATH',
    description: 'socket of the container runtime',
    helpGroup: 'SOFTWARE',
  }),
  'runtime-root-dir': Flags.string({
    helpValue: 'DIR',
    description: 'root directory of containerd',
    helpGroup: 'SOFTWARE',
  }),
  'pause-image': Flags.string({
    helpValue: 'IMAGE',
    description: 'pause image; default: the one named in the bundle',
    helpGroup: 'SOFTWARE',
  }),
  bundle: Flags.string({
    helpValue: 'DIR|TGZ|URL',
    description: 'bundle with the kubelet, CNI plug-ins, containerd and images to install',
    helpGroup: 'SOFTWARE',
  }),
  'bundle-sha256': Flags.string({
    helpValue: 'HEX',
    description: BUNDLE_SHA256,
    helpGroup: 'SOFTWARE',
  }),
  'kubernetes-version': Flags.string({
    helpValue: 'V',
    description: "kubelet version; default: the bundle's or the node's",
    helpGroup: 'SOFTWARE',
  }),
  'skip-phases': Flags.string({
    ...list,
    helpValue: 'NAME',
    description: 'phases to skip; see `edgeadm join phases`',
    helpGroup: 'RUN',
  }),
  'ignore-preflight-errors': Flags.string({
    ...list,
    helpValue: 'NAME|all',
    description: 'checks whose errors are reported as warnings',
    helpGroup: 'RUN',
  }),
  'rollback-on-failure': Flags.boolean({
    allowNo: true,
    description: 'roll back the node if the join fails (default)',
    helpGroup: 'RUN',
  }),
} satisfies Record<KeyFlag, object>;

/** Flags of join, preflight and config: one set, so that a line that passes one passes the others. */
export const joinFlags = { ...nodeFlags, ...requestFlags, ...keyFlags };

export const joinArgs = {
  'api-server': Args.string({
    // Else oclif reads it from standard input: of `curl … | sh` that is the rest of the script.
    ignoreStdin: true,
    description: 'HOST[:PORT] of the API server, several separated by commas',
  }),
};

/** What oclif made of the command line. */
export interface ParsedJoin {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly server?: string;
}

/** Flags that give the bootstrap token: ours, and kubeadm's for its two uses. */
export const TOKEN_FLAGS = ['token', 'discovery-token', 'tls-bootstrap-token'] as const;

/** kubeadm takes one token to discover the cluster and one to ask for certificates; edgeadm uses one for both. */
async function tokenOf(flags: ParsedJoin['flags'], refuse: Refuse): Promise<string | undefined> {
  const given = TOKEN_FLAGS.filter((flag) => flags[flag] !== undefined);
  const tokens: string[] = [];
  for (const flag of given) tokens.push((await secretOf(String(flags[flag]), `--${flag}`)) ?? '');
  if (new Set(tokens).size > 1)
    refuse(`${given.map((flag) => `--${flag}`).join(' and ')} differ: edgeadm uses one token for both, see --token`);
  return tokens[0];
}

/** What the command line says, by the keys of the configuration. */
export async function flagValues({ flags, server }: ParsedJoin, refuse: Refuse): Promise<Record<string, unknown>> {
  const texts = flags as { labels?: string[]; annotations?: string[]; taints?: string[] };
  return {
    ...Object.fromEntries(Object.entries(FLAG_OF_KEY).map(([key, flag]) => [key, flag && flags[flag]])),
    apiServers: server?.split(',').filter(Boolean),
    token: await tokenOf(flags, refuse),
    labels: pairsOf(texts.labels, { flag: '--labels', commas: true }, refuse),
    annotations: pairsOf(texts.annotations, { flag: '--annotations', commas: false }, refuse),
    taints: taintsOf(texts.taints, '--taints', refuse),
    // An empty value is a list without a name: it keeps all add-ons off.
    allowedClusterAddons: (flags['allowed-cluster-addons'] as string[] | undefined)?.filter(Boolean),
    edgeHub: flags['no-edge-hub'] ? false : undefined,
  };
}
