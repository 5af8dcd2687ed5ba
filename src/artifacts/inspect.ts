import { EdgeadmError } from '../errors/index.ts';
import type { BundleFileKind, BundleManifest, UnpackedFile } from './bundle.ts';
import { type ImageArchive, readImageArchive } from './image-archive.ts';
import { fullReference } from './names.ts';
import { programFormat } from './program-format.ts';
import { type ArchiveKind, programTargets } from './programs.ts';

type Arch = BundleManifest['arch'];
/** What the nodes of a bundle run. */
type Target = Pick<BundleManifest, 'arch' | 'os'>;

const SYSTEMS = { linux: 'Linux', windows: 'Windows' } as const;

/** @throws EdgeadmError BUNDLE_INVALID if the file is not a program for that system and architecture */
export async function inspectProgram(
  path: string,
  kind: BundleFileKind,
  { arch, os = 'linux' }: Target,
): Promise<void> {
  const found = await programFormat(path);
  if (found?.os !== os) throw unfit(path, kind, `it is not a 64-bit ${SYSTEMS[os]} program`);
  if (found.arch !== arch) throw unfit(path, kind, `it is for ${found.arch}, not ${arch}`);
}

/** @throws EdgeadmError BUNDLE_INVALID if a program is missing in the archive or is for another machine */
export async function inspectPrograms(
  archive: string,
  kind: ArchiveKind,
  { arch, os = 'linux' }: Target,
  programs: readonly UnpackedFile[],
): Promise<void> {
  const paths = programs.map(({ path }) => path);
  programTargets(kind, paths, os);
  for (const { path, localPath } of programs) {
    const found = await programFormat(localPath);
    // A script has no architecture.
    if (found === undefined || (found.os === os && found.arch === arch)) continue;
    throw unfit(archive, kind, `${path} in it is for ${found.os === os ? found.arch : SYSTEMS[found.os]}, not ${arch}`);
  }
}

/**
 * @param name the reference that the archive must carry
 * @param shown what messages call the archive
 * @throws EdgeadmError BUNDLE_INVALID if it does not, or its images are for another architecture
 */
export async function inspectImage(
  path: string,
  arch: Arch,
  name: string | undefined,
  shown: string = path,
): Promise<ImageArchive> {
  const archive = await readImageArchive(path, shown);
  const foreign = archive.archs.filter((candidate) => candidate !== arch);
  if (foreign.length > 0) throw unfit(shown, 'image', `it is for ${foreign.join(', ')}, not ${arch}`);
  if (name !== undefined && !archive.references.includes(fullReference(name))) {
    throw unfit(shown, 'image', `it does not contain ${name}, only ${archive.references.join(', ')}`);
  }
  return archive;
}

function unfit(path: string, kind: BundleFileKind, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} cannot be used as ${kind}`, why });
}
