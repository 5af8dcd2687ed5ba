import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { pathError } from '../host/failures.ts';
import { HttpError, type OpenAnswer } from '../http/index.ts';
import { formatBytes } from '../lib/format-bytes.ts';
import { retry } from '../lib/retry.ts';
import { type HttpClient, showUrl, TransferError, type TransferLimits, transferError } from './http.ts';
import { Rate } from './rate.ts';
import { checkSum, type SavedFile, throwIfInterrupted } from './save.ts';
import { ensureSpace } from './scratch.ts';
import { writeAll } from './write-all.ts';

/** Fewer new bytes than this are no progress: a server may not keep us forever with one byte a try. */
const PROGRESS_BYTES = 64 * 1024;

/** What is known of a file before it is fetched. */
export interface ExpectedFile {
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
  /** Nothing larger is fetched. */
  readonly maxBytes: number;
}

export interface DownloadOptions {
  readonly limits: TransferLimits;
  readonly signal?: AbortSignal;
  /** Called for every chunk; `total` is 0 while it is unknown. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with the reason for another try. */
  readonly onRetry?: (reason: string) => void;
}

/**
 * Fetches a file into a new local one. A broken transfer continues where it stopped where the server can do that,
 * otherwise it begins again; tries that brought something do not count. Only a chunk is in memory at a time.
 * @throws EdgeadmError DOWNLOAD_FAILED, BUNDLE_INVALID if the sum is another, NO_SPACE, INTERRUPTED
 */
export async function download(
  client: HttpClient,
  url: URL,
  path: string,
  wanted: ExpectedFile,
  options: DownloadOptions,
): Promise<SavedFile> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw pathError(path, error);
  });
  try {
    return await new Download(client, url, path, file, wanted, options).run();
  } finally {
    await file.close();
  }
}

class Download {
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #wanted: ExpectedFile;
  readonly #options: DownloadOptions;
  #hash: Hash = createHash('sha256');
  #size = 0;
  /** Strong validator of what is on disk; without one nothing is resumed. */
  #etag: string | undefined;
  #resumed = false;
  /** Of the whole download, all tries and pauses together. */
  readonly #rate: Rate;

  constructor(
    client: HttpClient,
    url: URL,
    path: string,
    file: FileHandle,
    wanted: ExpectedFile,
    options: DownloadOptions,
  ) {
    this.#client = client;
    this.#url = url;
    this.#path = path;
    this.#file = file;
    this.#wanted = wanted;
    this.#options = options;
    const { lowestRate, slowMs } = options.limits;
    this.#rate = new Rate(lowestRate, slowMs, (found) => new TransferError(`${showUrl(url)} sends ${found}`, false));
  }

