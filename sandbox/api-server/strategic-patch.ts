import { isObject, type Json, type JsonObject } from './json.ts';
import { resolved, type Schema } from './schema/index.ts';

/** A merge patch that knows lists of named things, and the directives that kubectl and kubelets send. */
export function strategicPatch(target: Json, patch: Json, of: Schema | undefined): Json {
  if (!isObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'replace') return fields;
  const schema = resolved(of);
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(result)) if (Array.isArray(retained) && !retained.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(fields)) {
    const [, removing] = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key) ?? [];
    if (removing) result[removing] = listOf(result[removing]).filter((item) => !listOf(value).includes(item));
    // The order of lists ($setElementOrder) means nothing to anybody here.
    if (key.startsWith('$')) continue;
    const field = schema?.properties?.[key] ?? schema?.additionalProperties;
    if (value === null || (isObject(value) && value.$patch === 'delete')) delete result[key];
    else
      result[key] = Array.isArray(value)
        ? mergeList(listOf(result[key]), value, field)
        : strategicPatch(result[key] ?? null, value, field);
  }
  return result;
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function mergeList(target: Json[], patch: Json[], schema: Schema | undefined): Json[] {
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  const merges = schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false;
  if (merges && !mergeKey) return [...new Set([...target, ...patch])];
  const items = patch.filter(isObject);
  const replaces = items.some((item) => item.$patch === 'replace' && Object.keys(item).length === 1);
  if (!mergeKey || replaces) return items.length === patch.length ? items.filter((item) => !item.$patch) : patch;
  const result = [...target];
  for (const item of items) {
    const at = result.findIndex((there) => isObject(there) && there[mergeKey] === item[mergeKey]);
    if (item.$patch === 'delete') result.splice(at, at < 0 ? 0 : 1);
    else if (at < 0) result.push(strategicPatch(null, item, schema?.items));
    else result[at] = strategicPatch(result[at] ?? null, item, schema?.items);
  }
  return result;
}
