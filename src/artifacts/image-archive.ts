import { z } from 'zod';
import { refuseImage } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { fullReference, innerPath } from './names.ts';
import { isGzip, readBody, readTar } from './tar.ts';

/** Descriptions in an archive are small; layers, which are not, are skipped. */
const MAX_JSON_BYTES = 4 * 1024 ** 2;
const IMAGE_NAME = 'io.containerd.image.name';

/** What containerd will find in an archive. */
export interface ImageArchive {
  /** Full references, as containerd will list them. */
  readonly references: readonly string[];
  /** Architectures that the images say they are for; empty if the archive does not say. */
  readonly archs: readonly string[];
}

/** manifest.json of `docker save`. Source: github.com/moby/docker-image-spec. */
const dockerManifest = z.array(
  z.looseObject({ Config: z.string().optional(), RepoTags: z.array(z.string()).nullish() }),
  'must be a list of images',
);
/** index.json of an OCI layout; the annotation is containerd's, Docker and BuildKit write it too. */
const ociIndex = z.looseObject({
  manifests: z
    .array(z.looseObject({ annotations: z.looseObject({ [IMAGE_NAME]: z.string().optional() }).nullish() }))
    .nullish(),
});
const imageConfig = z.looseObject({ architecture: z.string().optional() });

/**
 * Reads which images a tar file holds, in the format of `docker save`, `podman save`, `ctr images export`.
 * @param name what messages call the archive
 * @throws EdgeadmError BUNDLE_INVALID if it is not an image archive, is zipped, or its images have no name
 */
export async function readImageArchive(path: string, name: string = path): Promise<ImageArchive> {
  const archive = { path, name };
  // Only containerd 2 unzips by itself.
  if (await isGzip(path)) throw unusable(name, 'it is compressed; decompress it first (gunzip)');
  const found = await readJson(archive, ['manifest.json', 'index.json']);
  const docker = checked(archive, found, 'manifest.json', dockerManifest) ?? [];
  const oci = checked(archive, found, 'index.json', ociIndex);
  const inIndex = (oci?.manifests ?? []).flatMap(({ annotations }) => annotations?.[IMAGE_NAME] ?? []);
  const names = inIndex.length > 0 ? inIndex : docker.flatMap(({ RepoTags }) => RepoTags ?? []);
  if (names.length === 0) throw unusable(name, 'it contains no named image; save it by name: docker save NAME:TAG');
  for (const image of names) {
    const mistake = refuseImage(image);
    if (mistake)
      throw unusable(name, `it contains ${JSON.stringify(image)}, which is not a valid image name: ${mistake}`);
  }
  const paths = docker.flatMap(({ Config }) => innerPath(Config ?? '') ?? []);
  const configs = await readJson(archive, paths);
  const archs = paths.flatMap((config) => checked(archive, configs, config, imageConfig)?.architecture ?? []);
  return { references: [...new Set(names.map(fullReference))], archs: [...new Set(archs)] };
}

/** An archive, and what messages call it. */
interface NamedArchive {
  readonly path: string;
  readonly name: string;
}

function checked<T>(
  { name }: NamedArchive,
  found: ReadonlyMap<string, unknown>,
  file: string,
  schema: z.ZodType<T>,
): T | undefined {
  if (!found.has(file)) return undefined;
  const result = schema.safeParse(found.get(file));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unusable(
    name,
    `${file} in it cannot be read: ${[issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')}`,
  );
}

async function readJson({ path, name }: NamedArchive, names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const missing = new Set(names);
  const found = new Map<string, unknown>();
  if (missing.size === 0) return found;
  for await (const entry of readTar(path, { name })) {
    const { type, size } = entry;
    const inner = innerPath(entry.path) ?? '';
    if (type !== 'file' || !missing.delete(inner)) continue;
    if (size > MAX_JSON_BYTES) throw unusable(name, `${inner} in it is larger than ${MAX_JSON_BYTES} bytes`);
    found.set(inner, parse(name, inner, (await readBody(entry)).toString('utf8')));
    if (missing.size === 0) break;
  }
  return found;
}

function parse(name: string, file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(name, `${file} in it is not JSON: ${(error as Error).message}`);
  }
}

function unusable(name: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${name} is not a usable image archive`, why });
}
