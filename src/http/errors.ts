/**
 * - `unreachable`: no connection; the request was not sent.
 * - `timeout`: the time limit of the request, or of silence, is over.
 * - `too-large`: the answer is larger than its kind may be.
 * - `broken`: the connection was cut, or what came is not HTTP, not TLS, or not the requested format.
 * - `not-json`: an answer that should be JSON is not.
 * - `refused`: edgeadm does not do it: a redirect, a switch of protocols, a credential without TLS.
 */
export type HttpFailure = 'unreachable' | 'timeout' | 'too-large' | 'broken' | 'not-json' | 'refused';

/** Codes of Node's TLS errors that no further try changes. */
const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

export interface HttpErrorParts {
  readonly kind: HttpFailure;
  /** `https://host:port`, without path, query and credentials. */
  readonly address: string;
  readonly message: string;
  /** True if the other side may have received the request and acted on it. */
  readonly sent: boolean;
  readonly cause?: unknown;
}

/** A request that has no answer that can be used. The message names neither path nor query, which may be secrets. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: HttpFailure;
  readonly address: string;
  readonly sent: boolean;

  constructor({ kind, address, message, sent, cause }: HttpErrorParts) {
    super(message, { cause });
    this.kind = kind;
    this.address = address;
    this.sent = sent;
  }

  /** True if the certificate of the other side is why: no further try gives it another one. */
  get isCertificateFault(): boolean {
    return isCertificateFault(this.cause);
  }
}

/**
 * What to do about a name that could not be resolved; undefined if that is not what went wrong.
 * @param why message of the error, also of one of another machine's Node.js
 */
export function adviceOnName(why: string | undefined): string | undefined {
  const [, name] = /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)/.exec(why ?? '') ?? [];
  return name && `check the name and the DNS of the machine that connects: getent hosts ${name}`;
}

function isCertificateFault(error: unknown): boolean {
  return CERTIFICATE_FAULT.test((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** `https://host:port` of a URL. */
export function addressOf(url: URL): string {
  return `${url.protocol}//${url.host}`;
}
