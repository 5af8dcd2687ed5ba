import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { isMissingPath, pathError } from '../host/failures.ts';
import { decodeText } from '../lib/decode-text.ts';
import { sha256Of } from '../lib/sha256.ts';
import { Shared } from '../lib/shared.ts';
import { type Bundle, type BundleFile, type BundleManifest, nameOf, type UnpackedFile } from './bundle.ts';
import { folderSource } from './folder-source.ts';
import { showUrl, TRANSFER_LIMITS, type TransferLimits } from './http.ts';
import { type BundleNeeds, checkFit, parseManifest } from './manifest.ts';
import { checkSum, sizeAndSum } from './save.ts';
import { Scratch } from './scratch.ts';
import type { Source, SourceTools } from './source.ts';
import { tgzSource } from './tgz-source.ts';
import { unpackPrograms } from './unpack.ts';
import { webSource, webTgzSource } from './web-source.ts';

export interface OpenBundleOptions extends BundleNeeds, Pick<SourceTools, 'log'> {
  /** The pin: SHA-256 (hex) of bundle.yaml, or, for a .tgz, of the whole file. */
  readonly sha256?: string;
  /** Where temporary copies go; default /var/tmp. */
  readonly tempDirectory?: string;
  /** Times and tries of downloads, instead of {@link TRANSFER_LIMITS}. */
  readonly transfer?: Partial<TransferLimits>;
  readonly signal?: AbortSignal;
}

/**
 * Opens a bundle: reads and checks bundle.yaml, nothing else.
 * @param source a folder, a .tgz of one, the URL of a .tgz, or a base URL with bundle.yaml and the files below it
 * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE; USAGE for plain http without a pin
 */
export async function openBundle(source: string, options: OpenBundleOptions = {}): Promise<Bundle> {
  const tools: SourceTools = {
    scratch: new Scratch(options.tempDirectory),
    limits: { ...TRANSFER_LIMITS, ...options.transfer },
    log: options.log,
  };
  const pin = options.sha256?.replace(/^sha256:/, '').toLowerCase();
  let opened: Source | undefined;
  try {
    opened = await sourceOf(source, pin, tools, options.signal);
    const bytes = await opened.manifest(pin, options.signal);
    const manifest = parseManifest(decodeText(bytes), opened.origin);
    checkFit(manifest, opened.origin, options);
    return new OpenedBundle(opened, manifest, sha256Of(bytes), tools, options.signal);
  } catch (error) {
    opened?.close();
    await tools.scratch.close();
    throw error;
  }
}

async function sourceOf(
  source: string,
  pin: string | undefined,
  tools: SourceTools,
  signal: AbortSignal | undefined,
): Promise<Source> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return urlSource(source, pin, tools, signal);
  const path = resolve(source);
  const stats = await stat(path).catch((error: unknown) => {
    if (!isMissingPath(error)) throw pathError(path, error);
    throw new EdgeadmError({ code: 'BUNDLE_INVALID', what: `bundle not found: ${path}`, next: 'check the path' });
  });
  if (stats.isDirectory()) return folderSource(path);
  if (stats.isFile()) return tgzSource(path, path, tools);
  throw new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} is neither a folder nor a .tgz` });
}

async function urlSource(
  source: string,
  pin: string | undefined,
  tools: SourceTools,
  signal: AbortSignal | undefined,
): Promise<Source> {
  const url = URL.parse(source);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: 'edgeadm cannot download from this bundle URL',
      why: 'expected a folder, a .tgz file, https://... or http://...',
    });
  }
  if (url.protocol === 'http:' && pin === undefined) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `${showUrl(url)} is plain http, which can be modified in transit`,
      why: 'it is accepted only together with its checksum',
      next: 'Pass --bundle-sha256 (printed by `edgeadm bundle create`), or an https URL.',
    });
  }
  return /\.(tgz|tar\.gz)$/.test(url.pathname) ? webTgzSource(url, tools, signal) : webSource(url, tools);
}

class OpenedBundle implements Bundle {
  readonly manifest: BundleManifest;
  readonly origin: string;
  readonly sha256: string;
  readonly #source: Source;
  readonly #tools: SourceTools;
  readonly #signal: AbortSignal | undefined;
  /** Hosts that are set up side by side share one download. */
  readonly #located = new Map<string, Shared<string>>();
  readonly #unpacked = new Map<string, Shared<readonly UnpackedFile[]>>();

  constructor(source: Source, manifest: BundleManifest, sha256: string, tools: SourceTools, signal?: AbortSignal) {
    this.manifest = manifest;
    this.origin = source.origin;
    this.sha256 = sha256;
    this.#source = source;
    this.#tools = tools;
    this.#signal = signal;
  }

  locate(file: BundleFile, signal = this.#signal): Promise<string> {
    const locate = (own: AbortSignal): Promise<string> => this.#source.locate(file, this.manifest.files, own);
    return shared(this.#located, file.path, locate).get(signal);
  }

  async file(file: BundleFile, signal = this.#signal): Promise<string> {
    const path = await this.locate(file, signal);
    if (!this.#source.checked) checkSum(path, file.sha256, (await sizeAndSum(path, signal)).sha256);
    return path;
  }

  unpack(file: BundleFile, signal = this.#signal): Promise<readonly UnpackedFile[]> {
    return shared(this.#unpacked, file.path, (own) => this.#unpack(file, own)).get(signal);
  }

  async close(): Promise<void> {
    this.#source.close();
    await this.#tools.scratch.close();
  }

  async #unpack(file: BundleFile, signal: AbortSignal): Promise<readonly UnpackedFile[]> {
    const archive = await this.locate(file, signal);
    const name = nameOf(file, this.origin);
    const { programs, archiveSum } = await unpackPrograms(archive, { scratch: this.#tools.scratch, name, signal });
    checkSum(name, file.sha256, archiveSum);
    const expected = file.contents;
    if (!expected) return programs;
    const found = new Map(programs.map((program) => [program.path, program.sha256]));
    for (const [path, sum] of Object.entries(expected)) {
      checkSum(`${path} in ${name}`, sum, found.get(path) ?? 'nothing');
    }
    return programs.filter((program) => program.path in expected);
  }
}

function shared<T>(all: Map<string, Shared<T>>, key: string, start: (signal: AbortSignal) => Promise<T>): Shared<T> {
  const found = all.get(key) ?? new Shared(start);
  all.set(key, found);
  return found;
}
