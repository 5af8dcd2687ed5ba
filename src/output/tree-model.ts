import { formatDuration } from '../lib/duration.ts';
import type { Outcome, WorkflowEvent } from '../workflow/events.ts';
import { describeProgress, describeSpeed, formatSeconds, Meter, type ProgressEvent } from './progress.ts';
import type { HostResult } from './renderer.ts';
import type { Style } from './style.ts';
import { padEnd, truncateText, widthOf, wrap, wrapParagraphs } from './width.ts';

/** A phase as the tree shows it. */
interface Node {
  readonly title: string;
  readonly startedAt: number;
  outcome: Outcome | 'running';
  durationMs: number;
  detail?: string;
  /** What it said last. */
  message?: string;
  readonly meters: Map<string, Meter>;
  readonly children: Map<string, Node>;
  readonly warnings: string[];
}

/** What runs now: a phase, or a host if there are several. `lines` is called for each frame. */
export interface LiveItem {
  readonly key: string;
  lines(columns: number, now: number): string[];
}

/**
 * The tree behind the screen, made from events alone. Finished things become lines that stay; what runs is drawn again.
 * One host shows its phases; several show one line each.
 */
export class TreeModel {
  readonly #style: Style;
  readonly #hosts: readonly string[];
  readonly #columns: () => number;
  /** The top-level phases that run on each host that was begun, by their names. */
  readonly #current = new Map<string, Map<string, Node>>();
  readonly #done = new Set<string>();

  /** @param columns of the terminal, for the lines that stay */
  constructor(style: Style, hosts: readonly string[], columns: () => number = () => Infinity) {
    this.#style = style;
    this.#hosts = hosts;
    this.#columns = columns;
  }

  /** @returns lines that stay on the screen */
  apply(event: WorkflowEvent): string[] {
    const node = this.#find(event);
    switch (event.type) {
      case 'phase-start':
        this.#start(event);
        return [];
      case 'phase-end':
        return node ? this.#end(event, node) : [];
      case 'message':
        return this.#say(event, node);
      case 'progress':
        if (node) follow(node, event);
        return [];
      default:
        return [];
    }
  }

