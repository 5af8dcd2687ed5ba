import { isObject, type Json, type JsonObject } from './json.ts';
import { jsonPatch } from './json-patch.ts';
import type { KubeObject, Resource } from './resources.ts';
import { schemaOf } from './schema/index.ts';
import { ApiFailure, unsupportedMediaType } from './status.ts';
import { strategicPatch } from './strategic-patch.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * The object as a patch would have it.
 * @throws ApiFailure 415 for a kind of patch that the resource does not know, 422 for a JSON patch that does not fit
 */
export function applyPatch(
  resource: Pick<Resource, 'group' | 'kind' | 'custom' | 'defined'>,
  object: KubeObject,
  patch: unknown,
  contentType: string,
): KubeObject {
  const target = structuredClone(object) as unknown as Json;
  const strategic = (to: Json, change: Json): Json =>
    strategicPatch(to, change, schemaOf(resource, object.apiVersion?.split('/').at(-1)));
  const apply = { [JSON_PATCH]: jsonPatch, [MERGE_PATCH]: mergePatch, [STRATEGIC_PATCH]: strategic }[contentType];
  if (!apply || (resource.custom && contentType === STRATEGIC_PATCH))
    throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, ...(resource.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH]);
  const isList = Array.isArray(patch);
  if (typeof patch !== 'object' || patch === null || isList !== (contentType === JSON_PATCH))
    throw new ApiFailure(400, 'BadRequest', `the body is not ${contentType}`);
  return apply(target, patch as Json) as unknown as KubeObject;
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
