import { readFile } from 'node:fs/promises';

/** A class of @kubernetes/client-node that stands for a kind, or a part of one. */
export interface Model {
  readonly description: string;
  readonly fields: readonly ModelField[];
}

export interface ModelField {
  readonly name: string;
  /** As TypeScript has it: `Array<V1Taint>`. */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
  readonly description: string;
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const MODELS = new URL('../../node_modules/@kubernetes/client-node/dist/gen/models/', import.meta.url);

/** Undefined if there is no such model. */
export async function readModel(name: string): Promise<Model | undefined> {
  const declaration = await readFile(new URL(`${name}.d.ts`, MODELS), 'utf8').catch(() => undefined);
  if (declaration === undefined) return undefined;
  const module = (await import(new URL(`${name}.js`, MODELS).href)) as Record<
    string,
    { attributeTypeMap: Attribute[] }
  >;
  const attributes = module[name]?.attributeTypeMap ?? [];
  const fields = attributes.map((attribute) => ({
    name: attribute.baseName,
    type: attribute.type,
    format: attribute.format,
    ...declared(declaration, attribute.name),
  }));
  return { description: comment(declaration, `export declare class ${name} `), fields };
}

function declared(text: string, field: string): { required: boolean; description: string } {
  const required = text.includes(`\n    '${field}':`);
  return { required, description: comment(text, `    '${field}'${required ? '' : '?'}:`) };
}

/** The text of the comment above a line that begins so. */
function comment(text: string, line: string): string {
  const above = text.slice(0, text.indexOf(`\n${line}`));
  const [, found = ''] = /\/\*\*\s*\* ((?:(?!\*\/)[\s\S])*?)\s*\*\/$/.exec(above) ?? [];
  return found
    .replace(/\n\s*\* ?/g, '\n')
    .replace(/\\(["'])/g, '$1')
    .trim();
}
