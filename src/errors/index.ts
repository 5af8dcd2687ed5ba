import { ERROR_CODES, type ErrorCode } from './codes.ts';

export { ERROR_CODES, type ErrorCode, type ErrorEntry, EXIT } from './codes.ts';

/** What an {@link EdgeadmError} is made of. */
export interface ErrorParts {
  readonly code: ErrorCode;
  /** What failed, one sentence without a full stop at its end. */
  readonly what: string;
  /** The evidence: log lines, an HTTP answer, the value found. May have several lines. */
  readonly why?: string;
  /** The command or step that comes next. Default: the remedy of the catalogue. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** The one error that leaves edgeadm: what failed, the evidence, the next step. */
export class EdgeadmError extends Error {
  override readonly name = 'EdgeadmError';
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string | undefined;
  readonly next: string;

  constructor(parts: ErrorParts) {
    super(parts.why ? `${parts.what}: ${parts.why}` : parts.what, { cause: parts.cause });
    this.code = parts.code;
    this.what = parts.what;
    this.why = parts.why;
    this.next = parts.next ?? ERROR_CODES[parts.code].remedy;
  }

  /** The exit code of the process, see {@link EXIT}. */
  get exit(): number {
    return ERROR_CODES[this.code].exit;
  }

  /** The shape that `-o json` prints. */
  toJSON(): { code: ErrorCode; what: string; why?: string; next: string } {
    return { code: this.code, what: this.what, why: this.why, next: this.next };
  }
}

/** Turns whatever was thrown into an {@link EdgeadmError}; faults of our own become INTERNAL. */
export function toEdgeadmError(thrown: unknown): EdgeadmError {
  if (thrown instanceof EdgeadmError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const disk = diskCode(thrown);
  if (disk) return new EdgeadmError({ code: disk, what: 'cannot write to the disk', why: message, cause: thrown });
  return new EdgeadmError({ code: 'INTERNAL', what: 'internal error (a bug in edgeadm)', why: message, cause: thrown });
}

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html: READONLY, IOERR, FULL, CANTOPEN. */
const SQLITE_DISK: Readonly<Record<number, ErrorCode>> = {
  8: 'WRITE_FAILED',
  10: 'WRITE_FAILED',
  13: 'NO_SPACE',
  14: 'WRITE_FAILED',
};
const SYSTEM_DISK: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'WRITE_FAILED',
  EIO: 'WRITE_FAILED',
};

/** A disk that is full, read-only or broken, as Node and its SQLite report it; undefined for any other error. */
function diskCode(thrown: unknown): ErrorCode | undefined {
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' ? SQLITE_DISK[Number(errcode) & 0xff] : SYSTEM_DISK[String(code)];
}
