import { EdgeadmError } from '../errors/index.ts';
import { fullReference, innerPath } from './names.ts';
import { isGzip, readBody, readTar } from './tar.ts';

/** Descriptions in an archive are small; layers, which are not, are skipped. */
const MAX_JSON_BYTES = 4 * 1024 ** 2;

/** What containerd will find in an archive. */
export interface ImageArchive {
  /** Full references, as containerd will list them. */
  readonly references: readonly string[];
  /** Architectures that the images say they are for; empty where the archive does not tell. */
  readonly archs: readonly string[];
}

/** manifest.json of `docker save`. Source: github.com/moby/docker-image-spec. */
type DockerManifest = readonly { readonly Config?: string; readonly RepoTags?: readonly string[] | null }[];
/** index.json of an OCI layout; the annotation is containerd's, Docker and BuildKit write it too. */
type OciIndex = { readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[] };

/**
 * Reads which images a tar file holds, in the format of `docker save`, `podman save`, `ctr images export`.
 * @throws EdgeadmError BUNDLE_INVALID where it is no such archive, is zipped, or its images have no name
 */
export async function readImageArchive(path: string): Promise<ImageArchive> {
  // Only containerd 2 unzips by itself.
  if (await isGzip(path)) throw unusable(path, 'it is zipped; unzip it first (gunzip)');
  const { 'manifest.json': docker, 'index.json': oci } = await readJson(path, ['manifest.json', 'index.json']);
  const manifest = (Array.isArray(docker) ? docker : []) as DockerManifest;
  const inIndex = ((oci as OciIndex | undefined)?.manifests ?? []).flatMap(
    ({ annotations }) => annotations?.['io.containerd.image.name'] ?? [],
  );
  const names = inIndex.length > 0 ? inIndex : manifest.flatMap(({ RepoTags }) => RepoTags ?? []);
  if (names.length === 0) throw unusable(path, 'no image in it has a name; save it by its name: docker save NAME:TAG');
  const configs = await readJson(
    path,
    manifest.flatMap(({ Config }) => innerPath(Config ?? '') ?? []),
  );
  const archs = Object.values(configs).flatMap((config) => (config as { architecture?: string }).architecture ?? []);
  return { references: [...new Set(names.map(fullReference))], archs: [...new Set(archs)] };
}

async function readJson(path: string, names: readonly string[]): Promise<Record<string, unknown>> {
  const missing = new Set(names);
  const found: Record<string, unknown> = {};
  if (missing.size === 0) return found;
  for await (const entry of readTar(path)) {
    const { type, size } = entry;
    const inner = innerPath(entry.path) ?? '';
    if (type !== 'file' || !missing.delete(inner)) continue;
    if (size > MAX_JSON_BYTES) throw unusable(path, `${inner} in it is larger than ${MAX_JSON_BYTES} bytes`);
    found[inner] = parse(path, inner, (await readBody(entry)).toString('utf8'));
    if (missing.size === 0) break;
  }
  return found;
}

function parse(path: string, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(path, `${name} in it is no JSON: ${(error as Error).message}`);
  }
}

function unusable(path: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${path} is no usable image archive`, why });
}
