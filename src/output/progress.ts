import { formatDuration } from '../lib/duration.ts';
import { formatBytes } from '../lib/format-bytes.ts';
import type { WorkflowEvent } from '../workflow/events.ts';

export type ProgressEvent = WorkflowEvent & { readonly type: 'progress' };

/** How often a log tells of progress. Milliseconds. */
export const REPORT_EVERY_MS = 10_000;

/** The rate is that of the last seconds, not that of the whole transfer: it shows a line that has become slow. */
const WINDOW_MS = 5000;
const SAMPLE_EVERY_MS = 100;

interface Sample {
  readonly time: number;
  readonly done: number;
}

/** Follows one transfer: share, rate and time left. */
export class Meter {
  #samples: Sample[];
  #now: Sample;
  readonly #started: number;
  #total = 0;
  #reported: number;

  /** @param time when it began, milliseconds since 1970 */
  constructor(time: number) {
    this.#now = { time, done: 0 };
    this.#samples = [this.#now];
    this.#started = time;
    this.#reported = time;
  }

  update({ time, done, total }: ProgressEvent): void {
    if (done < this.#now.done) this.#samples = [];
    this.#now = { time, done };
    this.#total = total;
    if (time - (this.#samples.at(-1)?.time ?? 0) < SAMPLE_EVERY_MS) return;
    this.#samples.push(this.#now);
    while (this.#samples.length > 2 && time - (this.#samples[1]?.time ?? 0) > WINDOW_MS) this.#samples.shift();
  }

  get tookMs(): number {
    return this.#now.time - this.#started;
  }

  get done(): number {
    return this.#now.done;
  }

  /** 0 if it is not known. */
  get total(): number {
    return this.#total;
  }

  get complete(): boolean {
    return this.#total > 0 && this.#now.done >= this.#total;
  }

  /** 0 to 1; undefined if the total is not known. */
  get share(): number | undefined {
    return this.#total > 0 ? Math.min(1, this.#now.done / this.#total) : undefined;
  }

  /** Bytes a second; undefined as long as there is too little to tell. */
  get rate(): number | undefined {
    const first = this.#samples[0];
    const elapsed = first ? this.#now.time - first.time : 0;
    return first && elapsed >= SAMPLE_EVERY_MS ? ((this.#now.done - first.done) / elapsed) * 1000 : undefined;
  }

  /** Milliseconds; undefined if unknown. */
  get left(): number | undefined {
    const rate = this.rate;
    return rate && this.#total > 0 && !this.complete ? ((this.#total - this.#now.done) / rate) * 1000 : undefined;
  }

  /** True when it is complete, and otherwise once in `everyMs`. */
  due(everyMs: number): boolean {
    if (!this.complete && this.#now.time - this.#reported < everyMs) return false;
    this.#reported = this.#now.time;
    return true;
  }
}

/** `kubelet: 45% of 113 MB, 12.3 MB/s, 5s left` */
export function describeProgress(what: string, meter: Meter): string {
  const share = meter.share;
  const amount =
    share === undefined ? formatBytes(meter.done) : `${Math.floor(share * 100)}% of ${formatBytes(meter.total)}`;
  return `${what}: ${[amount, ...describeSpeed(meter)].join(', ')}`;
}

/** Rate and time left, as far as they are known. */
export function describeSpeed(meter: Meter): string[] {
  const { rate, left } = meter;
  return [
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(left === undefined ? [] : [`${formatSeconds(Math.max(1000, left))} left`]),
  ];
}

/** A duration in whole seconds, for what is shown while it changes: `12s`, `1m30s`. */
export function formatSeconds(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000).replace('.0s', 's');
}
