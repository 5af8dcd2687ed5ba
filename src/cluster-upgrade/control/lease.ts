import type { V1Lease } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import { LEASE, leases, NAMESPACE } from '../cluster/names.ts';

/** All are milliseconds. */
export interface LeaseTimes {
  /** A controller that has not renewed its lease for so long is gone. */
  readonly lastsMs: number;
  /** One that could not renew it for so long stops: well before another may take it. */
  readonly giveUpMs: number;
  readonly renewalMs: number;
  /** Between two looks at the lease of another. */
  readonly retryIntervalMs: number;
}

export const LEASE_TIMES: LeaseTimes = { lastsMs: 30_000, giveUpMs: 20_000, renewalMs: 5_000, retryIntervalMs: 1_000 };
const { lastsMs, giveUpMs, renewalMs, retryIntervalMs } = LEASE_TIMES;
const RELEASES = 5;
/** Milliseconds; if the release fails, the next controller waits until the lease expires. */
const RELEASE_TIMEOUT_MS = 5_000;

/** A Lease that this process holds. */
export interface HeldLease {
  /** Aborts with UPGRADE_UNDER_WAY when another has taken it, with API_UNREACHABLE when it could not be renewed. */
  readonly signal: AbortSignal;
  /** Lets another have it at once. */
  release(): Promise<void>;
}

/** The identity of the controller, and when it last renewed the lease; undefined if there is none. */
export async function leaseHolder(client: ApiClient): Promise<{ identity: string; renewed: string } | undefined> {
  const { holderIdentity: identity, renewTime } = (await find(client))?.spec ?? {};
  return identity ? { identity, renewed: String(renewTime) } : undefined;
}

/**
 * Takes the Lease that makes a process the one controller, and renews it.
 *
 * Whether its holder is alive is seen by watching it, as Kubernetes' own controllers do: clocks at the edge differ. So
 * taking it from one that died takes half a minute.
 * @param identity of this process, different from that of every other
 * @param clock for tests
 * @returns the identity of its holder if another has it and is alive
 */
export async function acquireLease(
  client: ApiClient,
  identity: string,
  signal: AbortSignal,
  clock: Clock = realClock,
): Promise<HeldLease | string> {
  const first = await find(client);
  const started = clock.now();
  for (let found = first; ; found = await find(client)) {
    const holder = found?.spec?.holderIdentity;
    const free = !holder || holder === identity;
    if (!free && versionOf(found) !== versionOf(first)) return holder;
    if (free || clock.now() - started > lastsMs) {
      if (await write(client, found, identity)) return hold(client, identity, clock);
    }
    await clock.sleep(free ? 0 : retryIntervalMs, signal);
    signal.throwIfAborted();
  }
}

function hold(client: ApiClient, identity: string, clock: Clock): HeldLease {
  const lost = new AbortController();
  const released = new AbortController();
  let renewed = clock.now();
  const renew = async (): Promise<void> => {
    const sent = clock.now();
    const found = await find(client);
    const holder = found?.spec?.holderIdentity;
    if (holder !== identity) lost.abort(controlledBy(`it is now controlled by ${holder || 'no process'}`));
    else if (await write(client, found, identity)) renewed = Math.max(renewed, sent);
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(renewalMs, released.signal);
      if (released.signal.aborted || lost.signal.aborted) return;
      // Nothing can be known while the cluster does not answer: the lease is ours until its time is over.
      renew().catch(() => {});
      if (clock.now() - renewed > giveUpMs) lost.abort(silent());
    }
  };
  void keep();
  return {
    signal: lost.signal,
    release: async () => {
      released.abort();
      if (lost.signal.aborted) return;
      // What ended the command does not end this.
      const free = client.withSignal(AbortSignal.timeout(RELEASE_TIMEOUT_MS));
      // A renewal that is still on its way is faster now and then.
      for (let tries = 0; tries < RELEASES; tries++) {
        const found = await find(free);
        if (found?.spec?.holderIdentity !== identity || (await write(free, found, ''))) return;
      }
    },
  };
}

/** @param who has it, or why it is not known */
export function controlledBy(who: string): EdgeadmError {
  return new EdgeadmError({
    code: 'UPGRADE_UNDER_WAY',
    what: 'another process controls the upgrade',
    why: who,
    next: 'edgeadm cluster upgrade status',
  });
}

function silent(): EdgeadmError {
  return new EdgeadmError({
    code: 'API_UNREACHABLE',
    what: "the controller's lease could not be renewed",
    why: 'the API server did not answer in time',
  });
}

function find(client: ApiClient): Promise<V1Lease | undefined> {
  return client.find<V1Lease>(leases('leases', LEASE));
}

function versionOf(lease: V1Lease | undefined): string | undefined {
  return lease?.metadata?.resourceVersion;
}

/** @returns false if another writer was faster */
async function write(client: ApiClient, found: V1Lease | undefined, identity: string): Promise<boolean> {
  const renewTime = microTime();
  const same = found?.spec?.holderIdentity === identity;
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE, namespace: NAMESPACE, resourceVersion: versionOf(found) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(lastsMs / 1000),
      acquireTime: same ? found?.spec?.acquireTime : renewTime,
      renewTime,
      leaseTransitions: (found?.spec?.leaseTransitions ?? 0) + (same ? 0 : 1),
    },
  };
  return found
    ? client.writeUnlessStale('PUT', leases('leases', LEASE), body)
    : client.writeUnlessStale('POST', leases('leases'), body);
}

/** Times of a Lease have microseconds. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
