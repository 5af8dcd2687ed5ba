import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { OutputBuffer } from './output-buffer.ts';
import { MAX_OUTPUT_BYTES, MAX_STDERR_BYTES, PROGRAM_TIMEOUT_MS } from './programs.ts';

/** How a program ended; both undefined if that is not known: its channel broke, or it was given up. */
export interface Ending {
  readonly code?: number;
  readonly signal?: string;
}

/** A program that runs, on whichever machine, and the means to end it. */
export interface RunningProgram {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The end of what it wrote to standard error so far. */
  stderrText(): string;
  /** Fulfilled when it has ended; descendants may still hold its outputs open. */
  readonly exited: Promise<Ending>;
  /** Fulfilled when its outputs have ended, too. */
  readonly closed: Promise<Ending>;
  /** Sends a signal to it and its descendants. Need not succeed. */
  kill(signal: 'TERM' | 'KILL'): Promise<void>;
  /** Lets go of its streams. */
  abandon(): void;
}

export interface SuperviseOptions {
  readonly input?: string | Buffer | Readable;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How much it may write to standard output. */
  readonly maxOutputBytes?: number;
  readonly pauses?: Pauses;
}

/** Milliseconds that the program is given at each step. */
export interface Pauses {
  /** From SIGTERM to SIGKILL. */
  readonly terminate: number;
  /** From SIGKILL until its streams are let go. */
  readonly kill: number;
  /** From then until it is given up. */
  readonly close: number;
  /** Of silence, for the output of a program that has exited: descendants may keep it open forever. */
  readonly drain: number;
}

const PAUSES: Pauses = { terminate: 5000, kill: 1000, close: 500, drain: 10_000 };
/** While a user who interrupted edgeadm waits, or a program prints without end. */
const HURRIED: Pauses = { terminate: 1000, kill: 300, close: 200, drain: 200 };

/** Exit code -1 if it did not end by itself. */
export interface ProgramOutcome {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** How it ended. */
  readonly ending: Ending;
  /** Whether it was stopped: by its time limit, the size of its output, or an interruption. */
  readonly stopped: boolean;
}

/**
 * Feeds a program, gathers what it prints, and sees to it that it ends:
 *
 * ```
 * running ──exit──▶ draining ──its outputs end──▶ over
 *    │                 │
 *    │ time, size,     │ time, size, interruption,
 *    │ interruption    │ or silence
 *    ▼                 ▼
 * terminating ──▶ killing ──▶ closing ──▶ over
 * ```
 *
 * Each arrow of the lower row is taken after a pause, and any state but the first becomes `over` as soon as the
 * outputs end. So it answers in bounded time, whatever the program or the machine does.
 * @throws the error of a stream of input
 */
export async function supervise(program: RunningProgram, options: SuperviseOptions = {}): Promise<ProgramOutcome> {
  const supervisor = new Supervisor(program, options);
  const fed = feed(program, options.input, supervisor.over);
  fed.catch(() => {});
  const outcome = await supervisor.over;
  if (!outcome.stopped) await fed;
  // A source that stalls must not keep us waiting for a program that was stopped.
  else if (options.input instanceof Readable) options.input.destroy();
  return outcome;
}

type State = 'running' | 'draining' | 'terminating' | 'killing' | 'closing' | 'over';

class Supervisor {
  readonly over: Promise<ProgramOutcome>;
  readonly #program: RunningProgram;
  readonly #options: SuperviseOptions;
  readonly #stdout = new OutputBuffer();
  readonly #finish: (outcome: ProgramOutcome) => void;
  #state: State = 'running';
  #ending: Ending = {};
  #stopped: { readonly why: string; readonly timedOut: boolean; readonly pauses: Pauses } | undefined;
  #pause: NodeJS.Timeout | undefined;
  readonly #limit: NodeJS.Timeout;
  readonly #interrupt = (): void => this.#stop('interrupted', { pauses: HURRIED });

