import type { z } from 'zod';
import { type CloudProduct, cloudHost } from '../config/cloud-hosts.ts';
import { REGION } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { type RetryPolicy, retry } from '../lib/retry.ts';
import { readUserText } from '../lib/user-file.ts';
import type { CloudCall, CloudTransport, SendOptions } from './call.ts';
import { callPace } from './call-pace.ts';
import type { CloudCredentialOptions } from './credentials.ts';
import {
  answerError,
  excerptOf,
  invalidAnswer,
  isLateConnection,
  isRefusal,
  isThrottled,
  networkError,
} from './errors.ts';

/**
 * Calls one API of the cloud in one region. Both verbs throw EdgeadmError: CLOUD_UNREACHABLE (nothing was sent),
 * CLOUD_NO_ANSWER, CLOUD_CREDENTIALS, CLOUD_REFUSED, CLOUD_THROTTLED, CLOUD_FAILED, CLOUD_ANSWER_INVALID. Where the
 * cloud refused, `cause` is a CloudApiError with its own code.
 */
export interface CloudCaller {
  /** `ens.ap-southeast-1.aliyuncs.com`, for messages. */
  readonly endpoint: string;
  /**
   * Asks; what fails for a passing reason is tried again, with longer and longer pauses.
   * @param shape what the answer must look like: another shape counts as no answer
   */
  read<T>(call: CloudCall, shape: z.ZodType<T>): Promise<T>;
  /**
   * Buys, changes or deletes; sent once and never again by itself, since no order has a client token. Only a connection that
   * timed out before anything was sent is tried again.
   * @returns undefined in a dry run, which tells it instead
   */
  order(call: CloudCall): Promise<unknown>;
}

/** Of reads; default 4 tries, pauses of 300 ms to 5 s. */
export interface CallerPolicy extends Partial<RetryPolicy> {
  /** For the advice to a user without a right. */
  readonly product?: CloudProduct;
  /** Of one try of a read, milliseconds. Default 30,000. */
  readonly readTimeoutMs?: number;
  /** For a dry run: called with each order instead of sending it. */
  readonly plan?: (action: string) => void;
}

/** The APIs that edgeadm speaks. Sources: the vendor's API references. */
const PRODUCTS = {
  ens: { version: '2017-11-10', style: 'RPC', endpointVariable: 'EDGEADM_ENS_ENDPOINT' },
  cs: { version: '2015-12-15', style: 'ROA', endpointVariable: 'EDGEADM_CS_ENDPOINT' },
  ecs: { version: '2014-05-26', style: 'RPC', endpointVariable: 'EDGEADM_ECS_ENDPOINT' },
  vpc: { version: '2016-04-28', style: 'RPC', endpointVariable: 'EDGEADM_VPC_ENDPOINT' },
  slb: { version: '2014-05-15', style: 'RPC', endpointVariable: 'EDGEADM_SLB_ENDPOINT' },
  cbn: { version: '2017-09-12', style: 'RPC', endpointVariable: 'EDGEADM_CBN_ENDPOINT' },
  smartag: { version: '2018-03-13', style: 'RPC', endpointVariable: 'EDGEADM_SMARTAG_ENDPOINT' },
  kms: { version: '2016-01-20', style: 'RPC', endpointVariable: 'EDGEADM_KMS_ENDPOINT' },
  quotas: { version: '2020-05-10', style: 'RPC', endpointVariable: 'EDGEADM_QUOTAS_ENDPOINT' },
} as const;

