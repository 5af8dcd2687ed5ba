import { Command, type Interfaces } from '@oclif/core';
import { EdgeadmError, ERROR_CODES, EXIT } from '../errors/index.ts';
import { createOutput, type Output, type OutputMode } from '../output/index.ts';
import type { CommandResult } from '../output/renderer.ts';
import { withPlainBooleans } from './boolean-words.ts';
import { outputFlag } from './flags.ts';
import type { CommandHost } from './node-runner.ts';
import { toCommandError } from './parse-error.ts';
import { formatShown, type Shown } from './shown.ts';

type Values = Record<string, unknown>;

/** What every command shares: `-o`, one result line in JSON, errors that say what to do next, exit codes. */
export abstract class BaseCommand extends Command {
  static override baseFlags = outputFlag;
  /** The command of this process. */
  static running: BaseCommand | undefined;
  #output: Output | undefined;
  #format = 'text';

  protected override async init(): Promise<void> {
    await super.init();
    BaseCommand.running = this;
  }

  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Interfaces.Input<F, B, A>,
    argv = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, withPlainBooleans(argv, { ...options?.baseFlags, ...options?.flags }));
    this.#format = String((parsed.flags as Values).output ?? 'text');
    return parsed;
  }

  /** How this command shows things; made once. */
  protected openOutput(options: Partial<Parameters<typeof createOutput>[0]> = {}): Output {
    this.#output ??= createOutput({
      mode: outputMode(this.argv),
      verbose: false,
      command: this.#name,
      hosts: ['localhost'],
      version: this.config.version,
      ...options,
    });
    return this.#output;
  }

  /** What the functions behind the commands need of them. */
  protected get host(): CommandHost {
    return {
      openOutput: (options) => this.openOutput(options),
      version: this.config.version,
      argv: [...this.#name.split(' '), ...this.argv],
    };
  }

  get #name(): string {
    return (this.id ?? 'edgeadm').replaceAll(':', ' ');
  }

  /** A mistake in the command line is looked up in the help of this very command. */
  #withHelp(error: EdgeadmError): EdgeadmError {
    if (error.code !== 'USAGE' || error.next !== ERROR_CODES.USAGE.remedy) return error;
    return new EdgeadmError({ ...error.toJSON(), next: `edgeadm ${this.#name} --help`, cause: error });
  }

  /** Shows how the command ended and sets the exit code. */
  protected async finish(result: Omit<CommandResult, 'command'>): Promise<void> {
    // The error of a host was already printed in full.
    const ofHost = result.hosts.some((host) => host.error === result.error);
    const error = result.error && (ofHost ? result.error : this.#withHelp(result.error));
    process.exitCode = error?.exit ?? EXIT.done;
    await this.openOutput().result({ ...result, error, command: this.#name });
  }

  /** True for `-o wide`, if a command has to know it before it asks. */
  protected get wide(): boolean {
    return this.#format === 'wide';
  }

  /** Ends with a list or an object, in the form that `-o` asks for. @param error if what is shown is a failure */
  protected async show({ data, reveal, verbatim, ...texts }: Shown, error?: EdgeadmError): Promise<void> {
    const text = formatShown({ data, ...texts }, this.#format);
    await this.finish({ ok: error === undefined, hosts: [], data, text, reveal, verbatim, error });
  }

  protected override async catch(thrown: Error): Promise<void> {
    const error = toCommandError(thrown, this.#name);
    // Help and version end by throwing.
    if (!error) throw thrown;
    await this.finish({ ok: false, hosts: [], error });
  }

  /** Shows an error that the command cannot catch itself, as it would have, and sets the exit code. */
  async endWith(error: EdgeadmError): Promise<void> {
    await this.finish({ ok: false, hosts: [], error });
    await this.finally();
  }

  protected override async finally(): Promise<void> {
    await this.#output?.close();
  }
}

/** Before flags are parsed, and when parsing fails, the mode has to be known anyway. */
export function outputMode(argv: readonly string[]): OutputMode {
  const values = argv.flatMap((word, i) =>
    /^(-o|--output)$/.test(word) ? (argv[i + 1] ?? []) : (/^(?:--output=|-o=?)(.+)$/.exec(word)?.[1] ?? []),
  );
  return values.includes('json') ? 'json' : values.includes('yaml') ? 'yaml' : 'text';
}
