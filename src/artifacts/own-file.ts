import { createReadStream } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { EdgeadmError } from '../errors/index.ts';
import { decodeText } from '../lib/decode-text.ts';
import { sha256OfChunks } from '../lib/sha256.ts';
import { readUserText } from '../lib/user-file.ts';
import { httpClient, TRANSFER_LIMITS } from './http.ts';

/** Where the list of sums begins and ends in the script in front of the Linux executables (`scripts/dist/front.sh`). */
const SUMS_INSIDE = /<<'SUMS'\n([\s\S]*?)\nSUMS\n/;
const FRONT_BYTES = 16_384;
const MAX_SUMS_BYTES = 1_000_000;
const SUMS_TIMEOUT_MS = 60_000;
const URL_OF_SUMS = /^https?:\/\//;

/**
 * The one file that this program was started from.
 * @throws EdgeadmError USAGE if it was not: then edgeadm is scripts run by an installed Node.js, or files of a package
 */
export function ownFile(env: NodeJS.ProcessEnv = process.env, execPath: string = process.execPath): string {
  if (isLoader(execPath) && !UNPACKED.test(dirname(execPath)))
    throw new EdgeadmError({
      code: 'USAGE',
      what: 'this edgeadm is not one file: it was installed as a package',
      why: `its program is in ${dirname(execPath)}`,
      next: 'verify the package before you install it: sha256sum --check --ignore-missing SHA256SUMS',
    });
  const file = env.EDGEADM_FILE ?? (isSea() ? process.execPath : undefined);
  if (file !== undefined) return file;
  throw new EdgeadmError({
    code: 'USAGE',
    what: 'this edgeadm is not one file: Node.js runs its scripts',
    why: `started by ${process.execPath}`,
    next: '`self verify` is for the one-file program of a release: download it, then ./edgeadm self verify ./SHA256SUMS',
  });
}

/** SHA-256 of a file of any size, as lower-case hex. */
export function sha256OfFile(path: string): Promise<string> {
  return sha256OfChunks(createReadStream(path));
}

/** A line of `sha256sum`, or of it with `--tag`. */
const SUM_LINE = /^(?:([0-9a-f]{64}) [ *](.+)|SHA256 \((.+)\) = ([0-9a-f]{64}))$/gim;

/** Names by sum. */
export function parseSums(lines: string): Map<string, string> {
  return new Map(
    [...lines.matchAll(SUM_LINE)].map(([, sum, name, tagged, ofTagged]) => [
      (sum ?? ofTagged ?? '').toLowerCase(),
      name ?? tagged ?? '',
    ]),
  );
}

/**
 * Reads a list of sums, from a file or from http(s).
 * @throws EdgeadmError USAGE if there is none; DOWNLOAD_FAILED if a server does not give it
 */
export async function readSums(source: string): Promise<Map<string, string>> {
  const sums = parseSums(await (URL_OF_SUMS.test(source) ? fetchText(source) : readText(source)));
  if (sums.size > 0) return sums;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `${basename(source)} contains no SHA-256 checksums`,
    why: 'a list as printed by sha256sum is expected',
  });
}

async function readText(path: string): Promise<string> {
  return readUserText(path, { what: 'SUMS', maxBytes: MAX_SUMS_BYTES });
}

async function fetchText(url: string): Promise<string> {
  const client = httpClient(TRANSFER_LIMITS);
  try {
    const limits = { maxBytes: MAX_SUMS_BYTES, totalMs: SUMS_TIMEOUT_MS };
    const { body } = await client.get({ url: new URL(url), ...limits });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return decodeText(Buffer.concat(chunks));
  } catch (error) {
    throw new EdgeadmError({
      code: 'DOWNLOAD_FAILED',
      what: 'cannot download the checksums',
      why: (error as Error).message,
      next: 'Check the address, or download SHA256SUMS by other means and pass the file.',
      cause: error,
    });
  } finally {
    client.close();
  }
}

/**
 * Compares what a Linux executable has unpacked with the sums in its front: later starts look at owner, mode and size
 * alone.
 * @returns names of the files that differ; none if nothing is unpacked (Windows, packages)
 */
export async function changedUnpacked(file: string, execPath: string = process.execPath): Promise<string[]> {
  let front = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1', end: FRONT_BYTES })) front += chunk;
  const sums = parseSums(`${SUMS_INSIDE.exec(front)?.[1] ?? ''}\n`);
  const found = await Promise.all(
    [...sums].map(async ([sum, name]) => ({ sum, name, found: await foundSum(execPath, name) })),
  );
  return found.filter((one) => one.found !== one.sum).map(({ name }) => name);
}

const foundSum = (execPath: string, name: string): Promise<string> =>
  sha256OfFile(join(dirname(execPath), name)).catch((error: Error) => error.message);

/**
 * A folder that the front of a Linux executable makes, and no package's: `edgeadm/0.1.0-0123456789ab`, `edgeadm-0/...`.
 */
const UNPACKED = /\/edgeadm(-\d+)?\/[^/]+-[0-9a-f]{12}$/;

const isLoader = (execPath: string): boolean => basename(execPath).startsWith('ld-linux');

/**
 * Removes what the file that was started has unpacked: the next start unpacks it again. This process continues, since
 * what it runs stays open.
 */
export async function removeUnpacked(execPath: string = process.execPath): Promise<void> {
  const dir = dirname(execPath);
  if (!isLoader(execPath) || !UNPACKED.test(dir)) return;
  await rm(dir, { recursive: true, force: true });
  // Another version may be beside it.
  await rmdir(dirname(dir)).catch(() => undefined);
}
