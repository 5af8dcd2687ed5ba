import { isObject, type Json, type JsonObject } from '../json.ts';

/**
 * Fields of an object, each as its path: the elements of FieldsV1 (`f:name`, `k:{"name":"a"}`, `v:"text"`), joined.
 */
export type FieldSet = ReadonlySet<string>;

const SEPARATOR = '\0';
/** In FieldsV1, the element that stands for what is around it. */
const SELF = '.';

export function pathOf(parent: string, element: string): string {
  return parent === '' ? element : `${parent}${SEPARATOR}${element}`;
}

export function elementsOf(path: string): string[] {
  return path.split(SEPARATOR);
}

export function union(...sets: readonly FieldSet[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

export function difference(set: FieldSet, other: FieldSet): Set<string> {
  return new Set([...set].filter((path) => !other.has(path)));
}

export function intersection(set: FieldSet, other: FieldSet): Set<string> {
  return new Set([...set].filter((path) => other.has(path)));
}

/** The fields and everything that they are in. */
export function withParents(set: FieldSet): Set<string> {
  const all = new Set<string>();
  for (const path of set)
    for (let end = path.length; end > 0; end = path.lastIndexOf(SEPARATOR, end - 1)) all.add(path.slice(0, end));
  return all;
}

/** As metadata.managedFields has it. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  const parents = withParents(new Set([...set].map((path) => path.slice(0, Math.max(0, path.lastIndexOf(SEPARATOR))))));
  for (const path of [...set].sort()) {
    let node = root;
    for (const element of elementsOf(path)) {
      node[element] ??= {};
      node = node[element] as JsonObject;
    }
    if (parents.has(path)) node[SELF] = {};
  }
  return root;
}

export function fromFieldsV1(fields: Json | undefined): Set<string> {
  const found = new Set<string>();
  const read = (node: Json | undefined, path: string): void => {
    if (!isObject(node)) return;
    const below = Object.keys(node).filter((element) => element !== SELF);
    if (path !== '' && (below.length === 0 || SELF in node)) found.add(path);
    for (const element of below) read(node[element], pathOf(path, element));
  };
  read(fields, '');
  return found;
}

/** `.spec.containers[name="a"].image`: how conflicts name a field. */
export function shownPath(path: string): string {
  return elementsOf(path).map(shownElement).join('');
}

function shownElement(element: string): string {
  const [kind, text] = [element.slice(0, 2), element.slice(2)];
  if (kind === 'f:') return `.${text}`;
  if (kind === 'v:') return `[=${text}]`;
  const keys = Object.entries(JSON.parse(text) as JsonObject);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}
