import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { minorOf } from '../../src/kubernetes/version.ts';
import { sendsInitialEvents } from './list-options.ts';
import type { Operation } from './operation.ts';
import { showObject, type View } from './presentation.ts';
import { builtIn, groupResource, groupVersion, type Resource } from './resources.ts';
import { selector } from './selectors.ts';
import type { Server } from './server.ts';
import { ApiFailure } from './status.ts';
import type { ObjectEvent } from './watch.ts';

/** Without timeoutSeconds a watch ends between these, as at a real server, so that clients learn to begin again. */
const DEFAULT_SECONDS = [1800, 3600] as const;
const BOOKMARK_MS = 60_000;
/** What the bookmark says that ends the initial events of a watch list. */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };
/** A client that reads slower than this is cut off: it can begin again where it was. Bytes. */
const LARGEST_BACKLOG = 4 * 1024 * 1024;

/** Sends events of a list, one JSON object a line, until its time is over or the client leaves. */
export function streamWatch(server: Server, operation: Operation, view: View, response: ServerResponse): void {
  const { resource, version, namespace, query } = operation;
  const write = (type: string, object: object): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > LARGEST_BACKLOG) response.destroy();
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = { resourceVersion: String(server.registry.revision), creationTimestamp: null, annotations };
    write('BOOKMARK', { kind: resource.kind, apiVersion: groupVersion(resource.group, version), metadata });
  };
  const isWatchList = sendsInitialEvents(query, minorOf(server.version));
  const start = startOf(query.get('resourceVersion') ?? '');
  const after = isWatchList ? undefined : (start ?? (isWatchList === false ? server.registry.revision : undefined));
  const matches = selector(resource, query);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  try {
    const send = ({ type, object }: ObjectEvent): void =>
      write(type, showObject({ ...view, now: server.now() }, object));
    const stop = server.watches.watch({ resource, namespace, matches, after }, send);
    if (isWatchList && wantsBookmarks(query)) bookmark(INITIAL_EVENTS_END);
    const unsubscribe = onceUndefined(server, operation, () => {
      stop();
      response.end();
    });
    end(response, query, bookmark, () => {
      stop();
      unsubscribe();
    });
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    // A watch has said 200 by now: what is wrong with it comes as an event.
    write('ERROR', error.toStatus());
    response.end();
  }
}

/** A custom kind may cease to be served: what watches it ends, as its client could not begin again. */
function onceUndefined({ registry, served }: Server, operation: Operation, done: () => void): () => void {
  const { resource, version } = operation;
  if (!resource.defined) return () => {};
  const isSame = (one: Resource): boolean =>
    groupResource(one) === groupResource(resource) && one.versions.includes(version);
  const unsubscribe = registry.subscribe((change) => {
    if (builtIn(change.resource) !== 'customresourcedefinitions' || served.all.some(isSame)) return;
    unsubscribe();
    done();
  });
  return unsubscribe;
}

function wantsBookmarks(query: URLSearchParams): boolean {
  return ['1', 'true'].includes(query.get('allowWatchBookmarks') ?? '');
}

function startOf(text: string): number | undefined {
  if (text === '' || text === '0') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const message = `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
  throw new ApiFailure(500, undefined, message);
}

function end(response: ServerResponse, query: URLSearchParams, bookmark: () => void, stop: () => void): void {
  const seconds = Number(query.get('timeoutSeconds')) || randomInt(...DEFAULT_SECONDS);
  const ticking = wantsBookmarks(query) ? setInterval(bookmark, BOOKMARK_MS) : undefined;
  const timer = setTimeout(() => {
    if (wantsBookmarks(query)) bookmark();
    // Before the end and not at `close`: an event in between would be written after the end, and kill the process.
    stop();
    response.end();
  }, seconds * 1000);
  response.once('close', () => {
    clearTimeout(timer);
    clearInterval(ticking);
    stop();
  });
}
