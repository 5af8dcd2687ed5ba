import { writeFileSync } from 'node:fs';
import { EdgeadmError } from '../errors/index.ts';
import { TERMINATION_MESSAGE_FILE, terminationMessage } from '../errors/termination-message.ts';
import { cleanText } from '../lib/clean-text.ts';
import { type EventSink, now, type WorkflowEvent } from '../workflow/events.ts';
import { formatError } from './error.ts';
import { jsonRenderer, resultLine } from './json.ts';
import { klogRenderer } from './klog.ts';
import { LogFiles } from './log-file.ts';
import { planRenderer } from './plan.ts';
import type { CommandResult, HostResult, Renderer, TextWriter } from './renderer.ts';
import { cleanError, openWriter, redactingSink, type Sink } from './sink.ts';
import { type Environment, type Style, styleFor } from './style.ts';
import { cleanStyledText } from './styled-text.ts';
import { sharedErrors, summary, verdictLines } from './summary.ts';
import { TreeRenderer } from './tree.ts';
import { wrapParagraphs } from './width.ts';

export type { CommandResult, HostResult } from './renderer.ts';
export { table } from './table.ts';

/** `json` is an object a line; with `yaml` standard output has the result alone, and people read the rest beside it. */
export type OutputMode = 'text' | 'json' | 'yaml';

export interface OutputOptions {
  readonly mode: OutputMode;
  /** Debug messages and the end of each phase; on a terminal lines instead of a tree. */
  readonly verbose: boolean;
  readonly command: string;
  /** Version of edgeadm, for the log file. */
  readonly version: string;
  /** What users call the hosts; this machine is `localhost`. */
  readonly hosts: readonly string[];
  /** `--log-file`. */
  readonly logFile?: string;
  /** The plan goes to standard output; no log file is written. */
  readonly dryRun?: boolean;
  /** True for commands that only look: a log file is written only if `logFile` names one. */
  readonly looksOnly?: boolean;
  /** True if the result's text reports the failures that it names in `told`: no lines report them before. */
  readonly failuresInResult?: boolean;
  /** Default: those of the process. */
  readonly stdout?: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WriteStream;
  readonly env?: Environment;
}

/** How a command shows what it does. No secret comes out of it, `reveal` in a result excepted. */
export interface Output {
  /** For pipelines: every event of every host. */
  readonly emit: EventSink;
  /** One host is done; its failure is shown unless an event has reported it already. */
  hostDone(result: HostResult): void;
  /** Clears the terminal of what moves while `question` is asked. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /**
   * Shows people what was found before the command continues: whole lines, on standard output. Nothing for programs.
   */
  tell(text: string): void;
  /** How it ended: the result of the command, errors, a table of several hosts; the last line with `-o json`. */
  result(result: CommandResult): Promise<void>;
  /** Shows what is left and gives the terminal back. */
  close(): Promise<void>;
}

/** Chooses the renderers: JSON lines; a plan; a tree on a terminal; else lines as klog writes them. And a log file. */
export function createOutput(options: OutputOptions): Output {
  return new CommandOutput(options);
}

class CommandOutput implements Output {
  readonly #options: OutputOptions;
  readonly #style: Style;
  readonly #stdout: TextWriter;
  readonly #stderr: TextWriter;
  readonly #log: LogFiles | undefined;
  readonly #tree: TreeRenderer | undefined;
  readonly #screen: readonly Renderer[];
  readonly #sink: Sink;
  /** The last phase begun on each host, and the first that failed. */
  readonly #phases = new Map<string, { last: string; failed?: string }>();
  /** Errors that an event has reported. */
  readonly #told = new Set<EdgeadmError>();
  readonly #shown = new Set<EdgeadmError>();

