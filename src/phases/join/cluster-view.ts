import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import { normaliseServer } from '../../config/grammar.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { HttpError } from '../../http/index.ts';
import { ApiClient, type ApiConnection, type ApiResponse, type ClientOptions } from '../../kubernetes/api/client.ts';
import {
  type ClusterInfo,
  parseClusterInfo,
  readClusterInfo,
  verifySignature,
} from '../../kubernetes/api/cluster-info.ts';
import { Connections } from '../../kubernetes/api/connections.ts';
import { findGroup } from '../../kubernetes/api/discovery.ts';
import { type ClusterNetworks, clusterNetworksIn } from '../../kubernetes/cluster-networks.ts';
import { kubeletConfigMaps } from '../../kubernetes/kubelet/migrations.ts';
import { SANDBOX_TREE_STATE, serverVersionOf } from '../../kubernetes/version.ts';
import { type Origin, repeatedKeyIn, yamlMap } from '../../lib/check-shape.ts';
import type { Clock } from '../../lib/clock.ts';
import { clockDifference } from '../../lib/clock-difference.ts';
import { memoize } from '../../lib/memoize.ts';
import { waitFor } from '../../lib/wait-for.ts';
import { pinCa } from '../../pki/ca-hash.ts';
import type { FirstAnswer, TrustedCluster } from '../preflight/context.ts';
import type { ClusterView } from './context.ts';

