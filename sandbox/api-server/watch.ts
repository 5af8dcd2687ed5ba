import type { ObjectChange, Registry } from './registry.ts';
import { groupResource, type KubeObject, type Resource } from './resources.ts';
import type { Matcher } from './selectors.ts';
import { resourceExpired } from './status.ts';

/** How far back a watch may begin: whichever is reached first. Joins of a thousand nodes must not fill the memory. */
const KEPT_CHANGES = 2000;
const KEPT_BYTES = 8 * 1024 * 1024;

/** An event as a watch shows it, the object still without its apiVersion. */
export interface ObjectEvent {
  readonly type: ObjectChange['type'];
  readonly object: KubeObject;
}

/** What a watch asks for. */
export interface WatchQuery {
  readonly resource: Resource;
  readonly namespace: string;
  readonly matches: Matcher;
  /** Changes after this one; undefined: what is there now, then changes. */
  readonly after: number | undefined;
}

/** A change as text: a third of what its objects take. */
interface Kept {
  readonly revision: number;
  readonly of: string;
  readonly text: string;
}

/** The latest changes, so that a watch that broke off can continue where it was. Nothing of it outlives the process. */
export class WatchCache {
  readonly #registry: Registry;
  readonly #kept: Kept[] = [];
  #bytes = 0;
  /** The last change that is not kept. */
  #forgotten: number;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#forgotten = registry.revision;
    registry.subscribe((change) => this.#keep(change));
  }

  /**
   * Gives events to `send`, from the past first, until the returned function is called.
   * @throws ApiFailure 410 if the past does not reach back so far
   */
  watch(query: WatchQuery, send: (event: ObjectEvent) => void): () => void {
    const { resource, namespace, after } = query;
    if (after !== undefined && after < this.#forgotten) throw resourceExpired(after, this.#forgotten);
    const past = after === undefined ? [] : this.#since(after, resource);
    if (after === undefined) {
      for (const object of this.#registry.list(resource, namespace || undefined))
        if (query.matches(object)) send({ type: 'ADDED', object });
    }
    for (const change of past) tell(query, change, send);
    return this.#registry.subscribe((change) => {
      if (groupResource(change.resource) === groupResource(resource)) tell(query, change, send);
    });
  }

  /** The objects of a resource as they were at a revision; undefined if the past does not reach back so far. */
  stateAt(resource: Resource, revision: number): KubeObject[] | undefined {
    if (revision < this.#forgotten) return undefined;
    const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
    const state = new Map(this.#registry.list(resource).map((object) => [keyOf(object), object]));
    for (const { type, object, before } of this.#since(revision, resource).reverse()) {
      if (type === 'ADDED') state.delete(keyOf(object));
      else if (before) state.set(keyOf(before), before);
    }
    return [...state.values()];
  }

  #since(after: number, resource: Resource): ObjectChange[] {
    return this.#kept
      .filter(({ revision, of }) => revision > after && of === groupResource(resource))
      .map(({ revision, text }) => ({
        ...(JSON.parse(text) as Pick<ObjectChange, 'type' | 'object' | 'before'>),
        resource,
        revision,
      }));
  }

  #keep({ type, resource, object, before, revision }: ObjectChange): void {
    const text = JSON.stringify({ type, object, before });
    this.#kept.push({ revision, of: groupResource(resource), text });
    this.#bytes += text.length;
    while (this.#kept.length > KEPT_CHANGES || this.#bytes > KEPT_BYTES) {
      const oldest = this.#kept.shift();
      if (!oldest) break;
      this.#bytes -= oldest.text.length;
      this.#forgotten = oldest.revision;
    }
  }
}

/** What leaves a selection is deleted for those who watch it, what enters it is added. */
function tell({ namespace, matches }: WatchQuery, change: ObjectChange, send: (event: ObjectEvent) => void): void {
  const { object, before, type } = change;
  if (namespace && object.metadata.namespace !== namespace) return;
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(object);
  if (is) send({ type: was ? 'MODIFIED' : 'ADDED', object });
  else if (was) send({ type: 'DELETED', object });
}
