import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EdgeadmError } from '../errors/index.ts';
import { unreadable, usageError } from '../errors/usage.ts';
import { isMissingPath, pathError } from '../host/failures.ts';
import { sha256Of } from '../lib/sha256.ts';
import type { PhaseLog } from '../workflow/events.ts';
import type { BundleFile, BundleFileKind, BundleManifest } from './bundle.ts';
import { inspectImage, inspectProgram, inspectPrograms } from './inspect.ts';
import { MAX_ARTIFACT_BYTES } from './limits.ts';
import { MANIFEST_NAME, parseManifest, renderManifest } from './manifest.ts';
import { type ArchiveKind, isArchive, isProgram } from './programs.ts';
import { checkSum, readChunks, save } from './save.ts';
import { ensureSpace, Scratch } from './scratch.ts';
import { unpackPrograms } from './unpack.ts';
import { readYurthubProgram } from './yurthub-program.ts';

/** A file that goes into a bundle. */
export interface BundlePart {
  readonly kind: BundleFileKind;
  readonly source: string;
  /** For images, if the archive holds several: the reference by which it is known. Default: the first. */
  readonly name?: string;
}

export interface CreateBundleOptions extends Omit<BundleManifest, 'files'> {
  /** Must not exist, or be empty. */
  readonly directory: string;
  readonly parts: readonly BundlePart[];
  /** Also written as a .tgz; the same bundle gives the same bytes. */
  readonly tgz?: string;
  readonly signal?: AbortSignal;
  readonly log?: Pick<PhaseLog, 'progress'>;
}

export interface CreatedBundle {
  readonly manifest: BundleManifest;
  /** SHA-256 of bundle.yaml, for `--bundle-sha256`. */
  readonly sha256: string;
}

/**
 * Makes a bundle: copies the parts, checks them, writes bundle.yaml. The folder appears when all is in it.
 * @throws EdgeadmError USAGE if the folder is not empty, BUNDLE_INVALID if a part cannot be used, NO_SPACE
 */
export async function createBundle(options: CreateBundleOptions): Promise<CreatedBundle> {
  const directory = resolve(options.directory);
  await ensureEmpty(directory);
  await refuseMissing(options.parts);
  await mkdir(dirname(directory), { recursive: true });
  const staging = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`)).catch((error: unknown) => {
    throw pathError(dirname(directory), error);
  });
  const scratch = new Scratch(staging);
  try {
    const files: BundleFile[] = [];
    for (const part of options.parts) files.push(await addPart(part, staging, scratch, options));
    await scratch.close();
    const { kubernetesVersion, arch, os, edgeHubImage, edgeHubFlavor, pauseImage } = options;
    const edgeHubVersion = options.edgeHubVersion ?? (await versionOfYurthub(options.parts));
    const named = { edgeHubImage, edgeHubFlavor, edgeHubVersion, pauseImage };
    const text = renderManifest({ kubernetesVersion, arch, os, ...named, files });
    const manifest = parseManifest(text, directory);
    await writeFile(join(staging, MANIFEST_NAME), text);
    await chmod(staging, 0o755);
    if (options.tgz !== undefined) await packTgz(staging, manifest, resolve(options.tgz));
    await rename(staging, directory);
    return { manifest, sha256: sha256Of(Buffer.from(text)) };
  } catch (error) {
    await scratch.close();
    await rm(staging, { recursive: true, force: true });
    throw error instanceof EdgeadmError ? error : pathError(directory, error);
  }
}

/** @throws EdgeadmError USAGE if the program does not say it */
async function versionOfYurthub(parts: readonly BundlePart[]): Promise<string | undefined> {
  const source = parts.find(({ kind }) => kind === 'yurthub')?.source;
  if (source === undefined) return undefined;
  const { version } = await readYurthubProgram(source, '--yurthub');
  if (version) return version;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `the version of yurthub in ${source} is not known`,
    why: "the program does not contain the version that OpenYurt's build sets",
    next: '--edge-hub-version v1.7.0',
  });
}

async function ensureEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissingPath(error)) return [];
    throw pathError(directory, error);
  });
  if (names.length === 0) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `the folder ${directory} is not empty`,
    why: `it contains ${names.slice(0, 5).join(', ')}`,
    next: 'Choose a folder that is empty or does not exist.',
  });
}

/** One that is missing is reported by itself. @throws EdgeadmError USAGE that names all of several */
async function refuseMissing(parts: readonly BundlePart[]): Promise<void> {
  const missing = await Promise.all(
    parts.map(async ({ kind, source }) => {
      const error = await stat(resolve(source)).catch((thrown: unknown) => thrown);
      return isMissingPath(error) ? [`--${kind}: file not found: ${source}`] : [];
    }),
  );
  if (missing.flat().length > 1) throw usageError(missing.flat());
}

async function addPart(
  { kind, source, name }: BundlePart,
  staging: string,
  scratch: Scratch,
  { arch, os, signal, log }: CreateBundleOptions,
): Promise<BundleFile> {
  const from = resolve(source);
  const { size: total } = await stat(from).catch((error: unknown) => {
    throw isMissingPath(error) ? unreadable(`--${kind}`, source, error as Error) : pathError(from, error);
  });
  if (isProgram(kind)) await inspectProgram(from, kind, { arch, os });
  const archive = kind === 'image' ? await inspectImage(from, arch, name) : undefined;
  const reference = name ?? archive?.references[0];
  const path = reference === undefined ? fileName(kind) : `images/${reference.replace(/[^\w.-]+/g, '_')}.tar`;
  const target = join(staging, path);
  await mkdir(dirname(target), { recursive: true });
  await ensureSpace(staging, total);
  const mode = isProgram(kind) ? 0o755 : 0o644;
  const { sha256, size } = await save(readChunks(from, signal), target, MAX_ARTIFACT_BYTES, mode);
  await chmod(target, mode);
  log?.progress(path, size, total);
  const contents = isArchive(kind) ? await contentsOf(from, kind, sha256, { arch, os, scratch, signal }) : undefined;
  return { path, kind, name: reference, sha256, size, contents };
}

function fileName(kind: BundleFileKind): string {
  return isArchive(kind) ? `${kind}.tgz` : kind;
}

/** The programs of an archive with their sums; the archive must be the one that was copied. */
async function contentsOf(
  archive: string,
  kind: ArchiveKind,
  sha256: string,
  { arch, os, scratch, signal }: Pick<BundleManifest, 'arch' | 'os'> & { scratch: Scratch; signal?: AbortSignal },
): Promise<Record<string, string>> {
  const { programs, archiveSum } = await unpackPrograms(archive, { scratch, signal });
  checkSum(archive, sha256, archiveSum);
  await inspectPrograms(archive, kind, { arch, os }, programs);
  const sums = programs.map((program): [string, string] => [program.path, program.sha256]);
  return Object.fromEntries(sums.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** bundle.yaml comes first, so that a reader finds it without unpacking the rest. */
async function packTgz(folder: string, { files }: BundleManifest, target: string): Promise<void> {
  const { create } = await import('tar');
  const names = [MANIFEST_NAME, ...files.map(({ path }) => path).sort()];
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await create({ file: temporary, cwd: folder, gzip: true, portable: true, mtime: new Date(0) }, names);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw pathError(target, error);
  }
}
