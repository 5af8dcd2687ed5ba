import { EdgeadmError } from '../errors/index.ts';
import type { Host } from '../host/host.ts';
import { adviceOnName, dialingAgent, HttpError, retryAfter, sendRequest } from '../http/index.ts';
import { clockDifference } from '../lib/clock-difference.ts';
import { type RetryPolicy, retry } from '../lib/retry.ts';

/** An answer of the service, whatever its status. */
export interface ServiceAnswer {
  readonly status: number;
  /** Parsed JSON, or the text if it is none. */
  readonly body: unknown;
  /** Clock of the service minus clock of the node, milliseconds; undefined if no Date header came. */
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
  /** Called with the reason for another try. */
  readonly onRetry?: (reason: string) => void;
  /** Default {@link RETRY_POLICY}. */
  readonly retry?: RetryPolicy;
  /** Of one try, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
}

const RETRY_POLICY: RetryPolicy = { tries: 5, pauseMs: [500, 8000] };
const ANSWER_TIMEOUT_MS = 30_000;
/** What the exchange answers has some KiB. */
const MAX_ANSWER_BYTES = 1024 ** 2;

/** An answer that says that the same request may fare better later. */
class PassingAnswer extends Error {
  readonly answer: ServiceAnswer;
  readonly retryAfterMs: number;

  constructor(host: string, answer: ServiceAnswer, retryAfterMs: number) {
    super(`${host} answered ${answer.status}`);
    this.answer = answer;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Sends a POST over a connection that starts on the node, over verified TLS. What fails for a passing reason (network,
 * 429, 5xx) is tried again, with longer and longer pauses: the service must take the same request twice.
 * @throws EdgeadmError CLOUD_UNREACHABLE if no answer came
 */
export async function postThroughNode(
  host: Pick<Host, 'connect' | 'clock'>,
  call: ServiceCall,
): Promise<ServiceAnswer> {
  const { url, signal, onRetry } = call;
  const described = (thrown: unknown, tries: number): unknown =>
    thrown instanceof PassingAnswer ? thrown : unreachable(url, thrown, tries);
  try {
    return await retry(() => postOnce(host, call), {
      ...(call.retry ?? RETRY_POLICY),
      signal,
      isPassing: (thrown) => !(thrown instanceof HttpError) || isPassing(thrown),
      retryAfterMs: (thrown) => (thrown instanceof PassingAnswer ? thrown.retryAfterMs : 0),
      onRetry: (thrown) => onRetry?.(`${(described(thrown, 1) as Error).message}; trying again`),
      describe: described,
    });
  } catch (thrown) {
    if (thrown instanceof PassingAnswer) return thrown.answer;
    throw thrown;
  }
}

/** No further try gives a certificate another issuer, or makes a server one that answers. */
function isPassing(error: HttpError): boolean {
  return !error.isCertificateFault && error.kind !== 'refused' && error.kind !== 'too-large';
}

async function postOnce(host: Pick<Host, 'connect' | 'clock'>, call: ServiceCall): Promise<ServiceAnswer> {
  const { url, signal, ca } = call;
  const started = performance.now();
  const { now: asked } = await host.clock();
  const agent = dialingAgent({ ca }, (address, options) => host.connect(address, options));
  try {
    const { status, headers, text } = await sendRequest({
      url,
      method: 'POST',
      headers: headersOf(call),
      body: JSON.stringify(call.body),
      agent,
      limits: { maxBytes: MAX_ANSWER_BYTES, totalMs: call.timeoutMs ?? ANSWER_TIMEOUT_MS },
      signal,
    });
    const clockDifferenceMs = clockDifference(headers.date, asked, performance.now() - started);
    const answer = { status, body: parsed(text), clockDifferenceMs };
    if (saysLater(answer)) throw new PassingAnswer(url.host, answer, retryAfter(headers['retry-after']));
    return answer;
  } finally {
    agent.destroy();
  }
}

/** The vendor's gateway answers 400 if it throttles. */
function saysLater({ status, body }: ServiceAnswer): boolean {
  return status === 429 || status >= 500 || /^Throttling/.test(String((body as { code?: unknown } | null)?.code));
}

function headersOf({ token }: ServiceCall): Record<string, string> {
  return {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'User-Agent': 'edgeadm',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unreachable(url: URL, thrown: unknown, tries: number): EdgeadmError {
  const refused = thrown instanceof HttpError && (thrown.kind === 'refused' || thrown.kind === 'too-large');
  const untrusted = thrown instanceof HttpError && thrown.isCertificateFault;
  const why = causeOf(thrown);
  return new EdgeadmError({
    code: refused ? 'CLOUD_ANSWER_INVALID' : 'CLOUD_UNREACHABLE',
    what: refused ? `the answer of ${url.host} cannot be used` : `${url.host} does not answer the node`,
    why: tries > 1 ? `${tries} tries, the last: ${why}` : why,
    next: untrusted
      ? 'If a private CA issued the certificate of the service, set EDGEADM_CLOUD_CA to the file of that CA.'
      : refused
        ? undefined
        : (adviceOnName(why) ??
          'Check name resolution and the firewall on the node itself, then run the same command again.'),
    cause: thrown,
  });
}

/** The node that dials says more than the request that wanted the connection. */
function causeOf(thrown: unknown): string {
  const inner = thrown instanceof HttpError && thrown.cause instanceof EdgeadmError ? thrown.cause : thrown;
  return inner instanceof EdgeadmError ? (inner.why ?? inner.what) : (inner as Error).message;
}
