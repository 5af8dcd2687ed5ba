import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnsRecords } from '../../sandbox/cloud/ens-records.ts';
import { seedInstance } from '../../sandbox/cloud/ens-seed.ts';
import { addFault, clearFaults, listFaults } from '../../sandbox/cloud/faults.ts';
import { sandboxFolder, writeState } from '../../sandbox/folder.ts';
import { purchasedFor } from '../../src/cloud/eni-marker.ts';
import { waitFor } from '../../src/lib/wait-for.ts';
import { type EmulatedCloud, emulatedCloud } from '../unit/sandbox/cloud/emulated-cloud.ts';
import { answerOnTerminal, edgeadm, resultOf, startEdgeadm } from './program.ts';

const INSTANCE = 'i-sandbox';

describe('the eni commands against an emulated ENS', () => {
  let cloud: EmulatedCloud;
  let folder = '';
  let env: Record<string, string> = {};
  let records: EnsRecords;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-eni-'));
    cloud = await emulatedCloud({ database: join(folder, 'sandbox.db') });
    seedInstance(cloud.store);
    records = new EnsRecords(cloud.store, Date.now);
    await writeFile(join(folder, 'ca.crt'), cloud.ca);
    env = {
      EDGEADM_ENS_ENDPOINT: cloud.url,
      EDGEADM_CLOUD_CA: join(folder, 'ca.crt'),
      ALIBABA_CLOUD_ACCESS_KEY_ID: cloud.account.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: cloud.account.accessKeySecret,
      XDG_STATE_HOME: folder,
    };
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  });

  const eni = (...args: string[]) => edgeadm(['eni', ...args, '--instance', INSTANCE, ...logFile(args)], { env });
  const logFile = ([verb = '']: string[]) =>
    verb === 'bind' || verb === 'release' ? ['--log-file', join(folder, 'log')] : [];
  const bought = () => records.interfaces().filter(({ name }) => purchasedFor(name) === INSTANCE);

  it('binds two ENIs, tells the downtime, and finds nothing to do the second time', async () => {
    const first = await eni('bind', '--yes');
    assert.equal(first.exitCode, 0, first.stderr);
    assert.match(first.stdout, /i-sandbox: 3 ENIs, room for 50 pods; it was down for [\d.]+s/);
    for (const part of ['ENIs: 1 now, 3 after', 'Pod capacity: 0 now, 50 after', 'To buy: 2', 'down for a few minutes'])
      assert.ok(first.stderr.includes(part), `${part} in\n${first.stderr}`);
    assert.deepEqual(
      bought().map(({ status, instanceId }) => [status, instanceId]),
      [
        ['InUse', INSTANCE],
        ['InUse', INSTANCE],
      ],
    );
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
    const second = await eni('bind', '-o', 'json');
    assert.equal(second.exitCode, 0, second.stderr);
    assert.equal((resultOf(second).hosts as { outcome: string }[])[0]?.outcome, 'unchanged');
    const list = await eni('list');
    assert.equal(list.stdout.trim().split('\n').length, 4, list.stdout);
    assert.match((await eni('capacity')).stdout, /3 +50 +<- current/);
  });

  it('asks nobody who cannot answer, and shows the plan', async () => {
    const ended = await eni('bind');
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /CONFIRMATION_NEEDED/);
    assert.match(ended.stderr, /To buy: 2/);
    assert.equal(bought().length, 0);
  });

  it('eni bind asks on a terminal, until Ctrl-C, Ctrl-D or the end of its time', async function () {
    if (process.platform !== 'linux') this.skip();
    const words = ['eni', 'bind', '--instance', INSTANCE, '--log-file', join(folder, 'log')];
    for (const key of ['\u0003', '\u0004']) {
      const interrupted = await answerOnTerminal(words, 100, env, key);
      assert.equal(interrupted.exitCode, 130, interrupted.stdout);
      assert.match(interrupted.stdout, /interrupted in phase confirm/);
    }
    const late = await answerOnTerminal([...words, '--timeout', '2s'], 100, env);
    assert.equal(late.exitCode, 1, late.stdout);
    assert.match(late.stdout, /did not end within its time limit of 2.0s/);
    assert.equal(bought().length, 0);
  });

  it('changes nothing in a dry run, which tells each order', async () => {
    const ended = await eni('bind', '--dry-run');
    assert.equal(ended.exitCode, 0, ended.stderr);
    for (const part of ['CreateNetworkInterface', 'StopInstance', 'AttachNetworkInterface', 'StartInstance'])
      assert.ok(ended.stdout.includes(part), `${part} in\n${ended.stdout}`);
    assert.equal(bought().length, 0);
  });

  it('buys no ENI twice if the answers get lost', async () => {
    for (const action of ['CreateNetworkInterface', 'StopInstance', 'AttachNetworkInterface', 'StartInstance'])
      addFault(cloud.store, { action, mode: 'timeout-after-effect', times: 1 });
    addFault(cloud.store, { action: 'DescribeInstances', mode: 'throttle', times: 2 });
    const ended = await eni('bind', '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.equal(bought().length, 2);
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
  });

  it('eni bind rides out a few faults behind ENS, and after more names the ENI with the words of ENS and what to run', async () => {
    addFault(cloud.store, { action: 'AttachNetworkInterface', mode: 'backend-error', times: 3 });
    const short = await eni('bind', '--yes');
    assert.equal(short.exitCode, 0, short.stderr);
    addFault(cloud.store, { action: 'AttachNetworkInterface', mode: 'backend-error', times: 1000 });
    const long = await eni('bind', '--yes', '--eni-number', '3');
    assert.equal(long.exitCode, 5, long.stderr);
    const left = bought().find(({ status }) => status === 'Available')?.id;
    assert.ok(left, long.stderr);
    for (const words of [
      '2 of 3 ENIs are attached to i-sandbox, which is running',
      `${left}: ${cloud.host} refused AttachNetworkInterface: ens.interface.error`,
      `bought but not attached: ${left} (Available)`,
      'attach: edgeadm eni bind --instance i-sandbox --region ap-southeast-1 --eni-number 3',
      `delete: edgeadm eni release --instance i-sandbox --region ap-southeast-1 --eni ${left}`,
    ])
      assert.ok(long.stderr.includes(words), `${words} in\n${long.stderr}`);
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
    clearFaults(cloud.store);
    assert.equal((await eni('bind', '--yes', '--eni-number', '3')).exitCode, 0);
    assert.equal(bought().length, 3);
  });

  /** Starts a bind and ends it by a signal when the instance is on its way down. */
  async function bindUntilStopping(signal: 'SIGKILL' | 'SIGINT', before = () => {}) {
    const child = startEdgeadm(['eni', 'bind', '--instance', INSTANCE, '--yes', ...logFile(['bind'])], { env });
    await waitFor({
      what: 'the instance to be stopped',
      timeoutMs: 20_000,
      probe: async () => {
        const status = records.instance(INSTANCE)?.status ?? '';
        return status === 'Running' ? { seen: status } : { done: undefined };
      },
    });
    before();
    child.kill(signal);
    return child;
  }

  it('goes on after kill -9 where it stopped', async () => {
    assert.equal((await bindUntilStopping('SIGKILL')).exitCode, undefined);
    const ended = await eni('bind', '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.deepEqual(
      bought().map(({ status }) => status),
      ['InUse', 'InUse'],
    );
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
  });

  it('starts the instance again when it is interrupted, and names what is left over', async () => {
    // Nothing is attached before the signal comes, however slow this machine is.
    addFault(cloud.store, { action: 'AttachNetworkInterface', mode: 'throttle', times: 1000 });
    const ended = await bindUntilStopping('SIGINT');
    assert.equal(ended.exitCode, 130, ended.stderr);
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
    for (const { id } of bought()) assert.ok(ended.stderr.includes(id), ended.stderr);
    assert.match(ended.stderr, /delete: edgeadm eni release/);
  });

  it('an interrupt names the command that shows what was bought if the list cannot be read, and a second bind attaches it', async () => {
    addFault(cloud.store, { action: 'AttachNetworkInterface', mode: 'throttle', times: 1000 });
    const ended = await bindUntilStopping('SIGINT', () => {
      addFault(cloud.store, { action: 'DescribeNetworkInterfaces', mode: 'forbidden', times: 1000 });
    });
    assert.equal(ended.exitCode, 130, ended.stderr);
    const words = /unknown which of .* were bought but not attached: edgeadm (eni list .*)/.exec(ended.stderr)?.[1];
    assert.ok(words, ended.stderr);
    clearFaults(cloud.store);
    const list = await edgeadm(words.trim().split(' '), { env });
    assert.equal(list.exitCode, 0, list.stderr);
    assert.deepEqual(
      bought().map(({ id }) => new RegExp(`^${id} .* no +yes `, 'm').test(list.stdout)),
      [true, true],
    );
    const again = await eni('bind', '--yes');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.deepEqual(
      bought().map(({ status }) => status),
      ['InUse', 'InUse'],
    );
  });

  it('the eni commands against an emulated ENS has faults added, listed and cleared by another process', async () => {
    const cluster = { id: '', region: '' };
    await writeState(sandboxFolder(folder), { apiServer: '', cloud: cloud.url, cluster, started: '' });
    const fault = (...args: string[]) => edgeadm(['sandbox', 'fault', ...args, '--dir', folder], { env });
    const added = await fault('add', '--action', 'DescribeInstances', '--mode', '500', '--times', '9');
    assert.equal(added.exitCode, 0, added.stderr);
    assert.deepEqual(
      listFaults(cloud.store).map(({ action, times }) => [action, times]),
      [['DescribeInstances', 9]],
    );
    assert.match((await fault('list')).stdout, /DescribeInstances +500 +9/);
    const ended = await eni('list');
    assert.equal(ended.exitCode, 5);
    assert.match(ended.stderr, /CLOUD_FAILED/);
    assert.match((await fault('clear')).stdout, /1 fault cleared/);
    assert.equal((await eni('list')).exitCode, 0);
    assert.equal((await fault('add', '--action', 'X', '--mode', 'other')).exitCode, 2);
  });

  it('takes the spellings and the profile of the original tool, and warns of a secret on the command line', async () => {
    const { accessKeyId, accessKeySecret } = cloud.account;
    await writeFile(join(folder, 'p.json'), JSON.stringify({ AccessKey: accessKeyId, SecretKey: accessKeySecret }));
    env = { ...env, ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' };
    const profile = await eni('bind', '--profile', join(folder, 'p.json'), '--eniNumber', '1', '--dry-run');
    assert.equal(profile.exitCode, 0, profile.stderr);
    assert.match(profile.stdout, /To buy: 1/);
    const keys = ['--accessKey', accessKeyId, '--secretKey', accessKeySecret];
    const flags = await eni('bind', ...keys, '--securityGroup', 'sg-sandbox', '--dry-run', '-o', 'json');
    assert.equal(flags.exitCode, 0, flags.stderr);
    assert.match(flags.stdout, /stays in the shell's history/);
    assert.match(flags.stdout, /ALIBABA_CLOUD_ACCESS_KEY_SECRET/);
    for (const ended of [profile, flags]) assert.ok(!`${ended.stdout}${ended.stderr}`.includes(accessKeySecret));
  });

  it('ends with exit code 5 and the words of the cloud if it does not let the caller in', async () => {
    env = { ...env, ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'not-the-secret' };
    const ended = await eni('list', '-o', 'json');
    assert.equal(ended.exitCode, 5);
    const { code, what, why } = resultOf(ended).error as Record<string, string>;
    assert.equal(code, 'CLOUD_CREDENTIALS');
    assert.match(`${what} ${why}`, /SignatureDoesNotMatch.*RequestId: [0-9A-F-]{36}/s);
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes('not-the-secret'));
  });

  it('refuses plain http, and says so if nothing listens', async () => {
    env = { ...env, EDGEADM_ENS_ENDPOINT: cloud.url.replace('https', 'http') };
    assert.match((await eni('list')).stderr, /http is not allowed/);
    env = { ...env, EDGEADM_ENS_ENDPOINT: 'https://127.0.0.1:1' };
    const ended = await eni('list');
    assert.equal(ended.exitCode, 5);
    assert.match(ended.stderr, /CLOUD_UNREACHABLE/);
  });

  it('releases what it bought, and leaves what others bought', async () => {
    await eni('bind', '--yes');
    const foreign = bought()[0];
    assert.ok(foreign);
    records.put('ens/network-interface', { ...foreign, id: 'eni-foreign', name: 'mine', address: '10.10.1.99' });
    const ended = await eni('release', '--yes');
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /ENIs deleted; it was down for/);
    assert.equal(bought().length, 0);
    assert.equal(records.interface('eni-foreign')?.status, 'InUse');
    assert.equal(records.instance(INSTANCE)?.status, 'Running');
  });
});
