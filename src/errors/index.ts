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
  // inquirer's, for Ctrl-C at a question, and for one that was not answered in time.
  if (thrown instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(thrown.name))
    return new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted at a prompt', cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EdgeadmError({ code: 'INTERNAL', what: 'internal error (a bug in edgeadm)', why: message, cause: thrown });
}
