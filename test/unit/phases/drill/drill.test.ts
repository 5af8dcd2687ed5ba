import assert from 'node:assert/strict';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { COLLECTORS } from '../../../../src/phases/diagnose/collectors.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { refuseFaults } from '../../../../src/phases/drill/report.ts';
import { DrilledNode, nodeCertificate } from './drilled-node.ts';

const JOINED = { joined: 'edge-1' };

describe('the offline drill of a node', () => {
  let pem: string;
  before(async () => {
    pem = await nodeCertificate();
  });
  const node = (kubelet = 'v1.34.4'): DrilledNode => new DrilledNode(pem, kubelet);
  const failure = (work: Promise<unknown>): Promise<EdgeadmError> =>
    work.then(
      () => assert.fail('it did not fail'),
      (error: EdgeadmError) => error,
    );

  it('reports each pod with its address and the MAC of flannel, and passes if all are back', async () => {
    const at = node();
    const report = (await at.drill()) ?? assert.fail();
    refuseFaults(report, JOINED);
    const { nodeName, cutOffFrom, pods, flannelMac, faults } = report;
    assert.deepEqual(
      [nodeName, cutOffFrom, flannelMac, faults],
      ['edge-1', ['10.0.0.1:6443'], '9a:11:22:33:44:55', []],
    );
    assert.deepEqual(
      pods.map(({ pod, address, newAddress }) => [pod, address, newAddress]),
      [
        ['default/web', '10.244.1.5', undefined],
        ['default/db', undefined, undefined],
      ],
    );
    assert.ok(pods.every(({ backAfter = 99 }) => backAfter <= 30));
  });

  it('arms the timer that restores the network before it cuts it, and disarms it after it has restored the network', async () => {
    const at = node();
    await at.drill();
    const { changes } = at.host;
    const position = (text: string): number => changes.findIndex((change) => change.includes(text));
    assert.match(changes[0] ?? '', /^run systemd-run --unit=edgeadm-drill --on-active=150s .*systemctl start kubelet/);
    assert.ok(position('-N EDGEADM-DRILL') > 0);
    assert.ok(position('stop kubelet') > position('-I OUTPUT'));
    assert.match(changes.at(-1) ?? '', /^run \/bin\/sh -c .*-X EDGEADM-DRILL.*systemctl start kubelet/);
    assert.equal(at.isCut(), false);
    assert.ok(at.host.queries.lastIndexOf('systemctl stop edgeadm-drill.timer') >= 0);
  });

  it('names a pod that does not come back and one with another address', async () => {
    const at = node();
    at.returning = ['web'];
    const drilling = at.drill({ limitMs: 1 });
    at.addresses.web = '10.244.1.5';
    const error = await failure(drilling.then((report) => refuseFaults(report ?? assert.fail(), JOINED)));
    assert.equal(error.code, 'DRILL_FAILED');
    assert.match(error.why ?? '', /^default\/db was not back after 0\.001 s$/m);
    assert.equal(at.isCut(), false);
  });

  it('finds a kubelet from 1.35 on that reads watch lists behind a hub that does not serve them', async () => {
    const report = (await node('v1.37.2').drill()) ?? assert.fail();
    const error = await failure((async () => refuseFaults(report, JOINED))());
    assert.match(error.why ?? '', /kubelet v1\.37\.2 reads watch lists; .*does not serve watch lists/);
    assert.match(error.next ?? '', /^edgeadm upgrade/);
    const converted = await failure((async () => refuseFaults(report, { conversion: 'edge-1' }))());
    assert.match(converted.next ?? '', /^edgeadm convert \(it sets/);
    const foreign = await failure((async () => refuseFaults(report, {}))());
    assert.match(foreign.next ?? '', /^set featureGates: \{WatchListClient: false\} in .*systemctl restart kubelet/);
  });

  it('restores the network if it is interrupted', async () => {
    const at = node();
    at.returning = [];
    const controller = new AbortController();
    const { startUnit } = at.host;
    Object.assign(at.host, {
      startUnit: async (unit: string) => {
        await startUnit(unit);
        controller.abort(new Error('Ctrl-C'));
      },
    });
    await failure(at.drill({}, controller.signal));
    assert.equal(at.isCut(), false);
  });

  it('a drill that was refused or has failed passes once what it named is put right', async () => {
    const at = node();
    assert.equal((await failure(at.drill({ cut: 'manual' }))).code, 'DRILL_REFUSED');
    at.isObeyed = true;
    at.returning = ['web'];
    const failed = (await at.drill({ cut: 'manual', limitMs: 600 })) ?? assert.fail();
    assert.throws(() => refuseFaults(failed, JOINED), { code: 'DRILL_FAILED' });
    const repaired = node();
    refuseFaults((await repaired.drill()) ?? assert.fail(), JOINED);
  });

  it('a drill that fails without a known cause advises a diagnosis, which names the cause that the drill did not', async () => {
    const at = node();
    at.images = [];
    at.returning = [];
    const report = (await at.drill({ limitMs: 600 })) ?? assert.fail();
    const { code, next, why } = await failure((async () => refuseFaults(report, JOINED))());
    assert.equal(code, 'DRILL_FAILED');
    assert.match(next, /^edgeadm diagnose; journalctl -u kubelet$/);
    assert.doesNotMatch(why ?? '', /image/);
    const { signal } = new AbortController();
    const collected = await collect(at.host, COLLECTORS, { signal });
    const found = findings(Object.assign({}, ...collected.map(({ facts }) => facts)));
    const named = found.find(({ rule }) => rule === 'EdgeHubImage') ?? assert.fail(JSON.stringify(found));
    assert.match(named.evidence, /needs openyurt\/yurthub:v1\.7\.0/);
    const repaired = node();
    refuseFaults((await repaired.drill()) ?? assert.fail(), JOINED);
  });

  it('a node whose iptables does not work is drilled by hand, as its refusal advises', async () => {
    const at = node();
    at.hasIptables = false;
    const { code, next } = await failure(at.drill());
    assert.equal(code, 'DRILL_REFUSED');
    assert.match(next, /edgeadm node drill --cut manual$/);
    at.isObeyed = true;
    refuseFaults((await at.drill({ cut: 'manual' })) ?? assert.fail(), JOINED);
  });

  it('touches no pod if the node still reaches its API server, and nothing at all on another node', async () => {
    const at = node();
    const manual = await failure(at.drill({ cut: 'manual' }));
    assert.match(manual.what, /still reaches its API server/);
    assert.ok(!at.host.changes.some((change) => change.startsWith('stop ')));
    const other = node();
    assert.match(
      (await failure(other.drill({ node: 'edge-2' }))).why ?? '',
      /this machine is the node edge-1, not edge-2/,
    );
    assert.deepEqual(other.host.changes, []);
  });
});
