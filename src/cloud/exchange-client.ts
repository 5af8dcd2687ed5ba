import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CERTIFICATE_FAULT, retryAfter } from '../artifacts/http.ts';
import { EdgeadmError } from '../errors/index.ts';
import type { Host } from '../host/host.ts';
import { dialingAgent } from '../http/index.ts';
import { backOff } from '../lib/back-off.ts';

/** An answer of the service, whatever its status. */
export interface ServiceAnswer {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
  /** Clock of the service minus clock of the node, milliseconds; undefined where no Date header came. */
  readonly clockDifferenceMs?: number;
}

export interface ServiceCall {
  readonly url: URL;
  /** Sent as JSON. */
  readonly body: object;
  /** Goes into the Authorization header and nowhere else. */
  readonly token?: string;
  /** PEM; undefined: the roots that Node.js brings. */
  readonly ca?: string;
  readonly signal: AbortSignal;
  /** Told why another try is made. */
  readonly onRetry?: (reason: string) => void;
  /** Default {@link RETRY_POLICY}. */
  readonly retry?: RetryPolicy;
}

/** Tries, and the first and longest pause between two of them, milliseconds. */
export interface RetryPolicy {
  readonly tries: number;
  readonly pauseMs: readonly [number, number];
}

const RETRY_POLICY: RetryPolicy = { tries: 5, pauseMs: [500, 8000] };
const ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 ** 2;

/**
 * Sends a POST over a connection that starts on the node, over verified TLS. What fails for a passing reason (network,
 * 429, 5xx) is tried again, with longer and longer pauses: the service must take the same request twice.
 * @throws EdgeadmError CLOUD_UNREACHABLE where no answer came
 */
export async function postFromNode(host: Pick<Host, 'connect' | 'clock'>, call: ServiceCall): Promise<ServiceAnswer> {
  const { tries, pauseMs } = call.retry ?? RETRY_POLICY;
  for (let failures = 1; ; failures++) {
    call.signal.throwIfAborted();
    try {
      const { answer, retryAfterMs } = await postOnce(host, call);
      if (!isPassing(answer) || failures >= tries) return answer;
      call.onRetry?.(`${call.url.host} answered ${answer.status}; trying again`);
      await backOff(failures, pauseMs, { atLeastMs: retryAfterMs, signal: call.signal });
    } catch (thrown) {
      call.signal.throwIfAborted();
      const error = unreachable(call.url, thrown, failures);
      if (isFinal(thrown) || failures >= tries) throw error;
      call.onRetry?.(`${error.message}; trying again`);
      await backOff(failures, pauseMs, { signal: call.signal });
    }
  }
}

/** The vendor's gateway answers 400 where it throttles. */
function isPassing({ status, body }: ServiceAnswer): boolean {
  return status === 429 || status >= 500 || /^Throttling/.test(String((body as { code?: unknown } | null)?.code));
}

/** No further try gives a certificate another issuer. */
function isFinal(thrown: unknown): boolean {
  return CERTIFICATE_FAULT.test((thrown as NodeJS.ErrnoException).code ?? '');
}

async function postOnce(
  host: Pick<Host, 'connect' | 'clock'>,
  call: ServiceCall,
): Promise<{ answer: ServiceAnswer; retryAfterMs: number }> {
  const { now } = await host.clock();
  const started = performance.now();
  const agent = dialingAgent({ ca: call.ca }, (address, options) => host.connect(address, options));
  try {
    const response = await send(call, agent);
    // The Date header has whole seconds: half a second is the best guess.
    const date = Date.parse(response.headers.date ?? '') + 500;
    const clockDifferenceMs = Number.isNaN(date) ? undefined : date - (now + (performance.now() - started) / 2);
    const body = parsed(await readText(response));
    const answer = { status: response.statusCode ?? 0, body, clockDifferenceMs };
    return { answer, retryAfterMs: retryAfter(response.headers['retry-after']) };
  } finally {
    agent.destroy();
  }
}

function send(call: ServiceCall, agent: ReturnType<typeof dialingAgent>): Promise<IncomingMessage> {
  const payload = JSON.stringify(call.body);
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(payload),
    'User-Agent': 'edgeadm',
    ...(call.token === undefined ? {} : { Authorization: `Bearer ${call.token}` }),
  };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const request = httpsRequest(call.url, { method: 'POST', headers, agent, signal }, resolve);
    request.on('error', reject).end(payload);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unreachable(url: URL, thrown: unknown, tries: number): EdgeadmError {
  const { name, message } = thrown as Error;
  const detail = thrown instanceof EdgeadmError ? (thrown.why ?? thrown.what) : message;
  const why = name === 'AbortError' ? `no answer within ${ANSWER_TIMEOUT_MS / 1000} s` : detail;
  return new EdgeadmError({
    code: 'CLOUD_UNREACHABLE',
    what: `${url.host} does not answer the node`,
    why: tries > 1 ? `${tries} tries, the last: ${why}` : why,
    next: isFinal(thrown)
      ? 'A service whose certificate is of a CA of its own: name the file of that CA in EDGEADM_CLOUD_CA.'
      : 'Check the name resolution and the firewall from the node itself, then run the same command again.',
    cause: thrown,
  });
}
