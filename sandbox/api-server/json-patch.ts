import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from './json.ts';
import { ApiFailure } from './status.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** RFC 6902. @throws ApiFailure 422 for one that does not fit */
export function jsonPatch(target: Json, patch: Json): Json {
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
