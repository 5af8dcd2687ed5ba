import type { WorkflowEvent } from '../workflow/events.ts';
import { LiveRegion } from './live-region.ts';
import type { HostResult, Renderer, TextWriter } from './renderer.ts';
import type { Style } from './style.ts';
import { TreeModel } from './tree-model.ts';

export interface TreeOptions {
  /** The terminal that progress is shown on. */
  readonly terminal: NodeJS.WriteStream;
  /** Writes to that terminal. */
  readonly write: TextWriter;
  readonly style: Style;
  readonly hosts: readonly string[];
}

/** What is done sooner is not worth a spinner. */
const DELAY_MS = 80;
const FRAME_MS = 100;
/** Of terminals that do not say, such as some serial lines. */
const [ROWS, COLUMNS] = [24, 80];
/** Lines of the terminal that are left to what was printed before. */
const MARGIN = 4;

/** Phases on a terminal: a line for each that is done, below them what runs, with a spinner. */
export class TreeRenderer implements Renderer {
  readonly #options: TreeOptions;
  readonly #model: TreeModel;
  readonly #region: LiveRegion;
  readonly #spinner: readonly string[];
  /** Lines that stay, not printed yet. */
  readonly #lines: string[] = [];
  /** Questions wait for each other; nothing else touches the terminal meanwhile. */
  #turn: Promise<void> = Promise.resolve();
  #asking = false;
  #starting: NodeJS.Timeout | undefined;
  #frames: NodeJS.Timeout | undefined;
  #frame = 0;
  #closed = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#model = new TreeModel(options.style, options.hosts, () => options.terminal.columns || COLUMNS);
    this.#region = new LiveRegion(options.terminal);
    this.#spinner = [...(options.style.unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '-\\|/')];
  }

  event(event: WorkflowEvent): void {
    this.#lines.push(...this.#model.apply(event));
    this.#update();
  }

  hostDone(result: HostResult): void {
    this.#lines.push(...this.#model.hostDone(result));
    this.#update();
  }

  /** Clears the terminal of what runs, calls `work` (a question, a result) and continues. */
  aside<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.#turn.then(async () => {
      this.#stop();
      this.#asking = true;
      try {
        return await work();
      } finally {
        this.#asking = false;
        this.#update();
      }
    });
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.aside(() => {});
  }

  #update(): void {
    if (this.#asking) return;
    if (this.#closed || this.#live().length === 0) this.#stop();
    else if (this.#frames && this.#lines.length > 0) this.#draw();
    else if (!this.#frames) {
      this.#print();
      this.#starting ??= setTimeout(() => this.#start(), DELAY_MS);
    }
  }

  #start(): void {
    this.#starting = undefined;
    if (this.#asking || this.#closed || this.#frames) return;
    this.#region.hideCursor();
    this.#frames = setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  #draw(): void {
    this.#print();
    this.#frame += 1;
    const spinner = this.#options.style.yellow(this.#spinner[this.#frame % this.#spinner.length] ?? '');
    const [columns, now] = [this.#options.terminal.columns || COLUMNS, Date.now()];
    const lines = this.#live().flatMap((item) =>
      item.lines(columns, now).map((line, at) => (at === 0 ? `${spinner} ` : '  ') + line),
    );
    this.#region.draw(lines.slice(0, (this.#options.terminal.rows || ROWS) - 1));
  }

  /** Clears the region and prints what waits. */
  #stop(): void {
    clearTimeout(this.#starting);
    clearInterval(this.#frames);
    this.#starting = this.#frames = undefined;
    this.#region.clear();
    this.#region.showCursor();
    this.#print();
  }

  /** What stays is printed above the region. */
  #print(): void {
    const lines = this.#lines.splice(0);
    if (lines.length === 0) return;
    this.#region.clear();
    this.#options.write(lines.map((line) => `${line}\n`).join(''));
  }

  #live() {
    return this.#model.live(Math.max(1, (this.#options.terminal.rows || ROWS) - MARGIN));
  }
}
