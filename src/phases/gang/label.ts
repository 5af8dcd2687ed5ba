import { type FoundTemplate, type ManifestObject, podTemplatesIn } from '../../kubernetes/pod-templates.ts';
import { GROUP_NAME, MIN_AVAILABLE } from './groups.ts';

/** Manifests whose pods are one group. */
export interface LabelledGang {
  readonly objects: readonly ManifestObject[];
  readonly minAvailable: number;
  /** All pods of the manifests. */
  readonly pods: number;
  readonly templates: readonly string[];
}

/** The number of pods that manifests make. */
export function podCount(templates: readonly FoundTemplate[]): number {
  return templates.reduce((sum, { replicas }) => sum + replicas, 0);
}

/** All pod templates of manifests. */
export function templatesOfAll(objects: readonly ManifestObject[]): FoundTemplate[] {
  return objects.flatMap(podTemplatesIn);
}

/**
 * Labels every pod of manifests as one group.
 * @param minAvailable default: all of them
 */
export function labelGang(objects: readonly ManifestObject[], name: string, minAvailable?: number): LabelledGang {
  const copies = structuredClone(objects) as ManifestObject[];
  const templates = templatesOfAll(copies);
  const pods = podCount(templates);
  const wanted = minAvailable ?? pods;
  for (const { template } of templates) {
    const labels = { ...template.metadata?.labels, [GROUP_NAME]: name, [MIN_AVAILABLE]: String(wanted) };
    template.metadata = { ...template.metadata, labels };
  }
  return { objects: copies, minAvailable: wanted, pods, templates: templates.map(({ where }) => where) };
}
