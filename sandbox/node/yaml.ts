import { load } from 'js-yaml';
import type { z } from 'zod';
import { KUBERNETES_YAML } from '../../src/lib/kubernetes-yaml.ts';

/** Far more than a manifest or a configuration has; aliases can make a document of any size out of a few lines. */
const MAX_VALUES = 20_000;

/**
 * A YAML document of a known shape; what the schema does not name is kept.
 * @param fault makes the error for another one
 */
export function parseYaml<S extends z.ZodType>(text: string, schema: S, fault: (why: string) => Error): z.output<S> {
  let document: unknown;
  try {
    document = load(text, { schema: KUBERNETES_YAML });
  } catch (error) {
    throw fault((error as Error).message.split('\n')[0] ?? '');
  }
  if (countValues(document, MAX_VALUES) > MAX_VALUES) throw fault('the document contains excessive aliasing');
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(`${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}

/** Values in a document, each as often as an alias repeats it; stops counting soon after the limit. */
function countValues(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null || limit <= 0) return 1;
  let count = 1;
  for (const one of Object.values(value)) {
    count += countValues(one, limit - count);
    if (count > limit) break;
  }
  return count;
}
