import { load } from 'js-yaml';

/** Reads YAML or JSON that others wrote; what is missing, empty or damaged is as good as `{}`. */
export function lenientYaml<T extends object>(text: string | undefined): Partial<T> {
  if (!text?.trim()) return {};
  try {
    return (load(text) ?? {}) as Partial<T>;
  } catch {
    return {};
  }
}
