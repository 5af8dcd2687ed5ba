import assert from 'node:assert/strict';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { refuseFaults } from '../../../../src/phases/drill/report.ts';
import { DrilledNode, nodeCertificate } from './drilled-node.ts';

/** When the kubelet was started after the boot. */
const START = 'Thu 2026-01-01 00:00:10 UTC';
const STARTED = Date.parse('2026-01-01T00:00:10Z');
const UNITS = ['edgeadm-drill-cut.service', 'edgeadm-drill-end.service', 'edgeadm-drill-end.timer'];
const UNIT_FOLDER = '/etc/systemd/system';

describe('a drill with a reboot', () => {
  let pem: string;
  before(async () => {
    pem = await nodeCertificate();
  });
  /** A node that has begun the drill and has booted since. */
  const booted = async (change: (at: DrilledNode) => void = () => {}): Promise<DrilledNode> => {
    const at = new DrilledNode(pem, 'v1.34.4');
    await at.reboot();
    at.kubeletStart = START;
    at.createdAt = (pod) => STARTED + (pod === 'web' ? 4000 : 9000);
    change(at);
    await at.boot();
    return at;
  };
  const judged = async (at: DrilledNode) => {
    const report = await at.reboot();
    assert.ok(report && 'pods' in report);
    return report;
  };
  const failure = (work: Promise<unknown>): Promise<EdgeadmError> =>
    work.then(
      () => assert.fail('it did not fail'),
      (error: EdgeadmError) => error,
    );

  it('the node cuts itself off at its next boot before the kubelet starts, and a timer restores the network', async () => {
    const at = new DrilledNode(pem, 'v1.34.4');
    assert.deepEqual(await at.reboot(), { rebootsFor: 'edge-1', seconds: 630 });
    const { host } = at;
    const text = async (path: string): Promise<string> => (await host.read(path)) ?? assert.fail(path);
    const cut = await text(`${UNIT_FOLDER}/${UNITS[0]}`);
    assert.match(cut, /^Before=.* network-pre\.target containerd\.service .* kubelet\.service$/m);
    // As ufw.service of Debian: cloud-init.service waits for the network, and sysinit.target waits for it.
    assert.match(cut, /^DefaultDependencies=no$/m);
    assert.match(cut, /^ExecStart=\/bin\/sh \/var\/lib\/edgeadm-drill\/cut\.sh$/m);
    assert.match(await text(`${UNIT_FOLDER}/${UNITS[2]}`), /^OnStartupSec=630s$/m);
    const script = await text('/var/lib/edgeadm-drill/cut.sh');
    assert.match(script, /^set -e\niptables -w -N EDGEADM-DRILL$/m);
    assert.match(script, /^iptables -w -A EDGEADM-DRILL -d 10\.0\.0\.1 -p tcp --dport 6443 -j DROP$/m);
    assert.match(
      await text('/var/lib/edgeadm-drill/end.sh'),
      /-X EDGEADM-DRILL[\s\S]*systemctl start kubelet\.service/,
    );
    assert.match(host.changes.at(-1) ?? '', /^run systemd-run .*--on-active=3s systemctl reboot$/);
    assert.ok(!host.changes.some((change) => change.startsWith('stop ')));
  });

  it('the second run reports how long after the start of the kubelet each pod was back, and removes everything', async () => {
    const at = await booted();
    const report = await judged(at);
    refuseFaults(report, {});
    assert.deepEqual(
      report.pods.map(({ pod, backAfter, newAddress }) => [pod, backAfter, newAddress]),
      [
        ['default/web', 4, undefined],
        ['default/db', 9, undefined],
      ],
    );
    const ended = at.host.changes.slice(-2);
    assert.deepEqual(ended, ['run /bin/sh /var/lib/edgeadm-drill/end.sh', 'remove /var/lib/edgeadm-drill']);
    assert.equal(await at.host.stat('/var/lib/edgeadm-drill/state.json'), undefined);
  });

  it('a pod that is missing, late, or back only with the network fails the drill', async () => {
    const missing = await booted((at) => {
      at.returning = ['web'];
    });
    assert.deepEqual((await judged(missing)).faults, ['default/db was not back after 30 s']);
    const late = await booted((at) => {
      at.createdAt = (pod) => STARTED + (pod === 'web' ? 4000 : 31_000);
    });
    assert.deepEqual((await judged(late)).faults, ['default/db was not back after 30 s']);
    const restored = await booted();
    await restored.host.write('/var/lib/edgeadm-drill/restored', `${STARTED / 1000 + 6}\n`, { mode: 0o600 });
    assert.deepEqual((await judged(restored)).faults, ['default/db was not back after 30 s']);
  });

  it('a node that has not rebooted, or reached its API server, does not pass, and can be drilled again', async () => {
    const still = new DrilledNode(pem, 'v1.34.4');
    await still.reboot();
    assert.match((await failure(still.drill())).why ?? '', /a drill with a reboot is in progress/);
    const error = await failure(still.reboot());
    assert.equal(error.code, 'DRILL_REFUSED');
    assert.match(error.what, /was not cut off/);
    assert.equal(await still.host.stat('/var/lib/edgeadm-drill/state.json'), undefined);
    refuseFaults((await still.drill()) ?? assert.fail(), {});
    const reached = await booted();
    reached.cut = false;
    assert.match((await judged(reached)).faults[0] ?? '', /reached its API server after the boot/);
  });

  it('a drill that was killed while it was prepared or removed can be ended, and the next one begins from nothing', async () => {
    const killed = new DrilledNode(pem, 'v1.34.4');
    await killed.reboot();
    await killed.host.remove('/var/lib/edgeadm-drill/end.sh');
    assert.match((await failure(killed.reboot())).what, /was not cut off/);
    assert.equal(await killed.host.stat('/var/lib/edgeadm-drill/state.json'), undefined);
    assert.ok(!killed.host.changes.some((change) => change.startsWith('run /bin/sh')));
    const stale = new DrilledNode(pem, 'v1.34.4');
    for (const moment of ['cut', 'restored'])
      await stale.host.write(`/var/lib/edgeadm-drill/${moment}`, '1767225600\n', { mode: 0o600 });
    await stale.reboot();
    assert.equal(await stale.host.stat('/var/lib/edgeadm-drill/restored'), undefined);
    assert.match((await failure(stale.reboot())).what, /was not cut off/);
  });
});
