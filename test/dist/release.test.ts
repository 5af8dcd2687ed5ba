import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { ROOT } from '../../scripts/dist/paths.ts';
import { debianMirror } from '../testbed/apt.ts';
import { prepareMachine } from './prepare.ts';
import { release, releaseAgain } from './release.ts';
import { oldDebian } from './roots.ts';

const OLDEST_DEBIAN = 'bullseye';
const LIMIT_BYTES = 50e6;

describe('A release', function () {
  this.slow(20_000);
  let dir: string;
  let scratch: string;
  before(async () => {
    await prepareMachine();
    dir = await release();
    scratch = await mkdtemp(join(tmpdir(), 'edgeadm-release-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));
  const text = (name: string) => readFile(join(dir, name), 'utf8');
  const folder = async (name: string) => {
    await mkdir(join(scratch, name));
    return join(scratch, name);
  };

  it('A release is the same, byte by byte, when it is built again in a folder with a blank, under umask 077', async () => {
    assert.equal(await readFile(join(await releaseAgain(), 'SHA256SUMS'), 'utf8'), await text('SHA256SUMS'));
  });

  it('A release has a sum for every file, and no file above 50 MB on its way', async () => {
    const sums = new Map(
      (await text('SHA256SUMS'))
        .trim()
        .split('\n')
        .map((line) => line.split('  ').reverse() as [string, string]),
    );
    const names = (await readdir(dir)).filter((name) => name !== 'SHA256SUMS');
    assert.deepEqual([...sums.keys()].sort(), names.sort());
    for (const name of names) {
      const bytes = await readFile(join(dir, name));
      assert.equal(sums.get(name), createHash('sha256').update(bytes).digest('hex'), name);
      const carried = name.endsWith('.exe') ? gzipSync(bytes, { level: 6 }) : bytes;
      assert.ok(carried.length <= LIMIT_BYTES, `${name}: ${carried.length}`);
    }
  });

  it('A release on a machine without gzip, as some minimal images are, says that it is missing', async () => {
    const root = await oldDebian(OLDEST_DEBIAN, await debianMirror());
    try {
      const { stderr, exitCode } = await root.run('rm /bin/gzip /usr/bin/gzip; /edgeadm version -v');
      assert.equal(exitCode, 1);
      assert.match(stderr, /\/var\/cache\/edgeadm: gzip is not installed/);
      assert.doesNotMatch(stderr, /damaged/);
    } finally {
      await root.remove();
    }
  });

  it('runs on the oldest Debian there is to be had', async () => {
    const root = await oldDebian(OLDEST_DEBIAN, await debianMirror());
    try {
      const { stdout, exitCode } = await root.run('/edgeadm version -v && /edgeadm compat --arch arm64');
      assert.equal(exitCode, 0);
      assert.match(stdout, /^edgeadm\/.*\nARCH/);
    } finally {
      await root.remove();
    }
  });

  it('says there which folders are too small, and that it unpacks where somebody looks on', async () => {
    const root = await oldDebian(OLDEST_DEBIAN, await debianMirror());
    try {
      const before = ['var/cache', 'run', 'dev/shm', 'tmp']
        .map((name) => `mount -t tmpfs -o size=20m,mode=755 tmpfs "$R/${name}"`)
        .join('\n');
      const { exitCode, stderr } = await root.run('/edgeadm version -v', { before });
      assert.equal(exitCode, 1);
      assert.match(stderr, /^edgeadm: no folder of this machine can hold the program/);
      for (const name of ['/var/cache/edgeadm', '/run/edgeadm', '/dev/shm/edgeadm-0', '/tmp/edgeadm-0'])
        assert.match(stderr, new RegExp(`^ {2}${name}: .*(No space left|Wrote only)`, 'm'));
      const terminal = 'script -qc "/edgeadm version -v" /dev/null </dev/null';
      const shown = await root.run(`${terminal}; ${terminal}`, {
        before:
          'mkdir -p "$R/dev/pts"; mount -t devpts -o newinstance,ptmxmode=666 devpts "$R/dev/pts"; ln -s pts/ptmx "$R/dev/ptmx"',
      });
      assert.deepEqual(shown.stdout.match(/^edgeadm[:/] ?\w+/gm), ['edgeadm: unpacking', 'edgeadm/0', 'edgeadm/0']);
    } finally {
      await root.remove();
    }
  });

  it('runs on arm64 (emulated)', async () => {
    const unpacked = await folder('arm64');
    const file = join(dir, 'edgeadm-linux-arm64');
    const number = async (name: string) =>
      (await execa('sed', ['-n', `s/^${name}=//p;/^${name}=/q`, file])).stdout.trim();
    const shell = (script: string, ...args: string[]) => execa('sh', ['-c', script, 'sh', file, unpacked, ...args]);
    const loader = [join(unpacked, 'ld-linux-aarch64.so.1'), '--inhibit-cache', '--library-path', unpacked];
    const start = (name: string, ...args: string[]) =>
      execa('qemu-aarch64-static', [...loader, join(unpacked, name), ...args]);
    const unpack = (name: string) => start('zstd', '-dq', join(unpacked, name), '-o', join(unpacked, `${name}.out`));
    const archive = 'head -c "$3" "$1" | tail -n +"$4" | tar -xzf - -C "$2"';
    await shell(archive, await number('HEAD'), await number('ARCHIVE'));
    await unpack('others');
    await shell('tar -xf "$2/others.out" -C "$2"');
    const half = 'tail -c +$(($3 * 512 + 1)) "$1" | head -c "$4" >"$2/$5"';
    await shell(half, await number('FIRST'), await number('LENGTH'), 'first');
    await shell(half, await number('SECOND'), await number('BYTES'), 'second');
    for (const name of ['first', 'second']) await unpack(name);
    await shell('cat "$2/first.out" "$2/second.out" >"$2/edgeadm"');
    const run = (...args: string[]) => start('edgeadm', ...args);
    assert.match((await run('--version')).stdout, /^edgeadm\/\S+ linux-arm64 node-v26/);
    // The shell script in front answers these by itself, wherever it runs, unless colours are asked for.
    for (const asked of [['--version'], ['join', '--help']]) {
      const { stdout } = await execa('sh', [file, ...asked], { env: { FORCE_COLOR: '' } });
      assert.equal(stdout, (await run(...asked)).stdout);
    }
    assert.match((await run('--help')).stdout, /^VERSION\n {2}edgeadm\/\S+ linux-arm64/m);
    assert.match((await run('explain', 'TOKEN_INVALID')).stdout, /TOKEN_INVALID/);
  });

  it('A release has a program for Windows on amd64 with the parts of edgeadm in it (it is not run here)', async () => {
    const bytes = await readFile(join(dir, 'edgeadm-windows-amd64.exe'));
    const header = bytes.readUInt32LE(0x3c);
    assert.equal(bytes.toString('latin1', 0, 2), 'MZ');
    assert.equal(bytes.toString('latin1', header, header + 4), 'PE\0\0');
    assert.equal(bytes.readUInt16LE(header + 4), 0x8664, 'machine type amd64');
    for (const part of ['program.js', 'help/join']) assert.ok(bytes.includes(part), part);
  });

  it('A release has a zip for Windows: the same program, its licences, and the completion for PowerShell', async () => {
    const unpacked = await folder('windows');
    await execa('busybox', ['unzip', join(dir, 'edgeadm-windows-amd64.zip'), '-d', unpacked]);
    const inside = (name: string) => readFile(join(unpacked, name), 'utf8');
    const names = ['LICENSE.txt', 'THIRD_PARTY_LICENSES.txt', 'edgeadm-completion.ps1', 'edgeadm.exe'];
    assert.deepEqual((await readdir(unpacked)).sort(), names);
    const programs = [join(unpacked, 'edgeadm.exe'), join(dir, 'edgeadm-windows-amd64.exe')];
    const [inZip, alone] = await Promise.all(programs.map((path) => readFile(path)));
    assert.ok(alone && inZip?.equals(alone));
    assert.equal(await inside('LICENSE.txt'), await readFile(join(ROOT, 'LICENSE'), 'utf8'));
    assert.match(await inside('THIRD_PARTY_LICENSES.txt'), /^node 26\./m);
    assert.match(await inside('edgeadm-completion.ps1'), /^\ufeff[\s\S]*Register-ArgumentCompleter/);
  });

  for (const [arch, cpu] of [
    ['amd64', 0x01000007],
    ['arm64', 0x0100000c],
  ] as const) {
    it(`A release has an archive for macOS on ${arch}: a signed Node.js, and a script that starts edgeadm with it (Node.js is not run here)`, async () => {
      const unpacked = await folder(`darwin ${arch}`);
      const name = `edgeadm-${await version()}-darwin-${arch}`;
      await execa('tar', ['-xzf', join(dir, `${name}.tar.gz`), '-C', unpacked]);
      const node = join(unpacked, name, 'node');
      const bytes = await readFile(node);
      assert.equal(bytes.readUInt32LE(0), 0xfeedfacf, 'a Mach-O of 64 bits');
      assert.equal(bytes.readUInt32LE(4), cpu);
      assert.ok(bytes.includes('Node.js Foundation') && bytes.includes('Apple Root CA'), 'the signature of its makers');
      const licences = await readFile(join(unpacked, name, 'package/THIRD_PARTY_LICENSES'), 'utf8');
      assert.match(licences, /^node 26\./m);
      // The one of this machine in its place shows that the script finds everything, through a link too.
      await rm(node);
      await symlink(join(ROOT, 'node_modules/.bin/node'), node);
      await symlink(join(name, 'edgeadm'), join(unpacked, 'linked'));
      const env = { NODE_OPTIONS: '--no-such-option' };
      const started = await execa(join(unpacked, 'linked'), ['eni', 'bind', '--help'], { env });
      assert.match(started.stdout, /edgeadm eni bind/);
    });
  }

  it('A release has packages for Debian and for rpm that run where nothing else is installed, with a man page', async () => {
    const deb = await folder('deb');
    await execa('dpkg-deb', ['-x', join(dir, `edgeadm_${await version()}_amd64.deb`), deb]);
    const rpm = await folder('rpm');
    const name = join(dir, `edgeadm-${await version()}-1.x86_64.rpm`);
    await execa('sh', ['-c', 'rpm2cpio "$1" | (cd "$2" && busybox cpio -idm)', 'sh', name, rpm]);
    for (const root of [deb, rpm]) {
      await mkdir(join(root, 'bin'));
      await execa('cp', ['/bin/busybox', join(root, 'bin/sh')]);
      const { stdout } = await execa('chroot', [root, '/usr/bin/edgeadm', '--version']);
      assert.match(stdout, /^edgeadm\/\S+ linux-x64/);
      const page = await execa('gzip', ['-dc', join(root, 'usr/share/man/man8/edgeadm.8.gz')]);
      assert.match(page.stdout, /^\.SS edgeadm join \[API\\?-SERVER\]/m);
      assert.match(page.stdout, /^\.I API\\?-SERVER\nHOST\[:PORT\] of the API server/m);
      assert.match(page.stdout, /^\.B \\-\\-\[no\\-\]rollback\\-on\\-failure$/m);
    }
  });

  it("A release has an npm package that runs on a Node of the user's own", async () => {
    const unpacked = await folder('npm');
    await execa('tar', ['-xzf', join(dir, `edgeadm-${await version()}.tgz`), '-C', unpacked]);
    const script = join(unpacked, 'package/edgeadm.js');
    assert.ok((await stat(script)).mode & 0o100);
    assert.match((await execa('node', [script, '--version'], { preferLocal: true })).stdout, /^edgeadm\//);
    assert.match((await execa('node', [script, 'compat'], { preferLocal: true })).stdout, /^ARCH/);
  });

  it('tells every package in it: licence, text, and where its source is', async () => {
    const { packages } = JSON.parse(await text('edgeadm.spdx.json')) as {
      packages: { name: string; versionInfo: string; licenseDeclared: string }[];
    };
    const licences = await text('THIRD_PARTY_LICENSES');
    assert.ok(packages.length > 100);
    for (const { name, versionInfo, licenseDeclared } of packages) {
      assert.notEqual(licenseDeclared, 'NOASSERTION', name);
      if (name !== 'edgeadm') assert.ok(licences.includes(`${name} ${versionInfo} (${licenseDeclared})`), name);
    }
    for (const name of ['node', 'libc6', 'libstdc++6', 'zstd', '@oclif/core', 'zod'])
      assert.ok(
        packages.some((one) => one.name === name),
        name,
      );
  });

  async function version(): Promise<string> {
    return JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')).version;
  }
});
