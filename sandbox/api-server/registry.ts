import { randomUUID } from 'node:crypto';
import type { Store } from '../store.ts';
import { canonicalJson } from './json.ts';
import { groupResource, type KubeObject, type Resource } from './resources.ts';

/** A change of an object. */
export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  /** What it was, where it was anything: a selector may have let go of it. */
  readonly before?: KubeObject;
  readonly revision: number;
}

const REVISION = 'k8s/revision';

/**
 * The objects of the cluster in the store: the one place that assigns resource versions and publishes changes.
 * It contains no names of resources.
 */
export class Registry {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #listeners = new Set<(change: ObjectChange) => void>();
  #revision: number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#revision = store.next(REVISION);
  }

  /** The resource version of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** RFC 3339 with whole seconds, as Kubernetes has its dates. */
  timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  get(resource: Resource, name: string, namespace = ''): KubeObject | undefined {
    return this.#store.get<KubeObject>(kindOf(resource), keyOf(name, namespace));
  }

  /** By namespace and name. */
  list(resource: Resource, namespace?: string): KubeObject[] {
    const all = this.#store.list<KubeObject>(kindOf(resource)).map(({ document }) => document);
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  insert(resource: Resource, object: KubeObject): KubeObject {
    const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: this.timestamp() };
    return this.#write('ADDED', resource, { ...object, metadata });
  }

  /** Nothing happens if nothing is different: that keeps watches quiet. */
  replace(resource: Resource, object: KubeObject, before: KubeObject): KubeObject {
    const { uid, creationTimestamp, resourceVersion } = before.metadata;
    const same = { ...object, metadata: { ...object.metadata, uid, creationTimestamp, resourceVersion } };
    if (canonicalJson(same) === canonicalJson(before)) return before;
    return this.#write('MODIFIED', resource, same, before);
  }

  remove(resource: Resource, object: KubeObject): void {
    this.#write('DELETED', resource, object, object);
  }

  /** @returns what ends the subscription */
  subscribe(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #write(type: ObjectChange['type'], resource: Resource, object: KubeObject, before?: KubeObject): KubeObject {
    const { name = '', namespace = '' } = object.metadata;
    const [kind, key] = [kindOf(resource), keyOf(name, namespace)];
    const { revision, written } = this.#store.transaction(() => {
      const next = this.#store.next(REVISION);
      const result = { ...object, metadata: { ...object.metadata, resourceVersion: String(next) } };
      if (type === 'DELETED') this.#store.delete(kind, key);
      else this.#store.put(kind, key, result);
      return { revision: next, written: result };
    });
    this.#revision = revision;
    for (const listener of this.#listeners) listener({ type, resource, object: written, before, revision });
    return written;
  }
}

function kindOf(resource: Resource): string {
  return `k8s/${groupResource(resource)}`;
}

function keyOf(name: string, namespace: string): string {
  return namespace ? `${namespace}/${name}` : name;
}
