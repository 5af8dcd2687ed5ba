import { setTimeout as delay } from 'node:timers/promises';
import type { V1Lease } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/client.ts';
import { LEASE, leases, NAMESPACE } from './names.ts';

/** A controller that has not renewed its lease for so long is gone. */
const LEASE_S = 30;
const RENEWAL_MS = 5_000;
const LOOK_MS = 1_000;

/** A Lease that this process holds. */
export interface HeldLease {
  /** Aborts when another has taken the lease, or when it could not be renewed in time. */
  readonly signal: AbortSignal;
  /** Lets another have it at once. */
  release(): Promise<void>;
}

/** The identity of who controls the upgrade, and when it last said so; undefined where nobody does. */
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
 * @returns the identity of its holder where another has it and is alive
 */
export async function acquireLease(
  client: ApiClient,
  identity: string,
  signal: AbortSignal,
): Promise<HeldLease | string> {
  const first = await find(client);
  const started = performance.now();
  for (let found = first; ; found = await find(client)) {
    const holder = found?.spec?.holderIdentity;
    const free = !holder || holder === identity;
    if (!free && versionOf(found) !== versionOf(first)) return holder;
    if (free || performance.now() - started > LEASE_S * 1000) {
      if (await write(client, found, identity)) return hold(client, identity);
    }
    await delay(free ? 0 : LOOK_MS, undefined, { signal });
  }
}

function hold(client: ApiClient, identity: string): HeldLease {
  const lost = new AbortController();
  let renewed = performance.now();
  const renew = async (): Promise<void> => {
    const sent = performance.now();
    const found = await find(client);
    const holder = found?.spec?.holderIdentity;
    if (holder !== identity) lost.abort(new Error(`the upgrade is controlled by ${holder || 'nobody'} now`));
    else if (await write(client, found, identity)) renewed = sent;
  };
  const timer = setInterval(() => {
    // Nothing can be known while the cluster does not answer: the lease is ours until its time is over.
    renew().catch(() => {});
    if (performance.now() - renewed > LEASE_S * 1000)
      lost.abort(new Error(`the lease of the controller could not be renewed for ${LEASE_S} s`));
  }, RENEWAL_MS);
  return {
    signal: lost.signal,
    release: async () => {
      clearInterval(timer);
      if (lost.signal.aborted) return;
      const found = await find(client);
      if (found?.spec?.holderIdentity === identity) await write(client, found, '');
    },
  };
}

function find(client: ApiClient): Promise<V1Lease | undefined> {
  return client.find<V1Lease>(leases('leases', LEASE));
}

function versionOf(lease: V1Lease | undefined): string | undefined {
  return lease?.metadata?.resourceVersion;
}

/** @returns false where somebody else was faster */
async function write(client: ApiClient, found: V1Lease | undefined, identity: string): Promise<boolean> {
  const renewTime = microTime();
  const same = found?.spec?.holderIdentity === identity;
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE, namespace: NAMESPACE, resourceVersion: versionOf(found) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: LEASE_S,
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
