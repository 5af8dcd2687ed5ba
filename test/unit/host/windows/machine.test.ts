import assert from 'node:assert/strict';
import { EdgeadmError, type ErrorCode } from '../../../../src/errors/index.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import { withNode } from '../../../../src/host/node-session.ts';
import { rollBackChanges } from '../../../../src/host/roll-back.ts';
import { temporaryOf } from '../../../../src/host/temporary.ts';
import { stateIn } from '../../../../src/host/windows/services.ts';
import { FakeWindows, type FakeWindowsOptions } from './fake-windows.ts';

const KUBELET = 'C:\\k\\kubelet.exe';
const DEFINITION = JSON.stringify({
  command: '"C:\\k\\kubelet.exe" --windows-service --config=C:\\var\\lib\\kubelet\\config.yaml',
  start: 'auto',
  needs: ['containerd'],
  displayName: 'Kubernetes kubelet',
  description: 'The node agent of Kubernetes',
});
const RULE = JSON.stringify({ protocol: 'TCP', port: 10250 });

async function rejects(work: Promise<unknown>, code: ErrorCode): Promise<EdgeadmError> {
  const error = await work.then(
    () => assert.fail(`it did not fail with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError && error.code === code, String(error));
  return error;
}

const OPTIONS = { command: 'join', version: '0.0.0-test', changes: true };

describe('Windows machine', () => {
  const made: FakeWindows[] = [];
  const fake = async (options?: FakeWindowsOptions): Promise<FakeWindows> => {
    const windows = await FakeWindows.make(options);
    made.push(windows);
    return windows;
  };
  afterEach(async () => {
    for (const windows of made.splice(0)) await windows.remove();
  });

  it('a task at start-up is read as it was defined, with words that XML writes otherwise, and is gone after a roll-back', async () => {
    const windows = await fake();
    const before = windows.state();
    const task = { command: 'C:\\A & B\\edgeadm.exe', arguments: 'join "a<b" --yes', folder: 'D:\\' };
    const machine = windows.machine();
    await withNode(machine, OPTIONS, async ({ host, plain, journal }) => {
      assert.equal(await host.define('scheduled-task', 'edgeadm-join', JSON.stringify(task)), true);
      assert.equal(await host.object('scheduled-task', 'edgeadm-join'), JSON.stringify(task));
      assert.equal(await host.define('scheduled-task', 'edgeadm-join', JSON.stringify(task)), false);
      assert.match(windows.tasks.get('edgeadm-join') ?? '', /<Arguments>join "a&lt;b" --yes<\/Arguments>/);
      await rollBackChanges(plain, journal);
      await journal.erase();
    });
    assert.deepEqual(windows.state(), before);
  });

  it('tells its version, its name and whether the administrator is elevated, from registry and hostname', async () => {
    const windows = await fake();
    assert.deepEqual(await windows.machine().facts?.(), {
      platform: 'windows',
      os: {
        id: 'windows',
        name: 'Windows Server 2019 Datacenter',
        version: '10.0.17763',
        pretty: 'Windows Server 2019 Datacenter (10.0.17763)',
      },
      kernel: '10.0.17763.4444',
      arch: 'amd64',
      hostname: 'WIN-EDGE1',
      machineId: 'WIN-EDGE1',
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      systemDrive: { freeBytes: 80e9, totalBytes: 100e9 },
      init: 'services',
      uid: 0,
    });
    const plain = await fake({ elevated: false });
    assert.equal((await plain.machine().facts?.())?.uid, 1);
  });

  it('runs programs of Windows only by their full path', async () => {
    const windows = await fake();
    await windows.machine().exec('hostname.exe', []);
    assert.deepEqual(windows.calls, ['C:\\Windows\\System32\\hostname.exe']);
    assert.equal((await windows.machine().exec('systemctl', ['status'])).exitCode, 127);
  });

  it('protects a private file before it has content, and proves that others cannot read it', async () => {
    const windows = await fake();
    const machine = windows.machine();
    await machine.writeFile('/Users/key.pem', Buffer.from('secret'), { mode: 0o600 });
    const [protect = '', prove = ''] = windows.calls;
    assert.match(
      protect,
      /icacls\.exe C:\\Users\\\.key\.pem\.edgeadm-tmp \/inheritance:r \/grant:r \*S-1-5-18:F \*S-1-5-32-544:F$/,
    );
    assert.match(prove, /icacls\.exe C:\\Users\\\.key\.pem\.edgeadm-tmp \/save C:\\Windows\\Temp\\/);
    assert.equal((await machine.stat('/Users/key.pem', { permissions: true }))?.mode, 0o600);
    assert.deepEqual(await machine.list('/Windows/Temp'), []);
  });

  it('writes nothing if the access of others cannot be taken away', async () => {
    const windows = await fake({ programs: { 'icacls.exe': () => ({ exitCode: 0 }) } });
    const machine = windows.machine();
    const writing = machine.writeFile('/Users/key.pem', Buffer.from('secret'), { mode: 0o600 });
    assert.match((await rejects(writing, 'WRITE_FAILED')).message, /cannot protect/);
    assert.deepEqual(await machine.list('/Users'), []);
  });

  it('a service that ends by itself while it is told to stop is stopped', async () => {
    const stopped = ['TYPE : 10', 'STATE : 1', 'WIN32_EXIT_CODE : 1067'].map((line) => `    ${line}\r\n`).join('');
    const sc = ([verb]: readonly string[]) => (verb === 'stop' ? { exitCode: 109 } : { stdout: stopped });
    const windows = await fake({ programs: { 'sc.exe': sc } });
    await windows.machine().services.stop('kubelet.service');
  });

  it('reads the state of a service by its numbers, in any language', async () => {
    for (const german of [false, true]) {
      const windows = await fake({ german });
      windows.addService('kubelet', KUBELET, 'running');
      const { services } = windows.machine();
      assert.deepEqual(await services.state('kubelet.service'), {
        exists: true,
        active: true,
        enabled: true,
        detail: 'running',
      });
      assert.equal((await services.state('nothing.service')).exists, false);
    }
  });

  it('a service that ended with a code of its own counts as stopped', async () => {
    const windows = await fake();
    await windows.put(KUBELET, '');
    windows.addService('kubelet', KUBELET, 'running');
    const { services } = windows.machine();
    await services.stop('kubelet.service');
    assert.equal((await services.state('kubelet.service')).detail, 'stopped, exit code 1066');
    await services.stop('kubelet.service');
  });

  it('a service that ends at once is an error with its exit code', async () => {
    const windows = await fake({
      onStart: () => {
        throw new Error('it ends');
      },
    });
    await windows.put(KUBELET, '');
    windows.addService('kubelet', KUBELET);
    const error = await rejects(windows.machine().services.start('kubelet.service'), 'COMMAND_FAILED');
    assert.match(error.why ?? '', /stopped, exit code 1067/);
  });

  it('a join that is rolled back leaves drive, registry, services and firewall rules as they were', async () => {
    const windows = await fake();
    windows.addService('containerd', 'C:\\containerd.exe', 'running');
    await windows.put('C:\\containerd.exe', '');
    await windows.put('C:\\etc\\hosts', 'before');
    const before = windows.state();
    await withNode(windows.machine(), OPTIONS, async ({ host, journal, plain }) => {
      await host.write('/k/kubelet.exe', 'program', { mode: 0o755 });
      await host.write('/etc/hosts', 'after', { mode: 0o644 });
      await host.write('/var/lib/kubelet/pki/key.pem', 'secret', { mode: 0o600 });
      assert.equal(await host.define('firewall-rule', 'edgeadm kubelet', RULE), true);
      assert.equal(await host.define('service', 'kubelet', DEFINITION), true);
      await host.applyUnit('kubelet.service', []);
      assert.equal((await host.unit('kubelet.service')).active, true);
      // A second time there is nothing to do.
      assert.equal(await host.write('/k/kubelet.exe', 'program', { mode: 0o755 }), false);
      assert.equal(await host.write('/var/lib/kubelet/pki/key.pem', 'secret', { mode: 0o600 }), false);
      assert.equal(await host.define('firewall-rule', 'edgeadm kubelet', RULE), false);
      assert.equal(await host.define('service', 'kubelet', DEFINITION), false);
      assert.equal(await host.applyUnit('kubelet.service', []), false);
      assert.deepEqual(await rollBackChanges(plain, journal), []);
      await journal.erase();
    });
    assert.deepEqual(windows.state(), before);
    assert.equal(await windows.read('/etc/hosts'), 'before');
    for (const path of ['/k', '/var']) assert.equal(await windows.machine().stat(path), undefined, path);
  });

  it('a service whose definition was changed is started again, and roll-back brings the definition of before back', async () => {
    const windows = await fake();
    await windows.put(KUBELET, '');
    windows.addService('kubelet', KUBELET, 'running');
    const before = windows.state();
    await withNode(windows.machine(), OPTIONS, async ({ host, journal, plain }) => {
      await host.define('service', 'kubelet', JSON.stringify({ ...JSON.parse(DEFINITION), needs: [] }));
      assert.equal(await host.applyUnit('kubelet.service', []), true);
      assert.deepEqual(await rollBackChanges(plain, journal), []);
      await journal.erase();
    });
    assert.equal((windows.state().services as Record<string, string>).kubelet, 'running');
    const registry = (state: Readonly<Record<string, unknown>>) => state.registry as Record<string, { data: string }>;
    const path = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\kubelet\\ImagePath';
    assert.equal(registry(windows.state())[path]?.data, registry(before)[path]?.data);
  });

  it('a folder that a killed run has not protected yet does not have its name: the next run makes it, and roll-back leaves nothing', async () => {
    const programs: Record<string, () => { exitCode: number }> = {};
    const windows = await fake({ programs });
    const machine = windows.machine();
    await withNode(machine, OPTIONS, async ({ host, journal, plain }) => {
      await host.makeDirectory('/k', 0o755);
      await machine.remove('/k');
      programs['icacls.exe'] = () => ({ exitCode: 5 });
      await rejects(machine.makeDirectory('/k', 0o755), 'WRITE_FAILED');
      delete programs['icacls.exe'];
      assert.equal(await machine.stat('/k'), undefined);
      assert.equal((await machine.stat(temporaryOf('/k')))?.type, 'directory');
      await machine.makeDirectory('/k', 0o755);
      assert.equal(await machine.stat(temporaryOf('/k')), undefined);
      assert.match(windows.listOf('C:\\k'), /BU/);
      await machine.remove('/k');
      await machine.makeDirectory(temporaryOf('/k'), 0o755);
      assert.deepEqual(await rollBackChanges(plain, journal), []);
      assert.equal(await machine.stat(temporaryOf('/k')), undefined);
      await journal.erase();
    });
  });

  it('a state folder that another user made before is refused', async () => {
    const windows = await fake();
    await windows.put('C:\\Program Files\\edgeadm\\journal.jsonl', '');
    const opening = withNode(windows.machine(), OPTIONS, async () => {});
    assert.match((await rejects(opening, 'WRITE_FAILED')).message, /others than SYSTEM and administrators/);
  });

  it('two commands cannot work on it at the same time', async () => {
    const windows = await fake();
    const error = await withNode(windows.machine(), OPTIONS, async () =>
      rejects(
        withNode(windows.machine(), OPTIONS, async () => {}),
        'LOCKED',
      ),
    );
    assert.match(error.message, /another edgeadm is running/);
  });

  it('a user who is not elevated is told so before anything is written', async () => {
    const windows = await fake({ elevated: false });
    const error = await rejects(
      withNode(windows.machine(), OPTIONS, async () => {}),
      'NOT_PRIVILEGED',
    );
    assert.match(error.message, /administrator/);
    assert.equal(await windows.machine().stat('/var'), undefined);
  });

  it('keeps its journal in a folder that only SYSTEM and administrators can open', async () => {
    const windows = await fake();
    await withNode(windows.machine(), OPTIONS, async ({ host }) => {
      await host.write('/etc/x', 'x', { mode: 0o644 });
      assert.equal(windows.listOf('C:\\Program Files\\edgeadm'), 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)');
    });
    assert.equal((await Journal.read(windows.machine())).wrote('/etc/x'), true);
  });
});

describe('answer of sc query', () => {
  it('sc query of a service that is starting gives its state, not its check point', () => {
    const stdout = [
      'SERVICE_NAME: kubelet',
      '        TYPE               : 10  WIN32_OWN_PROCESS',
      '        STATE              : 2  START_PENDING',
      '                                (NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)',
      '        WIN32_EXIT_CODE    : 0  (0x0)',
      '        SERVICE_EXIT_CODE  : 0  (0x0)',
      '        CHECKPOINT         : 0x7',
      '        WAIT_HINT          : 0x7d0',
    ].join('\r\n');
    assert.deepEqual(stateIn({ exitCode: 0, stdout }), { code: 2, exitCode: 0, specificCode: 0 });
  });
});
