import type { CloudProduct } from '../config/cloud-hosts.ts';
import { EdgeadmError, type ErrorCode } from '../errors/index.ts';
import { adviceOnName, HttpError } from '../http/index.ts';
import type { CloudResponse } from './call.ts';

/** The answer with which the cloud refused a call, as the `cause` of an EdgeadmError. */
class CloudApiError extends Error {
  override readonly name = 'CloudApiError';
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
  readonly product?: CloudProduct;
}

/**
 * Errors of the common gateway that say that the caller is not authorized. Source: the vendor's table of common errors.
 */
const NOT_LET_IN =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp|SignatureNonceUsed|(Invalid|Missing)SecurityToken|SecurityTokenExpired)(\.|$)|^(Forbidden(\.RAM|\.Unauthorized|\.AccessKey\w*)?|NoPermission|StatusForbidden|Unauthorized)$/;
/** Those of them that a RAM user without a right gets. */
const WITHOUT_RIGHT = /^(Forbidden(\.RAM|\.Unauthorized)?|NoPermission|StatusForbidden|Unauthorized)$/;
/** How the container service says it, whatever its code. Source: its notice of 2021 on stricter authentication. */
const FORBIDDEN_ACTION = /policy Forbidden for action (\w+:\w+)/;
/** What RAM calls a product, if its endpoint has another name. */
const RAM_NAMES: Partial<Record<CloudProduct, string>> = { cbn: 'cen' };
/** `Rejected.Throttling` and `QPS Limit Exceeded` among them. Source: what the vendor's Terraform provider retries. */
const THROTTLED = /Throttling|^(QPS|Request) ?Limit|ServiceUnavailable$/;

/** What ENS answers, with 400, for a fault behind it that is none of the documented ones. Source: AttachNetworkInterface. */
export const BACKEND_FAULT = 'ens.interface.error';

/** What services put into `Code` if all went well. */
const FINE = /^(ok|success|0|200)?$/i;
/** How much of an answer that is not JSON is shown. */
const SHOWN_CHARACTERS = 80;

/**
 * True for a status of 400 and above, and for a code of the cloud's errors in an answer of any status. ENS answers 200
 * with a number as `Code`, 0 if all went well; a number as `code` is a value like any other.
 */
export function isRefusal({ status, body }: CloudResponse): boolean {
  if (status >= 400) return true;
  const { Code, code } = fieldsOf(body);
  if (typeof Code === 'number') return !FINE.test(String(Code));
  return [Code, code].some((each) => typeof each === 'string' && !FINE.test(each));
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
}

/** Of a text that was not expected, on one line. */
export function excerptOf(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}

/** The error for a refusal; `Code` and `Message` of RPC, `code` and `message` of ROA. */
export function answerError({ status, body, text }: CloudResponse, where: Where): EdgeadmError {
  const { endpoint, action } = where;
  const told = fieldsOf(body);
  const named = (...names: string[]): string | undefined => {
    const value = names.map((name) => told[name]).find((each) => typeof each === 'string' && each !== '');
    return value === undefined ? undefined : withoutQueries(String(value));
  };
  const number = typeof told.Code === 'number' ? `Code ${told.Code}` : undefined;
  const code = named('Code', 'code') ?? number ?? `HTTP ${status}`;
  const message = named('Message', 'message') ?? (text ? withoutQueries(excerptOf(text)) : 'no message');
  const requestId = named('RequestId', 'requestId', 'request_id');
  const right = missingRight(code, message, where);
  return new EdgeadmError({
    code: right ? 'CLOUD_CREDENTIALS' : codeOf(status, code, /^\d+$/.test(String(told.Code))),
    what: `${endpoint} refused ${action}: ${code}`,
    why: [message, requestId && `RequestId: ${requestId}`].filter(Boolean).join('\n'),
    next: right ? adviceForRight(right) : ADVICE.find(([pattern]) => pattern.test(code))?.[1],
    cause: new CloudApiError(status, code, message, requestId),
  });
}

/** The RAM action that the user may not call: `cs:CreateCluster`. */
function missingRight(code: string, message: string, { action, product }: Where): string | undefined {
  const named = FORBIDDEN_ACTION.exec(message)?.[1];
  if (named || !WITHOUT_RIGHT.test(code)) return named;
  return product ? `${RAM_NAMES[product] ?? product}:${action}` : action;
}

function adviceForRight(right: string): string {
  return `allow ${right} in a RAM policy of this user or role; docs/ram-policy.json is one with all actions of edgeadm`;
}

