import { EdgeadmError, type ErrorCode } from '../errors/index.ts';
import type { CloudResponse } from './caller.ts';

/** The answer with which the cloud refused a call, as the `cause` of an EdgeadmError. */
export class CloudAnswerError extends Error {
  override readonly name = 'CloudAnswerError';
  readonly status: number;
  /** The cloud's own: `InvalidOperation.InvalidEniStatus`. */
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(status: number, code: string, message: string, requestId: string | undefined) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

interface Where {
  readonly endpoint: string;
  readonly action: string;
}

/** Errors of the common gateway that say that the caller is not let in. Source: the vendor's table of common errors. */
const NOT_LET_IN =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp|SignatureNonceUsed|(Invalid|Missing)SecurityToken)(\.|$)|^(Forbidden(\.RAM|\.Unauthorized)?|NoPermission|StatusForbidden|Unauthorized)$/;
const THROTTLED = /^Throttling(\.|$)|^(QPS|Request)Limit|ServiceUnavailable$/;

/** The error for an answer with a status of 400 and above; `Code` and `Message` of RPC, `code` and `message` of ROA. */
export function answerError({ status, body }: CloudResponse, { endpoint, action }: Where): EdgeadmError {
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (...names: string[]): string | undefined => {
    const value = names.map((name) => told[name]).find((each) => typeof each === 'string' && each !== '');
    return value === undefined ? undefined : withoutQueries(String(value));
  };
  const code = text('Code', 'code') ?? `HTTP ${status}`;
  const message = text('Message', 'message') ?? 'no message';
  const requestId = text('RequestId', 'requestId', 'request_id');
  return new EdgeadmError({
    code: codeOf(status, code),
    what: `${endpoint} refused ${action}: ${code}`,
    why: [message, requestId && `RequestId: ${requestId}`].filter(Boolean).join('\n'),
    cause: new CloudAnswerError(status, code, message, requestId),
  });
}

function codeOf(status: number, code: string): ErrorCode {
  if (status === 429 || THROTTLED.test(code)) return 'CLOUD_THROTTLED';
  if (status >= 500) return 'CLOUD_FAILED';
  return NOT_LET_IN.test(code) || status === 401 ? 'CLOUD_CREDENTIALS' : 'CLOUD_REFUSED';
}

/** Nothing was sent where there was no connection to send it on. */
const NEVER_CONNECTED =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** The error for a request that got no answer. */
export function networkError(thrown: unknown, { endpoint, action }: Where): EdgeadmError {
  if (thrown instanceof EdgeadmError) return thrown;
  const { message = String(thrown), code = '' } = thrown as NodeJS.ErrnoException;
  const sent = !NEVER_CONNECTED.test(String(code));
  return new EdgeadmError({
    code: sent ? 'CLOUD_NO_ANSWER' : 'CLOUD_UNREACHABLE',
    what: sent ? `${endpoint} did not answer ${action}` : `${endpoint} cannot be reached for ${action}`,
    why: withoutQueries(message.replace(/(GET|POST|PUT|DELETE) \S+ failed\.$/, '')),
    cause: thrown,
  });
}

/** True where the cloud may do later what it did not do now; whether an order took effect has to be looked up. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  return ['CLOUD_UNREACHABLE', 'CLOUD_NO_ANSWER', 'CLOUD_THROTTLED', 'CLOUD_FAILED'].includes(error.code);
}

/** True where it has to be looked up whether an order took effect. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof EdgeadmError && (error.code === 'CLOUD_NO_ANSWER' || error.code === 'CLOUD_FAILED');
}

/** The cloud's own code for a refusal; undefined for anything else. */
export function refusalOf(error: unknown): string | undefined {
  const cause = error instanceof EdgeadmError ? error.cause : undefined;
  return cause instanceof CloudAnswerError ? cause.code : undefined;
}

/** Signed requests carry keys and tokens in their URLs, and messages quote URLs. */
function withoutQueries(text: string): string {
  return text.replace(/((?:https?:\/\/|\s\/)[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1');
}
