import { EdgeadmError } from '../errors/index.ts';
import type { BundleFileKind, BundleManifest, UnpackedFile } from './bundle.ts';
import { programArch } from './elf.ts';
import { type ImageArchive, readImageArchive } from './image-archive.ts';
import { fullReference } from './names.ts';
import { type ArchiveKind, programTargets } from './programs.ts';

type Arch = BundleManifest['arch'];

/** @throws EdgeadmError BUNDLE_INVALID if the file is not a Linux program of that architecture */
export async function inspectProgram(path: string, kind: BundleFileKind, arch: Arch): Promise<void> {
  const found = await programArch(path);
  if (found === arch) return;
  throw unfit(path, kind, found === undefined ? 'it is not a 64-bit Linux program' : `it is for ${found}, not ${arch}`);
}

/** @throws EdgeadmError BUNDLE_INVALID if a program is missing in the archive or is for another architecture */
export async function inspectPrograms(
  archive: string,
  kind: ArchiveKind,
  arch: Arch,
  programs: readonly UnpackedFile[],
): Promise<void> {
  programTargets(
    kind,
    programs.map(({ path }) => path),
  );
  for (const { path, localPath } of programs) {
    const found = await programArch(localPath);
    // A script has no architecture.
    if (found !== undefined && found !== arch) throw unfit(archive, kind, `${path} in it is for ${found}, not ${arch}`);
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
