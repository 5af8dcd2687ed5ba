import type { Host } from '../../host/host.ts';
import type { ReadOnlyHost } from '../preflight/read-only-host.ts';
import type { CollectedFacts } from './facts.ts';

/** What a collector may ask: nothing in it can change the node. */
export interface CollectContext {
  readonly host: ReadOnlyHost & Pick<Host, 'unitLog' | 'nativePath'>;
  /** Aborted when the collector's time is over. */
  readonly signal: AbortSignal;
}

/** A file of the archive: its path there and its text, which is cleaned of secrets before it is kept. */
export interface CollectedFile {
  readonly path: string;
  readonly text: string;
}

export interface Collected {
  readonly files: readonly CollectedFile[];
  /** What the rules judge by. */
  readonly facts?: Partial<CollectedFacts>;
}

/** One thing to find out about a node. */
export interface Collector {
  /** Stable; the archive has a file `NAME.failed.txt` in place of what could not be collected. */
  readonly name: string;
  readonly run: (context: CollectContext) => Promise<Collected>;
}

/** How a collector ended. */
export interface Collection extends Collected {
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'slow' | 'not begun' | 'not allowed';
  readonly durationMs: number;
  readonly reason?: string;
}
