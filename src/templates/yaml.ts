import { dump, load } from 'js-yaml';
import { readTemplate } from './index.ts';

/**
 * Parses a YAML template. It is a document, not a text with holes: callers fill it in as an object and serialise it
 * again with {@link toYaml}, so that no value can turn into structure.
 *
 * @typeParam T what the template is known to hold; the golden file tests hold it to that
 */
export function loadTemplate<T>(name: string): T {
  return load(readTemplate(name)) as T;
}

/**
 * Serialises an object as YAML that parsers of YAML 1.1 (those of Kubernetes) and 1.2 read alike: long strings stay
 * on one line, and a string that either would take for something else is quoted.
 */
export function toYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
