import { readTemplate } from './index.ts';

/** What a value must look like to land in a unit file or an environment file as one word. */
const WORD = /^[A-Za-z0-9_@%+=:,./[\]-]+$/;

/**
 * Fills `{{name}}` in a text template (a unit file, an environment file). Every value must be one or more plain words,
 * so that none can become a directive, a quote or a second line.
 * @throws Error where a value is not, or where template and values do not fit: faults of the caller
 */
export function fillTemplate(name: string, values: Readonly<Record<string, string | readonly string[]>> = {}): string {
  const unused = new Set(Object.keys(values));
  const text = readTemplate(name).replace(/\{\{(\w+)\}\}/g, (_hole, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`template ${name}: no value for ${key}`);
    unused.delete(key);
    const words = typeof value === 'string' ? [value] : value;
    for (const word of words)
      if (!WORD.test(word)) throw new Error(`template ${name}: ${key} may not hold ${JSON.stringify(word)}`);
    return words.join(' ');
  });
  if (unused.size > 0) throw new Error(`template ${name} has no place for ${[...unused].join(', ')}`);
  return text;
}
