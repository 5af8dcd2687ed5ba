import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { adminClient } from '../../sandbox/admin-client.ts';
import { sandboxFolder } from '../../sandbox/folder.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { type Ended, edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const IMAGE = ['--image', 'registry.example.com/edgeadm-upgrade:1.20.2'];
const JOB = '/apis/batch/v1/namespaces/kube-upgrade/jobs/edgeadm-upgrade-controller';

describe('the upgrade of a cluster', function () {
  this.timeout(120_000);
  let bed: SandboxBed;
  let admin: ApiClient;
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    admin = await adminClient(sandboxFolder(bed.dir));
    for (const [name, kubeletVersion] of [
      ['edge-1', 'v1.20.1'],
      ['edge-2', 'v1.20.1'],
      ['edge-3', 'v1.20.2'],
    ] as const)
      await addNode(admin, name, kubeletVersion);
  });
  after(async () => {
    admin.close();
    await bed.remove();
  });

  const upgrade = (...words: string[]): Promise<Ended> => bed.run('cluster', 'upgrade', ...words);
  const failsWith = async (exit: number, words: readonly string[], ...patterns: RegExp[]): Promise<void> => {
    const ended = await upgrade(...words);
    assert.equal(ended.exitCode, exit, ended.stderr);
    for (const pattern of patterns) assert.match(ended.stderr, pattern);
  };

  it('says what it would do, and does nothing of it', async () => {
    const ended = await upgrade('start', '--dry-run', ...IMAGE, '--ignore-preflight-errors', 'all', '-o', 'json');
    assert.equal(ended.exitCode, 0, ended.stdout);
    const { data } = resultOf(ended) as { data: { plan: { nodes: { name: string; from: string }[] }; report: object } };
    assert.deepEqual(
      data.plan.nodes.map(({ name, from }) => `${name} ${from}`),
      ['edge-1 v1.20.1', 'edge-2 v1.20.1'],
    );
    assert.ok('rows' in data.report);
    assert.equal(await admin.find('/api/v1/namespaces/kube-upgrade'), undefined);
    const text = await upgrade('start', '--dry-run', ...IMAGE);
    assert.match(
      text.stdout,
      /^2 nodes to v1\.20\.2, in 2 batches of 1 node\.\n1 node is already at the target version\.$/m,
    );
  });

  it('the controller outside of a pod is refused with the command that starts it in one', async () => {
    await failsWith(2, ['controller'], /USAGE/, /edgeadm cluster upgrade start/);
    const started = await upgrade('start', '--dry-run', ...IMAGE, '--ignore-preflight-errors', 'all');
    assert.equal(started.exitCode, 0, started.stderr);
  });

  it('writes its report as one page that needs nothing else', async () => {
    const page = join(bed.dir, 'report.html');
    assert.equal((await upgrade('start', '--dry-run', ...IMAGE, '--report', page)).exitCode, 0);
    const html = await readFile(page, 'utf8');
    assert.match(html, /^<!doctype html>/i);
    assert.match(html, /NodeVersion/);
    assert.doesNotMatch(html, /<(script|link|img)[^>]+(src|href)=/);
    await failsWith(2, ['start', '--dry-run', ...IMAGE, '--report', '/nowhere/r.html'], /--report: ENOENT/);
  });

  it('refuses wrong flags, all at once', async () => {
    await failsWith(
      2,
      ['start', '--target-version', 'latest', '--bundle', '/opt/b', '--drain-timeout', 'soon'],
      /--target-version: "latest"/,
      /--image is required/,
      /--bundle: Jobs on nodes need a URL/,
      /--drain-timeout/,
    );
    await failsWith(
      2,
      ['start', ...IMAGE, '--selector', 'no=where'],
      /no worker node to upgrade with --selector no=where/,
    );
    await failsWith(
      2,
      ['start', '--executor', 'ssh', '--no-wait', '--yes'],
      /--no-wait: cannot be used with --executor ssh/,
    );
    await failsWith(2, ['start', '--executor', 'pigeon'], /--executor: "pigeon" is not one of: job, ssh/);
  });

  it('cluster upgrade start without a terminal needs --yes, and begins nothing without it', async () => {
    await failsWith(2, ['start', ...IMAGE], /CONFIRMATION_NEEDED/, /edgeadm cluster upgrade start .*--yes/);
    await failsWith(4, ['status'], /NO_UPGRADE/);
  });

  it('says so if there is no upgrade, and if there is no cluster', async () => {
    for (const verb of ['status', 'pause', 'continue', 'cancel']) await failsWith(4, [verb], /NO_UPGRADE/);
    const missing = await edgeadm([
      'cluster',
      'upgrade',
      'status',
      '--kubeconfig',
      '/nowhere/admin.conf',
      '-o',
      'json',
    ]);
    assert.notEqual(missing.exitCode, 0);
    assert.match(JSON.stringify(resultOf(missing).error), /nowhere\/admin\.conf/);
    const other = await sandboxBed();
    await other.up();
    const env = resultOf(await other.sandbox('env', '-o', 'json')).data as Record<string, string>;
    await other.sandbox('down');
    const away = await edgeadm(['cluster', 'upgrade', 'status'], { env });
    await other.remove();
    assert.equal(away.exitCode, 4, away.stderr);
    assert.match(away.stderr, /API_UNREACHABLE/);
  });

  it('the upgrade of a cluster is watched, paused and cancelled from any machine, even if its controller never runs', async () => {
    const env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
    const first = startEdgeadm(['cluster', 'upgrade', 'start', ...IMAGE, '--yes', '--no-wait'], { env });
    while (!(await admin.find(JOB))) await delay(50);
    await failsWith(
      4,
      ['start', ...IMAGE, '--yes'],
      /an upgrade to v1\.20\.2 is already in progress/,
      /started it at .*; it is Running/,
      /UPGRADE_UNDER_WAY/,
    );
    first.kill('SIGINT');
    const ended = await first;
    assert.equal(ended.exitCode, 130, ended.stderr);
    const overSsh = ['continue', '--executor', 'ssh', '--no-wait', '--yes'];
    await failsWith(2, overSsh, /--no-wait: cannot be used with --executor ssh/);
    assert.match(ended.stderr, /edgeadm cluster upgrade continue/);
    const status = resultOf(await upgrade('status', '-o', 'json')) as { data: Record<string, unknown> };
    assert.equal(status.data.phase, 'Running');
    assert.deepEqual(status.data.nextBatches, [1, 1]);
    assert.match((await upgrade('status')).stdout, /^Nodes: {6}2 waiting$/m);
    await failsWith(4, ['cancel', '--yes'], /cannot be cancelled/, /it is Running/);
    assert.equal((await upgrade('status')).exitCode, 0);
    await failsWith(2, ['pause'], /CONFIRMATION_NEEDED/, /edgeadm cluster upgrade pause --yes/);
    assert.match((await upgrade('pause', '--dry-run')).stdout, /is Running: 0 of 2 nodes[\s\S]*Nothing was changed/);
    assert.match((await upgrade('pause', '--yes')).stdout, /\nThe upgrade is paused\.$/);
    assert.match((await upgrade('pause')).stdout, /\nThe upgrade is paused\.$/);
    await failsWith(2, ['continue'], /CONFIRMATION_NEEDED/);
    await failsWith(2, ['cancel'], /CONFIRMATION_NEEDED/);
    const cancelled = await upgrade('cancel', '--yes');
    assert.match(cancelled.stdout, /^The upgrade is cancelled; 0 of 2 nodes are at v1\.20\.2\.$/m);
    assert.equal(await admin.find(JOB), undefined);
    await failsWith(4, ['continue', '--yes'], /cannot be continued/, /Cancelled/);
    assert.equal((await upgrade('status', '--watch')).exitCode, 6);
  });
});

async function addNode(admin: ApiClient, name: string, kubeletVersion: string): Promise<void> {
  await admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  const nodeInfo = { kubeletVersion, operatingSystem: 'linux', architecture: 'amd64' };
  await admin.patch(`/api/v1/nodes/${name}/status`, { status: { conditions, nodeInfo } });
}
