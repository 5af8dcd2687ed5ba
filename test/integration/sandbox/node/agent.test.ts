import assert from 'node:assert/strict';
import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type NodeAgents, runNodeAgents } from '../../../../sandbox/node/agents.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { hasAgent } from '../../../../src/host/scratch-agent.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { type TestMachine, testMachine, writeKubeletFiles } from '../../../unit/sandbox/node/machine.ts';

const UNIT = 'kubelet.service';

describe('a node that a sandbox attends', function () {
  this.timeout(20_000);
  let node: TestMachine;
  let agents: NodeAgents;
  beforeEach(async () => {
    node = await testMachine();
    agents = await runNodeAgents(join(node.root, '..'), 'v1.20.2');
  });
  afterEach(async () => {
    await agents.close();
    await node.remove();
  });

  const until = (what: string, look: () => Promise<boolean>) =>
    waitFor({
      what,
      timeoutMs: 10_000,
      intervalMs: [10, 50],
      probe: async () => ((await look()) ? { done: true } : { seen: 'not yet' }),
    });

  /** A kubelet that has failed for a flag, which is right again. */
  const corrected = async () => {
    await writeKubeletFiles(node);
    const flags = await node.text('/var/lib/kubelet/kubeadm-flags.env');
    await node.put('/var/lib/kubelet/kubeadm-flags.env', flags.replace('--node-ip', '--node-pi'));
    const { services } = scratchMachine(node.root);
    await services.start(UNIT);
    await until('the failure', async () => !(await services.state(UNIT)).active);
    await node.put('/var/lib/kubelet/kubeadm-flags.env', flags);
    return services;
  };

  it('a node that a sandbox attends is told from a mere scratch root', async () => {
    assert.equal(scratchMachine(node.root).runsUnits, true);
    await agents.close();
    assert.equal(scratchMachine(node.root).runsUnits, false);
    assert.equal(hasAgent(node.root), false);
  });

  it('starts its kubelet with the unit, and has stopped it when a stop returns', async () => {
    await writeKubeletFiles(node);
    const { services, connect } = scratchMachine(node.root);
    await services.start(UNIT);
    await until('the health port', () =>
      connect({ host: '127.0.0.1', port: 10248 }).then(
        (s) => !!s.destroy(),
        () => false,
      ),
    );
    assert.equal((await services.state(UNIT)).active, true);
    await services.stop(UNIT);
    await assert.rejects(stat(join(node.root, 'run/edgeadm/ports/10248.sock')), { code: 'ENOENT' });
    assert.equal((await services.state(UNIT)).active, false);
    assert.match(await services.log(UNIT, 10), /Starting \/usr\/bin\/kubelet v1\.20\.2/);
  });

  it('shows a kubelet that cannot start as systemd does, with its last words in the log', async () => {
    await writeKubeletFiles(node);
    await node.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\napiVersion: v1\n');
    const { services } = scratchMachine(node.root);
    await services.start(UNIT);
    await until('the failure', async () => !(await services.state(UNIT)).active);
    assert.equal((await services.state(UNIT)).detail, 'activating (auto-restart, exit-code)');
    assert.match(await services.log(UNIT, 10), /^F\d{4} .*failed to load Kubelet config file/m);
    await services.stop(UNIT);
    assert.equal((await services.state(UNIT)).detail, 'inactive');
  });

  it('starts a kubelet again once its files are right', async () => {
    const services = await corrected();
    await until('the restart', async () => (await services.state(UNIT)).active);
    assert.match(await services.log(UNIT, 20), /unknown flag: --node-pi/);
  });

  it('a kubelet of the sandbox that waits for its next start is started by a touch of its unit, as docs/sandbox.md says', async () => {
    const services = await corrected();
    await utimes(join(node.root, 'run/edgeadm/units', UNIT), new Date(), new Date());
    await until('the restart', async () => (await services.state(UNIT)).active);
  });
});
