import type { PhaseLog } from '../workflow/events.ts';
import type { BundleFile } from './bundle.ts';
import type { TransferLimits } from './http.ts';
import type { Scratch } from './scratch.ts';

/** How files are got out of one form of bundle: a folder, a .tgz, a web server. */
export interface Source {
  readonly origin: string;
  /**
   * The bytes of bundle.yaml.
   * @param pin if given, these bytes are known to be the pinned ones
   * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED
   */
  manifest(pin: string | undefined, signal: AbortSignal | undefined): Promise<Buffer>;
  /** A local path of the file. A source that makes the copy checks it; a folder does not read it. */
  locate(file: BundleFile, all: readonly BundleFile[], signal: AbortSignal | undefined): Promise<string>;
  /** True if what `locate` gives was checked and cannot be changed by others. */
  readonly checked: boolean;
  close(): void;
}

/** What a source works with. */
export interface SourceTools {
  readonly scratch: Scratch;
  readonly limits: TransferLimits;
  /** Progress is reported in bytes; a total of 0 means unknown. */
  readonly log?: Pick<PhaseLog, 'info' | 'progress'>;
}

/** Passes on at most ten reports a second, and the last. */
export function progressReporter(tools: SourceTools, what: string): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const now = performance.now();
    if (done !== total && now - last < 100) return;
    last = now;
    tools.log?.progress(what, done, total);
  };
}
