import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeadmError, type ErrorCode } from '../../../src/errors/index.ts';
import { systemCode } from '../../../src/host/failures.ts';
import type { Address, Machine } from '../../../src/host/machine.ts';

/** One machine under test. */
export interface Subject {
  readonly machine: Machine;
  /** An empty folder on it that the suite may fill; absolute on the machine. */
  readonly folder: string;
  /** True where the machine lets us act as root. */
  readonly root: boolean;
  /** Servers on the machine that send back what they get. */
  readonly echo: readonly Address[];
}

/** What every {@link Machine} promises, whichever way it is reached. */
export function machineContract(subject: () => Subject): void {
  const machine = (): Machine => subject().machine;
  const at = (name: string): string => `${subject().folder}/${name}`;
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const read = async (name: string): Promise<string | undefined> =>
    (await machine().readFile(at(name)))?.toString('utf8');
  const put = (name: string, text: string, mode = 0o644): Promise<void> =>
    machine().writeFile(at(name), Buffer.from(text), { mode });

  describe('files', () => {
    it('reads back the very bytes that were written, with the very mode', async () => {
      const bytes = randomBytes(5000);
      await machine().writeFile(at('bytes'), bytes, { mode: 0o751 });
      assert.deepEqual(await machine().readFile(at('bytes')), bytes);
      assert.equal((await machine().stat(at('bytes')))?.mode, 0o751);
    });

    it('reports the read of a folder with the code of the operating system', async () => {
      await machine().makeDirectory(at('a folder'), 0o755);
      const error = await machine()
        .readFile(at('a folder'))
        .catch((thrown: unknown) => thrown);
      assert.equal(systemCode(error), 'EISDIR');
    });

    it('writes an empty file', async () => {
      await put('empty', '');
      assert.equal(await read('empty'), '');
      assert.equal((await machine().stat(at('empty')))?.size, 0);
    });

    it('writes zeros, which may be many, over what was there', async () => {
      await machine().makeDirectory(at('zeros'), 0o755);
      await put('zeros/reserve', 'what was there');
      const zeros = Buffer.alloc(512 * 1024);
      await machine().writeFile(at('zeros/reserve'), zeros, { mode: 0o600 });
      assert.equal(await machine().sha256(at('zeros/reserve')), sha256(zeros));
      assert.equal((await machine().stat(at('zeros/reserve')))?.mode, 0o600);
      await assert.rejects(machine().writeFile(at('no such folder/reserve'), zeros, { mode: 0o600 }), EdgeadmError);
      assert.deepEqual(await machine().list(at('zeros')), ['reserve']);
    });

    it('replaces a file whole, content and mode, and leaves nothing beside it', async () => {
      await machine().makeDirectory(at('replace'), 0o755);
      await put('replace/file', 'a longer first content', 0o600);
      await put('replace/file', 'short', 0o644);
      assert.equal(await read('replace/file'), 'short');
      assert.equal((await machine().stat(at('replace/file')))?.mode, 0o644);
      assert.deepEqual(await machine().list(at('replace')), ['file']);
    });

    it('writes over what a killed run left half-written', async () => {
      await machine().makeDirectory(at('killed'), 0o755);
      await put('killed/.file.edgeadm-tmp', 'half a fi');
      await put('killed/file', 'whole');
      assert.deepEqual(await machine().list(at('killed')), ['file']);
    });

    it('copies a file whole, large ones too, with the mode asked for', async () => {
      const bytes = randomBytes(1_000_000);
      await machine().writeFile(at('original'), bytes, { mode: 0o755 });
      await machine().copyFile(at('original'), at('a copy'), { mode: 0o600 });
      assert.equal(await machine().sha256(at('a copy')), sha256(bytes));
      assert.equal((await machine().stat(at('a copy')))?.mode, 0o600);
    });

    it('what is kept of a file that is replaced stays as it was, be it a copy or a second name', async () => {
      const bytes = randomBytes(1_000_000);
      await machine().writeFile(at('program'), bytes, { mode: 0o755 });
      await machine().copyFile(at('program'), at('kept program'), { mode: 0o600, mayLink: true });
      await machine().writeFile(at('program'), Buffer.from('the next one'), { mode: 0o755 });
      assert.equal(await machine().sha256(at('kept program')), sha256(bytes));
      assert.equal(await read('program'), 'the next one');
      await machine().copyFile(at('kept program'), at('program'), { mode: 0o750 });
      assert.equal(await machine().sha256(at('program')), sha256(bytes));
      assert.equal((await machine().stat(at('program')))?.mode, 0o750);
    });

    it('says so if there is nothing to copy, and keeps what was there', async () => {
      await put('kept', 'old');
      await assert.rejects(machine().copyFile(at('nothing'), at('kept'), { mode: 0o600 }), { code: 'WRITE_FAILED' });
      assert.equal(await read('kept'), 'old');
    });

    it('replaces a symlink itself, not the file it points to', async () => {
      await put('pointed-to', 'untouched');
      await machine().symlink(at('pointed-to'), at('pointer'));
      await put('pointer', 'mine');
      assert.equal(await read('pointed-to'), 'untouched');
      assert.equal((await machine().stat(at('pointer')))?.type, 'file');
    });

    it('takes every name that a file can have', async () => {
      const names = ["it's", 'two words', '-rf', '$(id)', 'new\nline', 'back\\slash', '节点', '*'];
      await machine().makeDirectory(at('names'), 0o755);
      for (const name of names) await put(`names/${name}`, name);
      assert.deepEqual(await machine().list(at('names')), names.sort());
      for (const name of names) {
        assert.equal(await read(`names/${name}`), name);
        assert.equal(await machine().sha256(at(`names/${name}`)), sha256(Buffer.from(name)));
        await machine().remove(at(`names/${name}`));
      }
      assert.deepEqual(await machine().list(at('names')), []);
    });

    it('gives a file to the owner asked for', async function () {
      if (!subject().root) this.skip();
      await machine().writeFile(at('owned'), Buffer.from('x'), { mode: 0o640, uid: 12, gid: 34 });
      const stat = await machine().stat(at('owned'));
      assert.deepEqual([stat?.uid, stat?.gid, stat?.mode], [12, 34, 0o640]);
    });

    it('writes large contents, from memory and from a stream', async () => {
      const bytes = randomBytes(3_000_001);
      const pieces = () => Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]);
      for (const content of [bytes, pieces]) {
        await machine().writeFile(at('large'), content, { mode: 0o600 });
        assert.equal(await machine().sha256(at('large')), sha256(bytes));
        assert.ok((await machine().readFile(at('large')))?.equals(bytes), 'other bytes than were written');
      }
    });

    it('keeps the old file if a stream fails, and passes its error on', async () => {
      const failure = new EdgeadmError({ code: 'BUNDLE_INVALID', what: 'the sum differs' });
      async function* bytes(): AsyncGenerator<Buffer> {
        yield randomBytes(200_000);
        throw failure;
      }
      await machine().makeDirectory(at('failing'), 0o755);
      await put('failing/file', 'old');
      const writing = machine().writeFile(at('failing/file'), () => Readable.from(bytes()), { mode: 0o600 });
      await assert.rejects(writing, failure);
      assert.equal(await read('failing/file'), 'old');
      assert.deepEqual(await machine().list(at('failing')), ['file']);
    });

    it('says that nothing is there, even below something that is no folder', async () => {
      await put('no-folder', 'x');
      for (const name of ['absent', 'absent/file', 'no-folder/file']) {
        assert.equal(await machine().readFile(at(name)), undefined);
        assert.equal(await machine().stat(at(name)), undefined);
        assert.equal(await machine().sha256(at(name)), undefined);
        assert.deepEqual(await machine().list(at(name)), []);
        await machine().remove(at(name));
        await machine().removeTree(at(name));
      }
      assert.deepEqual(await machine().list(at('no-folder')), []);
    });

    it('refuses to write into a folder that is not there', async () => {
      await rejectsWith('WRITE_FAILED', put('absent/file', 'x'));
      await rejectsWith('WRITE_FAILED', machine().appendFile(at('absent/file'), 'x'));
      await rejectsWith('WRITE_FAILED', machine().makeDirectory(at('absent/folder'), 0o755));
    });

    it('refuses to read a folder as a file', async () => {
      await rejectsWith('WRITE_FAILED', machine().readFile(subject().folder));
    });

    it('appends, and makes the file for its owner alone', async () => {
      await machine().appendFile(at('journal'), 'one\n');
      await machine().appendFile(at('journal'), 'zwei ü\n');
      await machine().appendFile(at('journal'), `${'x'.repeat(100_000)}\n`);
      assert.equal(await read('journal'), `one\nzwei ü\n${'x'.repeat(100_000)}\n`);
      assert.equal((await machine().stat(at('journal')))?.mode, 0o600);
    });

    it('tells files, folders and symlinks apart, without following them', async () => {
      await put('kind', '12345', 0o4755);
      await machine().makeDirectory(at('kind-folder'), 0o1777);
      await machine().symlink('kind', at('kind-link'));
      await machine().symlink('nowhere', at('kind-dangling'));
      const kinds = await Promise.all(
        ['kind', 'kind-folder', 'kind-link', 'kind-dangling'].map((name) => machine().stat(at(name))),
      );
      assert.deepEqual(
        kinds.map((stat) => [stat?.type, stat?.target]),
        [
          ['file', undefined],
          ['directory', undefined],
          ['symlink', 'kind'],
          ['symlink', 'nowhere'],
        ],
      );
      assert.deepEqual([kinds[0]?.size, kinds[0]?.mode, kinds[1]?.mode], [5, 0o4755, 0o1777]);
      assert.equal(await read('kind-link'), '12345');
      assert.equal(await read('kind-dangling'), undefined);
    });

    it('makes a folder with the very mode, and leaves one that exists as it is', async () => {
      await machine().makeDirectory(at('folder'), 0o777);
      assert.equal((await machine().stat(at('folder')))?.mode, 0o777);
      await machine().makeDirectory(at('folder'), 0o700);
      assert.equal((await machine().stat(at('folder')))?.mode, 0o777);
    });

    it('leaves an equal symlink as it is and refuses to make one over anything else', async () => {
      await machine().symlink('a target', at('symlink'));
      await machine().symlink('a target', at('symlink'));
      assert.equal((await machine().stat(at('symlink')))?.target, 'a target');
      await rejectsWith('WRITE_FAILED', machine().symlink('another', at('symlink')));
      assert.equal((await machine().stat(at('symlink')))?.target, 'a target');
    });

    it('removes a file, a symlink but not what it points to, and an empty folder', async () => {
      await machine().makeDirectory(at('stays'), 0o755);
      await put('stays/file', 'x');
      await machine().symlink(at('stays'), at('goes'));
      await machine().remove(at('goes'));
      assert.deepEqual(await machine().list(at('stays')), ['file']);
      await rejectsWith('WRITE_FAILED', machine().remove(at('stays')));
      await machine().remove(at('stays/file'));
      await machine().remove(at('stays'));
      assert.equal(await machine().stat(at('stays')), undefined);
    });

    it('removes a whole folder and follows no symlink out of it', async () => {
      await machine().makeDirectory(at('outside'), 0o755);
      await put('outside/file', 'kept');
      await machine().makeDirectory(at('tree'), 0o755);
      await machine().makeDirectory(at('tree/below'), 0o755);
      await put('tree/below/file', 'x');
      await machine().symlink(at('outside'), at('tree/link'));
      await machine().removeTree(at('tree'));
      assert.equal(await machine().stat(at('tree')), undefined);
      assert.equal(await read('outside/file'), 'kept');
      await machine().removeTree(at('outside/file'));
      assert.deepEqual(await machine().list(at('outside')), []);
    });

    it('removes nothing of a folder while something is mounted in it, even of the same file system', async function () {
      await machine().makeDirectory(at('volume'), 0o755);
      await put('volume/data', 'kept');
      await machine().makeDirectory(at('pods'), 0o755);
      await machine().makeDirectory(at('pods/a volume'), 0o755);
      await put('pods/file', 'x');
      await machine().symlink(subject().folder, at('by-another-way'));
      const mounted = await machine().exec('mount', ['--bind', at('volume'), at('pods/a volume')]);
      if (mounted.exitCode !== 0) this.skip();
      try {
        for (const name of ['pods', 'by-another-way/pods']) {
          const refused = await rejectsWith('RESET_INCOMPLETE', machine().removeTree(at(name)));
          assert.match(refused.message, /a volume/);
        }
        assert.equal(await read('pods/file'), 'x');
        assert.equal(await read('volume/data'), 'kept');
      } finally {
        await machine().exec('umount', [at('pods/a volume')]);
      }
      await machine().removeTree(at('pods'));
      assert.equal(await machine().stat(at('pods')), undefined);
    });

    it('says so if the disk is full, and keeps the old file', async function () {
      await machine().makeDirectory(at('full'), 0o755);
      const mounted = await machine().exec('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('full')]);
      if (mounted.exitCode !== 0) this.skip();
      try {
        await put('full/file', 'old');
        await machine().writeFile(at('full/ballast'), Buffer.alloc(40_000), { mode: 0o600 });
        for (const size of [30_000, 200_000]) {
          await rejectsWith('NO_SPACE', put('full/file', 'x'.repeat(size)));
          await rejectsWith('NO_SPACE', machine().appendFile(at('full/log'), 'x'.repeat(size)));
          assert.equal(await read('full/file'), 'old');
          await machine().remove(at('full/log'));
        }
        assert.deepEqual(await machine().list(at('full')), ['ballast', 'file']);
      } finally {
        await machine().exec('umount', [at('full')]);
      }
    });
  });

  describe('locks', () => {
    it('locks are held by one at a time and free again after the release', async () => {
      const first = await machine().lock(at('lock'));
      assert.ok(first);
      assert.equal(await machine().lock(at('lock')), undefined);
      await first.release();
      const second = await machine().lock(at('lock'));
      assert.ok(second);
      await second.release();
    });

    it('locks cannot be taken in a folder that is not there', async () => {
      await rejectsWith('WRITE_FAILED', machine().lock(at('absent/lock')));
    });
  });

  describe('dialling', () => {
    it('carries bytes both ways, and the end of one way alone', async () => {
      assert.ok(subject().echo.length > 0);
      for (const address of subject().echo) {
        const stream = await machine().connect(address);
        const bytes = randomBytes(1_500_000);
        stream.end(bytes);
        assert.ok((await buffer(stream)).equals(bytes), `other bytes came back from ${JSON.stringify(address)}`);
      }
    });

    it('refuses with what the machine was told', async () => {
      const nobody: Address[] = [{ host: '127.0.0.1', port: 9 }, { socket: '/run/nobody-listens.sock' }];
      for (const address of nobody) await rejectsWith('API_UNREACHABLE', machine().connect(address));
    });

    it('gives up when it is interrupted', async () => {
      for (const address of subject().echo) {
        const connecting = machine().connect(address, { signal: AbortSignal.abort() });
        await rejectsWith('API_UNREACHABLE', connecting);
      }
    });

    it('dialling can be broken off without harm', async () => {
      for (const address of subject().echo) {
        const stream = await machine().connect(address);
        const closed = once(stream, 'close');
        stream.destroy();
        await closed;
      }
    });
  });

  describe('the rest', () => {
    it('tells interfaces, addresses and routes', async () => {
      const { interfaces } = await machine().network();
      const loopback = interfaces.find(({ name }) => name === 'lo');
      assert.ok(loopback?.addresses.includes('127.0.0.1/8'));
    });

    it('a machine tells the time', async () => {
      const { now, uncertaintyMs } = await machine().clock();
      assert.ok(Math.abs(now - Date.now()) < 5000 + uncertaintyMs);
    });

    it('says that a kernel parameter is not there', async () => {
      assert.equal(await machine().sysctl('net.nonsense.edgeadm'), undefined);
    });

    it('says that a service is not there', async () => {
      const state = await machine().services.state('edgeadm-nonsense.service');
      assert.deepEqual([state.exists, state.active, state.enabled], [false, false, false]);
    });
  });
}