  async run(): Promise<SavedFile> {
    const { limits, signal, onRetry } = this.#options;
    let most = 0;
    const hasProgressed = (): boolean => {
      const progressed = this.#size >= most + PROGRESS_BYTES;
      most = Math.max(most, this.#size);
      return progressed;
    };
    const attempt = async (): Promise<SavedFile> => {
      await this.#attempt();
      return this.#finish();
    };
    return retry(attempt, {
      ...limits,
      signal,
      hasProgressed,
      isPassing: (thrown) => thrown instanceof TransferError && thrown.retry,
      retryAfterMs: (thrown) => (thrown as TransferError).retryAfterMs,
      onRetry: (thrown) => onRetry?.(`${(thrown as TransferError).message}; trying again`),
      describe: (thrown, tries) => (thrown instanceof TransferError ? this.#failed(thrown, tries) : thrown),
    }).catch((thrown: unknown) => {
      throwIfInterrupted(signal);
      throw thrown;
    });
  }

  async #attempt(): Promise<void> {
    const resume = this.#size > 0 && this.#etag !== undefined;
    const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'edgeadm' };
    if (resume) Object.assign(headers, { range: `bytes=${this.#size}-`, 'if-range': this.#etag });
    const request = { url: this.#url, headers, maxBytes: this.#limit, signal: this.#options.signal };
    const answer = await this.#client.get(request).catch(async (error: unknown) => {
      // 416 and its like: what is on disk is not what the server has now.
      if (resume && error instanceof TransferError && !error.retry) await this.#restart();
      else throw error;
      throw new TransferError(error.message, true);
    });
    try {
      await this.#receive(answer, resume);
    } finally {
      answer.close();
    }
  }

  async #receive(answer: OpenAnswer, asked: boolean): Promise<void> {
    const total = await this.#position(answer, asked);
    this.#etag = strongEtag(answer);
    const { maxBytes, size } = this.#wanted;
    if (total > maxBytes || (size !== undefined && total > 0 && total !== size)) {
      throw this.#wrongSize(`the server offers ${total}`);
    }
    if (total > 0) await ensureSpace(dirname(this.#path), total - this.#size);
    const known = total || size || 0;
    this.#options.onProgress?.(this.#size, known);
    const rate = this.#rateOfTry();
    try {
      for await (const chunk of answer.body) {
        await this.#append(chunk, known);
        rate.check(chunk.length);
        this.#rate.check(chunk.length);
      }
    } catch (error) {
      if (error instanceof HttpError && error.kind === 'too-large') throw this.#wrongSize('the server sent more');
      throw transferError(this.#url, error);
    }
  }

  #rateOfTry(): Rate {
    const { lowestRate, trySlowMs } = this.#options.limits;
    return new Rate(lowestRate, trySlowMs, (found) => new TransferError(`${showUrl(this.#url)} sends ${found}`, true));
  }

  /** Bytes that the file may have. */
  get #limit(): number {
    return this.#wanted.size ?? this.#wanted.maxBytes;
  }

  /**
   * Makes the file ready for the body: at its end if the server continues, empty if it begins again.
   * @returns size of the whole file, 0 if the server does not say
   */
  async #position({ status, headers }: OpenAnswer, asked: boolean): Promise<number> {
    const length = Number(headers['content-length'] ?? 0);
    if (status === 200) {
      if (this.#size > 0) await this.#restart();
      return length;
    }
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
    if (!asked || Number(match?.[1]) !== this.#size) {
      await this.#restart();
      throw new TransferError(`${showUrl(this.#url)} sent a different byte range than requested`, true);
    }
    this.#resumed = true;
    return match?.[2] === '*' ? this.#size + length : Number(match?.[2]);
  }

  async #append(chunk: Buffer, total: number): Promise<void> {
    if (this.#size + chunk.length > this.#limit) throw this.#wrongSize('the server sent more');
    await writeAll(this.#file, chunk, this.#size).catch((error: unknown) => {
      throw pathError(this.#path, error);
    });
    this.#hash.update(chunk);
    this.#size += chunk.length;
    this.#options.onProgress?.(this.#size, total);
  }

  async #restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
    this.#etag = undefined;
    this.#resumed = false;
  }

  async #finish(): Promise<SavedFile> {
    const { sha256, size } = this.#wanted;
    if (size !== undefined && this.#size < size) {
      throw new TransferError(`${showUrl(this.#url)} ended after ${this.#size} of ${size} bytes`, true);
    }
    const found = this.#hash.copy().digest('hex');
    if (sha256 !== undefined && found !== sha256) {
      // Two halves of two files, perhaps: only a transfer in one piece tells.
      const resumed = this.#resumed;
      await this.#restart();
      if (resumed) throw new TransferError(`${showUrl(this.#url)} changed during the download`, true);
      checkSum(showUrl(this.#url), sha256, found);
    }
    return { sha256: found, size: this.#size };
  }

  #wrongSize(found: string): EdgeadmError {
    const { size, maxBytes } = this.#wanted;
    return new EdgeadmError({
      code: 'BUNDLE_INVALID',
      what: `${showUrl(this.#url)} has an unexpected size`,
      why: `${size === undefined ? `at most ${formatBytes(maxBytes)} expected` : `${size} bytes expected`}, ${found}`,
    });
  }

  #failed(last: TransferError, tries: number): EdgeadmError {
    return new EdgeadmError({
      code: 'DOWNLOAD_FAILED',
      what: `cannot download ${showUrl(this.#url)}`,
      why: tries > 1 ? `${tries} attempts, the last: ${last.message}` : last.message,
    });
  }
}

/** A weak one (`W/"..."`) may not be used for ranges. Source: RFC 9110, 13.1.5. */
function strongEtag({ headers: { etag } }: OpenAnswer): string | undefined {
  return etag?.startsWith('"') ? etag : undefined;
}
