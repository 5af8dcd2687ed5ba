import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { readFacts } from '../../../src/host/facts.ts';
import { localMachine } from '../../../src/host/local.ts';
import type { Address } from '../../../src/host/machine.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';
import { machineContract, programContract, type Subject } from './machine-contract.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();

async function echoServers(folder: string): Promise<Address[]> {
  const listen = (where: { port: number; host: string } | { path: string }): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket.on('close', () => sockets.delete(socket)));
        socket.on('error', () => {}).pipe(socket);
      });
      servers.push(server);
      server.listen(where, () => resolve(server));
    });
  const tcp = await listen({ port: 0, host: '127.0.0.1' });
  const socket = join(folder, 'echo.sock');
  await listen({ path: socket });
  return [{ host: '127.0.0.1', port: (tcp.address() as { port: number }).port }, { socket }];
}

function stopServers(): void {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
}

describe('this machine', function () {
  this.timeout(30_000);
  let folder: string;
  let subject: Subject;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-local-'));
    await mkdir(join(folder, 'work'));
    const root = process.getuid?.() === 0;
    subject = { machine: localMachine(), folder: join(folder, 'work'), root, echo: await echoServers(folder) };
  });
  after(async () => {
    stopServers();
    await rm(folder, { recursive: true, force: true });
  });
  machineContract(() => subject);
  programContract(() => subject);

  it('this machine reads no named pipe and no device without an end, and /dev/null as an empty file', async () => {
    const machine = localMachine();
    const pipe = join(folder, 'pipe');
    await execa('mkfifo', [pipe]);
    for (const read of [machine.readFile, machine.sha256])
      await assert.rejects(read(pipe), { code: 'WRITE_FAILED', message: /is a named pipe, not a file/ });
    await assert.rejects(machine.copyFile(pipe, join(folder, 'copy'), { mode: 0o600 }), { code: 'WRITE_FAILED' });
    await assert.rejects(machine.readFile('/dev/zero'), { code: 'WRITE_FAILED', message: /is a device/ });
    assert.equal((await machine.readFile('/dev/null'))?.length, 0);
  });

  it('this machine keeps a program by a second name, and copies what has other names or may not get one', async () => {
    const machine = localMachine();
    const at = (name: string): string => join(folder, name);
    const keptAs = async (from: string, to: string, mayLink: boolean): Promise<'a name' | 'a copy'> => {
      await machine.copyFile(at(from), at(to), { mode: 0o600, mayLink });
      return (await stat(at(from))).ino === (await stat(at(to))).ino ? 'a name' : 'a copy';
    };
    await writeFile(at('program'), 'v1', { mode: 0o755 });
    assert.equal(await keptAs('program', 'kept', true), 'a name');
    assert.equal(await keptAs('program', 'kept too', true), 'a copy', 'it has two names already');
    await writeFile(at('settings'), 'v1');
    assert.equal(await keptAs('settings', 'kept settings', false), 'a copy');
    await symlink(at('settings'), at('symlink'));
    assert.equal(await keptAs('symlink', 'kept symlink', true), 'a copy');
  });

  it('this machine leaves nothing on the signal of a command that runs hundreds of programs and connections', async () => {
    const { signal } = new AbortController();
    const machine = localMachine();
    const [tcp] = subject.echo;
    for (let time = 0; time < 3; time++) {
      await machine.exec('true', [], { signal });
      await machine.exec('false', [], { signal, timeoutMs: 5000 });
      (await machine.connect(tcp as Address, { signal })).destroy();
      await machine.connect({ host: '127.0.0.1', port: 1 }, { signal }).catch(() => {});
    }
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('starts programs that do not see what edgeadm was told in its environment', async () => {
    process.env.EDGEADM_TOKEN = 'abcdef.0123456789abcdef';
    const { stdout } = await localMachine()
      .exec('env', [])
      .finally(() => delete process.env.EDGEADM_TOKEN);
    assert.match(stdout, /^LC_ALL=C$/m);
    assert.doesNotMatch(stdout, /EDGEADM/);
  });
});

