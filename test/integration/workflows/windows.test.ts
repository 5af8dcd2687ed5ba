import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { powerShellArguments } from '../../../src/host/windows/quote.ts';
import { diagnose } from '../../../src/phases/diagnose/diagnose.ts';
import { readTemplate } from '../../../src/templates/index.ts';
import type { FakeWindowsOptions } from '../../unit/host/windows/fake-windows.ts';
import { CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { changesOf, killAt, pointsOf } from '../workflow-bed/faults.ts';
import { WINDOWS_NAME, WindowsNode, windowsBundle } from '../workflow-bed/windows.ts';

const DISABLED: FakeWindowsOptions['programs'] = {
  'dism.exe': (args) => (args.includes('/Enable-Feature') ? { exitCode: 3010 } : { stdout: 'State : Disabled\r\n' }),
};

/** What a reboot copies to the node. */
async function edgeadmFile(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'edgeadm-program-')), 'edgeadm.exe');
  await writeFile(file, 'a program');
  return file;
}

describe('Windows node', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  let bundle: string;
  const made: WindowsNode[] = [];
  const node = async (options?: FakeWindowsOptions): Promise<WindowsNode> => {
    const windows = await WindowsNode.make(bed, options);
    made.push(windows);
    return windows;
  };
  const installing = () => ({ bundle, manageRuntime: true });
  const nodeObject = () => bed.admin.find<V1Node>(`/api/v1/nodes/${WINDOWS_NAME}`);
  beforeEach(async () => {
    bed = await workflowBed();
    bundle = await windowsBundle(CLUSTER_VERSION);
  });
  afterEach(async () => {
    for (const windows of made.splice(0)) await windows.remove();
    await bed.close();
  });

  it('a join installs containerd and kubelet as services and the node is Ready; a second join changes nothing', async () => {
    const win = await node();
    const first = await win.join({ spec: { ...installing(), labels: { shop: '17' } } });
    assert.deepEqual([first.nodeName, first.ready, first.changed], [WINDOWS_NAME, true, true]);
    const object = await nodeObject();
    assert.equal(object?.metadata?.labels?.shop, '17');
    assert.deepEqual(
      object?.spec?.taints?.map(({ key, value, effect }) => `${key}=${value}:${effect}`),
      ['os=windows:NoSchedule'],
    );
    const joined = await win.photograph();
    const second = await win.join({ spec: { ...installing(), labels: { shop: '17' } } });
    assert.equal(second.changed, false);
    assert.deepEqual(await win.photograph(), joined);
  });

  it('a reset leaves drive, registry, services and firewall as before the join, and does so a second time; neither runs a program that only Linux has', async () => {
    const win = await node();
    const before = await win.photograph();
    await win.join({ spec: installing() });
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
    const others = win.windows.calls.filter((call) => !/^[A-Z]:\\.*?\.exe( |$)/.test(call));
    assert.deepEqual(others, []);
    const ofLinux = win.windows.calls.filter((call) => /containerd\.exe config dump/.test(call));
    assert.deepEqual(ofLinux, [], 'a containerd of Windows has other runtimes');
  });

  it('a power cut brings no service back that a reset has removed: the registry is written to the disk before the journal forgets it', async () => {
    const win = await node();
    await win.join({ spec: installing() });
    win.windows.calls.length = 0;
    await win.reset();
    const at = (what: RegExp) => win.windows.calls.findIndex((call) => what.test(call));
    const flush = powerShellArguments(readTemplate('windows/registry-flush.ps1')).at(-1) ?? '';
    const flushed = win.windows.calls.findIndex((call) => call.endsWith(flush));
    assert.ok(flushed > at(/sc\.exe delete kubelet/) && flushed > at(/netsh\.exe .* delete rule/));
    assert.ok(flushed < at(/icacls\.exe .*journal\.jsonl\.edgeadm-tmp/));
  });

  it('the kubelet gets full paths of Windows, and no setting that only Linux has', async () => {
    const win = await node();
    await win.join({ spec: installing() });
    const configuration = await win.windows.read('/var/lib/kubelet/config.yaml');
    assert.match(configuration, /clientCAFile: C:\\etc\\kubernetes\\pki\\ca\.crt/);
    assert.match(configuration, /staticPodPath: C:\\etc\\kubernetes\\manifests/);
    assert.match(configuration, /cgroupsPerQOS: false/);
    assert.match(configuration, /enforceNodeAllocatable: \[\]/);
    assert.doesNotMatch(configuration, /cgroupDriver/);
    const { registry } = win.windows.state() as { registry: Record<string, { data: string }> };
    const command = registry['HKLM\\SYSTEM\\CurrentControlSet\\Services\\kubelet\\ImagePath']?.data ?? '';
    assert.match(command, /^C:\\k\\kubelet\.exe --windows-service --config=C:\\var\\lib\\kubelet\\config\.yaml /);
    // What the file says of it, a kubelet of 1.20 does not believe.
    assert.match(command, / --resolv-conf= /);
    assert.match(command, /--container-runtime-endpoint=npipe:\/\/\/\/\.\/pipe\/containerd-containerd/);
    assert.match(
      await win.windows.read('/etc/kubernetes/kubelet.conf'),
      /C:\\var\\lib\\kubelet\\pki\\kubelet-client-current\.pem/,
    );
  });

  it('a reset starts no program to learn who may read what it removes', async () => {
    const win = await node();
    await win.join({ spec: installing() });
    win.windows.calls.length = 0;
    await win.reset();
    const asked = win.windows.calls.filter(
      (call) => call.includes('/save') && !call.includes('Program Files\\edgeadm'),
    );
    assert.deepEqual(asked, []);
  });

  it('private keys are for SYSTEM and administrators only', async () => {
    const win = await node();
    await win.join({ spec: installing() });
    for (const path of ['C:\\etc\\kubernetes\\kubelet.conf', 'C:\\var\\lib\\kubelet\\pki'])
      assert.equal(win.windows.listOf(path), 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)', path);
    const token = bed.joinWords[2] ?? 'no token';
    assert.deepEqual(
      win.windows.calls.filter((call) => call.includes(token.split('.')[1] ?? '')),
      [],
    );
  });

  it('where the Containers feature is off, the join enables it, asks for a reboot and continues after it', async () => {
    const programs = { ...DISABLED };
    const win = await node({ programs });
    const error = await win.join({ spec: installing() }).then(
      () => assert.fail('it did not ask for a reboot'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError && error.code === 'REBOOT_NEEDED', String(error));
    win.windows.reboot({ 'dism.exe': () => ({ stdout: 'State : Enabled\r\n' }) });
    assert.equal((await win.join({ spec: installing() })).changed, true);
    assert.equal((await nodeObject())?.metadata?.labels?.['kubernetes.io/os'], 'windows');
  });

  it('a join with --reboot has a task at start-up continue it, without a secret in it, and reboots; a reset removes the task', async () => {
    const win = await node({ programs: { ...DISABLED } });
    const before = await win.photograph();
    const program = await edgeadmFile();
    const words = ['join', bed.joinWords[0] ?? '', '--yes'];
    const continuation = { program, words, folder: 'D:\\', secrets: { token: 'abcdef.0123456789abcdef' } };
    await assert.rejects(win.join({ spec: installing(), continuation }), /REBOOT_NEEDED|takes effect with a reboot/);
    assert.ok(win.windows.calls.includes('C:\\Windows\\System32\\shutdown.exe /r /t 30 /d p:2:4'));
    const task = win.windows.tasks.get('edgeadm-join') ?? '';
    assert.match(task, /<Command>C:\\Program Files\\edgeadm\\edgeadm\.exe<\/Command>/);
    assert.match(task, /--yes "--token=@C:\\Program Files\\edgeadm\\continue\\token"<\/Arguments>/);
    assert.doesNotMatch(`${task}${win.windows.calls.join('\n')}`, /0123456789abcdef/);
    const kept = 'C:\\Program Files\\edgeadm\\continue';
    assert.equal(win.windows.listOf(kept), 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)');
    assert.equal(await win.windows.read('/var/lib/edgeadm/continue/token'), 'abcdef.0123456789abcdef');
    win.windows.reboot({ 'dism.exe': () => ({ stdout: 'State : Enabled\r\n' }) });
    assert.equal((await win.join({ spec: installing() })).ready, true);
    assert.deepEqual([...win.windows.tasks.keys()], []);
    assert.equal(existsSync(win.windows.place(kept)), false);
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
  });

  it('a reset of a node that waits for its reboot removes the task at start-up', async () => {
    const win = await node({ programs: { ...DISABLED } });
    const before = await win.photograph();
    const continuation = { program: await edgeadmFile(), words: ['join'], folder: 'C:\\', secrets: { token: 'a' } };
    await assert.rejects(win.join({ spec: installing(), continuation }), /takes effect with a reboot/);
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
  });

  it('a join that fails leaves drive, registry and services as they were', async () => {
    const win = await node({
      onStart: (name) => {
        if (name === 'kubelet') throw new Error('it ends at once');
      },
    });
    const before = await win.photograph();
    const error = await win.join({ spec: installing() }).then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.match(String(error), /kubelet/);
    assert.deepEqual(await win.photograph(), before);
  });

  it('a reset leaves nothing of a join that was killed, and continues one that was killed itself', async () => {
    const first = await node();
    const changes = await changesOf(first.faults, () => first.join({ spec: installing() }));
    await first.reset();
    const before = await first.photograph();
    for (const change of pointsOf(changes)) {
      await first.join({ spec: installing(), signal: killAt(first.faults, change) }).catch(() => {});
      await first.reset({ signal: killAt(first.faults, change) }).catch(() => {});
      first.faults.before = undefined;
      await first.reset();
      assert.deepEqual(await first.photograph(), before, `change ${change} of ${changes}`);
    }
  });

  it('a join that was killed is completed by the same command', async () => {
    const win = await node();
    const changes = await changesOf(win.faults, () => win.join({ spec: installing() }));
    const joined = Object.keys((await win.photograph()).drive as object).filter(
      (path) => !/edgeadm|kubelet-client/.test(path),
    );
    await win.reset();
    for (const change of pointsOf(changes, 3)) {
      await win.join({ spec: installing(), signal: killAt(win.faults, change) }).catch(() => {});
      win.faults.before = undefined;
      assert.equal((await win.join({ spec: installing() })).ready, true, `change ${change}`);
      const paths = Object.keys((await win.photograph()).drive as object);
      assert.deepEqual(
        paths.filter((path) => !/edgeadm|kubelet-client/.test(path)),
        joined,
        `change ${change}`,
      );
      await win.reset();
    }
  });

  it('a dry run shows services and rules that it would make, and changes nothing', async () => {
    const win = await node();
    const before = await win.photograph();
    await win.join({ spec: installing(), dryRun: true });
    const plans = win.events.flatMap((event) => (event.type === 'plan' ? [event.action] : []));
    for (const plan of ['create service kubelet', 'create service containerd', 'create firewall-rule edgeadm kubelet'])
      assert.ok(plans.includes(plan), plans.join('\n'));
    assert.deepEqual(await win.photograph(), before);
  });

  it('an upgrade replaces the kubelet and what it was told, and a reset after it leaves nothing', async () => {
    const win = await node();
    const before = await win.photograph();
    await win.join({ spec: { bundle: await windowsBundle('v1.20.1'), manageRuntime: true } });
    const result = await win.upgrade({ bundle });
    assert.deepEqual([result.from, result.to, result.outcome], ['v1.20.1', CLUSTER_VERSION, 'upgraded']);
    assert.match(await win.windows.read('/k/kubelet.exe'), /v1\.20\.2/);
    assert.equal((await win.upgrade({ bundle })).outcome, 'unchanged');
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
  });

  it('an upgrade to a kubelet that does not stay up is rolled back: the one before runs again', async () => {
    const starts: string[] = [];
    const win: WindowsNode = await node({
      onStart: async (name) => {
        if (name !== 'kubelet') return;
        starts.push(await win.windows.read('/k/kubelet.exe'));
        if (/v1\.20\.2/.test(starts.at(-1) ?? '')) throw new Error('it ends at once');
        await win.register();
      },
    });
    await win.join({ spec: { bundle: await windowsBundle('v1.20.1'), manageRuntime: true } });
    const joined = await win.photograph();
    const error = await win.upgrade({ bundle }).then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError && error.code === 'UPGRADE_RECOVERED', String(error));
    assert.match(starts.at(-1) ?? '', /v1\.20\.1/);
    const { services } = win.windows.state() as { services: Record<string, string> };
    assert.equal(services.kubelet, 'running');
    const files = (photo: Readonly<Record<string, unknown>>) =>
      Object.keys(photo.drive as object).filter((path) => !/edgeadm/.test(path));
    assert.deepEqual(files(await win.photograph()), files(joined));
  });

  it('a diagnosis names a stopped kubelet and says what to do on Windows, without a secret in what it collects', async () => {
    const win = await node();
    await win.join({ spec: installing() });
    await win.windows.machine().services.stop('kubelet.service');
    const options = { label: 'localhost', version: '0.0.0-test', signal: new AbortController().signal };
    const { diagnosis, files } = await diagnose({ machine: win.windows.machine(), ...options });
    const finding = diagnosis.findings.find(({ rule }) => rule === 'Kubelet');
    assert.match(finding?.evidence ?? '', /stopped, exit code 1066/);
    assert.match(finding?.next ?? '', /Restart-Service kubelet/);
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    assert.match(texts.get('services/state.txt') ?? '', /^containerd: running, automatic$/m);
    for (const [path, text] of texts) assert.doesNotMatch(text, /PRIVATE KEY-----\n[A-Za-z0-9+/]/, path);
  });

  it('a bundle for Linux is refused before anything is changed', async () => {
    const win = await node();
    const before = await win.photograph();
    const linux = await bed.bundle(CLUSTER_VERSION);
    await assert.rejects(
      win.join({ spec: { bundle: linux, manageRuntime: true } }),
      /it is for linux, the node runs windows/,
    );
    assert.deepEqual(await win.photograph(), before);
  });
});