/** What a {@link Machine} that runs programs promises beyond {@link machineContract}. */
export function programContract(subject: () => Subject): void {
  const machine = (): Machine => subject().machine;
  const shell = (script: string, ...args: string[]) => machine().exec('sh', ['-c', script, 'sh', ...args]);

  describe('programs', () => {
    it('tell their exit code and both outputs', async () => {
      const result = await shell('echo out; echo err >&2; exit 7');
      assert.deepEqual([result.exitCode, result.stdout, result.stderr.trim()], [7, 'out\n', 'err']);
    });

    it('programs that are missing have exit code 127', async () => {
      const result = await machine().exec('edgeadm-nonsense', ['a']);
      assert.equal(result.exitCode, 127);
      assert.match(result.stderr, /edgeadm-nonsense/);
    });

    it('get every argument as it was given', async () => {
      const words = ['', ' ', "it's", '$HOME', 'a\nb', '\\', '"', '节点', '-n', '*', '!x', '~', 'a=b'];
      const { stdout } = await machine().exec('printf', ['%s\\0', ...words]);
      assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    });

    it('get all of their input, and its end', async () => {
      const input = randomBytes(2_000_000);
      const { stdout } = await machine().exec('sha256sum', [], { input });
      assert.equal(stdout.slice(0, 64), createHash('sha256').update(input).digest('hex'));
      assert.equal((await machine().exec('cat', [], { input: 'a\nb' })).stdout, 'a\nb');
      assert.deepEqual(
        await machine()
          .exec('cat', [])
          .then(({ exitCode, stdout }) => [exitCode, stdout]),
        [0, ''],
      );
    });

    it('need not read their input', async () => {
      const result = await machine().exec('true', [], { input: Buffer.alloc(4_000_000) });
      assert.equal(result.exitCode, 0);
    });

    it('run in an environment that does not depend on the caller', async () => {
      const { stdout } = await shell('echo "$LC_ALL $PATH"');
      assert.match(stdout, /^C \/usr\/local\/sbin:.*:\/sbin:\/bin\n$/);
    });

    it('programs are stopped at their time limit', async () => {
      const result = await machine().exec('sleep', [`61.${process.pid}`], { timeoutMs: 500 });
      assert.deepEqual([result.exitCode, result.timedOut], [-1, true]);
      assert.ok(result.stderr.length > 0);
      assert.equal(await running(`sleep 61.${process.pid}`), false);
    });

    it('programs are stopped when they are interrupted', async () => {
      const stop = new AbortController();
      const result = machine().exec('sleep', [`62.${process.pid}`], { signal: stop.signal });
      while (!(await running(`sleep 62.${process.pid}`))) await delay(20);
      stop.abort();
      assert.equal((await result).exitCode, -1);
      // Who interrupts does not wait for a slow machine to kill it.
      for (let looks = 0; looks < 250 && (await running(`sleep 62.${process.pid}`)); looks++) await delay(20);
      assert.equal(await running(`sleep 62.${process.pid}`), false);
    });

    it('programs that a signal killed have exit code -1', async () => {
      assert.equal((await shell('kill -9 $$')).exitCode, -1);
    });

    it('programs that print without end are stopped', async () => {
      const result = await machine().exec('yes', [`edgeadm-without-end-${process.pid}`]);
      assert.equal(result.exitCode, -1);
      assert.equal(await running(`yes edgeadm-without-end-${process.pid}`), false);
    });

    it('run side by side', async () => {
      const results = await Promise.all(
        Array.from({ length: 24 }, (_, index) => shell('sleep 0.1; echo "$1"', String(index))),
      );
      assert.deepEqual(
        results.map(({ stdout }) => Number(stdout)),
        Array.from({ length: 24 }, (_, index) => index),
      );
    });
  });

  describe('kernel parameters', () => {
    it('kernel parameters are read, and set', async function () {
      if (!subject().root) this.skip();
      const before = await machine().sysctl('net.ipv4.ip_default_ttl');
      assert.ok(before);
      await machine().setSysctl('net.ipv4.ip_default_ttl', before);
      assert.equal(await machine().sysctl('net.ipv4.ip_default_ttl'), before);
      await rejectsWith('WRITE_FAILED', machine().setSysctl('net.nonsense.edgeadm', '1'));
    });
  });

  async function running(command: string): Promise<boolean> {
    return (await machine().exec('pgrep', ['--full', '--exact', '--', command])).exitCode === 0;
  }
}

async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<EdgeadmError> {
  const error = await promise.then(
    () => assert.fail(`resolved, although ${code} was expected`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