describe('a scratch root', function () {
  this.timeout(30_000);
  let root: string;
  let outside: string;
  let subject: Subject;
  const machine = () => subject.machine;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-root-'));
    outside = await mkdtemp(join(tmpdir(), 'edgeadm-outside-'));
    await mkdir(join(root, 'work'));
    const echo = await echoServers(outside);
    subject = { machine: scratchMachine(root), folder: '/work', root: process.getuid?.() === 0, echo };
  });
  after(async () => {
    stopServers();
    await rm(root, { recursive: true, force: true });
    await rm(outside, { recursive: true, force: true });
  });
  machineContract(() => subject);

  describe('keeps to its folder', () => {
    it('if symlinks point out of it, absolutely or by ..', async () => {
      await mkdir(join(root, 'etc'), { recursive: true });
      await writeFile(join(outside, 'secret'), 'not yours');
      await symlink(outside, join(root, 'absolute'));
      await symlink(`../../../../../../..${outside}`, join(root, 'relative'));
      await symlink(join(outside, 'secret'), join(root, 'file'));
      for (const path of ['/absolute/secret', '/relative/secret', '/file', `/../../..${outside}/secret`]) {
        assert.equal(await machine().readFile(path), undefined, path);
        assert.equal(await machine().sha256(path), undefined, path);
      }
      for (const path of ['/absolute/new', '/relative/new', `/etc/../../../..${outside}/new`]) {
        await assert.rejects(machine().writeFile(path, Buffer.from('x'), { mode: 0o600 }), { code: 'WRITE_FAILED' });
        await assert.rejects(machine().appendFile(path, 'x'), { code: 'WRITE_FAILED' });
        await assert.rejects(machine().copyFile('/file', path, { mode: 0o600 }), { code: 'WRITE_FAILED' });
        await machine().remove(path.replace(/new$/, 'secret'));
        await machine().removeTree(path.replace(/new$/, ''));
      }
      assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'not yours');
      assert.deepEqual((await readdir(outside)).sort(), ['echo.sock', 'secret']);
    });

    it('a scratch root keeps to its folder and follows symlinks inside it as the machine would', async () => {
      await mkdir(join(root, 'usr/lib'), { recursive: true });
      await symlink('/usr/lib', join(root, 'lib'));
      await machine().writeFile('/lib/file', Buffer.from('x'), { mode: 0o600 });
      assert.equal(await readFile(join(root, 'usr/lib/file'), 'utf8'), 'x');
    });

    it('a scratch root keeps to its folder and gives up on symlinks in a circle', async () => {
      await symlink('circle', join(root, 'circle'));
      await assert.rejects(machine().readFile('/circle/file'), { code: 'WRITE_FAILED' });
    });
  });

  describe('stands for a machine', () => {
    it('whose system, kernel and architecture are told by its files', async () => {
      const files = {
        'etc/os-release': 'ID=ubuntu\nNAME="Ubuntu"\nVERSION_ID="22.04"\n',
        'etc/hostname': 'edge-7\n',
        'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
        'proc/sys/kernel/osrelease': '5.15.0-100-generic\n',
        'proc/sys/kernel/ostype': 'Linux\n',
        'proc/sys/kernel/arch': 'aarch64\n',
      };
      for (const [name, text] of Object.entries(files)) {
        await mkdir(join(root, name, '..'), { recursive: true });
        await writeFile(join(root, name), text);
      }
      const facts = await readFacts(machine());
      assert.deepEqual(
        [facts.os.id, facts.os.version, facts.kernel, facts.arch, facts.hostname, facts.machineId, facts.uid],
        ['ubuntu', '22.04', '5.15.0-100-generic', 'arm64', 'edge-7', '0123456789abcdef0123456789abcdef', 0],
      );
      assert.ok(facts.cpus > 0 && facts.memoryBytes > 0);
    });

    it('a scratch root stands for a machine on which an enabled unit is a symlink and a started one a file', async () => {
      const { services } = machine();
      await machine().makeDirectory('/etc/systemd', 0o755);
      await machine().makeDirectory('/etc/systemd/system', 0o755);
      await machine().writeFile('/etc/systemd/system/kubelet.service', Buffer.from('[Service]\n'), { mode: 0o644 });
      await services.enable('kubelet.service');
      await services.enable('kubelet.service');
      await services.start('kubelet.service');
      const wants = join(root, 'etc/systemd/system/multi-user.target.wants/kubelet.service');
      assert.equal(await readlink(wants), '/etc/systemd/system/kubelet.service');
      assert.equal(await readFile(join(root, 'run/edgeadm/units/kubelet.service'), 'utf8'), 'active\n');
      const { exists, active, enabled } = await services.state('kubelet.service');
      assert.deepEqual([exists, active, enabled], [true, true, true]);
      await services.stop('kubelet.service');
      await services.disable('kubelet.service');
      assert.deepEqual(await readdir(join(root, 'run')), []);
      assert.equal((await services.state('kubelet.service')).active, false);
      assert.equal((await services.state('kubelet.service')).enabled, false);
    });

    it('which runs no program', async () => {
      const result = await machine().exec('rm', ['-rf', '/']);
      assert.equal(result.exitCode, 126);
      assert.match(result.stderr, /^rm: programs cannot run on the scratch root/);
    });

    it('whose kernel parameters are files', async () => {
      await machine().setSysctl('net.ipv4.conf.eth0/1.forwarding', '1');
      assert.equal(await readFile(join(root, 'proc/sys/net/ipv4/conf/eth0.1/forwarding'), 'utf8'), '1\n');
      assert.equal(await machine().sysctl('net.ipv4.conf.eth0/1.forwarding'), '1');
    });
  });
});
