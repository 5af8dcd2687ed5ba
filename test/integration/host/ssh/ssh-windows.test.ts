import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Machine } from '../../../../src/host/machine.ts';
import { PACKET_BYTES } from '../../../../src/host/ssh/sftp-calls.ts';
import { sha256Of } from '../../../../src/lib/sha256.ts';
import { fakeRuntime } from '../../../unit/fake-runtime.ts';
import { FakeWindows, type FakeWindowsOptions } from '../../../unit/host/windows/fake-windows.ts';
import type { SshNode } from './ssh-node.ts';
import { type ShellName, sshWindows } from './ssh-windows.ts';

const ECHO = 'C:\\Windows\\System32\\echo-arguments.exe';
const PRIVATE = 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)';

for (const shell of ['cmd', 'PowerShell'] as ShellName[]) {
  describe(`a Windows machine over SSH, with ${shell} as the shell of its server`, function () {
    this.timeout(60_000);
    let windows: FakeWindows;
    let node: SshNode;
    let machine: Machine;
    const programs: FakeWindowsOptions['programs'] = {
      'echo-arguments.exe': (args, { input }) => ({
        exitCode: Number(args[0]),
        stdout: `${JSON.stringify(args.slice(1))}\r\n${input}`,
      }),
      'hang.exe': () => new Promise(() => {}),
    };
    beforeEach(async () => {
      const containerd = fakeRuntime({ name: 'containerd', version: '1.7.0', apis: ['v1'] });
      windows = await FakeWindows.make({ programs, containerd });
      node = await sshWindows(windows, shell);
      machine = await node.open();
    });
    afterEach(async () => {
      await machine?.close();
      await node.stop();
      await windows.remove();
    });

    it('tells the same of itself as on the machine itself', async () => {
      assert.deepEqual(await machine.facts?.(), await windows.machine().facts?.());
      const { interfaces, routes } = await machine.network();
      assert.deepEqual(interfaces, (await windows.machine().network()).interfaces);
      assert.equal(routes[0]?.interface, 'Ethernet');
      const { now, uncertaintyMs } = await machine.clock();
      assert.ok(Math.abs(now - Date.now()) < uncertaintyMs + 2000, `${now}, ${uncertaintyMs}`);
    });

    it('a program gets its arguments and its input as they are, and its whole exit code is known', async () => {
      const args = ['a b', '%OS%', '^&|<>()!', 'x"y\\', "it's ‘so’", '', '$env:OS', 'C:\\Program Files\\'];
      const input = shell === 'cmd' ? 'line\r\n' : 'line\r\nanother';
      const { exitCode, stdout } = await machine.exec(ECHO, ['3010', ...args], { input });
      assert.equal(exitCode, 3010);
      assert.equal(stdout, `${JSON.stringify(args)}\r\n${input}`);
      assert.equal((await machine.exec(ECHO, ['4294967295'])).exitCode, 4294967295);
      assert.deepEqual(await machine.list('/Windows/Temp'), []);
    });

    it('a program that is missing has exit code 127, and one that ends with 1 has 1', async () => {
      assert.equal((await machine.exec('C:\\k\\kubelet.exe', ['--version'])).exitCode, 127);
      assert.equal((await machine.exec('reg.exe', ['query', 'HKLM\\Nothing'])).exitCode, 1);
    });

    it('a program that does not end is given up in time', async () => {
      const result = await machine.exec('hang.exe', [], { timeoutMs: 100 });
      assert.deepEqual([result.exitCode, result.timedOut], [-1, true]);
    });

    it('a private file has its list of access before its first byte, over SFTP too', async () => {
      await machine.writeFile('/Users/key.pem', Buffer.from('secret'), { mode: 0o600 });
      assert.equal(windows.listOf('C:\\Users\\key.pem'), PRIVATE);
      assert.equal((await machine.stat('/Users/key.pem', { permissions: true }))?.mode, 0o600);
      assert.equal((await machine.readFile('/Users/key.pem'))?.toString(), 'secret');
      assert.deepEqual(await machine.list('/Users'), ['key.pem']);
      assert.deepEqual(await machine.list('/Windows/Temp'), []);
    });

    it('a large file arrives whole, is hashed and copied on the machine, and a broken upload leaves what was there', async () => {
      const content = randomBytes(3_000_001);
      await machine.writeFile(
        '/k.exe',
        () => Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]),
        {
          mode: 0o755,
        },
      );
      assert.equal(await machine.sha256('/k.exe'), sha256Of(content));
      await machine.copyFile('/k.exe', '/copy.exe', { mode: 0o600 });
      assert.deepEqual(await machine.readFile('/copy.exe'), content);
      const broken = new Error('it broke');
      const writing = machine.writeFile('/k.exe', () => Readable.from(failing(broken)), { mode: 0o755 });
      await assert.rejects(writing, /it broke/);
      assert.equal(await machine.sha256('/k.exe'), sha256Of(content));
      assert.ok(!(await machine.list('/')).some((name) => name.endsWith('.edgeadm-tmp')));
    });

    it('many lines appended at the same time all arrive, though the server refuses to open a file that is being written', async () => {
      const lines = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
      await Promise.all(lines.map((line) => machine.appendFile('/Users/journal', line)));
      const text = (await machine.readFile('/Users/journal'))?.toString() ?? '';
      assert.deepEqual(text.split(/(?<=\n)/).sort(), lines.toSorted());
    });

    it('folders, links and the ends of files work as on the machine itself', async () => {
      await machine.makeDirectory('/etc', 0o700);
      await machine.makeDirectory('/etc/sub', 0o755);
      assert.equal(windows.listOf('C:\\etc'), PRIVATE);
      await machine.appendFile('/etc/journal', 'one\n');
      await machine.appendFile('/etc/journal', 'two\n');
      assert.equal((await machine.readFile('/etc/journal'))?.toString(), 'one\ntwo\n');
      await machine.symlink('/etc/journal', '/etc/link');
      assert.equal((await machine.stat('/etc/link'))?.type, 'symlink');
      await machine.removeTree('/etc');
      assert.equal(await machine.stat('/etc'), undefined);
      assert.equal(await machine.readFile('/etc/journal'), undefined);
      await machine.remove('/etc/journal');
      await machine.removeTree('/etc');
    });

    it('a lock is held against every other connection, and is free once its holder is gone', async () => {
      const lock = await machine.lock('/any');
      const other = await node.open();
      try {
        assert.equal(await other.lock('/any'), undefined);
        await lock?.release();
        const second = await other.lock('/any');
        assert.ok(second);
        assert.equal(await machine.lock('/any'), undefined);
        await other.close();
        assert.ok(await machine.lock('/any'));
      } finally {
        await other.close();
      }
    });

    it('a lock is taken again on a new connection', async () => {
      assert.ok(await machine.lock('/any'));
      node.drop();
      assert.deepEqual(await machine.list('/Users'), []);
      const other = await node.open();
      assert.equal(await other.lock('/any'), undefined);
      await other.close();
    });

    it('a line is appended once, though the server refused to say that it is on the disk', async () => {
      let refusals = 1;
      node.behaviour.sftp = (request) => (request === 'extended' && refusals-- > 0 ? { failure: 3 } : undefined);
      await machine.appendFile('/Users/journal', 'one\n');
      assert.equal((await machine.readFile('/Users/journal'))?.toString(), 'one\n');
    });

    it('the clock is read again on a new connection', async () => {
      let drops = 1;
      node.behaviour.sftp = (request) => {
        if (request !== 'fstat' || drops-- <= 0) return undefined;
        node.drop();
        return 'nothing';
      };
      assert.ok((await machine.clock()).now > 0);
    });

    it('a file that is too large to be read is named with its limit', async () => {
      await windows.put('C:\\Users\\log', 'x'.repeat(PACKET_BYTES));
      node.behaviour.sftp = (request) => (request === 'fstat' ? { mode: 0o100644, size: 2 ** 40 } : undefined);
      await assert.rejects(machine.readFile('/Users/log'), { why: /more than \d+ bytes/ });
    });

    it('without an SFTP server, files, the lock and the clock name the line of sshd_config that is missing', async () => {
      node.behaviour.hasSftp = false;
      const other = await node.open();
      const error = { code: 'COMMAND_FAILED', next: /Subsystem sftp/ };
      await assert.rejects(other.readFile('/Users/x'), error);
      await assert.rejects(other.lock('/any'), error);
      await assert.rejects(other.clock(), error);
      await other.close();
    });

    it('the pipe of a runtime is reached from the machine', async () => {
      const address = { socket: '//./pipe/containerd-containerd' };
      await assert.rejects(machine.connect(address), /cannot connect to/);
      windows.addService('containerd', 'C:\\containerd.exe', 'running');
      const stream = await machine.connect(address);
      stream.destroy();
    });
  });
}

async function* failing(error: Error): AsyncGenerator<Buffer> {
  yield randomBytes(100_000);
  throw error;
}
