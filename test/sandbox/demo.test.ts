import assert from 'node:assert/strict';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';

const project = resolve(import.meta.dirname, '../..');
/** `nobody` of every Linux. */
const NOBODY = 65_534;

describe('npm run demo', function () {
  this.timeout(120_000);
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'edgeadm-home-'));
    await chmod(home, 0o700);
    if (process.getuid?.() === 0) await chown(home, NOBODY, NOBODY);
  });
  after(() => rm(home, { recursive: true, force: true }));

  it('npm run demo shows everything in a clean home without root, and leaves nothing behind', async () => {
    const isRoot = process.getuid?.() === 0;
    const ended = await execa('npm', ['run', '--silent', 'demo'], {
      cwd: project,
      reject: false,
      all: true,
      extendEnv: false,
      env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home },
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    });
    const text = ended.all ?? '';
    assert.equal(ended.exitCode, 0, text);
    assert.match(text, /This node joined into the cluster successfully/);
    assert.match(text, /^edge1 +Ready /m);
    assert.match(text, /^nodepool\/shops created$/m);
    assert.match(text, /^i-sandbox: .*50 pods/m);
    assert.match(text, /edge1 was reset in/);
    assert.match(text, /^edge1 +NotReady /m);
    assert.match(text, /^Done in [\d.]+ s/m);
    const left = await readdir(home);
    assert.deepEqual(
      left.filter((name) => name.startsWith('edgeadm')),
      [],
    );
  });

  it('npm run demo on a terminal shows the tree of a join and tables that fit, not log lines', async function () {
    if (process.platform !== 'linux') this.skip();
    const command = `stty cols 80; ${process.execPath} scripts/demo.mjs`;
    const { exitCode, stdout } = await execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: project,
      reject: false,
      extendEnv: false,
      env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    });
    const text = stripVTControlCharacters(stdout).replaceAll('\r\n', '\n');
    assert.equal(exitCode, 0, text);
    assert.match(text, /^✔ Verify the node/m);
    assert.match(text, /^TYPE +Primary$/m);
    assert.doesNotMatch(text, /^I\d{4} /m);
  });
});
