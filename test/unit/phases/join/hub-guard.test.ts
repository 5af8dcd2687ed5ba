import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { type WaitOptions, waitFor } from '../../../../src/lib/wait-for.ts';
import { hubComplaints } from '../../../../src/phases/join/hub-guard.ts';
import { waitForHub } from '../../../../src/phases/join/install-edgehub.ts';
import { fakeHost } from '../../fake-host.ts';

const FOLDER = '/var/log/pods/kube-system_yurt-hub-edge1_0123/yurt-hub';
/** What yurthub 1.7.0 prints without --nodepool-name, as containerd writes it down. */
const WITHOUT_POOL = [
  'I0729 10:00:00.000001       1 start.go:66] FLAG: --access-server="true"',
  'I0729 10:00:00.000002       1 start.go:66] FLAG: --bind-address="127.0.0.1"',
  'F0729 10:00:00.000003       1 start.go:75] validate options: node-pool-name is empty',
  'goroutine 1 [running]:',
];
const asCri = (lines: readonly string[]): string =>
  lines.map((line) => `2026-07-29T10:00:00Z stderr F ${line}\n`).join('');

describe('an edge-hub that ends by itself', () => {
  it('the log of an edge-hub that crashes has its fatal line first, and none of the flags that it prints', () => {
    const complaints = hubComplaints(WITHOUT_POOL.join('\n')).split('\n');
    assert.match(complaints[0] ?? '', /^F0729 .*node-pool-name is empty/);
    assert.doesNotMatch(complaints.join('\n'), /FLAG/);
  });

  // Measured on two busy processors: 2.7 to 3.1 s from the fatal line to the error, 2 s of them for a restart that may help.
  it('ends the wait long before its time is over, with the cause and the next command', async () => {
    const host = fakeHost({ units: { 'kubelet.service': { active: true } } });
    setTimeout(() => void host.write(`${FOLDER}/0.log`, asCri(WITHOUT_POOL), { mode: 0o600 }), 200);
    const error = await waitForHub(host, 'edge1', <T>(wait: WaitOptions<T>) => waitFor(wait)).then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError);
    assert.equal(error.code, 'EDGE_HUB_FAILED');
    assert.match(error.what, /ends by itself/);
    assert.match(error.why ?? '', /^F0729 .*node-pool-name is empty/);
    assert.match(error.next ?? '', /--nodepool NAME/);
  }).timeout(20_000);
});
