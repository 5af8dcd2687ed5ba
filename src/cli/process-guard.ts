import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';
import { setOverdueHandler, stopCommand } from './signals.ts';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Milliseconds for showing an error when the process has to end. */
const LAST_OUTPUT_MS = 1000;

/** Shows an error as the running command would, and sets the exit code. */
export type ShowError = (error: EdgeadmError) => Promise<void>;

/**
 * Makes sure that the process ends with one error and a documented exit code, whatever its command waits for: on
 * signals, when an error escapes every handler, and when nothing is left to wait for although the command has not
 * ended.
 */
export class ProcessGuard {
  readonly #show: ShowError;
  #interrupted = false;
  #ending = false;
  /** An error that escaped; the command has been asked to end. */
  #escaped: EdgeadmError | undefined;

  constructor(show: ShowError) {
    this.#show = show;
  }

  install(): void {
    for (const name of SIGNALS) process.on(name, () => this.#interrupt(name));
    process.on('uncaughtException', (error) => this.#fail(toEdgeadmError(error)));
    process.on('unhandledRejection', (reason) => this.#fail(toEdgeadmError(reason)));
    process.on('beforeExit', () => (this.#ending ? process.exit() : this.#fail(stalled())));
    setOverdueHandler((error) => void this.#end(error));
  }

  /** The command has ended and set its exit code. */
  async finish(): Promise<never> {
    if (this.#escaped && !process.exitCode) await this.#end(this.#escaped);
    this.#ending = true;
    return exit();
  }

  #interrupt(name: NodeJS.Signals): void {
    if (this.#interrupted) process.exit(130);
    this.#interrupted = true;
    const why = `interrupted by ${name}`;
    if (!stopCommand(new Error(why), 'interruptedMs'))
      void this.#end(new EdgeadmError({ code: 'INTERRUPTED', what: 'the command was interrupted', why }));
  }

  #fail(error: EdgeadmError): void {
    this.#escaped ??= error;
    if (!stopCommand(error, 'cleanUpMs')) void this.#end(this.#escaped);
  }

  async #end(error: EdgeadmError): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    process.exitCode = error.exit;
    setTimeout(() => process.exit(error.exit), LAST_OUTPUT_MS);
    try {
      await this.#show(error);
    } catch {
      // The output itself may be what fails.
    }
    await exit();
  }
}

/** Ends the process once everything it has printed is on its way: `process.exit()` alone would cut a pipe. */
async function exit(): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writable) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

function stalled(): EdgeadmError {
  return new EdgeadmError({
    code: 'INTERNAL',
    what: 'the command ended without a result (a bug in edgeadm)',
    why: 'it was waiting for a connection that closed without an answer',
  });
}
