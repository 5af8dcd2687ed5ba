import { REGION } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { type RetryPolicy, retry } from '../lib/retry.ts';
import { readUserText } from '../lib/user-file.ts';
import type { CredentialOptions } from './credentials.ts';
import { answerError, networkError } from './errors.ts';

/** One call of a cloud API. */
export interface CloudCall {
  /** As the API spells it: `AttachNetworkInterface`. */
  readonly action: string;
  /** All parameters of an RPC call, the query of a ROA one; undefined ones are left out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** ROA only; default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** ROA only: `/clusters/c1/nodepools`, its parts already encoded. */
  readonly path?: string;
  /** ROA only: sent as JSON. */
  readonly body?: object;
  /** Ends the waiting for a read. An order under way is waited for: its answer is worth more than haste. */
  readonly signal?: AbortSignal;
}

/**
 * Calls one API of the cloud in one region. Both verbs throw EdgeadmError: CLOUD_UNREACHABLE (nothing was sent),
 * CLOUD_NO_ANSWER, CLOUD_CREDENTIALS, CLOUD_REFUSED, CLOUD_THROTTLED, CLOUD_FAILED. Where the cloud answered, `cause`
 * is a CloudAnswerError with its own code.
 */
export interface CloudCaller {
  /** `ens.ap-southeast-1.aliyuncs.com`, for messages. */
  readonly endpoint: string;
  /** Asks; what fails for a passing reason is tried again, with longer and longer pauses. */
  read<T>(call: CloudCall): Promise<T>;
  /**
   * Buys, changes or deletes; sent once and never again by itself, since no order has a client token.
   * @returns undefined in a dry run, which tells it instead
   */
  order<T>(call: CloudCall): Promise<T | undefined>;
}

/** Sends one request and gives the answer, whatever its status. Throws what the network threw. */
export interface CloudTransport {
  readonly endpoint: string;
  send(call: CloudCall, options: { readonly timeoutMs: number }): Promise<CloudResponse>;
}

export interface CloudResponse {
  readonly status: number;
  readonly body: unknown;
}

/** Of reads; default 4 tries, pauses of 300 ms to 5 s. */
export interface CallerPolicy extends Partial<RetryPolicy> {
  /** The door of a dry run: orders are told, not sent. */
  readonly plan?: (action: string) => void;
}

/** The APIs that edgeadm speaks. Sources: the vendor's API references, Edge Node Service and Container Service. */
export const PRODUCTS = {
  ens: { version: '2017-11-10', style: 'RPC', endpointVariable: 'EDGEADM_ENS_ENDPOINT' },
  cs: { version: '2015-12-15', style: 'ROA', endpointVariable: 'EDGEADM_CS_ENDPOINT' },
} as const;

export interface OpenCallerOptions extends CallerPolicy {
  readonly product: keyof typeof PRODUCTS;
  /** `ap-southeast-1`. */
  readonly region: string;
  readonly credentials?: CredentialOptions;
  /** Default: that of the process. Read: EDGEADM_ENS_ENDPOINT, EDGEADM_CS_ENDPOINT, EDGEADM_CLOUD_CA. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const READ_TIMEOUT_MS = 30_000;
/** Orders of minutes are known; one that is given up has to be settled by listing. */
const ORDER_TIMEOUT_MS = 60_000;

/**
 * A caller for one API with the account's credentials, at the real endpoint unless the environment names another.
 * @throws EdgeadmError USAGE where the region or the endpoint is none, CLOUD_CREDENTIALS where there are none
 */
export async function openCaller(options: OpenCallerOptions): Promise<CloudCaller> {
  const { product, region, env = process.env } = options;
  const { version, style, endpointVariable } = PRODUCTS[product];
  if (!REGION.pattern.test(region))
    throw new EdgeadmError({ code: 'USAGE', what: `--region: ${REGION.rule}`, why: `found "${region}"` });
  const endpoint = endpointOf(env[endpointVariable] || `${product}.${region}.aliyuncs.com`, endpointVariable);
  const caFile = env.EDGEADM_CLOUD_CA;
  const ca = caFile ? await readCa(caFile) : undefined;
  const { openCredentials } = await import('./credentials.ts');
  const credential = await openCredentials(options.credentials ?? {}, env);
  const { sdkTransport } = await import('./sdk-transport.ts');
  return cloudCaller(await sdkTransport({ endpoint, region, version, style, credential, ca }), options);
}

/** What every caller does, whatever carries its requests: retries of reads, the dry run's door, errors. */
export function cloudCaller(transport: CloudTransport, policy: CallerPolicy = {}): CloudCaller {
  const { tries = 4, pauseMs = [300, 5000], plan } = policy;
  const { endpoint } = transport;
  const once = async <T>(call: CloudCall, timeoutMs: number): Promise<T> => {
    const where = { endpoint, action: call.action };
    const response = await transport.send(call, { timeoutMs }).catch((error: unknown) => {
      throw networkError(error, where);
    });
    if (response.status >= 400) throw answerError(response, where);
    return response.body as T;
  };
  const read = <T>(call: CloudCall): Promise<T> => {
    const attempt = (): Promise<T> => abandonable(once<T>(call, READ_TIMEOUT_MS), call.signal);
    return retry(attempt, { tries, pauseMs, isPassing: isWorthAnotherRead, signal: call.signal });
  };
  const order = async <T>(call: CloudCall): Promise<T | undefined> => {
    if (!plan) return once<T>(call, ORDER_TIMEOUT_MS);
    plan(`${call.action} at ${endpoint}${describe(call)}`);
    return undefined;
  };
  return { endpoint, read, order };
}

function isWorthAnotherRead(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  return error.code === 'CLOUD_NO_ANSWER' || error.code === 'CLOUD_THROTTLED' || error.code === 'CLOUD_FAILED';
}

/** The SDK cannot be told to stop; whoever is interrupted need not wait for it. */
function abandonable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const giveUp = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', giveUp));
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
    what: `${variable} is no endpoint of the cloud`,
    why:
      url?.protocol === 'http:' ? 'http is refused: keys would travel unprotected' : 'https://HOST[:PORT] is expected',
  });
}

/** PEM of the CA that EDGEADM_CLOUD_CA names. @throws EdgeadmError USAGE where it cannot be read */
export async function readCa(file: string): Promise<string> {
  return readUserText(file, { what: 'EDGEADM_CLOUD_CA' });
}
