import { usageError } from '../../errors/usage.ts';
import type { ManifestObject } from '../../kubernetes/pod-templates.ts';
import { yamlFault } from '../../lib/check-shape.ts';
import { kubernetesDocuments } from '../../lib/kubernetes-yaml.ts';
import { flagText } from '../flags.ts';

/**
 * The objects of a file of manifests; those of a List are its items.
 * @param file `-` is standard input
 * @throws EdgeadmError USAGE if it cannot be read
 */
export async function manifestsIn(file: string): Promise<ManifestObject[]> {
  const text = await flagText(file === '-' ? '-' : `@${file}`, 'FILE');
  try {
    return kubernetesDocuments(text).flatMap((each) => objectsOf(each));
  } catch (error) {
    throw usageError([`FILE: ${file}: ${yamlFault(error, text)}`]);
  }
}

function objectsOf(document: unknown): ManifestObject[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return [];
  const { kind, items } = document as ManifestObject;
  return kind === 'List' && Array.isArray(items) ? items.flatMap(objectsOf) : [document as ManifestObject];
}
