import assert from 'node:assert/strict';
import { addFault, type FaultMode } from '../../../../sandbox/cloud/faults.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { configureSteps } from '../../../../src/phases/addon/configure.ts';
import { runAddonSteps } from '../../../../src/phases/addon/run.ts';
import {
  type AddonFacts,
  type AddonStep,
  installSteps,
  uninstallSteps,
  upgradeSteps,
} from '../../../../src/phases/addon/steps.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../../unit/cloud/cloud-under-test.ts';
import { assertFinds, assertOk, type Case } from '../../../unit/phases/preflight/context.ts';

const TUNNEL = ['edge-tunnel-agent', 'edge-tunnel-server'];

describe('add-ons of a cluster of the container service', function () {
  this.timeout(30_000);
  let cloud: CloudUnderTest;
  beforeEach(async () => {
    cloud = await cloudUnderTest();
  });
  afterEach(() => cloud.close());

  const facts = async (): Promise<AddonFacts> => {
    const { id } = cloud.cluster;
    const [offered, installed] = await Promise.all([
      cloud.service.offeredAddons(id),
      cloud.service.installedAddons(id),
    ]);
    return { where: 'cluster c1', offered, installed };
  };
  const run = async (steps: readonly AddonStep[], wait = true): Promise<string[]> => {
    const told: string[] = [];
    const { service, cluster } = cloud;
    const tell = (line: string) => void told.push(line);
    await runAddonSteps(steps, { service, clusterId: cluster.id, wait, listDelayMs: 2000, timeoutMs: 20_000, tell });
    return told;
  };
  const versionOf = async (name: string) => (await cloud.service.installedAddon(cloud.cluster.id, name))?.version;
  const fault = (mode: FaultMode, action: string): void => void addFault(cloud.store, { action, mode, times: 1 });
  const fails = async (work: () => Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  };

  it('add-ons are upgraded one after the other, the server of the tunnel before its agent, and the same line again changes nothing', async () => {
    const steps = upgradeSteps(TUNNEL, await facts());
    assert.deepEqual(
      steps.map(({ name, to }) => `${name} ${to}`),
      ['edge-tunnel-server v1.20.11', 'edge-tunnel-agent v1.20.11'],
    );
    const told = await run(steps);
    assert.ok(told.indexOf('Upgrading edge-tunnel-server.') < told.indexOf('Upgrading edge-tunnel-agent.'), `${told}`);
    assert.ok(told.includes('Task: waiting for its pods.'), `${told}`);
    assert.deepEqual(upgradeSteps(TUNNEL, await facts()), []);
    assert.deepEqual(await run(steps), []);
  });

  it('a cluster without the component of Terway is advised to install it, and a node passes its check after that', async () => {
    await cloud.close();
    cloud = await cloudUnderTest({ version: '1.26.3' });
    const component = 'terway-edge-controlplane';
    const given = async (): Promise<Case> => {
      const deployed = (await cloud.service.installedAddons(cloud.cluster.id)).map(
        ({ name }) => [`/apis/apps/v1/namespaces/kube-system/deployments/${name}`, {}] as const,
      );
      return {
        spec: { allowedClusterAddons: ['terway-edge'] },
        cluster: { objects: Object.fromEntries(deployed) },
        machine: {
          files: { '/sys/class/net/eth1/device': '' },
          network: { interfaces: [{ name: 'eth1', up: true, addresses: ['192.168.1.30/24'] }] },
        },
      };
    };
    const { remedy } = await assertFinds('TerwayEdge', 'error', /has no terway-edge-controlplane/, await given());
    assert.match(remedy ?? '', new RegExp(`edgeadm addon install ${component} --cluster-id ID`));
    await run(installSteps([component], await facts(), {}));
    await assertOk('TerwayEdge', await given(), /eth1: up to 25 pods/);
  });

  it('add-ons of the tunnel are not upgraded in the wrong order: the agent while its server is behind', async () => {
    const error = await fails(async () => upgradeSteps(['edge-tunnel-agent'], await facts()));
    assert.equal(error.code, 'ADDON_REFUSED');
    assert.match(error.why ?? '', /edge-tunnel-server has to be upgraded before edge-tunnel-agent/);
    await run(upgradeSteps(['edge-tunnel-server'], await facts()));
    assert.equal(upgradeSteps(['edge-tunnel-agent'], await facts()).length, 1);
  });

  it('add-ons are installed, configured and removed; parameters that are not named keep their values', async () => {
    await run(installSteps(['logtail-ds'], await facts(), { config: '{"sls_project_name":"a"}' }));
    assert.deepEqual(installSteps(['logtail-ds'], await facts(), {}), []);
    const configure = async (set: Record<string, string>) =>
      configureSteps(
        'logtail-ds',
        await facts(),
        { set, unset: [] },
        { service: cloud.service, clusterId: cloud.cluster.id },
      );
    await run(await configure({ sls_project_name: 'b' }));
    assert.deepEqual(await configure({ sls_project_name: 'b' }), []);
    assert.match((await fails(() => configure({ colour: 'red' }))).message, /logtail-ds has no parameter colour/);
    await run(uninstallSteps(['logtail-ds'], await facts(), false));
    assert.equal(await versionOf('logtail-ds'), undefined);
    assert.deepEqual(uninstallSteps(['logtail-ds'], await facts(), false), []);
  });

  it('parameters of an add-on that are reset lose their values at the service, once', async () => {
    const change = async (set: Record<string, string>, unset: string[]) =>
      configureSteps('coredns', await facts(), { set, unset }, { service: cloud.service, clusterId: cloud.cluster.id });
    const config = async () => (await cloud.service.installedAddon(cloud.cluster.id, 'coredns'))?.config;
    await run(await change({ CpuRequest: '200m' }, []));
    const reset = await change({}, ['CpuRequest']);
    assert.deepEqual(await run(reset), ['Configuring coredns.']);
    assert.equal(await config(), '{}');
    assert.deepEqual([await change({}, ['CpuRequest']), await run(reset)], [[], []]);
    await run(await change({ CpuRequest: '100m' }, []));
    assert.deepEqual(await change({}, ['CpuRequest']), [], 'its value is the default of the schema');
  });

  it('an add-on that a killed command was installing is waited for by the same line', async () => {
    await run(installSteps(['cloud-hub'], await facts(), {}), false);
    const again = installSteps(['cloud-hub'], await facts(), {});
    assert.equal(again.length, 1);
    assert.deepEqual(await run(again), []);
    assert.equal((await cloud.service.installedAddon(cloud.cluster.id, 'cloud-hub'))?.state, 'active');
  });

  it('add-ons are refused before anything is ordered: unknown names, older versions, parts of the control plane, half a tunnel', async () => {
    const now = await facts();
    assert.match((await fails(async () => installSteps(['corends'], now, {}))).why ?? '', /did you mean coredns/);
    assert.match((await fails(async () => upgradeSteps(['logtail-ds'], now))).message, /logtail-ds is not installed/);
    const older = await fails(async () => upgradeSteps(['coredns'], now, '1.3.1'));
    assert.match(older.why ?? '', /coredns is at 1\.6\.7\.1, which is newer than 1\.3\.1/);
    assert.match(
      (await fails(async () => uninstallSteps(['kube-apiserver', 'edge-tunnel-server'], now, false))).why ?? '',
      /kube-apiserver is a part of the control plane.*\nedge-tunnel-agent does not work without edge-tunnel-server/,
    );
  });

  for (const mode of ['timeout-after-effect', 'truncated', 'empty'] as const)
    it(`add-ons are upgraded once although the answer is lost (${mode})`, async () => {
      fault(mode, 'UpgradeClusterAddons');
      await run(upgradeSteps(['coredns'], await facts(), '1.8.4'));
      assert.equal(await versionOf('coredns'), '1.8.4');
    });

  it('add-ons whose request got no answer and shows no effect are not ordered a second time; the same line does it', async () => {
    const steps = upgradeSteps(['coredns'], await facts());
    fault('timeout-before', 'UpgradeClusterAddons');
    const error = await fails(() => run(steps));
    assert.equal(error.code, 'CLOUD_NO_ANSWER');
    assert.match(error.next, /same command again/);
    await run(steps);
    assert.equal(await versionOf('coredns'), 'v1.9.3.10-7dfca203-aliyun');
  });

  it('add-ons whose change a killed command began are waited for, not ordered again', async () => {
    const steps = upgradeSteps(['coredns'], await facts());
    await run(steps, false);
    assert.deepEqual(await run(steps), []);
    assert.equal(await versionOf('coredns'), 'v1.9.3.10-7dfca203-aliyun');
  });

  it('add-ons whose task fails end with its error, as before, and can be tried again', async () => {
    for (const [action, steps] of [
      ['UpgradeClusterAddons', upgradeSteps(['coredns'], await facts())],
      ['InstallClusterAddons', installSteps(['logtail-ds'], await facts(), {})],
      ['UnInstallClusterAddons', uninstallSteps(['metrics-server'], await facts(), false)],
    ] as const) {
      fault('500', `${action}/task`);
      const error = await fails(() => run(steps));
      assert.match(error.message, /a task of the container service failed[\s\S]*task T-/);
      await run(steps);
    }
  });
});