  constructor(program: RunningProgram, options: SuperviseOptions) {
    this.#program = program;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<ProgramOutcome>();
    this.over = promise;
    this.#finish = resolve;
    const timeoutMs = options.timeoutMs ?? PROGRAM_TIMEOUT_MS;
    this.#limit = setTimeout(
      () => this.#stop(`did not end within ${timeoutMs / 1000} s`, { timedOut: true }),
      timeoutMs,
    );
    this.#limitOutputs();
    program.exited.then((ending) => this.#exit(ending));
    program.closed.then((ending) => this.#end(ending));
    if (options.signal?.aborted) this.#interrupt();
    else options.signal?.addEventListener('abort', this.#interrupt, { once: true });
  }

  #limitOutputs(): void {
    const { stdout, stderr } = this.#program;
    const maxBytes = this.#options.maxOutputBytes ?? MAX_OUTPUT_BYTES;
    stdout.on('data', (chunk: Buffer) => {
      if (this.#stopped) return;
      if (this.#stdout.size + chunk.length > maxBytes)
        this.#stop(`printed more than ${maxBytes} bytes`, { pauses: HURRIED });
      else this.#stdout.add(chunk);
      if (this.#state === 'draining') this.#drain();
    });
    let errors = 0;
    stderr.on('data', (chunk: Buffer) => {
      errors += chunk.length;
      if (errors > MAX_STDERR_BYTES)
        this.#stop(`printed more than ${MAX_STDERR_BYTES} bytes to standard error`, { pauses: HURRIED });
      if (this.#state === 'draining') this.#drain();
    });
  }

  #exit(ending: Ending): void {
    this.#ending = ending;
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    this.#drain();
  }

  #drain(): void {
    this.#after('drain', () => this.#close());
  }

  #stop(why: string, how: { timedOut?: boolean; pauses?: Pauses } = {}): void {
    if (this.#state !== 'running' && this.#state !== 'draining') return;
    const pauses = this.#options.pauses ?? how.pauses ?? PAUSES;
    this.#stopped = { why, timedOut: how.timedOut ?? false, pauses };
    this.#state = 'terminating';
    this.#kill('TERM');
    this.#after('terminate', () => {
      this.#state = 'killing';
      this.#kill('KILL');
      this.#after('kill', () => this.#close());
    });
  }

  #close(): void {
    this.#state = 'closing';
    this.#program.abandon();
    this.#after('close', () => this.#end(this.#ending));
  }

  #end(ending: Ending): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#pause);
    clearTimeout(this.#limit);
    this.#options.signal?.removeEventListener('abort', this.#interrupt);
    const stopped = this.#stopped;
    this.#finish({
      exitCode: stopped ? -1 : (ending.code ?? -1),
      stdout: this.#stdout.bytes(),
      stderr: [this.#program.stderrText(), stopped?.why].filter(Boolean).join('\n'),
      timedOut: stopped?.timedOut ?? false,
      ending,
      stopped: stopped !== undefined,
    });
  }

  #after(step: keyof Pauses, next: () => void): void {
    const pauses = this.#stopped?.pauses ?? this.#options.pauses ?? PAUSES;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      if (this.#state !== 'over') next();
    }, pauses[step]);
  }

  /** Where the connection to the machine is lost the program cannot be killed, and need not be reported either. */
  #kill(signal: 'TERM' | 'KILL'): void {
    this.#program.kill(signal).catch(() => {});
  }
}

/** A program that ends before it has read everything closes its input: that is its right, its exit code tells why. */
async function feed(
  { stdin, closed }: RunningProgram,
  input: SuperviseOptions['input'],
  over: Promise<unknown>,
): Promise<void> {
  if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) {
    stdin.end(input ?? '');
    return;
  }
  let ended = false;
  const end = Promise.race([closed, over]).then(() => {
    ended = true;
  });
  try {
    for await (const chunk of input) {
      if (ended) return;
      if (!stdin.write(chunk as Buffer)) await Promise.race([once(stdin, 'drain').catch(() => {}), end]);
    }
  } finally {
    stdin.end();
  }
}
