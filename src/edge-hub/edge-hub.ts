import { X509Certificate } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { refuseImage, refuseLabelValue, refuseNodeName } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { PATHS } from '../host/node-paths.ts';
import { kubeconfigYaml } from '../kubernetes/kubeconfig/write.ts';
import { loadTemplate, toYaml } from '../templates/yaml.ts';
import {
  type CertificateRow,
  EDGE_HUB_RELEASES,
  type EdgeHubCertificate,
  type EdgeHubFlavor,
  type EdgeHubRelease,
  type EdgeHubVersion,
  edgeHubRelease,
  releaseIfKnown,
} from './releases.ts';

export type { EdgeHubCertificate, EdgeHubFlavor, EdgeHubVersion } from './releases.ts';

export interface EdgeHubOptions extends EdgeHubVersion {
  readonly image: string;
  readonly nodeName: string;
  /** `https://HOST:PORT`, the first one is written into the hub's kubeconfig. */
  readonly apiServers: readonly string[];
  readonly nodePool?: string;
  readonly caPem: string;
  /** Lower-case hex SHA-256 of the CA's SubjectPublicKeyInfo. */
  readonly caHash?: string;
  /** The address of the node that its kubelet uses. */
  readonly nodeIp?: string;
  /** Certificate and key come in pairs; without a pair its file is left out. */
  readonly clientCertPem?: string;
  readonly clientKeyPem?: string;
  readonly servingCertPem?: string;
  readonly servingKeyPem?: string;
  /** The hub's own NOTRACK and ACCEPT rules. Default false; the ack flavour has none from Kubernetes 1.22 on. */
  readonly enableIptables?: boolean;
  /** The dummy interface with 169.254.2.1. Default true; yurthub exits if the kernel has no such link type. */
  readonly enableDummyInterface?: boolean;
}

export interface EdgeHubCertificates {
  readonly client: EdgeHubCertificate;
  readonly serving: EdgeHubCertificate;
}

/** A file with its content, or a symlink. */
type EdgeHubFile =
  | { readonly path: string; readonly content: string; readonly mode: number }
  | { readonly path: string; readonly linkTo: string };

/** Where a hub keeps what on the node, for setting it up and for clearing it away. */
export interface EdgeHubLayout {
  readonly rootDirectory: string;
  readonly pkiDirectory: string;
  /** Holds what the hub remembers of the API, Secrets too. The hub fills it. */
  readonly cacheDirectory: string;
  readonly kubeconfigPath: string;
  /** Left by a hub that made its certificate from a token, or made by yurthub itself; never written by edgeadm. */
  readonly bootstrapKubeconfigPath: string;
  readonly manifestPath: string;
}

export interface EdgeHubFiles extends EdgeHubLayout {
  /** To be written in this order: the manifest is the last, since the kubelet acts on it at once. */
  readonly files: readonly EdgeHubFile[];
  readonly directories: readonly { readonly path: string; readonly mode: number }[];
  readonly certificates: EdgeHubCertificates;
}

/** Loopback, and the dummy address under which pods reach the hub. */
const SERVING_ADDRESSES = ['127.0.0.1', '169.254.2.1'];

/**
 * Values that come from outside. None may hold a dollar, since the kubelet replaces `$(NAME)` in a command; whatever is
 * let through is still only ever one string.
 */
const GRAMMAR = { nodeName: refuseNodeName, nodePool: refuseLabelValue, image: refuseImage } as const;

/**
 * The certificates to ask for before any file of the hub can be made.
 *
 * @throws EdgeadmError USAGE if this hub does not go with this cluster, or its version is not known
 */
export function edgeHubCertificates(version: EdgeHubVersion & { readonly nodeName: string }): EdgeHubCertificates {
  checkValue('nodeName', version.nodeName);
  const release = edgeHubRelease(version);
  const { pkiDirectory } = layoutOf(release);
  const certificate = ({ cn, ...row }: CertificateRow, path: string, ipAddresses: readonly string[]) => ({
    ...row,
    cn: cn ?? `system:node:${version.nodeName}`,
    ipAddresses,
    path: `${pkiDirectory}/${path}-current.pem`,
  });
  return {
    client: certificate(release.client, release.program, []),
    serving: certificate(release.serving, `${release.program}-server`, SERVING_ADDRESSES),
  };
}

/**
 * Where every known hub of a flavour keeps its files, newest first: for a reset, and to find the remains of another
 * version or another cluster.
 */
export function edgeHubLayouts(flavor: EdgeHubFlavor): readonly EdgeHubLayout[] {
  const layouts = EDGE_HUB_RELEASES.filter((release) => release.flavor === flavor).map(layoutOf);
  return layouts
    .filter(
      (layout, i) =>
        layouts.findIndex(
          (other) => other.manifestPath === layout.manifestPath && other.rootDirectory === layout.rootDirectory,
        ) === i,
    )
    .reverse();
}

