import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CHECK_FAULT, CHECK_MS } from '../../sandbox/cloud/cs-checks.ts';
import { UPGRADE_STEP_MS } from '../../sandbox/cloud/cs-upgrade-record.ts';
import { addFault, type FaultMode } from '../../sandbox/cloud/faults.ts';
import { poolsOf } from '../../sandbox/cloud/records.ts';
import { addNode, type EmulatedCluster, emulatedCluster } from '../unit/sandbox/cloud/emulated-cluster.ts';
import { type Ended, edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const TARGET = '1.20.11-aliyunedge.1';

interface Result {
  readonly ok: boolean;
  readonly data?: { readonly phase: string; readonly version: string; readonly progress: string };
  readonly error?: { readonly code: string; readonly why?: string; readonly next: string };
}

describe('cluster upgrade of a cluster of the container service', function () {
  this.timeout(300_000);
  let cloud: EmulatedCluster;
  let folder = '';
  let env: Record<string, string> = {};
  let where: string[] = [];
  let clock = 0;
  /** Whether time goes on by itself in the cloud. */
  let live = false;
  /** How far the clock goes whenever the cloud looks at it: so far gets a command, however slow the machine is. */
  let tick = 0;
  /** All that was ever shown. */
  const shown: string[] = [];
  beforeEach(async () => {
    const start = Date.now();
    [clock, tick, live] = [0, 0, false];
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-upgrade-'));
    // Each check of the service is over at once.
    const checked = (): number => (cloud?.store.list('cs/check').length ?? 0) * CHECK_MS;
    cloud = await emulatedCluster({}, () => {
      clock += tick;
      return (live ? Date.now() : start) + clock + checked();
    });
    const [pool] = poolsOf(cloud.store, cloud.cluster.id);
    for (const name of ['edge1', 'edge2', 'edge3']) await addNode(cloud, name, { pool: pool?.id ?? '' });
    await writeFile(join(folder, 'ca.crt'), cloud.pki.caPem);
    // A kubeconfig in the environment is the weaker one; this one does not even exist.
    env = {
      ...cloud.env,
      EDGEADM_CLOUD_CA: join(folder, 'ca.crt'),
      XDG_STATE_HOME: folder,
      KUBECONFIG: join(folder, 'none'),
    };
    where = ['--cluster-id', cloud.cluster.id, '--region', 'cn-hangzhou'];
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  });
  after(() => {
    assert.ok(shown.length > 20);
    assert.doesNotMatch(shown.join('\n'), /PRIVATE KEY|Signature=[0-9a-f]/);
  });

  const upgrade = async (verb: string, ...words: string[]): Promise<Ended> => {
    const ended = await edgeadm(['cluster', 'upgrade', verb, ...where, ...words], { env });
    shown.push(ended.stdout, ended.stderr);
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes(cloud.account.accessKeySecret), ended.stderr);
    return ended;
  };
  const told = async (verb: string, ...words: string[]) =>
    resultOf(await upgrade(verb, ...words, '-o', 'json')) as unknown as Result;
  /** Returns when it is running: most tests let time pass themselves. */
  const start = (...words: string[]) => upgrade('start', '--target-version', TARGET, '--yes', '--no-wait', ...words);
  const change = (verb: string, ...words: string[]) => upgrade(verb, '--yes', '--no-wait', ...words);
  const pass = (ms: number): void => {
    clock += ms;
  };
  const fault = (mode: FaultMode, action: string, times = 1): void =>
    void addFault(cloud.store, { action, mode, times });
  const orders = (): number => cloud.store.list('cs/upgrade').length;

  it('cluster upgrade of a cluster of the container service needs --yes without a terminal, and orders nothing without it', async () => {
    const unasked = await upgrade('start', '--target-version', TARGET);
    assert.equal(unasked.exitCode, 2, unasked.stderr);
    assert.match(unasked.stderr, /CONFIRMATION_NEEDED/);
    assert.equal(orders(), 0);
  });

  it('cluster upgrade of a cluster of the container service is started, looked at, paused, continued and cancelled', async () => {
    const { precheck, master, node } = UPGRADE_STEP_MS;
    const begun = await start();
    assert.equal(begun.exitCode, 0, begun.stderr);
    assert.match(begun.stdout, /from v1\.20\.2 to 1\.20\.11-aliyunedge\.1, the control plane, then the worker nodes/);
    assert.match(begun.stdout, /running: edgeadm cluster upgrade status --cluster-id c\w+ --region cn-hangzhou$/);
    pass(precheck);
    assert.equal((await change('pause')).exitCode, 0);
    pass(master + node);
    const status = await upgrade('status');
    assert.equal(status.exitCode, 0, status.stderr);
    for (const line of [
      /^Upgrade: +Paused$/m,
      /^Cluster: +c\w+, control plane at 1\.20\.11-aliyunedge\.1$/m,
      /^Progress: +worker nodes to 1\.20\.11-aliyunedge\.1: 0 of 3$/m,
      /^control plane to 1\.20\.11-aliyunedge\.1 +success /m,
    ])
      assert.match(status.stdout, line);
    const going = await change('continue');
    assert.match(going.stdout, /The upgrade is running/, going.stderr);
    const early = await told('cancel', '--yes');
    assert.deepEqual([early.ok, early.error?.code], [false, 'UPGRADE_NOT_POSSIBLE']);
    await change('pause');
    pass(node);
    const paused = await told('status');
    assert.deepEqual([paused.data?.phase, paused.data?.progress], ['Paused', `worker nodes to ${TARGET}: 1 of 3`]);
    const cancelled = await upgrade('cancel', '--yes');
    assert.equal(cancelled.exitCode, 0, cancelled.stderr);
    assert.match(cancelled.stdout, /cancelled; upgraded nodes stay at the new version/);
    assert.equal((await change('continue')).exitCode, 4);
  });

  it('cluster upgrade pause, continue and cancel show a plan, need --yes without a terminal, and change nothing in a dry run', async () => {
    const unchanged = async (verb: string, phase: string, plan: RegExp): Promise<void> => {
      const unasked = await upgrade(verb);
      assert.equal(unasked.exitCode, 2, unasked.stderr);
      assert.match(unasked.stdout, plan);
      assert.match(unasked.stderr, /CONFIRMATION_NEEDED/);
      assert.match(unasked.stderr, new RegExp(`edgeadm cluster upgrade ${verb} --cluster-id .* --yes`));
      const dry = (await told(verb, '--dry-run')).data as Result['data'] & { readonly dryRun: boolean };
      assert.deepEqual([dry.dryRun, dry.phase], [true, phase]);
      assert.equal((await told('status')).data?.phase, phase);
    };
    await start();
    pass(UPGRADE_STEP_MS.precheck);
    await unchanged('pause', 'Running', /upgrade is Running[\s\S]*Pause it: nodes in progress finish/);
    await change('pause');
    assert.match((await change('pause')).stdout, /pauses when the nodes in progress are done/);
    pass(UPGRADE_STEP_MS.master);
    await unchanged('continue', 'Paused', /upgrade is Paused[\s\S]*Continue it: nodes that failed are tried again/);
    await unchanged('cancel', 'Paused', /upgrade is Paused[\s\S]*Cancel it: upgraded nodes stay at the new version/);
  });

  it('cluster upgrade pause and start wait by themselves until the service has done it', async () => {
    await start();
    pass(UPGRADE_STEP_MS.precheck);
    tick = 10;
    const paused = await upgrade('pause', '--yes');
    assert.equal(paused.exitCode, 0, paused.stderr);
    assert.match(paused.stderr, /The upgrade is Paus/);
    assert.match(paused.stdout, /The upgrade is paused\.$/);
    const again = await upgrade('pause');
    assert.deepEqual([again.exitCode, again.stdout], [0, 'The upgrade is paused.']);
    assert.match(
      (await upgrade('cancel', '--yes')).stdout,
      /The upgrade is cancelled; .*\nFor nodes that are older than the control plane: edgeadm nodepool upgrade NAME --cluster-id c\w+ --region cn-hangzhou$/,
    );
    tick = 100;
    // The control plane was done before the pause, so the next version is the one that is offered.
    const ended = await upgrade('start', '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /The cluster is upgraded to 1\.22\.15-aliyunedge\.1\.$/);
  });

  it('cluster upgrade of a cluster of the container service is followed to its end, from a pause by a failed node too, whose cause is told', async () => {
    live = true;
    fault('500', 'UpgradeCluster/node');
    const paused = await start('--wait');
    assert.equal(paused.exitCode, 6, paused.stderr);
    assert.match(
      paused.stderr,
      /node edge1 could not be upgraded[\s\S]*next: .*upgrade continue --cluster-id[\s\S]*UPGRADE_PAUSED/,
    );
    assert.match(paused.stderr, /The upgrade is Prechecking, the control plane at v1\.20\.2/);
    const ended = await upgrade('continue', '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /The cluster is upgraded to 1\.20\.11-aliyunedge\.1/);
    assert.equal((await upgrade('status', '--watch')).exitCode, 0);
  });

  it('goes on if Ctrl-C ends the look', async () => {
    await start();
    const child = startEdgeadm(['cluster', 'upgrade', 'status', '--watch', ...where], { env });
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    const ended = await child;
    assert.equal(ended.exitCode, 130);
    assert.match(ended.stderr, /the upgrade is still running[\s\S]*upgrade status --cluster-id/);
    assert.match((await upgrade('status')).stdout, /^Upgrade: +(Prechecking|Running)/m);
  });

  it('cluster upgrade of a cluster of the container service is ordered once if the answer is lost and the service is overloaded', async () => {
    fault('timeout-after-effect', 'UpgradeCluster');
    fault('throttle', 'DescribeClusterTasks', 2);
    const begun = await start();
    assert.equal(begun.exitCode, 0, begun.stderr);
    assert.equal(orders(), 1);
    const again = await start();
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(
      again.stdout,
      /was started before: task T-.* is Prechecking\. Nothing is sent\.\nThe upgrade is running/,
    );
    const other = await upgrade('start', '--target-version', '1.22.15-aliyunedge.1', '--yes');
    assert.equal(other.exitCode, 4);
    assert.match(other.stderr, /its target is 1\.20\.11-aliyunedge\.1[\s\S]*UPGRADE_UNDER_WAY/);
    assert.equal(orders(), 1);
  });

  it('cluster upgrade of a cluster of the container service is followed to its end by the same command if the first one was killed', async () => {
    const line = ['cluster', 'upgrade', 'start', ...where, '--target-version', TARGET, '--yes'];
    const child = startEdgeadm(line, { env });
    while (orders() === 0) await delay(20);
    child.kill('SIGKILL');
    await child;
    assert.equal((await upgrade('start', '--target-version', TARGET)).exitCode, 2, 'it asks before it waits');
    tick = 300;
    const ended = await upgrade('start', '--target-version', TARGET, '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /The cluster is upgraded to 1\.20\.11-aliyunedge\.1\.$/);
    assert.equal(orders(), 1);
    const over = await told('start', '--target-version', TARGET, '--yes');
    assert.deepEqual([over.ok, over.data?.phase], [true, 'Completed']);
    assert.equal(orders(), 1);
  });

  it('ends with 5 if the service throttles an order or fails at its precheck', async () => {
    fault('throttle', 'UpgradeCluster');
    const throttled = await start();
    assert.equal(throttled.exitCode, 5);
    assert.match(throttled.stderr, /CLOUD_THROTTLED/);
    assert.equal(orders(), 0);
    live = true;
    fault('500', 'UpgradeCluster/precheck');
    const failed = await start('--wait');
    assert.equal(failed.exitCode, 5);
    assert.match(failed.stderr, /the precheck found errors\n +task T-[0-9a-f]+[\s\S]*CLOUD_UPGRADE_FAILED/);
  });

  it('cluster upgrade of a cluster of the container service is refused to a version that is not offered, with those that are, and nothing is ordered', async () => {
    const { error } = await told('start', '--target-version', '1.20.11', '--yes');
    assert.equal(error?.code, 'UPGRADE_VERSION');
    assert.match(error?.why ?? '', /offered: 1\.20\.11-aliyunedge\.1/);
    assert.equal(orders(), 0);
  });

  it('cluster upgrade of a cluster of the container service is shown by a dry run, which orders nothing', async () => {
    const ended = await upgrade('start', '--dry-run', '--control-plane-only');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /to 1\.20\.11-aliyunedge\.1, the control plane only[\s\S]*Nothing was changed/);
    assert.equal(orders(), 0);
  });

  it('cluster upgrade of a cluster of the container service is checked by the service first, and errors prevent it unless they are ignored', async () => {
    const page = join(folder, 'report.html');
    fault('500', CHECK_FAULT);
    const refused = await start('--report', page);
    assert.equal(refused.exitCode, 4, refused.stderr);
    assert.match(
      refused.stdout,
      /error KubeProxyWorker\n +reason: Daemon Set is not exist\n +effect: .*\n +advice: Check/,
    );
    assert.match(refused.stderr, /CLUSTER_CHECK_FAILED/);
    assert.match(await readFile(page, 'utf8'), /KubeProxyWorker/);
    assert.equal(orders(), 0);
    fault('500', CHECK_FAULT);
    const ignored = await start('--ignore-preflight-errors', 'KubeProxyWorker');
    assert.equal(ignored.exitCode, 0, ignored.stderr);
    assert.equal(orders(), 1);
  });

  it('refuses by name each flag that is for a cluster of its own', async () => {
    const flags = ['--executor', 'ssh', '--image', 'i', '--drain', '-l', 'a=b', '--kubeconfig', 'k'];
    const ended = await upgrade('start', ...flags);
    assert.equal(ended.exitCode, 2);
    for (const flag of ['executor', 'image', 'drain', 'selector', 'kubeconfig'])
      assert.ok(ended.stderr.includes(`--${flag}: cannot be used with --cluster-id`), `${flag} in\n${ended.stderr}`);
    const other = await edgeadm(['cluster', 'upgrade', 'pause', '--profile', 'f'], { env });
    assert.deepEqual([other.exitCode, /--profile: needs --cluster-id/.test(other.stderr)], [2, true]);
    const noRegion = await edgeadm(['cluster', 'upgrade', 'status', '--cluster-id', 'c1'], { env });
    assert.deepEqual([noRegion.exitCode, /--region is required/.test(noRegion.stderr)], [2, true]);
    assert.equal(orders(), 0);
  });

  it("says where keys were looked for if there are none, and that a cluster is not the account's", async () => {
    const { ALIBABA_CLOUD_ACCESS_KEY_ID: _id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: _secret, ...rest } = env;
    env = { ...rest, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };
    const none = await upgrade('status');
    assert.equal(none.exitCode, 5);
    assert.match(none.stderr, /CLOUD_CREDENTIALS/);
    const { accessKeyId: AccessKey, accessKeySecret: SecretKey } = cloud.account;
    await writeFile(join(folder, 'profile.json'), JSON.stringify({ AccessKey, SecretKey }), { mode: 0o600 });
    const found = await upgrade('status', '--profile', join(folder, 'profile.json'));
    assert.match(
      found.stdout,
      /^Upgrade: +none is running.*\n[\s\S]*^Offered: +1\.20\.11-aliyunedge\.1$/m,
      found.stderr,
    );
    where = ['--cluster-id', 'c-other', '--region', 'cn-hangzhou'];
    const other = await upgrade('status', '--profile', join(folder, 'profile.json'));
    assert.equal(other.exitCode, 5);
    assert.match(other.stderr, /ErrorClusterNotFound/);
  });
});

describe('cluster upgrade through the cloud of a sandbox', function () {
  this.timeout(120_000);
  let bed: SandboxBed;
  let where: string[] = [];
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    where = ['--cluster-id', /\bc[0-9a-f]{32}\b/.exec(up.stdout + up.stderr)?.[0] ?? '', '--region', 'cn-hangzhou'];
  });
  after(() => bed.remove());

  it('runs to its end by itself, with faults that were asked for', async () => {
    const lost = ['--action', 'UpgradeCluster', '--mode', 'timeout-after-effect'];
    const broken = ['--action', 'UpgradeCluster/master', '--mode', '500'];
    for (const fault of [lost, broken]) assert.equal((await bed.sandbox('fault', 'add', ...fault)).exitCode, 0);
    const paused = await bed.run('cluster', 'upgrade', 'start', ...where, '--yes');
    assert.equal(paused.exitCode, 6, paused.stderr);
    assert.match(paused.stderr, /the control plane could not be upgraded/);
    const ended = await bed.run('cluster', 'upgrade', 'continue', ...where, '--yes', '-o', 'json');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.equal((resultOf(ended).data as { phase: string }).phase, 'Completed');
    const status = await bed.run('cluster', 'upgrade', 'status', ...where);
    assert.match(status.stdout, /^Upgrade: +Completed/m);
    assert.match(status.stdout, /^Offered: +1\.22\.15-aliyunedge\.1$/m);
  });
});
