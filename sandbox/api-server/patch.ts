import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Resource } from './resources.ts';
import { ApiFailure, unsupportedMediaType } from './status.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

/**
 * The field that identifies items of a list in a strategic merge. Lists that are not here are replaced whole.
 * @see the patchMergeKey tags of k8s.io/api/core/v1
 */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podIPs: 'ip',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/** Lists of texts to which a strategic merge adds. */
const SETS = ['finalizers', 'podCIDRs'];

/**
 * The object as a patch would have it.
 * @throws ApiFailure 415 for a kind of patch that the resource does not know, 422 for a JSON patch that does not fit
 */
export function applyPatch(resource: Resource, object: KubeObject, patch: unknown, contentType: string): KubeObject {
  const target = structuredClone(object) as unknown as Json;
  const apply = { [JSON_PATCH]: jsonPatch, [MERGE_PATCH]: mergePatch, [STRATEGIC_PATCH]: strategicPatch }[contentType];
  if (!apply || (resource.custom && contentType === STRATEGIC_PATCH))
    throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, ...(resource.custom ? [] : [STRATEGIC_PATCH])]);
  const isList = Array.isArray(patch);
  if (typeof patch !== 'object' || patch === null || isList !== (contentType === JSON_PATCH))
    throw new ApiFailure(400, 'BadRequest', `the body is not ${contentType}`);
  return apply(target, patch as Json) as unknown as KubeObject;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7386. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key] ?? null, value);
  }
  return result;
}

/** A merge patch that knows lists of named things, and the directives that kubectl and kubelets send. */
function strategicPatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const { $patch: directive, ...fields } = patch;
  if (directive === 'replace') return fields;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(fields)) {
    const [, removing] = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key) ?? [];
    if (removing) result[removing] = listOf(result[removing]).filter((item) => !listOf(value).includes(item));
    // The order of lists ($setElementOrder) has no effect here.
    if (key.startsWith('$')) continue;
    if (value === null || (isObject(value) && value.$patch === 'delete')) delete result[key];
    else
      result[key] = Array.isArray(value)
        ? mergeList(key, listOf(result[key]), value)
        : strategicPatch(result[key] ?? null, value);
  }
  return result;
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function mergeList(field: string, target: Json[], patch: Json[]): Json[] {
  if (SETS.includes(field)) return [...new Set([...target, ...patch])];
  const mergeKey = MERGE_KEYS[field];
  const items = patch.filter(isObject);
  const replaces = items.some((item) => item.$patch === 'replace' && Object.keys(item).length === 1);
  if (!mergeKey || replaces) return items.length === patch.length ? items.filter((item) => !item.$patch) : patch;
  const result = [...target];
  for (const item of items) {
    const at = result.findIndex((there) => isObject(there) && there[mergeKey] === item[mergeKey]);
    if (item.$patch === 'delete') result.splice(at, at < 0 ? 0 : 1);
    else if (at < 0) result.push(strategicPatch(null, item));
    else result[at] = strategicPatch(result[at] ?? null, item);
  }
  return result;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** RFC 6902. */
function jsonPatch(target: Json, patch: Json): Json {
  const document = { root: target };
  for (const { op, path, from, value = null } of patch as unknown as Operation[]) {
    if (op === 'add') put(document, path, value, true);
    else if (op === 'replace') put(document, path, value, false);
    else if (op === 'remove') take(document, path);
    else if (op === 'move') put(document, path, take(document, from ?? ''), true);
    else if (op === 'copy') put(document, path, structuredClone(look(document, from ?? '')), true);
    else if (op !== 'test' || !isDeepStrictEqual(look(document, path), value)) throw doesNotFit();
  }
  return document.root;
}

function doesNotFit(): ApiFailure {
  return new ApiFailure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** The container that a JSON pointer ends in, and the last step: a key, or an index of a list. */
function locate(document: { root: Json }, pointer: string): [JsonObject | Json[], string | number] {
  const steps = `/root${pointer}`
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let holder: Json | undefined = document;
  for (const step of steps.slice(0, -1))
    holder = Array.isArray(holder) ? holder[Number(step)] : isObject(holder) ? holder[step] : undefined;
  const last = steps.at(-1) ?? '';
  if (Array.isArray(holder)) return [holder, last === '-' ? holder.length : Number(last)];
  if (isObject(holder)) return [holder, last];
  throw doesNotFit();
}

function look(document: { root: Json }, pointer: string): Json {
  const [holder, step] = locate(document, pointer);
  const value = (holder as Record<string | number, Json | undefined>)[step];
  if (value === undefined) throw doesNotFit();
  return value;
}

function put(document: { root: Json }, pointer: string, value: Json, isNew: boolean): void {
  if (!isNew) look(document, pointer);
  const [holder, step] = locate(document, pointer);
  if (Array.isArray(holder)) holder.splice(Number(step), isNew ? 0 : 1, value);
  else holder[step] = value;
}

function take(document: { root: Json }, pointer: string): Json {
  const value = look(document, pointer);
  const [holder, step] = locate(document, pointer);
  if (Array.isArray(holder)) holder.splice(Number(step), 1);
  else delete holder[step];
  return value;
}
