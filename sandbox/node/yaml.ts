import { load } from 'js-yaml';

/** A YAML document that has to be a map. @param fault makes the error for one that is not */
export function parseYaml<T extends object>(text: string, fault: (why: string) => Error): T {
  let document: unknown;
  try {
    document = load(text);
  } catch (error) {
    throw fault((error as Error).message.split('\n')[0] ?? '');
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as T;
  throw fault('it is no map');
}
