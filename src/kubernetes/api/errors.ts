/** The Status object that Kubernetes answers errors with, as far as it is read. */
interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
}

/** What an API server refused, as the `cause` of an EdgeadmError API_ERROR. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Kubernetes' own word: `AlreadyExists`, `Forbidden`; undefined if no Kubernetes answered. */
  readonly reason: string | undefined;

  constructor(status: number, reason: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  /** @param body as it came: a Status object, a text of whatever is in between, or nothing */
  static of(status: number, body: unknown): ApiError {
    if (typeof body !== 'object' || body === null)
      return new ApiError(status, undefined, String(body ?? '').slice(0, 300));
    const { reason, message } = body as Status;
    return new ApiError(
      status,
      typeof reason === 'string' ? reason : undefined,
      typeof message === 'string' ? message : JSON.stringify(body).slice(0, 300),
    );
  }

  /** Answers of a load balancer without a server behind it, of a server that has too much to do, and of its storage. */
  get isPassing(): boolean {
    return [429, 502, 503, 504].includes(this.status) || this.message.includes('etcdserver:');
  }
}

/** What the API server answered, if that is why. @param error whatever was thrown */
export function apiErrorOf(error: unknown): ApiError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ApiError ? cause : undefined;
}
