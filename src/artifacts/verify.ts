import { EdgeadmError } from '../errors/index.ts';
import { type Bundle, type BundleFile, nameOf } from './bundle.ts';
import { inspectImage, inspectProgram, inspectPrograms } from './inspect.ts';
import { isArchive, isProgram } from './programs.ts';

/** What was found out about one file of a bundle. */
export interface FileVerdict {
  readonly path: string;
  readonly kind: BundleFile['kind'];
  readonly name?: string;
  readonly sha256: string;
  /** undefined if the file is as it should be. */
  readonly problem?: string;
}

/**
 * Checks every file of a bundle: sum, architecture, what archives hold, names of images.
 * @throws EdgeadmError if a file cannot be checked: DOWNLOAD_FAILED, NO_SPACE
 */
export async function verifyBundle(bundle: Bundle): Promise<readonly FileVerdict[]> {
  const verdicts: FileVerdict[] = [];
  for (const file of bundle.manifest.files) {
    const { path, kind, name, sha256 } = file;
    verdicts.push({ path, kind, name, sha256, problem: await problemOf(bundle, file) });
  }
  return verdicts;
}

async function problemOf(bundle: Bundle, file: BundleFile): Promise<string | undefined> {
  try {
    await inspect(bundle, file);
    return undefined;
  } catch (error) {
    if (!(error instanceof EdgeadmError) || error.code !== 'BUNDLE_INVALID') throw error;
    return error.why ?? error.what;
  }
}

async function inspect(bundle: Bundle, file: BundleFile): Promise<void> {
  const { kind, name } = file;
  const { arch } = bundle.manifest;
  if (isArchive(kind)) return inspectPrograms(file.path, kind, bundle.manifest, await bundle.unpack(file));
  const path = await bundle.file(file);
  if (isProgram(kind)) await inspectProgram(path, kind, bundle.manifest);
  else await inspectImage(path, arch, name, nameOf(file, bundle.origin));
}
