import { createPatch } from 'diff';
import { EdgeadmError } from '../../errors/index.ts';
import { toYaml } from '../../templates/yaml.ts';
import { type ApiClient, apiErrorOf } from './client.ts';

/** Owner of the fields that edgeadm writes, in `metadata.managedFields`. */
export const FIELD_MANAGER = 'edgeadm';

/** An object of the API, as far as a change reads it. */
interface ChangedObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
}

/** What to change in which object. */
export interface ChangeRequest {
  /** `configmap/edge-hub-cfg` */
  readonly name: string;
  readonly path: string;
  /** Undefined if it does not exist. */
  readonly before: ChangedObject | undefined;
  /** A JSON merge patch: what it does not name stays, null removes a key. For a new object the whole of it. */
  readonly patch: object;
  /**
   * True if the new value was made from the old one, as that of a list in a text: a change by others in the meantime is
   * a conflict. The status of a Node changes all the time, so that it cannot be that for nodes.
   */
  readonly isDerived?: boolean;
}

/** A change that the API server has accepted in a dry run. */
export interface PlannedChange {
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'unchanged';
  /** Unified diff of the object now and afterwards; empty if nothing changes. */
  readonly diff: string;
  /** The object afterwards, without what the API server counts and keeps on its own account. */
  readonly after: object;
  /** Writes it. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
  write(): Promise<void>;
}

/** The whole object again, in one line: kubectl's own. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** How far a diff looks around a change. Lines. */
const CONTEXT = 2;

/**
 * Asks the API server what a change would make of an object (`dryRun=All`): admission, validation and defaults are
 * those of the real request.
 * @throws EdgeadmError API_ERROR, API_UNREACHABLE
 */
export async function planChange(client: ApiClient, change: ChangeRequest): Promise<PlannedChange> {
  const { name, before } = change;
  const after = await send<ChangedObject>(client, change, '&dryRun=All');
  const diff = differenceOf(name, before, after);
  return {
    name,
    outcome: before === undefined ? 'created' : diff === '' ? 'unchanged' : 'changed',
    diff,
    after: shownParts(after),
    write: async () => {
      if (diff !== '') await send(client, change, '');
    },
  };
}

async function send<T>(client: ApiClient, change: ChangeRequest, query: string): Promise<T> {
  const { path, before, patch, isDerived, name } = change;
  const manager = `fieldManager=${FIELD_MANAGER}${query}`;
  if (before === undefined) {
    const collection = path.slice(0, path.lastIndexOf('/'));
    return (await client.request<T>('POST', `${collection}?${manager}`, { body: patch })).body;
  }
  const body = isDerived ? withVersion(patch, before) : patch;
  try {
    const contentType = 'application/merge-patch+json';
    return (await client.request<T>('PATCH', `${path}?${manager}`, { body, contentType })).body;
  } catch (error) {
    if (apiErrorOf(error)?.status !== 409) throw error;
    throw new EdgeadmError({
      code: 'API_ERROR',
      what: `${name} was changed by another client at the same time`,
      why: apiErrorOf(error)?.message,
      next: 'Run the command again: it reads the new value first.',
      cause: error,
    });
  }
}

function withVersion(patch: object, { metadata }: ChangedObject): object {
  const given = (patch as ChangedObject).metadata;
  return { ...patch, metadata: { ...given, resourceVersion: metadata?.resourceVersion } };
}

function differenceOf(name: string, before: ChangedObject | undefined, after: ChangedObject): string {
  const [old, next] = [before ? toYaml(shownParts(before)) : '', toYaml(shownParts(after))];
  if (old === next) return '';
  const text = createPatch(name, old, next, 'now', 'after the change', { context: CONTEXT });
  // The first two lines belong to a mail with many files.
  return text
    .split('\n')
    .slice(2)
    .filter((line) => !line.startsWith('\\ '))
    .join('\n');
}

/** What the API server counts and keeps on its own account says nothing to a reader. */
function shownParts(object: ChangedObject): object {
  const { metadata, status: _status, ...rest } = object as Record<string, unknown> & ChangedObject;
  const {
    managedFields: _fields,
    resourceVersion: _version,
    generation: _generation,
    uid: _uid,
    creationTimestamp: _created,
    ...shown
  } = (metadata ?? {}) as Record<string, unknown>;
  const { [LAST_APPLIED]: _applied, ...annotations } = (shown.annotations ?? {}) as Record<string, unknown>;
  const kept = Object.keys(annotations).length > 0 ? { annotations } : {};
  return sorted({ ...rest, metadata: { ...shown, annotations: undefined, ...kept } }) as object;
}

/** Keys in one order, so that only values make a difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, each]) => each !== undefined);
  const entries = given.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