/** For refusals that have one cause. Source: the vendor's table of common errors. */
const ADVICE: readonly (readonly [code: RegExp, next: string])[] = [
  [
    /^ErrorClusterNotFound$/,
    'pass the ID of a cluster in this region, not its name; `edgeadm cluster list` shows the IDs',
  ],
  [/^ErrorClusterNameAlreadyExist$/, 'run the same command again: another one made the cluster meanwhile'],
  [/^InvalidTimeStamp/, 'set the clock of this machine: it may differ by 15 minutes at most'],
  [
    /^(InvalidSecurityToken\.Expired|SecurityTokenExpired)/,
    'get new temporary credentials (ALIBABA_CLOUD_SECURITY_TOKEN and the keys that belong to it), then run the same command again',
  ],
];

/** @param isNumber whether the code is a number: in an answer of 200 it is a fault behind the gateway */
function codeOf(status: number, code: string, isNumber: boolean): ErrorCode {
  if (status === 429 || THROTTLED.test(code)) return 'CLOUD_THROTTLED';
  if (status >= 500 || code === BACKEND_FAULT || (status < 400 && isNumber)) return 'CLOUD_FAILED';
  return NOT_LET_IN.test(code) || status === 401 ? 'CLOUD_CREDENTIALS' : 'CLOUD_REFUSED';
}

/** The error for an answer that is none: another protocol, a redirect, a page, JSON of another shape. */
export function invalidAnswer({ endpoint, action }: Where, why: string): EdgeadmError {
  return new EdgeadmError({
    code: 'CLOUD_ANSWER_INVALID',
    what: `the answer of https://${endpoint} to ${action} cannot be used`,
    why: withoutQueries(why),
  });
}

/** The error for a request that got no answer, or one that the HTTP core refuses. */
export function networkError(thrown: unknown, where: Where): unknown {
  if (!(thrown instanceof HttpError)) return thrown;
  const { kind, message, sent } = thrown;
  if (sent && (kind === 'refused' || kind === 'too-large')) return invalidAnswer(where, message);
  const { endpoint, action } = where;
  return new EdgeadmError({
    code: sent ? 'CLOUD_NO_ANSWER' : 'CLOUD_UNREACHABLE',
    what: sent ? `${endpoint} did not answer ${action}` : `${endpoint} cannot be reached for ${action}`,
    why: withoutQueries(message),
    next: sent ? undefined : (adviceOnName(message) ?? adviceOnLoopback(thrown)),
    cause: thrown,
  });
}

/** Only the sandbox has a cloud on the machine itself. */
function adviceOnLoopback({ message, address }: HttpError): string | undefined {
  const isHere = [message, address].some((text) => /\b127\.0\.0\.1\b/.test(text));
  return isHere ? 'edgeadm sandbox status   (the endpoint is on this machine: is the sandbox running?)' : undefined;
}

/** True if the cloud may do later what it did not do now; whether an order took effect has to be looked up. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  return ['CLOUD_UNREACHABLE', 'CLOUD_NO_ANSWER', 'CLOUD_THROTTLED', 'CLOUD_FAILED'].includes(error.code);
}

/** True if a connection timed out: nothing was sent, and neither the network nor the endpoint refused it. */
export function isLateConnection(error: unknown): boolean {
  const { code, cause } = error instanceof EdgeadmError ? error : {};
  return code === 'CLOUD_UNREACHABLE' && cause instanceof HttpError && cause.kind === 'timeout';
}

/** True if the cloud has refused a call as one too many: it had no effect. */
export function isThrottled(error: unknown): boolean {
  return error instanceof EdgeadmError && error.code === 'CLOUD_THROTTLED';
}

/** True if it has to be looked up whether an order took effect. */
export function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof EdgeadmError)) return false;
  return ['CLOUD_NO_ANSWER', 'CLOUD_FAILED', 'CLOUD_ANSWER_INVALID'].includes(error.code);
}

/** The cloud's own code for a refusal; undefined for anything else. */
export function refusalOf(error: unknown): string | undefined {
  const cause = error instanceof EdgeadmError ? error.cause : undefined;
  return cause instanceof CloudApiError ? cause.code : undefined;
}

/** Signed requests carry keys and tokens in their URLs, and messages quote URLs. */
function withoutQueries(text: string): string {
  return text.replace(/((?:https?:\/\/|\s\/)[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1');
}