/**
 * Everything an edge-hub needs on the node. A join token is in none of it: the hub starts from its certificates.
 *
 * @throws EdgeadmError USAGE with every value that cannot be used, or where this hub does not go with this cluster
 */
export function edgeHubFiles(options: EdgeHubOptions): EdgeHubFiles {
  checkValues(options);
  const release = edgeHubRelease(options);
  const layout = layoutOf(release);
  const certificates = edgeHubCertificates(options);
  const server = new URL(options.apiServers[0] as string).origin;
  return {
    ...layout,
    directories: [layout.rootDirectory, layout.pkiDirectory, layout.cacheDirectory].map((path) => ({
      path,
      mode: 0o700,
    })),
    files: [
      { path: `${layout.pkiDirectory}/ca.crt`, content: withNewline(options.caPem), mode: 0o644 },
      ...keyPair(certificates.client.path, options.clientCertPem, options.clientKeyPem),
      ...keyPair(certificates.serving.path, options.servingCertPem, options.servingKeyPem),
      {
        path: layout.kubeconfigPath,
        content: kubeconfig(server, options.caPem, certificates.client.path),
        mode: 0o600,
      },
      { path: layout.manifestPath, content: manifest(release, options), mode: 0o600 },
    ],
    certificates,
  };
}

function layoutOf(release: EdgeHubRelease): EdgeHubLayout {
  return {
    rootDirectory: release.rootDirectory,
    pkiDirectory: `${release.rootDirectory}/pki`,
    cacheDirectory: PATHS.kubernetes.cache,
    kubeconfigPath: `${release.rootDirectory}/${release.kubeconfig}`,
    bootstrapKubeconfigPath: `${release.rootDirectory}/${release.bootstrapKubeconfig}`,
    manifestPath: `${PATHS.kubernetes.manifests}/${release.manifest}`,
  };
}

function manifest(release: EdgeHubRelease, options: EdgeHubOptions): string {
  const pod = loadTemplate<V1Pod>(release.template);
  const container = pod.spec?.containers[0];
  if (!container?.command) throw new Error(`${release.template} has no container with a command`);
  container.image = options.image;
  container.command.push(...flagsOf(release, options));
  return toYaml(pod);
}

function flagsOf(release: EdgeHubRelease, options: EdgeHubOptions): string[] {
  const flags = [`${SERVER_FLAG}${options.apiServers.map((url) => new URL(url).origin).join(',')}`, ...release.flags];
  if (options.nodePool) flags.push(`${POOL_FLAG}${options.nodePool}`);
  flags.push(...ownFlags(release, options));
  if (options.enableDummyInterface === false) flags.push('--enable-dummy-if=false');
  return [...flags, ...iptablesFlag(release, options.enableIptables ?? false)];
}

/** Flags with values of this cluster and node. */
function ownFlags(release: EdgeHubRelease, { caHash, nodeIp }: Pick<EdgeHubOptions, 'caHash' | 'nodeIp'>): string[] {
  return [
    ...(release.pinsCa && caHash ? [`${CA_HASH_FLAG}sha256:${caHash}`] : []),
    ...(release.takesNodeIp && nodeIp ? [`${NODE_IP_FLAG}${nodeIp}`] : []),
  ];
}

function iptablesFlag({ iptablesByDefault }: EdgeHubRelease, enable: boolean): string[] {
  const needed = iptablesByDefault !== undefined && iptablesByDefault !== enable;
  return needed ? [`${IPTABLES_FLAG}${enable}`] : [];
}

/** The manifest of a hub on a node, fitted to another version. */
export interface EdgeHubChange {
  /** Where the other version has its manifest. */
  readonly manifestPath: string;
  /** Why the other version cannot run with what this pod says; undefined if it can. */
  refusal(pod: V1Pod): string | undefined;
  /** Gives the pod the image and the flags of the other version; what its owner changed in it stays. */
  fit(pod: V1Pod): string;
}

/**
 * What it takes to replace a hub by another version of it.
 * @throws EdgeadmError USAGE if the other version does not go with this cluster, is not known, or keeps its
 *   certificates in another place: then a join has to request new ones
 */