  constructor(options: OutputOptions) {
    const { hosts, stdout = process.stdout, stderr = process.stderr, env = process.env } = options;
    this.#options = options;
    this.#style = styleFor(env, Boolean(stderr.isTTY));
    this.#stdout = openWriter(stdout);
    this.#stderr = openWriter(stderr);
    const quiet = options.dryRun || (options.looksOnly && options.logFile === undefined);
    this.#log = quiet ? undefined : new LogFiles({ ...options, path: options.logFile, env });
    if (wantsTree(options, stderr, env)) {
      this.#tree = new TreeRenderer({ terminal: stderr, write: this.#stderr, style: this.#style, hosts });
    }
    this.#screen = this.#tree ? [this.#tree] : this.#plainRenderers(styleFor(env, Boolean(stdout.isTTY)));
    this.#sink = redactingSink([...this.#screen, ...(this.#log ? [this.#log] : [])]);
  }

  readonly emit: EventSink = (event) => {
    this.#notePhase(event);
    if (event.type === 'failure') {
      this.#told.add(event.error);
      // The tree marks the phase alone; lines tell the whole error.
      if (!this.#tree && !this.#failuresLater) this.#shown.add(event.error);
    }
    this.#sink.event(event);
  };

  hostDone(result: HostResult): void {
    const { host, error } = result;
    if (error && !this.#told.has(error)) {
      const phase = this.#phases.get(host);
      this.emit({
        type: 'failure',
        host,
        phase: phase?.failed ?? phase?.last ?? this.#options.command,
        time: now(),
        error,
      });
    }
    this.#sink.hostDone(this.#withPhase(result));
  }

  ask<T>(question: () => Promise<T>): Promise<T> {
    return this.#tree ? this.#tree.aside(question) : question();
  }

  tell(text: string): void {
    if (this.#options.mode === 'text') this.#stdout(wrapParagraphs(cleanText(text), this.#columns));
  }

  async result(result: CommandResult): Promise<void> {
    await this.#closeScreen();
    this.#logFault(result.error);
    this.#leaveTerminationMessage(result.error);
    const hosts = result.hosts.map((host) => this.#withPhase(host));
    if (this.#options.mode === 'json') return this.#stdout(resultLine({ ...result, hosts }));
    if (this.#options.mode === 'yaml') return this.#resultAsYaml({ ...result, hosts });
    for (const error of result.told ?? []) this.#shown.add(error);
    const several = hosts.length > 1;
    // What to do next comes last: it is what a person looks at.
    if (result.text) this.#stdout(this.#shownText(result, result.text));
    if (several) return this.#resultOfSeveral(hosts, result);
    this.#showError(result.error ?? hosts[0]?.error, hosts);
    if (result.ok) this.#verdict(result);
  }

  async #resultAsYaml(result: CommandResult): Promise<void> {
    const { yamlDocument } = await import('./yaml.ts');
    const document = yamlDocument(result);
    if (document) this.#stdout(document);
    for (const { error, hosts } of sharedErrors(result.hosts))
      this.#showError(error, hosts, result.hosts.length > 1 ? hosts.map(({ host }) => host).join(', ') : undefined);
    this.#showError(result.error, []);
  }

  /** Each error once, with all hosts that it is of; a row for each host; how it ended as a whole. */
  #resultOfSeveral(hosts: readonly HostResult[], result: CommandResult): void {
    for (const { hosts: alike, error } of sharedErrors(hosts)) {
      // For some of them, lines written meanwhile have reported it.
      const untold = alike.filter((host) => host.error && !this.#shown.has(host.error));
      this.#showError(error, untold, untold.map(({ host }) => host).join(', '));
      for (const host of alike) if (host.error) this.#shown.add(host.error);
    }
    this.#stdout(cleanText(summary(hosts)));
    if (result.ok) this.#verdict(result);
    if (!result.error) return;
    // Its evidence is the table, and what to do stands with each error.
    const { code, what, next } = result.error;
    const told = hosts.some(({ error }) => error !== undefined && next.includes(error.next));
    this.#showError(new EdgeadmError({ code, what, next: told ? '' : next }), []);
  }

  #shownText({ reveal, verbatim }: CommandResult, text: string): string {
    const clean = reveal ? text : cleanStyledText(text, this.#coloured);
    return reveal || verbatim ? clean : wrapParagraphs(clean, this.#columns);
  }

  #verdict(result: CommandResult): void {
    const text = cleanText(verdictLines(result));
    if (text) this.#stdout(wrapParagraphs(text, this.#columns));
  }

  /** Whether results are shown on a terminal with colours. */
  get #coloured(): boolean {
    const { stdout = process.stdout, env = process.env } = this.#options;
    return styleFor(env, Boolean(stdout.isTTY)).coloured;
  }

  /** Of the terminal that results are shown on. */
  get #columns(): number {
    return (this.#options.stdout ?? process.stdout).columns || Infinity;
  }

  async close(): Promise<void> {
    await this.#closeScreen();
    this.#log?.close();
  }

  async #closeScreen(): Promise<void> {
    for (const renderer of this.#screen) await renderer.close?.();
  }

  get #failuresLater(): boolean {
    return Boolean(this.#options.failuresInResult) && this.#options.mode === 'text';
  }

  #plainRenderers(stdoutStyle: Style): Renderer[] {
    const { mode, verbose, hosts, command, dryRun } = this.#options;
    if (mode === 'json') return [jsonRenderer(this.#stdout, verbose)];
    const nameHosts = hosts.length > 1;
    const klog = klogRenderer({ write: this.#stderr, verbose, nameHosts, warningsOnly: dryRun, onePrefix: true });
    const lines = this.#failuresLater ? withoutFailures(klog) : klog;
    const write = mode === 'yaml' ? this.#stderr : this.#stdout;
    return dryRun ? [planRenderer({ write, command, style: stdoutStyle, columns: this.#columns }), lines] : [lines];
  }

  /** A fault of our own leaves its stack in the log, wherever it came from. */
  #logFault(error: EdgeadmError | undefined): void {
    if (error?.code !== 'INTERNAL' || this.#told.has(error)) return;
    const host = this.#options.hosts[0] ?? 'localhost';
    const phase = this.#options.command;
    this.#log?.event({ type: 'failure', host, phase, time: now(), error: cleanError(error) });
  }

  #leaveTerminationMessage(error: EdgeadmError | undefined): void {
    const file = (this.#options.env ?? process.env)[TERMINATION_MESSAGE_FILE];
    if (!file || !error) return;
    try {
      writeFileSync(file, terminationMessage(cleanError(error)), { mode: 0o600 });
    } catch {
      // The same error is in the log of the container.
    }
  }

  /** @param names of several hosts, printed before it */
  #showError(error: EdgeadmError | undefined, hosts: readonly HostResult[], names?: string): void {
    if (!error || this.#shown.has(error) || names === '') return;
    this.#shown.add(error);
    const logs = hosts.flatMap(({ host }) => this.#log?.pathOf(host) ?? []);
    const context = { host: names, log: logs.length > 1 ? `${logs[0]} and ${logs.length - 1} more` : logs[0] };
    this.#stderr(
      formatError(cleanError(error), this.#style, context, (this.#options.stderr ?? process.stderr).columns),
    );
  }

  #notePhase(event: WorkflowEvent): void {
    const { last, failed } = this.#phases.get(event.host) ?? { last: event.phase };
    if (event.type === 'phase-start') this.#phases.set(event.host, { last: event.phase, failed });
    if (event.type === 'phase-end' && event.outcome === 'failed') {
      this.#phases.set(event.host, { last, failed: failed ?? event.phase });
    }
  }

  #withPhase(result: HostResult): HostResult {
    return result.ok ? result : { ...result, phase: result.phase ?? this.#phases.get(result.host)?.failed };
  }
}

function withoutFailures(renderer: Renderer): Renderer {
  return { ...renderer, event: (event) => event.type !== 'failure' && renderer.event(event) };
}

function wantsTree(options: OutputOptions, stderr: NodeJS.WriteStream, env: Environment): boolean {
  return options.mode !== 'json' && !options.verbose && !options.dryRun && Boolean(stderr.isTTY) && env.TERM !== 'dumb';
}
