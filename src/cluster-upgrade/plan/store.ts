import { setTimeout as delay } from 'node:timers/promises';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { type RetryOptions, retry } from '../../lib/retry.ts';
import { core, NAMESPACE, PLAN } from '../cluster/names.ts';
import { isActive, type Plan } from './plan.ts';
import { fromTexts, sizeOf, toTexts } from './text.ts';

/** The plan was changed between reading and writing it. */
class StaleWrite extends Error {}

/** Writers are an administrator now and then and one controller. */
const CONTENTION: RetryOptions = {
  tries: 20,
  pauseMs: [20, 500],
  isPassing: (error) => error instanceof StaleWrite,
  describe: (error, tries) => (error instanceof StaleWrite ? contended(tries) : error),
};

/**
 * The cluster's storage keeps every version of a plan for a few minutes, and one of 10,000 nodes has a megabyte: not
 * more than one of those is written a second.
 */
const BYTES_PER_MS = 1000;

/** A change that waits to be written. */
interface PendingChange {
  readonly change: (plan: Plan) => Plan;
  readonly signal: AbortSignal | undefined;
  resolve(plan: Plan): void;
  reject(error: unknown): void;
}

/** The plan as the cluster keeps it: a ConfigMap, which only a writer with its newest version can change. */
export class PlanStore {
  readonly #client: ApiClient;
  readonly #asked: PendingChange[] = [];
  #writing = false;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** @throws EdgeadmError UPGRADE_STATE_UNREADABLE */
  async read(signal?: AbortSignal): Promise<Plan | undefined> {
    const map = await this.#find(signal);
    return map && fromTexts(map.data ?? {});
  }

  /** @throws EdgeadmError NO_UPGRADE */
  async need(signal?: AbortSignal): Promise<Plan> {
    const plan = await this.read(signal);
    if (plan) return plan;
    throw new EdgeadmError({
      code: 'NO_UPGRADE',
      what: 'no cluster upgrade has been started',
      why: `ConfigMap ${PLAN} not found in namespace ${NAMESPACE}`,
    });
  }

  /**
   * Writes a new plan, in the place of one that has ended.
   * @returns the plan in progress if there is one: nothing was written
   */
  async begin(plan: Plan): Promise<Plan | undefined> {
    return retry(async () => {
      const found = await this.#find();
      const old = found && fromTexts(found.data ?? {});
      if (old && isActive(old)) return old;
      await this.#write(plan, found);
      return undefined;
    }, CONTENTION);
  }

  /**
   * Changes the plan by what its newest version is. A change that returns the plan itself writes nothing; changes
   * that are requested at the same time are written together.
   * @param signal if it has aborted before the change is made, nothing is written
   * @returns the plan as written
   * @throws EdgeadmError NO_UPGRADE, and what the change throws; the reason of the signal
   */
  update(change: (plan: Plan) => Plan, signal?: AbortSignal): Promise<Plan> {
    const { promise, ...settle } = Promise.withResolvers<Plan>();
    this.#asked.push({ change, signal, ...settle });
    if (!this.#writing) void this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#asked.length > 0) {
      const changes = this.#asked.splice(0);
      const bytes = await this.#writeTogether(changes).catch((error: unknown) => {
        for (const { reject } of changes) reject(error);
        return 0;
      });
      await delay(bytes / BYTES_PER_MS);
    }
    this.#writing = false;
  }

  /** @returns bytes that were written */
  async #writeTogether(changes: readonly PendingChange[]): Promise<number> {
    return retry(async () => {
      const found = await this.#find();
      const before = found ? fromTexts(found.data ?? {}) : await this.need();
      const { plan, refused } = changed(before, changes);
      if (plan !== before) await this.#write(plan, found);
      for (const [asked, error] of refused) asked.reject(error);
      for (const { resolve } of changes) resolve(plan);
      return plan === before ? 0 : sizeOf(toTexts(plan));
    }, CONTENTION);
  }

  #find(signal?: AbortSignal): Promise<V1ConfigMap | undefined> {
    return this.#client.find<V1ConfigMap>(core('configmaps', PLAN), { signal });
  }

  /** @throws StaleWrite if another writer was faster */
  async #write(plan: Plan, found: V1ConfigMap | undefined): Promise<void> {
    const metadata = { name: PLAN, namespace: NAMESPACE, resourceVersion: found?.metadata?.resourceVersion };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: toTexts(plan) };
    const written = found
      ? await this.#client.writeUnlessStale('PUT', core('configmaps', PLAN), body)
      : await this.#client.writeUnlessStale('POST', core('configmaps'), body);
    if (!written) throw new StaleWrite();
  }
}

/** What all changes make of a plan, one after the other; those that it does not allow change nothing. */
function changed(
  before: Plan,
  changes: readonly PendingChange[],
): { plan: Plan; refused: Map<PendingChange, unknown> } {
  const refused = new Map<PendingChange, unknown>();
  let plan = before;
  for (const asked of changes) {
    try {
      asked.signal?.throwIfAborted();
      plan = asked.change(plan);
    } catch (error) {
      refused.set(asked, error);
    }
  }
  return { plan, refused };
}

function contended(tries: number): EdgeadmError {
  return new EdgeadmError({
    code: 'API_ERROR',
    what: 'the state of the cluster upgrade could not be written',
    why: `other processes changed it first, ${tries} times in a row`,
    next: 'edgeadm cluster upgrade status',
  });
}