export function edgeHubChange(
  installed: EdgeHubVersion,
  wanted: EdgeHubVersion & { image: string } & Pick<EdgeHubOptions, 'caHash' | 'nodeIp'>,
): EdgeHubChange {
  const to = edgeHubRelease(wanted);
  const from = releaseIfKnown(installed);
  if (from && (from.rootDirectory !== to.rootDirectory || from.program !== to.program))
    throw new EdgeadmError({
      code: 'USAGE',
      what: `the edge-hub ${wanted.image} cannot replace ${installed.image}`,
      why: `it keeps its certificates in ${to.rootDirectory}, the installed one in ${from.rootDirectory}`,
      next: 'edgeadm reset, then join with the new edge-hub; or upgrade with a bundle without edge-hub image',
    });
  return {
    manifestPath: layoutOf(to).manifestPath,
    refusal: (pod) =>
      to.needsPool && !commandOf(pod).some((word) => word.startsWith(POOL_FLAG))
        ? `${wanted.image} does not start without a node pool, and this node was joined without one`
        : undefined,
    fit: (pod) => fitPod(pod, from, to, wanted),
  };
}

const SERVER_FLAG = '--server-addr=';
const IPTABLES_FLAG = '--enable-iptables=';
const POOL_FLAG = '--nodepool-name=';
const CA_HASH_FLAG = '--discovery-token-ca-cert-hash=';
const NODE_IP_FLAG = '--node-ip=';

function commandOf(pod: V1Pod): readonly string[] {
  return pod.spec?.containers?.[0]?.command ?? [];
}

function fitPod(
  pod: V1Pod,
  from: EdgeHubRelease | undefined,
  to: EdgeHubRelease,
  wanted: { readonly image: string } & Pick<EdgeHubOptions, 'caHash' | 'nodeIp'>,
): string {
  const container = pod.spec?.containers?.[0];
  if (!container) return toYaml(pod);
  const command = commandOf(pod);
  const said = command.find((word) => word.startsWith(IPTABLES_FLAG));
  const iptables = said ? said === `${IPTABLES_FLAG}true` : (from?.iptablesByDefault ?? false);
  const ofReleases = new Set(EDGE_HUB_RELEASES.flatMap(({ flags }) => flags));
  const isOwn = (word: string): boolean => word.startsWith(CA_HASH_FLAG) || word.startsWith(NODE_IP_FLAG);
  const common = command.filter((word) => word !== said && !ofReleases.has(word) && !isOwn(word));
  const pool = common.findIndex((word) => word.startsWith(POOL_FLAG));
  if (pool >= 0) common.splice(pool + 1, 0, ...ownFlags(to, wanted));
  const server = common.findIndex((word) => word.startsWith(SERVER_FLAG));
  common.splice(server + 1 || common.length, 0, ...to.flags);
  container.image = wanted.image;
  container.command = [...common, ...iptablesFlag(to, iptables)];
  return toYaml(pod);
}

function kubeconfig(server: string, caPem: string, pairPath: string): string {
  const user = { 'client-certificate': pairPath, 'client-key': pairPath };
  return kubeconfigYaml({ server, caPem: withNewline(caPem), user });
}

/**
 * Certificate and key in one file, and the `-current` symlink to it. Hubs keep their certificates in client-go's file
 * store, which renews one only if that name is a symlink: with a plain file every renewal would fail.
 * (client-go v0.18: util/certificate/certificate_store.go, updateSymlink)
 */
function keyPair(current: string, certPem: string | undefined, keyPem: string | undefined): EdgeHubFile[] {
  if (certPem === undefined || keyPem === undefined) return [];
  const issued = new X509Certificate(certPem).validFromDate.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const path = current.replace('-current.pem', `-${issued}.pem`);
  return [
    { path, content: withNewline(certPem) + withNewline(keyPem), mode: 0o600 },
    { path: current, linkTo: path },
  ];
}

function withNewline(pem: string): string {
  return `${pem.trimEnd()}\n`;
}

function checkValue(key: keyof typeof GRAMMAR, value: string): void {
  if (GRAMMAR[key](value)) throw unusable([`${key}: ${JSON.stringify(value)}`]);
}

function checkValues(options: EdgeHubOptions): void {
  const mistakes = (Object.keys(GRAMMAR) as (keyof typeof GRAMMAR)[])
    .filter((key) => options[key] !== undefined && GRAMMAR[key](options[key]))
    .map((key) => `${key}: ${JSON.stringify(options[key])}`);
  if (options.apiServers.length === 0) mistakes.push('apiServers: none');
  mistakes.push(
    ...options.apiServers.filter((url) => !isServer(url)).map((url) => `apiServers: ${JSON.stringify(url)}`),
  );
  if (mistakes.length > 0) throw unusable(mistakes);
}

function isServer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' && `${url.origin}/` === url.href && !/[,\s$]/.test(text);
}

function unusable(mistakes: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'USAGE',
    what: 'invalid values for the edge-hub',
    why: mistakes.join('\n'),
  });
}
