import assert from 'node:assert/strict';
import { type Ended, edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

/** Other moments in each run, unless EDGEADM_TEST_SEED says which. */
const SEED = Number(process.env.EDGEADM_TEST_SEED ?? Date.now() % 2 ** 31);

describe('nodes, node pools and add-ons that the container service changes', function () {
  this.timeout(300_000);
  let bed: SandboxBed;
  let env: Record<string, string> = {};
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.sandbox(
      ...['up', '--background', '--port', String(bed.port), '--kubernetes-version', '1.20', '--cloud-nodes', '4'],
    );
    assert.equal(up.exitCode, 0, up.stderr);
    env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    env.XDG_STATE_HOME = bed.dir;
  });
  after(() => bed.remove());

  const run = (line: string): Promise<Ended> => edgeadm(line.split(' '), { env });
  const succeed = async (line: string): Promise<string> => {
    const ended = await run(line);
    assert.equal(ended.exitCode, 0, `${line}: ${ended.stderr}`);
    return ended.stdout;
  };
  const fails = async (code: number, message: RegExp, line: string): Promise<void> => {
    const ended = await run(line);
    assert.equal(ended.exitCode, code, `${line}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
  };
  const nodes = async () => (await succeed(`node list --cluster-id ${env.EDGEADM_CLUSTER_ID}`)).split('\n').slice(1);

  it('node remove and node attach show a plan, need --yes without a terminal, and change what was named', async () => {
    const remove = 'node remove cn-hangzhou.i-sandbox-2 --drain --release';
    assert.match(await succeed(`${remove} --dry-run`), /Nothing was changed/);
    await fails(2, /CONFIRMATION_NEEDED/, remove);
    await fails(4, /subscriptions end by themselves/, 'node remove cn-hangzhou.i-sandbox-1 --release --yes');
    assert.match(await succeed(`${remove} --yes`), /i-sandbox-2/);
    assert.match(await succeed(`${remove} --yes --ignore-not-found`), /./);
    await fails(4, /not found in/, `${remove} --yes`);
    assert.match(await succeed('node attach i-sandbox-spare --nodepool cloud-nodes --yes'), /i-sandbox-spare added/);
    assert.match(await succeed('node attach i-sandbox-spare --nodepool cloud-nodes --yes'), /already/);
    await succeed('nodepool create shops --yes');
    assert.match(await succeed('node attach i-sandbox --nodepool shops --yes'), /i-sandbox added/);
    const list = (await nodes()).join('\n');
    assert.match(list, /i-sandbox-spare/);
    assert.doesNotMatch(list, /i-sandbox-2 /);
  });

  it('nodepool update, repair and upgrade change a node pool, tell the stages of their tasks, and do nothing twice', async () => {
    assert.match(await succeed('nodepool update shops --label zone=south --yes'), /nodepool\/shops changed/);
    assert.match(await succeed('nodepool update shops --label zone=south --yes'), /unchanged/);
    assert.match(await succeed('nodepool repair shops --operation restart.kubelet --yes'), /nodepool\/shops/);
    const upgrade = 'nodepool upgrade shops --pause-policy first-batch --yes';
    await fails(6, /UPGRADE_PAUSED/, upgrade);
    const plan = await run(`${upgrade} --dry-run`);
    assert.match(plan.stdout + plan.stderr, /continue the upgrade of the node pool shops, which is paused: task T-/);
    assert.match(await succeed(upgrade), /nodepool\/shops upgraded/);
  });

  it('nodepool upgrade does not begin if the check of the service finds an error, unless that is ignored', async () => {
    const fault = ['--action', 'RunClusterCheck/item', '--mode', '500', '--times', '2'];
    assert.equal((await bed.sandbox('fault', 'add', ...fault)).exitCode, 0);
    await fails(4, /CLUSTER_CHECK_FAILED/, 'nodepool upgrade shops --yes');
    assert.match(await succeed('nodepool upgrade shops --yes --ignore-preflight-errors all'), /upgraded/);
  });

  it('nodepool upgrade to a version that the control plane does not have names the command after which it is not refused', async () => {
    const version = async () =>
      /v?1\.\d+\.\d+[\w.-]*/.exec(await succeed(`cluster show ${env.EDGEADM_CLUSTER_ID}`))?.[0] ?? '';
    await fails(
      4,
      /edgeadm cluster upgrade start --control-plane-only[\s\S]*UPGRADE_VERSION/,
      'nodepool upgrade shops --target-version 1.99.9 --yes',
    );
    const before = await version();
    await succeed(
      `cluster upgrade start --control-plane-only --cluster-id ${env.EDGEADM_CLUSTER_ID} --yes --ignore-preflight-errors all`,
    );
    const after = await version();
    assert.notEqual(after, before);
    assert.match(await succeed(`nodepool upgrade shops --target-version ${after} --yes`), /nodepool\/shops upgraded/);
  });

  it('addon install, config, upgrade and uninstall change add-ons, and do nothing the second time', async () => {
    const config = `addon install logtail-ds --config {"sls_project_name":"k8s-log-shops"} --yes`;
    await succeed(config);
    assert.match(await succeed(config), /are already as requested/);
    await succeed('addon config coredns --set CpuRequest=200m --yes');
    assert.match(await succeed('addon show coredns'), /200m/);
    await succeed('addon upgrade edge-tunnel-agent edge-tunnel-server --yes');
    assert.match(await succeed('addon list'), /edge-tunnel-agent +\S*1\.20\.11/);
    await succeed('addon uninstall logtail-ds --yes');
    await fails(4, /did you mean coredns/, 'addon install corends --yes');
  });

  /** What is killed, and what there has to be once it was run again. */
  const KILLED: readonly (readonly [line: string, look: string, shows: RegExp, action: string])[] = [
    ['node remove cn-hangzhou.i-sandbox-3 --yes', 'node list', /i-sandbox-4/, 'DeleteClusterNodes'],
    ['nodepool upgrade cloud-nodes --yes', 'nodepool list', /cloud-nodes/, 'UpgradeClusterNodepool'],
    ['addon install cloud-hub --yes', 'addon list', /cloud-hub +\S+ .*active/, 'InstallClusterAddons'],
    ['addon upgrade coredns --yes', 'addon list', /coredns +v1\.9\.3/, 'UpgradeClusterAddons'],
  ];

  for (const [index, [line, look, shows, action]] of KILLED.entries())
    it(`a killed "${line}" is completed by the same line, and ordered once`, async () => {
      process.stdout.write(`    seed ${SEED} (EDGEADM_TEST_SEED)\n`);
      const tasks = async () => (await succeed(`cluster tasks ${env.EDGEADM_CLUSTER_ID}`)).split('\n').length;
      const before = await tasks();
      for (let kill = 0; kill < 2; kill++) {
        // The program writes lines: it dies after some of them, or in the middle of the rest.
        const child = startEdgeadm(line.split(' '), { env });
        let lines = (SEED >> (index * 2 + kill)) % 5;
        child.stderr.on('data', () => lines-- <= 0 && child.kill('SIGKILL'));
        await child;
      }
      const again = line.includes('node remove') ? `${line} --ignore-not-found` : line;
      await succeed(again);
      const query = look === 'addon list' ? look : `${look} --cluster-id ${env.EDGEADM_CLUSTER_ID}`;
      assert.match(await succeed(query), shows);
      // An upgrade of a pool leaves nothing by which a second run could see that it is done.
      if (action !== 'UpgradeClusterNodepool') assert.ok((await tasks()) <= before + 1, `${action} was ordered twice`);
    });
});
