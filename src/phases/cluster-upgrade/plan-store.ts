import type { V1ConfigMap } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import { backOff } from '../../lib/back-off.ts';
import { core, NAMESPACE, PLAN } from './names.ts';
import { isActive, type Plan } from './plan.ts';
import { fromTexts, toTexts } from './plan-text.ts';

/** Writers are an administrator now and then and one controller. */
const TRIES = 20;

/** The plan as the cluster keeps it: a ConfigMap, changed by whoever has read its newest version. */
export class PlanStore {
  readonly #client: ApiClient;

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
    throw new EdgeadmError({ code: 'NO_UPGRADE', what: 'no cluster upgrade was started', why: 'the cluster has none' });
  }

  /**
   * Writes a new plan, in the place of one that has ended.
   * @returns the plan that is under way where there is one: nothing was written
   */
  async begin(plan: Plan): Promise<Plan | undefined> {
    for (let failures = 1; failures <= TRIES; failures++) {
      const found = await this.#find();
      const old = found && fromTexts(found.data ?? {});
      if (old && isActive(old)) return old;
      if (await this.#write(plan, found)) return undefined;
      await backOff(failures, [20, 500]);
    }
    throw contended();
  }

  /**
   * Changes the plan by what its newest version is. A change that gives the plan itself back writes nothing.
   * @throws EdgeadmError NO_UPGRADE, and what the change throws
   */
  async update(change: (plan: Plan) => Plan): Promise<Plan> {
    for (let failures = 1; failures <= TRIES; failures++) {
      const found = await this.#find();
      if (!found) return this.need();
      const plan = fromTexts(found.data ?? {});
      const changed = change(plan);
      if (changed === plan || (await this.#write(changed, found))) return changed;
      await backOff(failures, [20, 500]);
    }
    throw contended();
  }

  #find(signal?: AbortSignal): Promise<V1ConfigMap | undefined> {
    return this.#client.find<V1ConfigMap>(core('configmaps', PLAN), { signal });
  }

  /** @returns false where somebody else was faster */
  async #write(plan: Plan, found: V1ConfigMap | undefined): Promise<boolean> {
    const metadata = { name: PLAN, namespace: NAMESPACE, resourceVersion: found?.metadata?.resourceVersion };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: toTexts(plan) };
    return found
      ? this.#client.writeUnlessStale('PUT', core('configmaps', PLAN), body)
      : this.#client.writeUnlessStale('POST', core('configmaps'), body);
  }
}

function contended(): EdgeadmError {
  return new EdgeadmError({
    code: 'API_ERROR',
    what: 'the state of the cluster upgrade could not be written',
    why: `others wrote it first, ${TRIES} times in a row`,
    next: 'edgeadm cluster upgrade status',
  });
}
