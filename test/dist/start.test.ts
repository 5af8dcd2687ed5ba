import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ROOT } from '../../scripts/dist/paths.ts';
import { prepareMachine } from './prepare.ts';
import { release } from './release.ts';
import { bareRoot, linux310, type Ran, type Root, removeUsedRoot, usedRoot, withMemory } from './roots.ts';

/** Which the program itself answers, unlike `--version` alone. */
const VERSION = /^edgeadm\/\S+ linux-x64 node-v26/;
const starts = ({ exitCode, stdout, stderr }: Ran) => {
  assert.match(stdout, VERSION, stderr);
  assert.equal(exitCode, 0);
  assert.equal(stderr, '');
};

describe('The one file starts', function () {
  this.slow(5000);
  before(prepareMachine);
  let root: Root;
  beforeEach(async () => {
    root = await bareRoot();
  });
  afterEach(() => root.remove());
  /** The folder with the unpacked program, as the user sees it. */
  const home = async (base = 'var/cache/edgeadm') => `/${base}/${(await readdir(root.path(base)))[0]}`;

  it('The one file starts on a machine with a shell and nothing else, and is unpacked once', async () => {
    starts(await root.run('/edgeadm version -v'));
    const before = await execa('stat', ['-c', '%i %Y', root.path(`${await home()}/edgeadm`)]);
    starts(await root.run('/edgeadm version -v'));
    const after = await execa('stat', ['-c', '%i %Y', root.path(`${await home()}/edgeadm`)]);
    assert.equal(after.stdout, before.stdout);
  });

  it('The one file tells its version and shows help without being unpacked, where nothing can be written or executed', async () => {
    const before = 'mount -o remount,bind,ro "$R"; mount -o remount,ro,noexec "$R/dev"';
    for (const asked of ['--version', 'version']) starts(await root.run(`/edgeadm ${asked}`, { before }));
    for (const asked of ['', 'help', '-h', 'help join', 'join -h', 'join --help']) {
      const { exitCode, stdout, stderr } = await root.run(`sh /edgeadm ${asked}`, { before });
      assert.match(stdout, /^USAGE\n {2}(\$ )?edgeadm/m);
      assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    }
  });

  it('The one file shows the help that the program prints, of every command', async () => {
    await root.run('/edgeadm version -v');
    const { commands } = JSON.parse(await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8'));
    const asked = Object.keys(commands).map((id) => `${id.replaceAll(':', ' ')} --help`);
    const lines = ['', '--help', 'version', ...asked, 'join --help --help', 'no-such --help', '-- --help'];
    const program = `${await home()}/ld-linux-x86-64.so.2 --library-path ${await home()} ${await home()}/edgeadm`;
    const script = lines.map((line) => `same ${line}`).join('\n');
    const { stdout } = await root.run(`
same() {
  ${program} "$@" >/tmp/theirs 2>&1; theirs=$?
  /edgeadm "$@" >/tmp/ours 2>&1; ours=$?
  [ $ours = $theirs ] && cmp /tmp/ours /tmp/theirs || echo "differs: $*"
}
${script}
echo compared`);
    assert.equal(stdout, 'compared');
  });

  it('The one file does not show half a page of help as if it were all', async () => {
    const { stdout } = await root.run(`mknod /dev/full c 1 7; /edgeadm join --help >/dev/full; echo $?
/edgeadm --version >/dev/full; echo $?`);
    assert.equal(stdout, '1\n1');
  });

  it('The one file starts on a machine in trouble, without /dev/null', async () => {
    starts(await root.run('/edgeadm version -v', { before: 'rm "$R/dev/null"' }));
  });

  it('The one file starts and checks that machine', async () => {
    const { exitCode, stdout } = await root.run(
      '/edgeadm preflight --verbose 127.0.0.1:1 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification',
    );
    assert.equal(exitCode, 3);
    assert.match(stdout, /^IsPrivilegedUser +ok/m);
    assert.match(stdout, /^\[(ERROR|WARNING) OSSupported\]/m);
  });

  it('The one file speaks SSH, and to clusters and clouds, without a word of its libraries', async () => {
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: {} }],
      'current-context': 'c',
    };
    await writeFile(root.path('admin.conf'), JSON.stringify(kubeconfig));
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'key',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret',
      EDGEADM_ENS_ENDPOINT: 'https://127.0.0.1:1',
    };
    const calls = {
      HOST_UNREACHABLE: 'diagnose --host root@127.0.0.1:1',
      API_UNREACHABLE: 'token list --kubeconfig /admin.conf',
      CLOUD_UNREACHABLE: 'eni list --instance i-1 --region cn-hangzhou',
    };
    for (const [code, call] of Object.entries(calls)) {
      const { stderr } = await root.run(`/edgeadm ${call}`, { env });
      assert.match(stderr, new RegExp(`\\(${code}\\)`));
      assert.doesNotMatch(stderr, /Deprecat/);
    }
  });

  it('The one file starts with no HOME, no PATH and no environment at all, from any folder, by any name', async () => {
    starts(await root.run('PATH= exec /edgeadm version -v', { env: {} }));
    starts(await root.run('cd /tmp && cp ../edgeadm "a b" && "./a b" version -v'));
    starts(await root.run('cd / && sh edgeadm version -v'));
  });

  it('if / is read-only, out of /run', async () => {
    starts(
      await root.run('/edgeadm version -v && test -d /run/edgeadm', {
        before: 'mount -t tmpfs -o mode=755 tmpfs "$R/run"; mount -o remount,bind,ro "$R"',
      }),
    );
  });

  it('if /tmp holds no programs, and if there is no /tmp', async () => {
    const before = 'mount -t tmpfs -o noexec,mode=1777 tmpfs "$R/tmp"; cp "$R/edgeadm" "$R/tmp"';
    starts(await root.run('TMPDIR=/tmp sh /tmp/edgeadm version -v', { before }));
    starts(await root.run('rmdir /tmp && /edgeadm version -v'));
  });

  it('out of a temporary folder, if nothing else holds programs', async () => {
    const noexec = ['var', 'run', 'dev/shm'].map(
      (name) => `mkdir -p "$R/${name}"; mount -t tmpfs -o noexec,mode=755 tmpfs "$R/${name}"`,
    );
    const { exitCode, stdout } = await root.run('/edgeadm version -v; ls /tmp/edgeadm-0', {
      before: noexec.join('\n'),
    });
    assert.equal(exitCode, 0);
    assert.match(stdout, VERSION);
    assert.match(stdout, /\n0\.1\.0-\w{12}$/);
  });

  it('not if nothing can be executed; it says which folders it tried, and what to do', async () => {
    const noexec = ['var', 'run', 'dev/shm', 'tmp'].map(
      (name) => `mkdir -p "$R/${name}"; mount -t tmpfs -o noexec,mode=755 tmpfs "$R/${name}"`,
    );
    const { exitCode, stderr } = await root.run('/edgeadm version -v', { before: noexec.join('\n') });
    assert.equal(exitCode, 1);
    for (const name of ['/var/cache/edgeadm', '/run/edgeadm', '/dev/shm/edgeadm-0', '/tmp/edgeadm-0'])
      assert.match(stderr, new RegExp(`${name}: .*Permission denied`));
    assert.match(stderr, /TMPDIR=\/folder/);
  });

  it('The one file starts with 128 MiB of memory, also the first time', async () => {
    await withMemory(128, async (under) => starts(await root.run('/edgeadm version -v', { under })));
  });

  it('The one file starts on a kernel that answers everything newer than Linux 3.10 with ENOSYS', async () => {
    const under = [await linux310()];
    starts(await root.run('/edgeadm version -v', { under }));
    assert.match((await root.run('/edgeadm compat --arch arm64', { under })).stdout, /^ARCH/);
    const preflight =
      '/edgeadm preflight --verbose 127.0.0.1:1 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification';
    assert.match((await root.run(preflight, { under })).stdout, /^IsPrivilegedUser +ok/m);
  });

  it('for users who are not root, out of their own folder or what root has unpacked', async () => {
    await mkdir(root.path('home'));
    await chown(root.path('home'), 1000, 1000);
    starts(await root.run('/edgeadm version -v', { user: 1000, env: { HOME: '/home' } }));
    assert.equal((await readdir(root.path('home/.cache/edgeadm'))).length, 1);
    starts(await root.run('/edgeadm version -v'));
    starts(await root.run('/edgeadm version -v', { user: 1001, env: { HOME: '/nonexistent' } }));
  });

  it('after a start that was killed while it unpacked; what that left is gone', async () => {
    const { stdout } = await root.run(`/edgeadm version -v & sleep 0.15; kill -9 $!; wait $!; ls /var/cache/edgeadm
/edgeadm version -v; ls /var/cache/edgeadm`);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /\.part-\d+$/);
    assert.match(lines[1] ?? '', VERSION);
    assert.deepEqual(lines.slice(2), [lines[0]?.replace(/\.part-.*/, '')]);
  });

  it('when several are started at once', async () => {
    const { stdout, stderr } = await root.run('for i in 1 2 3 4; do /edgeadm version -v & done; wait');
    assert.equal(stdout.split('\n').filter((line) => VERSION.test(line)).length, 4, stderr);
    const names = await readdir(root.path(await home()));
    assert.ok(!names.some((name) => name.includes('.part-')), names.join(' '));
  });

  it('again after a newer or older version, which does not stay', async () => {
    starts(await root.run('/edgeadm version -v'));
    const first = await home();
    await mkdir(root.path('var/cache/edgeadm/0.0.9-0123456789ab'));
    await execa('rm', ['-rf', root.path(first)]);
    starts(await root.run('/edgeadm version -v'));
    assert.deepEqual(await readdir(root.path('var/cache/edgeadm')), [first.split('/').at(-1)]);
  });

  it('not when the download is not whole; it says so', async () => {
    await truncate(root.path('edgeadm'), 20e6);
    for (const asked of ['--version', 'join --help', 'compat']) {
      const { exitCode, stderr } = await root.run(`/edgeadm ${asked}`);
      assert.equal(exitCode, 1);
      assert.match(stderr, /edgeadm is incomplete: expected \d+ bytes, found 20000000; download it again$/);
    }
  });

  for (const [part, offset] of [
    ['the libraries', 1e6],
    ['the first half of the program', 10e6],
    ['the second half of the program', 30e6],
  ] as const) {
    it(`not when a download is damaged in ${part}; it says so`, async () => {
      const file = await open(root.path('edgeadm'), 'r+');
      await file.write(Buffer.alloc(1000), 0, 1000, offset);
      await file.close();
      const { exitCode, stderr } = await root.run('/edgeadm version -v');
      assert.equal(exitCode, 1);
      assert.equal(stderr, 'edgeadm: /edgeadm is damaged: download it again');
      assert.deepEqual(await readdir(root.path('var/cache/edgeadm')), []);
    });
  }

  for (const size of ['1m', '4m', '60m'])
    it(`not with folders of ${size}, which cannot hold it all; the reason names what failed`, async () => {
      const small = ['var', 'run', 'dev/shm', 'tmp'].map(
        (name) => `mkdir -p "$R/${name}"; mount -t tmpfs -o size=${size},mode=755 tmpfs "$R/${name}"`,
      );
      const { exitCode, stderr } = await root.run('/edgeadm version -v', { before: small.join('\n') });
      assert.equal(exitCode, 1);
      assert.match(stderr, /\/var\/cache\/edgeadm: .*No space left on device/);
      assert.doesNotMatch(stderr, /damaged/);
    });

  it('after a power cut that emptied files which were not on the disk yet: it is unpacked again', async () => {
    starts(await root.run('/edgeadm version -v'));
    const dir = root.path(await home());
    await execa('rm', ['-f', join(dir, '.synced')]);
    starts(await root.run('/edgeadm version -v'));
    await writeFile(join(dir, '.boot'), 'another boot\n');
    const { size } = await stat(join(dir, 'edgeadm'));
    await writeFile(join(dir, 'edgeadm'), Buffer.alloc(size));
    starts(await root.run('/edgeadm version -v'));
  });

  it('The one file is written to disk while the program runs already', async () => {
    const slow = '#!/bin/sh\nuntil [ -e /go ]; do sleep 0.1; done\n/bin/busybox sync "$@"\n';
    await unlink(root.path('bin/sync'));
    await writeFile(root.path('bin/sync'), slow, { mode: 0o755 });
    const { stdout } = await root.run(
      '/edgeadm version -v; echo run; : >/go; until [ -e /var/cache/edgeadm/*/.synced ]; do sleep 0.1; done; echo synchronized',
    );
    assert.match(stdout, /\nrun\nsynchronized$/);
  });
});

