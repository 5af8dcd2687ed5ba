import { count } from '../lib/count.ts';
import type { WorkflowEvent } from '../workflow/events.ts';
import type { Renderer, TextWriter } from './renderer.ts';
import type { Style } from './style.ts';
import { wrap } from './width.ts';

export interface PlanOptions {
  readonly write: TextWriter;
  readonly command: string;
  readonly style: Style;
  /** Of the terminal. */
  readonly columns: number;
}

/**
 * What a dry run would run and write, host by host, for standard output: phases with something to do, their actions,
 * and a diff under each file that would change. A host's plan is shown as a whole, when the host is done.
 */
export function planRenderer({ write, command, style, columns }: PlanOptions): Renderer {
  const plans = new Map<string, HostPlan>();
  const planOf = (host: string): HostPlan => {
    const plan = plans.get(host) ?? new HostPlan(style, columns);
    plans.set(host, plan);
    return plan;
  };
  const show = (host: string, ok = true): void => {
    const { lines, actions } = planOf(host);
    plans.delete(host);
    // A failure is reported beside it; what it would have done is unknown.
    const nothing = lines.length > 0 ? '' : ok ? ': nothing to do' : ': stopped by an error';
    const head = `${host}: plan of ${command}`;
    write(`${wrap(`${head} (nothing was changed)${nothing}`, columns).replace(head, style.bold)}\n`);
    write(lines.map((line) => `${line}\n`).join(''));
    if (actions === 0) return;
    write(`${wrap(`${host}: ${count('action', actions)} planned, nothing was changed (dry run)`, columns)}\n`);
  };
  return {
    event: (event) => planOf(event.host).add(event),
    hostDone: ({ host, ok }) => show(host, ok),
    close() {
      for (const host of [...plans.keys()]) show(host);
    },
  };
}

class HostPlan {
  readonly lines: string[] = [];
  actions = 0;
  readonly #style: Style;
  readonly #columns: number;
  readonly #titles = new Map<string, string>();
  /** The recorder of a host does not know whose change it records. */
  #phase = '';
  #shown = '';

  constructor(style: Style, columns: number) {
    this.#style = style;
    this.#columns = columns;
  }

  add(event: WorkflowEvent): void {
    if (event.type === 'phase-start') {
      this.#phase = event.phase;
      this.#titles.set(event.phase, event.title);
    }
    if (event.type !== 'plan') return;
    this.#head(event.phase || this.#phase);
    this.actions++;
    this.lines.push(...this.#wrapped(event.action, 2));
    this.lines.push(...hunks(event.diff ?? '').map((line) => `      ${this.#paint(line)}`.trimEnd()));
  }

  /** A phase is named once its first action is there. */
  #head(phase: string): void {
    if (phase === this.#shown) return;
    this.#shown = phase;
    const title = this.#titles.get(phase);
    this.lines.push(...this.#wrapped(`[${phase}]${title ? ` ${title}` : ''}`, 0));
  }

  #wrapped(text: string, indent: number): string[] {
    const lines = wrap(text, this.#columns - indent - 2).split('\n');
    return lines.map((line, index) => ' '.repeat(index > 0 ? indent + 2 : indent) + line);
  }

  #paint(line: string): string {
    if (line.startsWith('+')) return this.#style.green(line);
    return line.startsWith('-') ? this.#style.red(line) : line;
  }
}

/** A unified diff without its head, which names the file once more. */
function hunks(diff: string): string[] {
  const lines = diff.trimEnd().split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('@@'))).filter((line) => line !== '');
}
