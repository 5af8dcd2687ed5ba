import { X509Certificate } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { refuseImage, refuseLabelValue, refuseNodeName } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { PATHS } from '../host/node-paths.ts';
import { kubeconfigYaml } from '../kubernetes/kubeconfig/write.ts';
import { loadTemplate, toYaml } from '../templates/yaml.ts';
import { type EdgeHubFlagOptions, flagsOf } from './flags.ts';
import {
  type CertificateRow,
  EDGE_HUB_RELEASES,
  type EdgeHubCertificate,
  type EdgeHubFlavor,
  type EdgeHubRelease,
  type EdgeHubVersion,
  edgeHubRelease,
} from './releases.ts';
import { serviceDropIn, serviceUnit } from './service.ts';

export type { EdgeHubCertificate, EdgeHubFlavor, EdgeHubVersion } from './releases.ts';

export interface EdgeHubOptions extends EdgeHubVersion, EdgeHubFlagOptions {
  /** Of a static pod; a hub without one is a service, of the version `hubVersion`. */
  readonly image?: string;
  readonly nodeName: string;
  readonly caPem: string;
  /** Certificate and key come in pairs; without a pair its file is left out. */
  readonly clientCertPem?: string;
  readonly clientKeyPem?: string;
  readonly servingCertPem?: string;
  readonly servingKeyPem?: string;
}

export interface EdgeHubCertificates {
  readonly client: EdgeHubCertificate;
  readonly serving: EdgeHubCertificate;
}

/** A file with its content, or a symlink. */
export type EdgeHubFile =
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
  /**
   * To be written in this order: the manifest is the last, since the kubelet acts on it at once. A service has a unit
   * and a drop-in in its place.
   */
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
  const release = edgeHubRelease(options);
  const common = commonFiles(options);
  const ofForm = options.image === undefined ? serviceFiles(release, options) : podFiles(release, options);
  return { ...common, files: [...common.files, ...ofForm] };
}

/**
 * What a hub needs in every form: certificates and kubeconfig.
 * @param nativePath how the system of the node spells a path
 * @throws EdgeadmError USAGE as {@link edgeHubFiles}
 */
export function commonFiles(
  options: EdgeHubOptions,
  nativePath: (path: string) => string = (path) => path,
): EdgeHubFiles {
  checkValues(options);
  const layout = layoutOf(edgeHubRelease(options));
  const certificates = edgeHubCertificates(options);
  const server = new URL(options.apiServers[0] as string).origin;
  const clientPath = options.mode === 'kubeletcertificate' ? PATHS.kubelet.clientCertificate : certificates.client.path;
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
        content: kubeconfig(server, options.caPem, nativePath(clientPath)),
        mode: 0o600,
      },
    ],
    certificates,
  };
}

/** Where a release keeps its files. */
export function layoutOf(release: EdgeHubRelease): EdgeHubLayout {
  return {
    rootDirectory: release.rootDirectory,
    pkiDirectory: `${release.rootDirectory}/pki`,
    cacheDirectory: PATHS.kubernetes.cache,
    kubeconfigPath: `${release.rootDirectory}/${release.kubeconfig}`,
    bootstrapKubeconfigPath: `${release.rootDirectory}/${release.bootstrapKubeconfig}`,
    manifestPath: `${PATHS.kubernetes.manifests}/${release.manifest}`,
  };
}

function podFiles(release: EdgeHubRelease, options: EdgeHubOptions): EdgeHubFile[] {
  const pod = loadTemplate<V1Pod>(release.template);
  const container = pod.spec?.containers[0];
  if (!container?.command) throw new Error(`${release.template} has no container with a command`);
  container.image = options.image;
  container.command.push(...flagsOf(release, options));
  return [{ path: layoutOf(release).manifestPath, content: toYaml(pod), mode: 0o600 }];
}

function serviceFiles(release: EdgeHubRelease, options: EdgeHubOptions): EdgeHubFile[] {
  const flags = hubServiceFlags(release, options);
  // The unit comes last, so that systemd knows all of it as soon as it knows it.
  return [
    {
      path: PATHS.edgeHub.dropIn,
      content: serviceDropIn({ version: options.hubVersion ?? '', flags }),
      mode: 0o644,
    },
    { path: PATHS.edgeHub.unitFile, content: serviceUnit(), mode: 0o644 },
  ];
}

/** The flags of a hub that is a service. */
export function hubServiceFlags(release: EdgeHubRelease, options: EdgeHubOptions): string[] {
  return ['--v=2', `--node-name=${options.nodeName}`, '--working-mode=edge', ...flagsOf(release, options)];
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
