import { load, YAMLException } from 'js-yaml';
import { z } from 'zod';
import { HUB_VERSION, refuseImage } from '../config/grammar.ts';
import { EdgeadmError } from '../errors/index.ts';
import { parseVersion } from '../kubernetes/version.ts';
import { toYaml } from '../templates/yaml.ts';
import { type BundleFile, type BundleManifest, filesOf } from './bundle.ts';
import { MAX_ARTIFACT_BYTES } from './limits.ts';
import { foldedPath, fullReference, innerPath } from './names.ts';

export const MANIFEST_NAME = 'bundle.yaml';

const sum = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
  .toLowerCase();
const path = z
  .string()
  .refine((text) => innerPath(text) === text, 'must be a plain path inside the folder of the bundle');
const image = z.string().refine((text) => refuseImage(text) === undefined, 'must be an image reference');

const schema = z.strictObject({
  apiVersion: z.literal('edgeadm.io/v1'),
  kind: z.literal('Bundle'),
  kubernetesVersion: z
    .string()
    .regex(/^v?1\.\d+\.\d+([-+][\w.-]+)?$/, 'must look like v1.20.2')
    .transform((text) => text.replace(/^v?/, 'v')),
  arch: z.enum(['amd64', 'arm64']),
  os: z.enum(['linux', 'windows']).optional(),
  edgeHubImage: image.optional(),
  edgeHubFlavor: z.enum(['ack', 'openyurt']).optional(),
  edgeHubVersion: z
    .string()
    .regex(HUB_VERSION.pattern, HUB_VERSION.rule)
    .transform((text) => text.replace(/^v?/, 'v'))
    .optional(),
  pauseImage: image.optional(),
  files: z
    .array(
      z.strictObject({
        path,
        kind: z.enum(['kubelet', 'kubectl', 'cni-plugins', 'containerd', 'runc', 'yurthub', 'image']),
        name: image.optional(),
        sha256: sum,
        size: z.int().min(1).max(MAX_ARTIFACT_BYTES).optional(),
        contents: z.record(path, sum).optional(),
      }),
    )
    .min(1, 'a bundle contains at least one file'),
});

/**
 * Reads bundle.yaml.
 * @param origin where it came from, for messages
 * @throws EdgeadmError BUNDLE_INVALID with every mistake, each with its path
 */
export function parseManifest(text: string, origin: string): BundleManifest {
  const raw = readYaml(text, origin);
  const result = schema.safeParse(raw);
  const mistakes = [...(result.error?.issues ?? []).map(describeIssue), ...contradictions(raw)];
  if (!result.success || mistakes.length > 0) throw invalid(origin, mistakes);
  const { apiVersion: _apiVersion, kind: _kind, ...manifest } = result.data;
  return manifest;
}

/** Writes bundle.yaml: the same manifest gives the same bytes. */
export function renderManifest({ files, ...rest }: BundleManifest): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return toYaml({ apiVersion: 'edgeadm.io/v1', kind: 'Bundle', ...rest, files: sorted });
}

/** What a node or a cluster asks of a bundle. */
export interface BundleNeeds {
  readonly arch?: string;
  readonly os?: string;
  /** The bundle must be of the same minor version; the patch may differ. */
  readonly kubernetesVersion?: string;
}

/** @throws EdgeadmError BUNDLE_INVALID if the bundle is for another architecture or minor version */
export function checkFit(manifest: BundleManifest, origin: string, needs: BundleNeeds): void {
  const mistakes: string[] = [];
  if (needs.arch !== undefined && needs.arch !== manifest.arch) {
    mistakes.push(`it is for ${manifest.arch}, the node is ${needs.arch}`);
  }
  const os = manifest.os ?? 'linux';
  if (needs.os !== undefined && needs.os !== os) mistakes.push(`it is for ${os}, the node runs ${needs.os}`);
  if (needs.kubernetesVersion !== undefined) {
    const wanted = parseVersion(needs.kubernetesVersion);
    const has = parseVersion(manifest.kubernetesVersion);
    if (wanted.major !== has.major || wanted.minor !== has.minor) {
      mistakes.push(`it contains Kubernetes ${manifest.kubernetesVersion}, but ${needs.kubernetesVersion} is needed`);
    }
  }
  if (mistakes.length === 0) return;
  throw new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `the bundle ${origin} does not match the node`,
    why: mistakes.join('\n'),
    next: 'Use a bundle made for this system, architecture and version: `edgeadm bundle create`.',
  });
}

function readYaml(text: string, origin: string): unknown {
  try {
    return load(text);
  } catch (error) {
    throw invalid(origin, [error instanceof YAMLException ? error.message : String(error)]);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return where ? `${where.replace(/^\./, '')}: ${issue.message}` : issue.message;
}

/**
 * Mistakes that lie between keys; reads the raw value, so that they are reported together with those of single keys.
 */
function contradictions(raw: unknown): string[] {
  const manifest = (raw ?? {}) as Partial<BundleManifest>;
  const listed: unknown = manifest.files;
  const files = (Array.isArray(listed) ? listed : []).filter(
    (file): file is BundleFile => typeof file === 'object' && file,
  );
  const images = new Set(files.flatMap((file) => (isImage(file) ? [fullReference(String(file.name))] : [])));
  return [
    ...duplicatePaths(files),
    ...(['kubelet', 'kubectl', 'cni-plugins', 'containerd', 'runc', 'yurthub'] as const).flatMap((kind) => {
      const { length } = filesOf({ files } as unknown as BundleManifest, kind);
      return length > 1 ? [`files: ${length} files of kind ${kind}, but only one is allowed`] : [];
    }),
    ...(files.some(({ kind }) => kind === 'yurthub') && manifest.edgeHubVersion === undefined
      ? ['edgeHubVersion: is required for the file of kind yurthub, such as v1.7.0']
      : []),
    ...(['edgeHubImage', 'pauseImage'] as const).flatMap((key) => {
      const reference = manifest[key];
      if (typeof reference !== 'string' || images.has(fullReference(reference))) return [];
      return [`${key}: ${reference} is not among the images of the bundle (files of kind image with that name)`];
    }),
  ];
}

function isImage(file: BundleFile): boolean {
  return file.kind === 'image' && typeof file.name === 'string';
}

function duplicatePaths(files: readonly BundleFile[]): string[] {
  const seen = new Set([foldedPath(MANIFEST_NAME)]);
  return files.flatMap(({ path }, index) => {
    if (typeof path !== 'string') return [];
    const folded = foldedPath(path);
    if (seen.has(folded)) return [`files[${index}].path: ${path} is listed twice (letter case is ignored)`];
    seen.add(folded);
    return [];
  });
}

function invalid(origin: string, mistakes: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${MANIFEST_NAME} of ${origin} cannot be used`,
    why: mistakes.join('\n'),
  });
}