  /** @returns the line of a host that is done */
  hostDone(result: HostResult): string[] {
    this.#done.add(result.host);
    this.#current.delete(result.host);
    const { red, green, dim } = this.#style;
    // The result of the command says it.
    if (!this.#several) return [];
    const head = `${result.ok ? green(this.#icon('done')) : red(this.#icon('failed'))} ${this.#host(result.host)}`;
    const text = result.error
      ? [result.outcome, result.phase && `in ${result.phase}`].filter(Boolean).join(' ')
      : result.outcome;
    // The whole error is below the tree.
    const why = result.error ? `: ${result.error.code}` : '';
    return [this.#plain(`${head}  ${text}${why}  ${dim(formatDuration(result.durationMs))}`)];
  }

  /** What is to be drawn: at most `most` items, then how many there are beside. */
  live(most: number): LiveItem[] {
    if (!this.#several) {
      return [...this.#current.entries()].flatMap(([host, current]) =>
        [...current.entries()].map(([phase, node]) => ({
          key: `${host} ${phase}`,
          lines: (columns, now) => this.#phaseLines(node, columns, now),
        })),
      );
    }
    const running = this.#hosts.filter((host) => this.#current.has(host));
    const waiting = this.#hosts.length - running.length - this.#done.size;
    const hidden = Math.max(0, running.length - most);
    const rest = [hidden > 0 && `${hidden} more at work`, waiting > 0 && `${waiting} waiting`]
      .filter(Boolean)
      .join(', ');
    const items = running.slice(0, most).map((host) => ({
      key: host,
      lines: (columns: number, now: number) => this.#hostLines(host, columns, now),
    }));
    if (running.length === 0) return [];
    return rest ? [...items, { key: rest, lines: (columns) => [this.#fit(rest, columns)] }] : items;
  }

  get #several(): boolean {
    return this.#hosts.length > 1;
  }

  #start({ host, phase, title, time }: WorkflowEvent & { readonly type: 'phase-start' }): void {
    const node: Node = {
      title,
      startedAt: time,
      outcome: 'running',
      durationMs: 0,
      meters: new Map(),
      children: new Map(),
      warnings: [],
    };
    const parent = this.#nodeAt(host, phase.split('/').slice(0, -1));
    const current = this.#current.get(host) ?? new Map<string, Node>();
    this.#current.set(host, current);
    (parent?.children ?? current).set(phase, node);
  }

  #end(event: WorkflowEvent & { readonly type: 'phase-end' }, node: Node): string[] {
    Object.assign(node, { outcome: event.outcome, durationMs: event.durationMs, detail: event.detail });
    if (event.phase.includes('/')) return [];
    this.#current.get(event.host)?.delete(event.phase);
    // What was not needed is in the log, and shown with -v.
    const quiet = event.outcome === 'skipped' && warningsBelow(node).length === 0;
    return this.#several || quiet ? [] : this.#finished(node, 0);
  }

  #say(event: WorkflowEvent & { readonly type: 'message' }, node: Node | undefined): string[] {
    if (event.level === 'debug' || event.vendor) return [];
    if (event.level === 'info') {
      if (node) node.message = event.text;
      return node || this.#several
        ? []
        : wrapParagraphs(event.text, this.#columns())
            .split('\n')
            .map((line) => this.#plain(line));
    }
    if (this.#several) return this.#warning(`${event.host}: ${event.text}`, 0);
    if (!node) return this.#warning(event.text, 0);
    node.warnings.push(event.text);
    return [];
  }

  #find({ host, phase }: WorkflowEvent): Node | undefined {
    return this.#nodeAt(host, phase.split('/'));
  }

  #nodeAt(host: string, path: readonly string[]): Node | undefined {
    let node = this.#current.get(host)?.get(path[0] ?? '');
    for (let depth = 2; depth <= path.length; depth++) node = node?.children.get(path.slice(0, depth).join('/'));
    return node;
  }

  /** Lines of a phase that has ended; of its sub-phases those that failed, and every warning. */
  #finished(node: Node, depth: number): string[] {
    const line = `${this.#mark(node.outcome)} ${node.title}  ${this.#style.dim(describeEnd(node))}`;
    return [
      ...this.#wrapped(line, '  '.repeat(depth)),
      ...node.warnings.flatMap((text) => this.#warning(text, depth + 1)),
      ...[...node.children.values()].flatMap((child) =>
        child.outcome === 'failed'
          ? this.#finished(child, depth + 1)
          : warningsBelow(child).flatMap((text) => this.#warning(text, depth + 1)),
      ),
    ];
  }

  /** Lines that stay: words wrap, as everywhere. */
  #wrapped(text: string, indent: string): string[] {
    const lines = wrap(this.#plain(text), this.#columns() - indent.length).split('\n');
    return lines.map((line, at) => `${indent}${at > 0 ? '  ' : ''}${line}`);
  }

  #warning(text: string, depth: number): string[] {
    const indent = '  '.repeat(depth);
    const [first = '', ...more] = wrapParagraphs(text, this.#columns() - indent.length - 2).split('\n');
    return [
      `${indent}${this.#style.yellow('!')} ${this.#plain(first)}`,
      ...more.map((line) => `${indent}  ${this.#plain(line)}`),
    ];
  }

  /** A running phase: its line, then its sub-phases and transfers. */
  #phaseLines(node: Node, columns: number, now: number): string[] {
    const message = node.message ? ` ${this.#arrow} ${firstLine(node.message)}` : '';
    return [
      this.#fit(`${node.title}${elapsed(now - node.startedAt)}${message}`, columns - 4),
      ...this.#bars(node, columns - 6),
      ...[...node.children.values()].flatMap((child) =>
        child.outcome === 'running'
          ? this.#phaseLines(child, columns - 2, now).map((line, index) =>
              index === 0 ? `${this.#arrow} ${line}` : `  ${line}`,
            )
          : [`${this.#mark(child.outcome)} ${this.#fit(`${child.title}  ${describeEnd(child)}`, columns - 6)}`],
      ),
    ];
  }

  /** A running host: its phase and its latest message. */
  #hostLines(host: string, columns: number, now: number): string[] {
    // Of those that run at once, the one that began last.
    const current = [...(this.#current.get(host)?.values() ?? [])].at(-1);
    if (!current) return [this.#fit(this.#host(host), columns - 4)];
    const node = deepest(current);
    const meter = [...node.meters.entries()].find(([, candidate]) => !candidate.complete);
    const doing = meter ? describeProgress(meter[0], meter[1]) : firstLine(node.message ?? '');
    const title = node === current ? node.title : `${current.title}: ${node.title}`;
    const text = `${this.#host(host)}  ${title}${elapsed(now - current.startedAt)}`;
    return [this.#fit(doing ? `${text} ${this.#arrow} ${doing}` : text, columns - 4)];
  }

  #bars(node: Node, columns: number): string[] {
    const [full, empty] = this.#style.unicode ? ['█', '░'] : ['#', '-'];
    const width = Math.max(10, Math.min(30, columns - 50));
    return [...node.meters.entries()].map(([what, meter]) => {
      const share = meter.share;
      if (share === undefined) return this.#fit(describeProgress(what, meter), columns);
      const filled = Math.floor(share * width);
      const bar = `${full.repeat(filled)}${empty.repeat(width - filled)} ${String(Math.floor(share * 100)).padStart(3)}%`;
      return this.#fit([padEnd(this.#fit(what, 18), 18), bar, ...describeSpeed(meter)].join('  '), columns);
    });
  }

  #host(host: string): string {
    return padEnd(host, Math.min(40, Math.max(...this.#hosts.map(widthOf))));
  }

  #mark(outcome: Node['outcome']): string {
    const { green, red, yellow } = this.#style;
    const paint = outcome === 'failed' ? red : outcome === 'skipped' || outcome === 'rolled-back' ? yellow : green;
    return paint(this.#icon(outcome));
  }

  #icon(outcome: Node['outcome']): string {
    const unicode = { running: '›', done: '✔', unchanged: '✔', skipped: '↓', failed: '✖', 'rolled-back': '↩' };
    const ascii = { running: '>', done: '+', unchanged: '=', skipped: '-', failed: 'x', 'rolled-back': '<' };
    return (this.#style.unicode ? unicode : ascii)[outcome];
  }

  get #arrow(): string {
    return this.#icon('running');
  }

  /** What the terminal can show of a text. */
  #plain(text: string): string {
    return this.#style.unicode ? text : text.replace(/[^\0-\x7f]/gu, '?');
  }

  #fit(text: string, columns: number): string {
    return truncateText(this.#plain(text), columns, this.#style.unicode ? '…' : '...');
  }
}

function describeEnd({ outcome, durationMs, detail }: Node): string {
  if (outcome === 'skipped') return detail ? `skipped: ${detail}` : 'skipped';
  if (outcome === 'done' || outcome === 'failed') return formatDuration(durationMs);
  return outcome === 'rolled-back' ? 'rolled back' : outcome;
}

function warningsBelow(node: Node): string[] {
  return [...node.warnings, ...[...node.children.values()].flatMap(warningsBelow)];
}

function follow(node: Node, event: ProgressEvent): void {
  const meter = node.meters.get(event.what) ?? new Meter(event.time);
  node.meters.set(event.what, meter);
  meter.update(event);
}

function deepest(node: Node): Node {
  const child = [...node.children.values()].findLast((candidate) => candidate.outcome === 'running');
  return child ? deepest(child) : node;
}

/** Whole seconds: a line that changes ten times a second is a burden on a slow connection. */
function elapsed(ms: number): string {
  return ms >= 1000 ? `  ${formatSeconds(ms)}` : '';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
