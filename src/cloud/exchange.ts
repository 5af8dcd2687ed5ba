import { EdgeadmError, type ErrorCode } from '../errors/index.ts';
import { describeClock } from '../kubernetes/api/cluster-info.ts';
import type { RetryPolicy } from '../lib/retry.ts';
import { answerError, invalidAnswer } from './errors.ts';
import { type ExchangeAnswer, parseExchangeAnswer } from './exchange-answer.ts';
import { postThroughNode, type ServiceAnswer } from './exchange-client.ts';
import type { JoinReport, JoinSource, SourceAnswer, SourceNode } from './join-source.ts';

export interface ExchangeOptions {
  /** `https://HOST[:PORT]/PATH`, without query and credentials. */
  readonly endpoint: string;
  /** What the console's line carries as `--openapi-token`. */
  readonly token: string;
  /** PEM; undefined: the roots that Node.js brings. */
  readonly ca?: string;
  /** Version of edgeadm. */
  readonly version: string;
  readonly retry?: RetryPolicy;
  /** Of one try, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
}

const EXCHANGE = 'the exchange of the token';

/** The callback comes last: a service that is away then should not hold a good node up for long. */
const CALLBACK_RETRY_POLICY: RetryPolicy = { tries: 3, pauseMs: [500, 2000] };

/**
 * The vendor's own exchange behind this token is not public: this address is unverified. The host is the one that nodes
 * talk to without the account's keys, `cs.REGION` takes signed calls only.
 */
export function defaultEndpoint(region: string): string {
  return `https://cs-anony.${region}.aliyuncs.com/edgeadm/v1`;
}

/** The join source behind a token of the container service; its contract is in docs/join.md. */
export function exchangeSource(options: ExchangeOptions): JoinSource {
  const endpoint = options.endpoint.replace(/\/+$/, '');
  const name = new URL(endpoint).host;
  return {
    endpoint,
    name,
    resolve: async (node) => {
      const answer = await exchange({ ...options, endpoint }, node);
      const { id } = answer.nodePool;
      const wanted = node.draft.nodePool ?? id;
      node.log.info(`The token is for the node pool ${id} of the cluster ${answer.clusterId}.`);
      if (wanted !== id) node.log.warning(`Node pool ${wanted} was requested, but the node pool of the token is used.`);
      return { ...valuesOf(answer), callback: callbackOf(answer, node, options) };
    },
    close: async () => {},
  };
}

/** @throws EdgeadmError with exit code 5 for whatever the service refuses */
async function exchange(options: ExchangeOptions, node: SourceNode): Promise<ExchangeAnswer> {
  const { host, name, log, signal } = node;
  const facts = await host.facts();
  const url = new URL(`${options.endpoint}/nodes`);
  const answer = await postThroughNode(host, {
    url,
    token: options.token,
    ca: options.ca,
    signal,
    retry: options.retry,
    timeoutMs: options.timeoutMs,
    onRetry: (reason) => log.warning(reason),
    body: {
      nodeName: name,
      machineId: facts.machineId,
      arch: facts.arch,
      os: facts.os.pretty,
      kernel: facts.kernel,
      version: options.version,
      nodePool: node.nodePool,
      dryRun: node.dryRun || undefined,
    },
  });
  if (answer.status >= 400) throw refusal(answer, { url, name, nodePool: node.nodePool });
  if (answer.status !== 200)
    throw invalidAnswer({ endpoint: url.host, action: EXCHANGE }, `it answered ${answer.status}`);
  return parseExchangeAnswer(answer.body, url.host);
}

interface ExchangeRequest {
  readonly url: URL;
  readonly name: string;
  readonly nodePool?: string;
}

/** What the service says no with, by its own code. */
const REFUSALS: Readonly<Record<string, (asked: ExchangeRequest) => { code: ErrorCode; what: string; next?: string }>> =
  {
    TOKEN_EXPIRED: () => ({ code: 'OPENAPI_TOKEN_EXPIRED', what: 'the token of the container service has expired' }),
    TOKEN_INVALID: () => ({
      code: 'OPENAPI_TOKEN_INVALID',
      what: 'the container service does not recognize the token',
    }),
    NODE_EXISTS: ({ name }) => ({
      code: 'OPENAPI_NODE_EXISTS',
      what: `a node named ${name} already exists in the cluster and belongs to another machine`,
    }),
    NODE_IN_OTHER_POOL: ({ nodePool }) => ({
      code: 'ALREADY_JOINED',
      what: `the node belongs to the node pool ${nodePool ?? 'of an earlier join'}, the token is for another one`,
      next: 'edgeadm reset, then run the same command again',
    }),
    QUOTA_EXCEEDED: () => ({ code: 'NODEPOOL_FULL', what: 'the cluster has reached its node quota' }),
    NODEPOOL_FULL: () => ({ code: 'NODEPOOL_FULL', what: 'the node pool of the token is full' }),
  };

function refusal({ status, body, clockDifferenceMs }: ServiceAnswer, asked: ExchangeRequest): EdgeadmError {
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const [code = '', message = ''] = [told.code, told.message].map((each) => (typeof each === 'string' ? each : ''));
  const clock = describeClock(clockDifferenceMs, asked.url.host);
  const own = Object.hasOwn(REFUSALS, code) ? code : status === 401 ? 'TOKEN_INVALID' : undefined;
  const known = own === undefined ? undefined : REFUSALS[own]?.(asked);
  if (known) {
    const why = [`${asked.url.host} answered ${status} ${code}: ${message}`, status === 401 ? clock : ''];
    return new EdgeadmError({ ...known, why: why.filter(Boolean).join('\n') });
  }
  const error = answerError({ status, body }, { endpoint: asked.url.host, action: EXCHANGE });
  return status === 404 || status === 405 ? new EdgeadmError({ ...error.toJSON(), next: NOT_SPOKEN }) : error;
}

const NOT_SPOKEN =
  "Pass --openapi-endpoint with a service that implements the token exchange of docs/join.md (the vendor's is not public), or join with --cluster-id or a bootstrap token.";

function valuesOf(answer: ExchangeAnswer): Pick<SourceAnswer, 'cluster' | 'pool'> {
  const { nodePool, networks, bundle } = answer;
  return {
    cluster: {
      apiServers: answer.apiServers,
      token: answer.bootstrapToken,
      caCertHashes: answer.caCertHashes,
      kubernetesVersion: answer.kubernetesVersion,
      podCidrs: networks?.podCidr,
      serviceCidrs: networks?.serviceCidr,
      clusterDns: answer.clusterDns,
      edgeHubImage: answer.edgeHubImage,
      pauseImage: answer.pauseImage,
      bundle: bundle?.url,
      bundleSha256: bundle?.sha256,
    },
    pool: {
      nodePool: nodePool.id,
      labels: nodePool.labels ?? undefined,
      annotations: nodePool.annotations ?? undefined,
      taints: nodePool.taints ?? undefined,
    },
  };
}

/** @throws EdgeadmError CLOUD_UNREACHABLE, CLOUD_REFUSED; none names the callback's URL, which is a secret */
function callbackOf(
  { callback }: ExchangeAnswer,
  { host }: SourceNode,
  { ca }: ExchangeOptions,
): SourceAnswer['callback'] {
  if (callback === undefined) return undefined;
  const url = new URL(callback);
  return async (report: JoinReport, signal: AbortSignal) => {
    const { status, body } = await postThroughNode(host, {
      url,
      ca,
      body: report,
      signal,
      retry: CALLBACK_RETRY_POLICY,
    });
    if (status >= 400) throw answerError({ status, body }, { endpoint: url.host, action: 'the callback' });
  };
}
