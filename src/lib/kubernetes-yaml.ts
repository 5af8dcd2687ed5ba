import { boolYaml11Tag, CORE_SCHEMA, defineScalarTag, intYaml11Tag, loadAll, mergeTag, NOT_RESOLVED } from 'js-yaml';

/** Octal and binary numbers are those of YAML 1.1, but `22:30` is a text. */
const int = defineScalarTag(intYaml11Tag.tagName, {
  ...intYaml11Tag,
  implicitFirstChars: [...'-+0123456789'],
  resolve: (source, ...more) => (source.includes(':') ? NOT_RESOLVED : intYaml11Tag.resolve(source, ...more)),
});

/**
 * YAML as every program of Kubernetes reads it, which is neither 1.1 nor 1.2: `yes` and `off` are booleans, `<<` merges
 * maps. Source: goyaml.v2/resolve.go in sigs.k8s.io/yaml.
 */
export const KUBERNETES_YAML = CORE_SCHEMA.withTags(boolYaml11Tag, int, mergeTag);

/** YAML that a person writes for edgeadm: `no` is a text, and `<<` merges maps, as inventories of other programs have it. */
export const OWN_YAML = CORE_SCHEMA.withTags(mergeTag);

/** The documents of a text; of a key that occurs twice the last one counts, as for Kubernetes. */
export function kubernetesDocuments(text: string): unknown[] {
  return loadAll(text, { schema: KUBERNETES_YAML, json: true });
}
