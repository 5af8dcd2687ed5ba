import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { V1Taint } from '@kubernetes/client-node';
import { z } from 'zod';
import { refuseNodeLabel } from '../../src/config/grammar.ts';
import type { Machine } from '../../src/host/machine.ts';
import type { ApiConnection } from '../../src/kubernetes/api/client.ts';
import { isFieldsFlag } from '../../src/kubernetes/kubelet/fields.ts';
import { minorOf } from '../../src/kubernetes/version.ts';
import { parseYaml } from './yaml.ts';

/** What the flags and files of a kubelet say. */
export interface KubeletRunSettings {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly V1Taint[];
  readonly staticPodPath: string | undefined;
  readonly connection: ApiConnection;
  readonly maxPods: number;
  /** Thresholds by signal, `nodefs.available`. */
  readonly evictionHard: Readonly<Record<string, string>>;
}

/** Why a kubelet exits, in its own words. */
export class KubeletFault extends Error {}

type Files = Pick<Machine, 'readFile' | 'stat' | 'list'>;

/** Flags besides those that have a field of the configuration; a kubelet exits over any other. `removed`: the minor version. */
const FLAGS: Readonly<Record<string, { readonly removed?: number }>> = {
  'bootstrap-kubeconfig': {},
  config: {},
  'container-runtime': { removed: 27 },
  'container-runtime-endpoint': {},
  'hostname-override': {},
  kubeconfig: {},
  'network-plugin': { removed: 24 },
  'node-ip': {},
  'node-labels': {},
  'pod-infra-container-image': { removed: 35 },
  'register-with-taints': {},
  'pod-manifest-path': {},
  'root-dir': {},
  v: {},
};

/** The fields of KubeletConfiguration that are used. */
const CONFIGURATION = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  authentication: z.looseObject({ x509: z.looseObject({ clientCAFile: z.string().optional() }).optional() }).optional(),
  cgroupDriver: z.string().optional(),
  clusterDNS: z.array(z.string()).optional(),
  evictionHard: z.record(z.string(), z.string()).optional(),
  failSwapOn: z.boolean().optional(),
  maxPods: z.int().optional(),
  registerWithTaints: z
    .array(z.looseObject({ key: z.string(), value: z.string().optional(), effect: z.string() }))
    .optional(),
  resolvConf: z.string().optional(),
  staticPodPath: z.string().optional(),
});

type Configuration = z.output<typeof CONFIGURATION>;

/**
 * Reads what a kubelet reads when it starts, in its order.
 * @param hostname of the machine: the node's name unless a flag says otherwise
 * @throws KubeletFault if a kubelet of that version would exit
 */
export async function readRunSettings(
  files: Files,
  args: readonly string[],
  { version, hostname }: { readonly version: string; readonly hostname: string },
): Promise<KubeletRunSettings> {
  const flags = parseFlags(args, minorOf(version));
  const labels = parseLabels(flags.get('node-labels'));
  const configuration = await readConfiguration(files, flags.get('config'));
  const nodeIp = flags.get('node-ip') ?? '';
  if (isIP(nodeIp) === 0) throw new KubeletFault(`failed to run Kubelet: invalid node IP "${nodeIp}"`);
  return {
    nodeName: flags.get('hostname-override') ?? hostname.toLowerCase(),
    nodeIp,
    labels,
    taints: configuration.registerWithTaints ?? parseTaints(flags.get('register-with-taints')),
    staticPodPath: configuration.staticPodPath,
    connection: await readKubeconfig(files, flags.get('kubeconfig')),
    // Flags count more than the configuration file.
    maxPods: Number(flags.get('max-pods') ?? configuration.maxPods ?? 110),
    evictionHard: thresholdsOf(flags.get('eviction-hard')) ?? configuration.evictionHard ?? {},
  };
}

function parseFlags(args: readonly string[], minor: number): Map<string, string> {
  const flags = new Map<string, string>();
  for (const word of args) {
    const [, name = '', value] = /^--([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (name === '') throw new KubeletFault(`unknown command ${JSON.stringify(word)}`);
    const row = FLAGS[name] ?? (isFieldsFlag(name) ? {} : undefined);
    if (!row || minor >= (row.removed ?? Number.POSITIVE_INFINITY))
      throw new KubeletFault(`failed to parse kubelet flag: unknown flag: --${name}`);
    if (value === undefined) throw new KubeletFault(`failed to parse kubelet flag: flag needs an argument: --${name}`);
    flags.set(name, value);
  }
  return flags;
}

/** `memory.available<5%,nodefs.available<1Gi` */
function thresholdsOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(',').flatMap((part) => {
      const [signal = '', value] = part.split('<');
      return value === undefined ? [] : [[signal, value]];
    }),
  );
}

