import { type Cause, invalidObject } from './status.ts';

/** Kubernetes that know `sendInitialEvents`, and those of them that serve such watches unless a gate says otherwise. */
const FIRST_WATCH_LIST = 27;
const SERVES_WATCH_LISTS = (minor: number): boolean => minor === 32 || minor >= 34;

/**
 * Checks the options of a list or watch, in the words of k8s.io/apimachinery (internalversion/validation).
 * @param minor of Kubernetes
 * @throws ApiFailure 422
 */
export function checkListOptions(query: URLSearchParams, isWatch: boolean, minor: number): void {
  const causes = isWatch ? watchCauses(query, minor) : listCauses(query, minor);
  if (causes.length > 0) throw invalidObject({ kind: 'ListOptions', group: 'meta.k8s.io', name: '' }, causes);
}

/** True if a watch is to begin with what exists, and to say where that ends. */
export function sendsInitialEvents(query: URLSearchParams, minor: number): boolean | undefined {
  const wanted = query.get('sendInitialEvents');
  return wanted === null || minor < FIRST_WATCH_LIST ? undefined : ['1', 'true'].includes(wanted);
}

function listCauses(query: URLSearchParams, minor: number): Cause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const causes: Cause[] = [];
  if (match && !version)
    causes.push(forbidMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (match && query.get('continue'))
    causes.push(forbidMatch('resourceVersionMatch is forbidden when continue is provided'));
  if (match && !['Exact', 'NotOlderThan'].includes(match))
    causes.push(unsupported(match, '"Exact", "NotOlderThan", ""'));
  if (match === 'Exact' && version === '0')
    causes.push(forbidMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  if (sendsInitialEvents(query, minor) !== undefined)
    causes.push(forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return causes;
}

function watchCauses(query: URLSearchParams, minor: number): Cause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const isWatchList = sendsInitialEvents(query, minor) !== undefined;
  const causes: Cause[] = [];
  if (isWatchList && match !== 'NotOlderThan')
    causes.push(forbidMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (isWatchList && !SERVES_WATCH_LISTS(minor)) {
    const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    causes.push(forbid('sendInitialEvents', why));
  }
  if (match && !isWatchList)
    causes.push(forbidMatch(minor < FIRST_WATCH_LIST ? 'resourceVersionMatch is forbidden for watch' : NEEDS_EVENTS));
  if (match && match !== 'NotOlderThan' && isWatchList) causes.push(unsupported(match, '"NotOlderThan"'));
  return causes;
}

const NEEDS_EVENTS = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';

function forbid(field: string, why: string): Cause {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}

function forbidMatch(why: string): Cause {
  return forbid('resourceVersionMatch', why);
}

function unsupported(value: string, supported: string): Cause {
  const message = `Unsupported value: "${value}": supported values: ${supported}`;
  return { field: 'resourceVersionMatch', reason: 'FieldValueNotSupported', message };
}
