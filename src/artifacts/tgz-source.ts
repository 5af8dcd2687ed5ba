import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { sha256Of } from '../lib/sha256.ts';
import { Shared } from '../lib/shared.ts';
import type { BundleFile } from './bundle.ts';
import { MAX_ARTIFACT_BYTES, MAX_MANIFEST_BYTES } from './limits.ts';
import { MANIFEST_NAME } from './manifest.ts';
import { pinMismatch } from './pin.ts';
import { checkSum, save } from './save.ts';
import { ensureSpace } from './scratch.ts';
import { progressReporter, type Source, type SourceTools } from './source.ts';
import { readBody } from './tar.ts';
import { plainFiles } from './unpack.ts';

/** What the archive was found to hold: bundle.yaml, the folder it is in, and, if all was read, the whole sum. */
interface Found {
  readonly bytes: Buffer;
  readonly folder: string;
  readonly wholeSum?: string;
}

/**
 * A bundle that is a .tgz of the folder, with or without the folder's name in it. It is unpacked, once and for all its
 * files, when the first of them is requested.
 */
export function tgzSource(archive: string, origin: string, tools: SourceTools): Source {
  let prefix = '';
  let files: readonly BundleFile[] = [];
  const unpacked = new Shared((signal) => unpackAll({ archive, origin, prefix }, files, tools, signal));
  return {
    origin,
    checked: true,
    manifest: async (pin, signal) => {
      const found = await findManifest(archive, origin, pin, signal);
      prefix = found.folder;
      return found.bytes;
    },
    locate: async (file, all, signal) => {
      files = all;
      const path = (await unpacked.get(signal)).get(file.path);
      if (path) return path;
      throw new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${file.path} is missing in ${origin}` });
    },
    close: () => {},
  };
}

/** The pin may be that of bundle.yaml or of the whole .tgz; the second needs all of it to be read. */
async function findManifest(
  archive: string,
  origin: string,
  pin: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const quick = await readManifest(archive, origin, false, signal);
  if (pin === undefined || sha256Of(quick.bytes) === pin) return quick;
  // Sum and bundle.yaml must come out of the same reading: the file could change between two.
  const whole = await readManifest(archive, origin, true, signal);
  if (whole.wholeSum === pin) return whole;
  throw pinMismatch(origin, `${MANIFEST_NAME} has ${sha256Of(quick.bytes)}, the whole file ${whole.wholeSum}`, pin);
}

async function readManifest(
  archive: string,
  origin: string,
  toItsEnd: boolean,
  signal: AbortSignal | undefined,
): Promise<Found> {
  let found: Found | undefined;
  let wholeSum: string | undefined;
  const onSum = (sum: string): void => {
    wholeSum = sum;
  };
  for await (const entry of plainFiles(archive, { name: origin, signal, onSum })) {
    const { path, size } = entry;
    const folder = posix.dirname(path);
    if (found || posix.basename(path) !== MANIFEST_NAME || folder.includes('/')) continue;
    if (size > MAX_MANIFEST_BYTES)
      throw new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} in ${origin} is too large` });
    found = { bytes: await readBody(entry), folder };
    if (!toItsEnd) break;
  }
  if (found) return { ...found, wholeSum };
  throw new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${origin} is not a bundle`,
    why: `it does not contain ${MANIFEST_NAME}`,
  });
}

/** @returns local paths by the path in the bundle */
async function unpackAll(
  { archive, origin, prefix }: { readonly archive: string; readonly origin: string; readonly prefix: string },
  all: readonly BundleFile[],
  tools: SourceTools,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const wanted = new Map(all.map((file) => [posix.join(prefix, file.path), file]));
  const folder = await tools.scratch.folder();
  const { size: total } = await stat(archive);
  const report = progressReporter(tools, `unpack ${origin}`);
  const options = { name: origin, signal, onProgress: (done: number) => report(done, total) };
  for await (const { path, size, body } of plainFiles(archive, options)) {
    const file = wanted.get(path);
    if (!file) continue;
    const most = file.size ?? MAX_ARTIFACT_BYTES;
    if (size > most)
      throw new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} in ${origin} is larger than ${most} bytes` });
    await ensureSpace(folder, size);
    const local = await tools.scratch.newPath();
    const { sha256 } = await save(body, local, most);
    checkSum(`${path} in ${origin}`, file.sha256, sha256);
    paths.set(file.path, local);
    if (paths.size === wanted.size) break;
  }
  return paths;
}
