import { EDGE_HUB_RELEASES, type EdgeHubMode, type EdgeHubRelease } from './releases.ts';

/** Values of this cluster and node that a hub is given as flags. */
export interface EdgeHubFlagOptions {
  /** `https://HOST:PORT` */
  readonly apiServers: readonly string[];
  readonly nodePool?: string;
  /** Lower-case hex SHA-256 of the CA's SubjectPublicKeyInfo. */
  readonly caHash?: string;
  /** The address of the node that its kubelet uses. */
  readonly nodeIp?: string;
  /** Default: `token`. */
  readonly mode?: EdgeHubMode;
  /** The hub's own NOTRACK and ACCEPT rules. Default false; the ack flavour has none from Kubernetes 1.22 on. */
  readonly enableIptables?: boolean;
  /** The dummy interface with 169.254.2.1. Default true; yurthub exits if the kernel has no such link type. */
  readonly enableDummyInterface?: boolean;
}

const SERVER_FLAG = '--server-addr=';
const IPTABLES_FLAG = '--enable-iptables=';
const POOL_FLAG = '--nodepool-name=';
const CA_HASH_FLAG = '--discovery-token-ca-cert-hash=';
const NODE_IP_FLAG = '--node-ip=';
const MODE_FLAG = '--bootstrap-mode=';

/** The flags of a hub beside those that never differ. */
export function flagsOf(release: EdgeHubRelease, options: EdgeHubFlagOptions): string[] {
  const servers = options.apiServers.map((url) => new URL(url).origin).join(',');
  return [
    `${SERVER_FLAG}${servers}`,
    ...bootstrapFlags(release, options.mode),
    ...(options.nodePool ? [`${POOL_FLAG}${options.nodePool}`] : []),
    ...ownFlags(release, options),
    ...(options.enableDummyInterface === false ? ['--enable-dummy-if=false'] : []),
    ...iptablesFlag(release, options.enableIptables ?? false),
  ];
}

/**
 * The flags of a hub, fitted to another version of it; what its owner changed in them stays.
 * @param words the command of the hub, with or without the program
 */
export function fitFlags(
  words: readonly string[],
  from: EdgeHubRelease | undefined,
  to: EdgeHubRelease,
  wanted: Pick<EdgeHubFlagOptions, 'caHash' | 'nodeIp'>,
): string[] {
  const mode = modeIn(words);
  const said = words.find((word) => word.startsWith(IPTABLES_FLAG));
  const iptables = said ? said === `${IPTABLES_FLAG}true` : (from?.iptablesByDefault ?? false);
  const ofReleases = new Set(EDGE_HUB_RELEASES.flatMap(({ flags }) => flags));
  const isOwn = (word: string): boolean =>
    [CA_HASH_FLAG, NODE_IP_FLAG, MODE_FLAG].some((flag) => word.startsWith(flag));
  const common = words.filter((word) => word !== said && !ofReleases.has(word) && !isOwn(word));
  const pool = common.findIndex((word) => word.startsWith(POOL_FLAG));
  if (pool >= 0) common.splice(pool + 1, 0, ...ownFlags(to, { ...wanted, mode }));
  const server = common.findIndex((word) => word.startsWith(SERVER_FLAG));
  common.splice(server + 1 || common.length, 0, ...bootstrapFlags(to, mode));
  return [...common, ...iptablesFlag(to, iptables)];
}

export function hasNodePool(words: readonly string[]): boolean {
  return words.some((word) => word.startsWith(POOL_FLAG));
}

/** The mode that the flags of a hub say; `token` if they say none. */
export function modeIn(words: readonly string[]): EdgeHubMode {
  return words.includes(`${MODE_FLAG}kubeletcertificate`) ? 'kubeletcertificate' : 'token';
}

function bootstrapFlags({ flags, takesMode }: EdgeHubRelease, mode: EdgeHubMode = 'token'): readonly string[] {
  return mode === 'kubeletcertificate' && takesMode ? [`${MODE_FLAG}${mode}`] : flags;
}

/** Flags with values of this cluster and node. */
function ownFlags(
  release: EdgeHubRelease,
  { caHash, nodeIp, mode }: Pick<EdgeHubFlagOptions, 'caHash' | 'nodeIp' | 'mode'>,
): string[] {
  return [
    ...(release.pinsCa && caHash && mode !== 'kubeletcertificate' ? [`${CA_HASH_FLAG}sha256:${caHash}`] : []),
    ...(release.takesNodeIp && nodeIp ? [`${NODE_IP_FLAG}${nodeIp}`] : []),
  ];
}

function iptablesFlag({ iptablesByDefault }: EdgeHubRelease, enable: boolean): string[] {
  const needed = iptablesByDefault !== undefined && iptablesByDefault !== enable;
  return needed ? [`${IPTABLES_FLAG}${enable}`] : [];
}
