import type { WorkflowEvent } from '../workflow/events.ts';
import { type LiveRegion, startLiveRegion } from './live-region.ts';
import type { HostResult, Renderer, TextWriter } from './renderer.ts';
import type { Style } from './style.ts';
import { type LiveItem, TreeModel } from './tree-model.ts';

export interface TreeOptions {
  /** The terminal that progress is shown on. */
  readonly terminal: NodeJS.WriteStream;
  /** Writes to that terminal. */
  readonly write: TextWriter;
  readonly style: Style;
  readonly hosts: readonly string[];
}

/** What is done sooner is not worth a spinner. */
const PATIENCE_MS = 80;
/** Lines of the terminal that are left to what was printed before. */
const MARGIN = 4;

/** Phases on a terminal: a line for each that is done, below them what runs. */
export class TreeRenderer implements Renderer {
  readonly #options: TreeOptions;
  readonly #model: TreeModel;
  readonly #lines: string[] = [];
  /** Whatever touches the terminal waits for its turn. */
  #turn: Promise<void> = Promise.resolve();
  #settling = false;
  #region: LiveRegion | undefined;
  #shown: readonly LiveItem[] = [];
  #timer: NodeJS.Timeout | undefined;
  #still = false;
  #closed = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#model = new TreeModel(options.style, options.hosts, () => options.terminal.columns || 80);
  }

  event(event: WorkflowEvent): void {
    this.#lines.push(...this.#model.apply(event));
    this.#update();
  }

  hostDone(result: HostResult): void {
    this.#lines.push(...this.#model.hostDone(result));
    this.#update();
  }

  /** Clears the terminal of what runs, calls `work` (a question, a result) and goes on. */
  aside<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.#turn.then(async () => {
      await this.#stop();
      return work();
    });
    this.#turn = done.then(
      () => this.#update(),
      () => this.#update(),
    );
    return done;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.aside(() => {});
    await this.#turn;
  }

  #update(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#turn = this.#turn.then(() => this.#settle());
  }

  async #settle(): Promise<void> {
    this.#settling = false;
    const items = this.#items();
    const wasShown = this.#region !== undefined;
    if (this.#lines.length > 0 || !sameItems(items, this.#shown)) await this.#stop();
    if (this.#region || items.length === 0 || this.#closed || this.#still) return;
    if (wasShown) return this.#start();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#turn = this.#turn.then(() => this.#start());
    }, PATIENCE_MS);
  }

  async #start(): Promise<void> {
    const items = this.#items();
    if (this.#region || items.length === 0 || this.#closed) return;
    const { terminal, style } = this.#options;
    const frame = (): string[] => items.map((item) => item.lines(terminal.columns || 80, Date.now()).join('\n'));
    this.#shown = items;
    // A terminal that cannot be drawn on is no reason to fail: finished phases are shown all the same.
    this.#region = await startLiveRegion(terminal, style, frame).catch(() => undefined);
    this.#still = this.#region === undefined;
  }

  /** Ends the region and prints what waits. */
  async #stop(): Promise<void> {
    await this.#region?.stop();
    this.#region = undefined;
    this.#shown = [];
    const lines = this.#lines.splice(0);
    if (lines.length > 0) this.#options.write(lines.map((line) => `${line}\n`).join(''));
  }

  #items(): LiveItem[] {
    return this.#model.live(Math.max(1, (this.#options.terminal.rows || 24) - MARGIN));
  }
}

function sameItems(some: readonly LiveItem[], others: readonly LiveItem[]): boolean {
  return some.length === others.length && some.every((item, index) => item.key === others[index]?.key);
}