describe('The one file does not run what somebody else has planted', function () {
  this.slow(5000);
  let root: Root;
  const planted = 'echo planted';
  beforeEach(async () => {
    root = await usedRoot();
  });
  afterEach(() => root.remove());
  after(removeUsedRoot);
  const own = async () => join('var/cache/edgeadm', (await readdir(root.path('var/cache/edgeadm')))[0] ?? '');
  const loader = async () => root.path(join(await own(), 'ld-linux-x86-64.so.2'));

  it('The one file does not run what somebody else has planted in a folder of the cache that others may write', async () => {
    await chmod(root.path('var/cache/edgeadm'), 0o777);
    starts(await root.run('/edgeadm version -v; ls /run/edgeadm >/dev/null'));
  });

  it("under a folder that is a link, or another user's", async () => {
    await execa('mv', [root.path('var/cache/edgeadm'), root.path('tmp/theirs')]);
    await symlink('/tmp/theirs', root.path('var/cache/edgeadm'));
    starts(await root.run('/edgeadm version -v; test -d /run/edgeadm || echo from the link'));
    await execa('rm', [root.path('var/cache/edgeadm')]);
    await execa('mv', [root.path('tmp/theirs'), root.path('var/cache/edgeadm')]);
    await execa('rm', ['-rf', root.path('run/edgeadm')]);
    await chown(root.path('var/cache/edgeadm'), 1000, 1000);
    starts(await root.run('/edgeadm version -v; test -d /run/edgeadm || echo from the other user'));
  });

  it('The one file does not run what somebody else has planted as a program of another size, owner or mode: it is unpacked again', async () => {
    const path = await loader();
    const right = await readFile(path);
    await writeFile(path, planted);
    starts(await root.run('/edgeadm version -v'));
    assert.deepEqual(await readFile(path), right);
    await chown(path, 1000, 1000);
    starts(await root.run('/edgeadm version -v'));
    await chmod(path, 0o777);
    starts(await root.run('/edgeadm version -v'));
    assert.equal((await execa('stat', ['-c', '%a %u', path])).stdout, '755 0');
  });

  it('The one file does not run what somebody else has planted in a shared folder, before root comes', async () => {
    const name = (await own()).split('/').at(-1) ?? '';
    const before = `mount -t tmpfs -o ro tmpfs "$R/var"; mount -t tmpfs -o ro tmpfs "$R/run"
mkdir -p "$R/dev/shm/edgeadm-0"; cp -a "$R/tmp/planted" "$R/dev/shm/edgeadm-0/${name}"; chown -R 1000:1000 "$R/dev/shm/edgeadm-0"`;
    await execa('cp', ['-a', root.path(await own()), root.path('tmp/planted')]);
    const { stdout } = await root.run('/edgeadm version -v; ls -d /tmp/edgeadm-0', { before });
    assert.match(stdout, VERSION);
    assert.match(stdout, /\/tmp\/edgeadm-0$/);
  });

  it('The one file does not run what somebody else has planted as other content of the same size, which `self verify` finds', async () => {
    await copyFile(join(await release(), 'SHA256SUMS'), root.path('SHA256SUMS'));
    const right = await root.run('/edgeadm self verify /SHA256SUMS');
    assert.match(right.stdout, /^\/edgeadm: OK, it is edgeadm-linux-amd64 \(SHA-256 [0-9a-f]{64}\)$/m, right.stderr);
    const path = root.path(join(await own(), 'libdl.so.2'));
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(1, bytes.length - 1));
    const wrong = await root.run('/edgeadm self verify');
    assert.equal(wrong.exitCode, 1);
    assert.match(
      wrong.stderr,
      /the files that edgeadm unpacked have been modified\n {2}libdl\.so\.2\n[\s\S]*PROGRAM_CHANGED/,
    );
  });
});
