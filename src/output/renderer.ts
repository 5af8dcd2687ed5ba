import type { EdgeadmError } from '../errors/index.ts';
import type { WorkflowEvent } from '../workflow/events.ts';

/** How the work on one host ended. */
export interface HostResult {
  readonly host: string;
  readonly ok: boolean;
  /** One word for people: `joined`, `unchanged`, `failed`. */
  readonly outcome: string;
  /** The phase that failed. */
  readonly phase?: string;
  readonly durationMs: number;
  readonly error?: EdgeadmError;
  /** For people, one line: what was done, on which node, how long it took. */
  readonly verdict?: string;
  /** The command that a person runs next. */
  readonly next?: string;
  /** For people, in a table of hosts: what a command that only looks has found. */
  readonly cause?: string;
  /** What `-o json` tells beside. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** How the command ended. */
export interface CommandResult {
  readonly ok: boolean;
  readonly command: string;
  readonly hosts: readonly HostResult[];
  /** Of all hosts together, without the time that questions took. */
  readonly durationMs?: number;
  readonly error?: EdgeadmError;
  /** What the command found out, for people: lines with their ends, on standard output. */
  readonly text?: string;
  /** Errors that `text` tells already. */
  readonly told?: readonly EdgeadmError[];
  /** The same for `-o json`. */
  readonly data?: unknown;
  /** `text` and `data` are the secret that was requested (`token create`): they are shown as they are. */
  readonly reveal?: boolean;
  /** `text` is a file or a script: its lines are as long as they are. */
  readonly verbatim?: boolean;
}

/** Shows what happens. What it is given is redacted already. */
export interface Renderer {
  event(event: WorkflowEvent): void;
  hostDone?(result: HostResult): void;
  /** Last call: whatever is not shown yet is shown now. */
  close?(): Promise<void> | void;
}

/** Takes whole lines, line ends included. */
export type TextWriter = (text: string) => void;
