import assert from 'node:assert/strict';
import type { V1Lease } from '@kubernetes/client-node';
import { ensureNamespace } from '../../../../src/cluster-upgrade/cluster/objects.ts';
import {
  acquireLease,
  type HeldLease,
  LEASE_TIMES,
  leaseHolder,
} from '../../../../src/cluster-upgrade/control/lease.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { type FlowingClock, flowingClock } from '../../test-clock.ts';
import { type UpgradeBed, until, upgradeBed } from '../upgrade-bed.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-upgrade/leases/edgeadm-upgrade-controller';

describe('the lease of the one controller', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  let clock: FlowingClock;
  const { signal } = new AbortController();
  beforeEach(async () => {
    bed = await upgradeBed();
    clock = flowingClock();
    await ensureNamespace(bed.client);
  });
  afterEach(() => bed.end());

  const take = async (identity: string, client = bed.client): Promise<HeldLease> => {
    const lease = await acquireLease(client, identity, signal, clock);
    assert.ok(typeof lease !== 'string', `held by ${lease}`);
    return lease;
  };

  const version = async () => (await bed.client.get<V1Lease>(PATH)).metadata?.resourceVersion;
  /** Lets the time of a renewal come, and waits until it is made. */
  const renewed = async (): Promise<void> => {
    const before = await version();
    clock.skip(LEASE_TIMES.renewalMs);
    await until(async () => (await version()) !== before, 'it is renewed');
  };

  it('the lease of the one controller is taken by exactly one of many who want it at the same time', async () => {
    const wanting = Array.from({ length: 8 }, (_, i) => acquireLease(bed.connect(), `c-${i}`, signal, clock));
    await until(async () => (await leaseHolder(bed.client)) !== undefined, 'one has it');
    await renewed();
    const answers = await Promise.all(wanting);
    const held = answers.filter((answer) => typeof answer !== 'string');
    assert.equal(held.length, 1);
    const holder = `c-${answers.indexOf(held[0] ?? '')}`;
    for (const answer of answers) if (typeof answer === 'string') assert.equal(answer, holder);
    assert.equal((await leaseHolder(bed.client))?.identity, holder);
    await held[0]?.release();
  });

  it('stays with a holder that is alive, whatever its clock says', async () => {
    const lease = await take('c-1');
    const renewTime = '2001-01-01T00:00:00.000000Z';
    await bed.client.patch(PATH, { spec: { renewTime } });
    const looked = clock.sleptAgain(1, LEASE_TIMES.retryIntervalMs);
    const second = acquireLease(bed.connect(), 'c-2', signal, clock);
    await looked;
    await renewed();
    clock.skip(LEASE_TIMES.retryIntervalMs);
    assert.equal(await second, 'c-1');
    assert.equal(lease.signal.aborted, false);
    await lease.release();
  });

  it('the lease of the one controller is taken from a holder only when it has been silent for as long as a lease lasts', async () => {
    const { client, cut } = bed.link();
    const lease = await take('c-1', client);
    cut();
    const { lastsMs, giveUpMs, renewalMs, retryIntervalMs } = LEASE_TIMES;
    const looked = clock.sleptAgain(1, retryIntervalMs);
    const taken = take('c-2');
    await looked;
    const looksAgain = clock.sleptAgain(1, retryIntervalMs);
    clock.skip(giveUpMs + renewalMs);
    await until(() => lease.signal.aborted, 'the first has stopped');
    await looksAgain;
    clock.skip(lastsMs - giveUpMs - renewalMs);
    const second = await taken;
    assert.equal((lease.signal.reason as EdgeadmError).code, 'API_UNREACHABLE');
    const found = await bed.client.get<V1Lease>(PATH);
    assert.equal(found.spec?.leaseTransitions, 2);
    await lease.release();
    assert.equal((await leaseHolder(bed.client))?.identity, 'c-2', 'who has lost it lets nobody else in');
    await second.release();
  });

  it('tells its holder at once that another has it', async () => {
    const lease = await take('c-1');
    await bed.client.patch(PATH, { spec: { holderIdentity: 'c-2' } });
    clock.skip(LEASE_TIMES.renewalMs);
    await until(() => lease.signal.aborted, 'it is told');
    const { code, why } = lease.signal.reason as EdgeadmError;
    assert.deepEqual([code, why], ['UPGRADE_UNDER_WAY', 'it is now controlled by c-2']);
    await lease.release();
  });

  it('the lease of the one controller is free at once when it is let go, also while it is renewed, and is not renewed afterwards', async () => {
    for (let round = 0; round < 10; round++) {
      const lease = await take(`c-${round}`);
      clock.skip(LEASE_TIMES.renewalMs);
      await lease.release();
      assert.equal(await leaseHolder(bed.client), undefined);
    }
    assert.equal(clock.asleep, 0, 'no renewal is to come');
  });

  it('the lease of the one controller is kept over a time without the API server that is shorter than the lease', async () => {
    const lease = await take('c-1');
    await bed.down();
    clock.skip(LEASE_TIMES.giveUpMs / 2);
    await bed.up();
    await renewed();
    clock.skip(LEASE_TIMES.giveUpMs - LEASE_TIMES.renewalMs);
    assert.equal(lease.signal.aborted, false);
    await lease.release();
  });
});