function parseLabels(text = ''): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of text.split(',').filter(Boolean)) {
    const at = pair.indexOf('=');
    if (at < 1) throw new KubeletFault(`invalid argument ${JSON.stringify(text)} for "--node-labels" flag`);
    labels[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const foreign = Object.keys(labels).filter((key) => refuseNodeLabel(key) !== undefined);
  if (foreign.length > 0)
    throw new KubeletFault(
      `failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${foreign.join(' ')}]`,
    );
  return labels;
}

function parseTaints(text = ''): V1Taint[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((taint) => {
      const [, key = '', value, effect = ''] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(taint) ?? [];
      if (!/^(NoSchedule|PreferNoSchedule|NoExecute)$/.test(effect))
        throw new KubeletFault(`invalid argument ${JSON.stringify(text)} for "--register-with-taints" flag`);
      return { key, ...(value && { value }), effect };
    });
}

async function readConfiguration(files: Files, path: string | undefined): Promise<Configuration> {
  if (path === undefined) return {};
  const bad = (why: string): KubeletFault =>
    new KubeletFault(`failed to load Kubelet config file ${path}, error ${why}`);
  const text = await textOf(files, path);
  if (text === undefined) throw bad(`open ${path}: no such file or directory`);
  const configuration = parseYaml(text, CONFIGURATION, (why) => bad(why));
  if (configuration.kind !== 'KubeletConfiguration' || configuration.apiVersion !== 'kubelet.config.k8s.io/v1beta1')
    throw bad(`no kind "${configuration.kind}" is registered for version "${configuration.apiVersion}"`);
  await checkConfiguration(files, configuration);
  return configuration;
}

async function checkConfiguration(files: Files, configuration: Configuration): Promise<void> {
  const { cgroupDriver = 'cgroupfs', clusterDNS = [], failSwapOn = true, resolvConf } = configuration;
  if (!/^(cgroupfs|systemd)$/.test(cgroupDriver))
    throw new KubeletFault(`failed to run Kubelet: invalid cgroup driver "${cgroupDriver}"`);
  if (!Array.isArray(clusterDNS) || clusterDNS.some((address) => isIP(String(address)) === 0))
    throw new KubeletFault(`invalid configuration: clusterDNS ${JSON.stringify(clusterDNS)} are not IP addresses`);
  const swap = ((await textOf(files, '/proc/swaps')) ?? '').trim().split('\n').slice(1);
  if (failSwapOn && swap.length > 0)
    throw new KubeletFault(`failed to run Kubelet: running with swap on is not supported: ${swap.join(', ')}`);
  if (resolvConf && !(await files.stat(resolvConf)))
    throw new KubeletFault(`failed to run Kubelet: open ${resolvConf}: no such file or directory`);
  const ca = configuration.authentication?.x509?.clientCAFile;
  if (ca) certificateIn(await textOf(files, ca), `unable to load client CA file ${ca}`);
}

const text = z.string().optional();
const KUBECONFIG = z.looseObject({
  clusters: z
    .array(
      z.looseObject({
        cluster: z
          .looseObject({ server: text, 'certificate-authority': text, 'certificate-authority-data': text })
          .optional(),
      }),
    )
    .optional(),
  users: z
    .array(z.looseObject({ user: z.looseObject({ 'client-certificate': text, 'client-key': text }).optional() }))
    .optional(),
});

/**
 * The connection that a kubeconfig of a kubelet or an edge-hub names: a server of the node's own (an edge-hub) over
 * plain HTTP, or an API server over TLS with the certificate files it names.
 * @throws KubeletFault if the file, or one that it names, is missing or wrong
 */
export async function readKubeconfig(files: Files, path = '(no --kubeconfig)'): Promise<ApiConnection> {
  const bad = (why: string): KubeletFault => new KubeletFault(`failed to run Kubelet: invalid kubeconfig: ${why}`);
  const text = await textOf(files, path);
  if (text === undefined) throw bad(`stat ${path}: no such file or directory`);
  const config = parseYaml(text, KUBECONFIG, (why) => bad(`error loading config file "${path}": ${why}`));
  const cluster = config.clusters?.[0]?.cluster;
  const server = cluster?.server ?? '';
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) throw bad(`${path} has no server`);
  if (server.startsWith('http:')) return { servers: [server] };
  const user = config.users?.[0]?.user;
  const data = cluster?.['certificate-authority-data'];
  const caPath = cluster?.['certificate-authority'] ?? '';
  const ca = data ? Buffer.from(data, 'base64').toString('utf8') : await textOf(files, caPath);
  certificateIn(ca, `unable to load root certificates of ${path}`);
  const [cert, key] = await Promise.all(
    [user?.['client-certificate'] ?? '', user?.['client-key'] ?? ''].map((file) => textOf(files, file)),
  );
  certificateIn(cert, `unable to read client-cert ${user?.['client-certificate']}`);
  if (!/PRIVATE KEY-----/.test(key ?? '')) throw bad(`unable to read client-key ${user?.['client-key']}`);
  return { servers: [server], ca, cert, key };
}

function certificateIn(text: string | undefined, what: string): void {
  try {
    new X509Certificate(text ?? '');
  } catch {
    const why = text === undefined ? 'no such file or directory' : 'data does not contain any valid certificates';
    throw new KubeletFault(`failed to run Kubelet: ${what}: ${why}`);
  }
}

async function textOf(files: Pick<Files, 'readFile'>, path: string): Promise<string | undefined> {
  return path.startsWith('/') ? (await files.readFile(path))?.toString('utf8') : undefined;
}