export interface OpenCallerOptions extends CallerPolicy {
  readonly product: CloudProduct;
  /** `ap-southeast-1`. */
  readonly region: string;
  readonly credentials?: CloudCredentialOptions;
  /** Default: that of the process. Read: EDGEADM_CLOUD_CA, EDGEADM_CLOUD_ADDRESS, the variable of the product's endpoint. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const READ_TIMEOUT_MS = 30_000;
const MOST_ISSUES = 5;
/** Orders of minutes are known; one that is given up is looked up in a list. */
const ORDER_TIMEOUT_MS = 60_000;

/**
 * A caller for one API with the account's credentials, at the real endpoint unless the environment names another.
 * @throws EdgeadmError USAGE if the region or the endpoint is none, CLOUD_CREDENTIALS if there are none
 */
export async function openCaller(options: OpenCallerOptions): Promise<CloudCaller> {
  const { product, region, env = process.env } = options;
  const { version, style, endpointVariable } = PRODUCTS[product];
  if (!REGION.pattern.test(region))
    throw new EdgeadmError({ code: 'USAGE', what: `--region: ${REGION.rule}`, why: `found "${region}"` });
  const endpoint = endpointOf(env[endpointVariable] || cloudHost(product, region), endpointVariable);
  const address = addressOf(env.EDGEADM_CLOUD_ADDRESS);
  const caFile = env.EDGEADM_CLOUD_CA;
  const ca = caFile ? await readCa(caFile) : undefined;
  const { openCredentials } = await import('./credentials.ts');
  const credential = await openCredentials(options.credentials ?? {}, env);
  const { cloudTransport } = await import('./transport.ts');
  return cloudCaller(cloudTransport({ endpoint, version, style, credential, ca, address }), options);
}

/** What every caller does, whatever carries its requests: retries of reads, the dry run's door, errors. */
export function cloudCaller(transport: CloudTransport, policy: CallerPolicy = {}): CloudCaller {
  const { tries = 4, pauseMs = [300, 5000], readTimeoutMs = READ_TIMEOUT_MS, plan, product } = policy;
  const { endpoint } = transport;
  const pace = callPace(pauseMs[0]);
  const once = async (call: CloudCall, options: SendOptions): Promise<unknown> => {
    const where = { endpoint, action: call.action, product };
    await pace.turn(options.signal);
    const response = await transport.send(call, options).catch((error: unknown) => {
      throw networkError(error, where);
    });
    const { status, body, text } = response;
    if (isRefusal(response)) {
      const refusal = answerError(response, where);
      if (isThrottled(refusal)) pace.throttled();
      throw refusal;
    }
    pace.answered();
    if (status < 200 || status > 299) throw invalidAnswer(where, `it answered ${status}`);
    if (call.answer === 'text') return text ?? body;
    if (text !== undefined) throw invalidAnswer(where, `it answered ${status} with invalid JSON: ${excerptOf(text)}`);
    return body;
  };
  const read = <T>(call: CloudCall, shape: z.ZodType<T>): Promise<T> => {
    const { action, signal, makes } = call;
    const options = { timeoutMs: readTimeoutMs, signal, onNewConnection: makes };
    const attempt = async (): Promise<T> => checked(shape, await once(call, options), { endpoint, action });
    return retry(attempt, { tries, pauseMs, isPassing: makes ? hadNoEffect : isWorthAnotherRead, signal });
  };
  const order = async (call: CloudCall): Promise<unknown> => {
    const send = () => once(call, { timeoutMs: ORDER_TIMEOUT_MS, onNewConnection: true });
    if (!plan) return retry(send, { tries, pauseMs, isPassing: isLateConnection });
    plan(`${call.action} at ${endpoint}${describe(call)}`);
    return undefined;
  };
  return { endpoint, read, order };
}

function isWorthAnotherRead(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  return error.code === 'CLOUD_NO_ANSWER' || error.code === 'CLOUD_FAILED' || hadNoEffect(error);
}

function hadNoEffect(error: unknown): boolean {
  return isThrottled(error) || isLateConnection(error);
}

/** @throws EdgeadmError CLOUD_ANSWER_INVALID, which names keys and shows no values */
function checked<T>(shape: z.ZodType<T>, body: unknown, where: { endpoint: string; action: string }): T {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MOST_ISSUES);
  throw invalidAnswer(
    where,
    issues.map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`).join('\n'),
  );
}

function describe({ parameters = {}, method, path }: CloudCall): string {
  if (path) return `: ${method ?? 'GET'} ${path}`;
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `: ${given.map(([name, value]) => `${name} ${value}`).join(', ')}` : '';
}

/** `host[:port]` of an endpoint that users wrote with or without `https://`. */
function endpointOf(text: string, variable: string): string {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const bare = url && url.pathname === '/' && !url.search && !url.hash && !url.username;
  if (bare && url.protocol === 'https:') return url.host;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `${variable} is not a valid cloud endpoint`,
    why: url?.protocol === 'http:' ? 'http is not allowed: it would expose the keys' : 'expected https://HOST[:PORT]',
  });
}

/** @throws EdgeadmError USAGE */
function addressOf(text: string | undefined): { host: string; port: number } | undefined {
  if (!text) return undefined;
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host && Number(port) > 0 && Number(port) < 65_536)
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new EdgeadmError({
    code: 'USAGE',
    what: 'EDGEADM_CLOUD_ADDRESS is not a valid address',
    why: 'expected HOST:PORT, such as 127.0.0.1:7444',
  });
}

/** PEM of the CA that EDGEADM_CLOUD_CA names. @throws EdgeadmError USAGE if it cannot be read */
export async function readCa(file: string): Promise<string> {
  return readUserText(file, { what: 'EDGEADM_CLOUD_CA' });
}