interface ClusterViewOptions extends ClientOptions {
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Asks the cluster what a join has to know, over connections that start on the node.
 */
export function clusterView(
  spec: JoinSpec,
  host: Host,
  { clock, ...options }: ClusterViewOptions = {},
): ClusterView & { close(): void } {
  const { open, close } = clientsFrom(host, options);
  const [tokenId = ''] = spec.token.split('.');
  const anonymous = memoize(() => askAnonymously(open({ servers: spec.apiServers }), host));
  const info = memoize(async () => {
    const first = parseClusterInfo((await anonymous()).answer);
    return first.signatures.has(tokenId)
      ? first
      : ((await freshSignature(open({ servers: spec.apiServers }), tokenId, clock)) ?? first);
  });
  const trusted = memoize(() => pinAndConfirm(spec, info, open, host));
  const verifySecret = async (): Promise<void> =>
    verifySignature(await info(), spec.token, (await anonymous()).first.clockDifferenceMs);
  const bootstrapClient = memoize(async () => {
    // A server that has not proved that it knows the token does not get to see it.
    await verifySecret();
    const { caPem, servers } = await trusted();
    return open({ servers, ca: caPem, token: spec.token });
  });
  const build = memoize(async () => askVersion(await bootstrapClient(), tokenId));
  const version = async (): Promise<string> => (await build()).version;

  const kubeadmConfig = memoize(async () =>
    findText(await bootstrapClient(), 'ClusterConfiguration', ['kubeadm-config']),
  );
  const kubeletConfig = memoize(async () =>
    findText(await bootstrapClient(), 'kubelet', kubeletConfigMaps(await version())),
  );

  return {
    firstAnswer: async () => (await anonymous()).first,
    verifyToken: async () => {
      await verifySecret();
      await version().catch(onlyRefusedToken);
    },
    trusted,
    version,
    isSandbox: async () => (await build()).isSandbox,
    bootstrapClient,
    nodeClient: async ({ cert, key }) => {
      const { caPem, servers } = await trusted();
      return open({ servers, ca: caPem, cert, key });
    },
    networks: memoize(async () => networksOf(spec, kubeadmConfig)),
    kubeletConfiguration: memoize(async () => {
      const { found } = await kubeletConfig();
      return found && yamlMap(found.text, found);
    }),
    repeatedKeys: async () => repeatedKeysIn([(await kubeadmConfig()).found, (await kubeletConfig()).found]),
    missingTexts: async () => missingTextsIn(await kubeadmConfig(), await kubeletConfig()),
    hasNodePool: async (name) => hasNodePool(await bootstrapClient(), name),
    status: async (path) => (await (await bootstrapClient()).send('GET', path)).status,
    node: async (name) => findNode(await bootstrapClient(), name),
    close,
  };
}

/**
 * Clients whose connections start on the node. Those that trust the same CA and show the same certificate share them: a
 * token is sent with each request.
 */
function clientsFrom(host: Host, options: ClientOptions) {
  const shared = new Map<string, Connections>();
  return {
    open: (connection: ApiConnection): ApiClient => {
      const { ca, cert, key: secret, serverName, proxy } = connection;
      const key = JSON.stringify([ca, cert, secret, serverName, proxy]);
      const connections =
        shared.get(key) ?? new Connections(connection, (address, more) => host.connect(address, more));
      shared.set(key, connections);
      return new ApiClient(connection, connections, options);
    },
    close: (): void => {
      for (const connections of shared.values()) connections.close();
    },
  };
}

interface FirstLook {
  readonly answer: ApiResponse<unknown>;
  readonly first: FirstAnswer;
}

async function askAnonymously(client: ApiClient, host: Host): Promise<FirstLook> {
  const started = performance.now();
  const { now: asked } = await host.clock();
  const answer = await readClusterInfo(client);
  const clockDifferenceMs = clockDifference(answer.headers.date, asked, performance.now() - started);
  return { answer, first: { server: answer.server, clockDifferenceMs } };
}

/** The signature for a token that was made a moment ago comes a second or two after it. */
async function freshSignature(
  client: ApiClient,
  tokenId: string,
  clock: Clock | undefined,
): Promise<ClusterInfo | undefined> {
  const what = `cluster-info to be signed for the token ${tokenId}`;
  const probe = async () => {
    const info = parseClusterInfo(await readClusterInfo(client));
    return info.signatures.has(tokenId) ? { done: info } : { seen: 'no signature' };
  };
  return waitFor({ what, probe, timeoutMs: 3000, intervalMs: [250, 500], clock }).catch(() => undefined);
}

/** The first thing that the token is used for. @throws EdgeadmError TOKEN_REFUSED */
async function askVersion(client: ApiClient, tokenId: string): Promise<{ version: string; isSandbox: boolean }> {
  const answer = await client.send('GET', '/version');
  if (answer.status === 401) {
    throw new EdgeadmError({
      code: 'TOKEN_REFUSED',
      what: `the API server rejected the bootstrap token ${tokenId} (401 Unauthorized)`,
      why: 'HTTP 401 to GET /version: it signs cluster-info, but lacks the usage authentication or has just expired',
    });
  }
  const { body, server } = answer.status === 200 ? answer : await client.request('GET', '/version');
  const { gitTreeState } = (body ?? {}) as { gitTreeState?: unknown };
  return { version: serverVersionOf(body, server), isSandbox: gitTreeState === SANDBOX_TREE_STATE };
}

/** Any other reason is not the token's fault. */
function onlyRefusedToken(error: unknown): void {
  if (error instanceof EdgeadmError && error.code === 'TOKEN_REFUSED') throw error;
}

/** Clusters that kubeadm older than 1.18 made do not let a bootstrap token read Nodes. */
async function findNode(client: ApiClient, name: string): Promise<V1Node | 'not readable' | undefined> {
  const answer = await client.send<V1Node>('GET', `/api/v1/nodes/${name}`);
  if (answer.status === 403) return 'not readable';
  if (answer.status === 404) return undefined;
  return client.get<V1Node>(`/api/v1/nodes/${name}`);
}

/** OpenYurt's NodePools. A token that may not read them gets a 403, and in a plain cluster there is no such group. */
async function hasNodePool(client: ApiClient, name: string): Promise<boolean | undefined> {
  const group = await findGroup(client, 'apps.openyurt.io').catch(() => undefined);
  if (!group) return undefined;
  const { status } = await client.send('GET', `/apis/${group.preferred}/nodepools/${encodeURIComponent(name)}`);
  if (status === 200) return true;
  return status === 404 ? false : undefined;
}

/** Pins the CA of the first answer, then asks again with it: what was not the same is not believed. */
async function pinAndConfirm(
  spec: JoinSpec,
  info: () => Promise<ClusterInfo>,
  open: (connection: ApiConnection) => ApiClient,
  host: Host,
): Promise<TrustedCluster> {
  const { caPem, kubeconfig, advertisedServer } = await info();
  const { hash: caHash, pem: pinned } = pinCa(caPem, spec.unsafeSkipCaVerification ? 'any' : spec.caCertHashes);
  const confirm = async (servers: readonly string[]): Promise<string> => {
    const answer = await readClusterInfo(open({ servers, ca: pinned }));
    if (parseClusterInfo(answer).kubeconfig === kubeconfig) return answer.server;
    throw new EdgeadmError({
      code: 'CLUSTER_INFO_INVALID',
      what: `${answer.server} published two different cluster-infos`,
      why: 'the first, unverified answer differs from the one over verified TLS',
    });
  };
  const advertised = normaliseServer(advertisedServer);
  try {
    const server = await confirm(spec.apiServers);
    return { caPem, caHash, servers: [server, ...spec.apiServers.filter((other) => other !== server)] };
  } catch (error) {
    if (!advertised || spec.apiServers.includes(advertised) || !isUnreachable(error)) throw withClock(error, host);
    const server = await confirm([advertised]).catch((again: unknown) => {
      throw withClock(bothTries(error, again), host);
    });
    return { caPem, caHash, servers: [server], insteadOf: { servers: spec.apiServers, why: error.why ?? error.what } };
  }
}

/** What was typed comes first: the address that cluster-info names was only tried because that failed. */
function bothTries(typed: EdgeadmError, advertised: unknown): EdgeadmError {
  const second = toEdgeadmError(advertised);
  return new EdgeadmError({
    ...typed.toJSON(),
    why: [typed.why, `Then tried the address that cluster-info names: ${second.message}`].filter(Boolean).join('\n'),
    cause: typed.cause,
  });
}

function isUnreachable(error: unknown): error is EdgeadmError {
  return error instanceof EdgeadmError && error.code === 'API_UNREACHABLE';
}

/** A certificate that is "not yet valid" is nearly always a clock that is wrong. */
function withClock(error: unknown, host: Host): unknown {
  if (!(error instanceof EdgeadmError) || !isClockFault(error)) return error;
  return new EdgeadmError({
    code: error.code,
    what: 'the certificate of the API server is not valid by the clock of the node',
    why: error.why,
    next: `set the clock of ${host.name}, then run the same command again`,
    cause: error,
  });
}

function isClockFault({ cause }: EdgeadmError): boolean {
  const code = cause instanceof HttpError ? (cause.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
  return code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED';
}

/** A text that the cluster keeps in one of its ConfigMaps. */
interface ClusterText extends Origin {
  readonly text: string;
}

interface Lookup {
  readonly found?: ClusterText;
  /** ConfigMaps that are there without the key, and one that the token may not read, one sentence each. */
  readonly empty: readonly string[];
  readonly forbidden: readonly string[];
  /** The first of them, if it is not there. */
  readonly absent: readonly string[];
}

/** The key of the first of these ConfigMaps that has it. A cluster that kubeadm did not make may lack all of them. */
async function findText(client: ApiClient, key: string, names: readonly string[]): Promise<Lookup> {
  const empty: string[] = [];
  const forbidden: string[] = [];
  const absent: string[] = [];
  for (const [i, name] of names.entries()) {
    const answer = await client.send<V1ConfigMap>('GET', `/api/v1/namespaces/kube-system/configmaps/${name}`);
    const text = answer.status === 200 ? answer.body?.data?.[key] : undefined;
    const next = `kubectl --namespace kube-system edit configmap ${name}`;
    if (text)
      return {
        found: { text, what: `key ${key} of the ConfigMap kube-system/${name}`, code: 'API_ERROR', next },
        ...{ empty: [], forbidden: [], absent: [] },
      };
    if (answer.status === 200) empty.push(`the ConfigMap kube-system/${name} has no text under its key ${key}`);
    // A token has rights to the name of this version alone.
    if (i > 0) continue;
    if (answer.status === 403)
      forbidden.push(`the bootstrap token may not read the ConfigMap kube-system/${name} (HTTP 403)`);
    if (answer.status === 404) absent.push(`the cluster has no ConfigMap kube-system/${name}`);
  }
  return { empty, forbidden, absent };
}

/** A cluster that is not of kubeadm has neither, and a token no rights to read them. */
function missingTextsIn(kubeadm: Lookup, kubelet: Lookup): string[] {
  const ofKubelet = kubeadm.found && !kubelet.found ? [...kubelet.forbidden, ...kubelet.absent] : [];
  return [...kubeadm.empty, ...kubelet.empty, ...(kubelet.empty.length > 0 ? [] : ofKubelet)];
}

function repeatedKeysIn(texts: readonly (ClusterText | undefined)[]): string[] {
  return texts.flatMap((found) => {
    const repeated = found && repeatedKeyIn(found.text);
    return repeated === undefined ? [] : [`${found?.what}: ${repeated}`];
  });
}

/** Values that were given count; only missing ones are looked up. */
async function networksOf(
  { podCidrs, serviceCidrs }: JoinSpec,
  kubeadmConfig: () => Promise<Lookup>,
): Promise<ClusterNetworks | undefined> {
  if (podCidrs && serviceCidrs) return { podCidrs, serviceCidrs };
  const found = clusterNetworksIn((await kubeadmConfig()).found?.text);
  if (!found && !podCidrs && !serviceCidrs) return undefined;
  return {
    ...found,
    podCidrs: podCidrs ?? found?.podCidrs ?? [],
    serviceCidrs: serviceCidrs ?? found?.serviceCidrs ?? [],
  };
}
