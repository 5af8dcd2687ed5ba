import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Entry } from '../../../src/host/journal/entry.ts';
import { Journal } from '../../../src/host/journal/journal.ts';
import { PATHS } from '../../../src/host/node-paths.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';

const change = (path: string): Entry => ({ kind: 'directory', path, phase: 'prepare-node' });

describe('the journal of a node', () => {
  let root: string;
  const machine = () => scratchMachine(root);
  const file = () => join(root, PATHS.edgeadm.journal);
  const paths = async (): Promise<string[]> =>
    (await Journal.read(machine())).changesSince('start').flatMap((entry) => ('path' in entry ? [entry.path] : []));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-journal-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('the journal of a node is empty on a node that was never joined', async () => {
    assert.deepEqual(await paths(), []);
  });

  it('the journal of a node is read back by whoever comes later, in order', async () => {
    const journal = await Journal.read(machine());
    await journal.append(change('/a'));
    await journal.append(change('/b'), change('/c'));
    await journal.append({ kind: 'choice', key: 'nodeName', value: 'x1y2z3' });
    assert.deepEqual(await paths(), ['/a', '/b', '/c']);
    assert.equal((await Journal.read(machine())).choice('nodeName'), 'x1y2z3');
  });

  it('the journal of a node tells which images a power cut may damage: those not synced in the boot of their import', async () => {
    const image = (name: string, boot?: string): Entry => ({ kind: 'image', name, boot, phase: 'images' });
    const again = (name: string, boot: string): Entry => ({ kind: 'reimport', name, boot });
    const synced = (boot: string): Entry => ({ kind: 'synced', boot });
    const table: readonly [entries: Entry[], unsynced: Record<string, string>][] = [
      [[image('a')], {}],
      [[image('a', 'one')], { a: 'one' }],
      [[image('a', 'one'), synced('one')], {}],
      [[image('a', 'one'), synced('two')], { a: 'one' }],
      [[image('a', 'one'), synced('one'), image('b', 'one')], { b: 'one' }],
      [[image('a', 'one'), image('b', 'two'), synced('two')], { a: 'one' }],
      [[image('a', 'one'), again('a', 'two')], { a: 'two' }],
      [[image('a', 'one'), again('a', 'two'), synced('two')], {}],
    ];
    for (const [entries, unsynced] of table) {
      const journal = await Journal.read(machine());
      for (const entry of entries) await journal.append(entry);
      assert.deepEqual(Object.fromEntries((await Journal.read(machine())).unsyncedImages), unsynced);
      await journal.erase();
    }
  });

  it('tells whether anything changed since the report, apart from what the same run does after it', async () => {
    const journal = await Journal.read(machine());
    await journal.append(change('/a'));
    await journal.noteReported();
    await journal.append({ kind: 'directory', path: '/b', phase: 'install-kubectl' });
    assert.equal(journal.changedByOthersSince('reported', ['install-kubectl']), false);
    await journal.append(change('/c'));
    assert.equal(journal.changedByOthersSince('reported', ['install-kubectl']), true);
  });

  it('the journal of a node and the copies beside it can be read by root alone', async () => {
    const journal = await Journal.read(machine());
    await machine().makeDirectory('/etc', 0o755);
    await machine().writeFile('/etc/old.conf', Buffer.from('a secret'), { mode: 0o640 });
    const before = await journal.keep('/etc/old.conf', await machine().stat('/etc/old.conf'));
    await journal.append({ kind: 'file', path: '/etc/old.conf', before, phase: 'join-node' });
    assert.ok(before.type === 'file');
    assert.equal(await readFile(join(root, before.backup), 'utf8'), 'a secret');
    for (const path of [PATHS.edgeadm.journal, before.backup]) {
      assert.equal((await stat(join(root, path))).mode & 0o777, 0o600, path);
    }
    assert.equal((await stat(join(root, '/var/lib/edgeadm'))).mode & 0o777, 0o700);
  });

  it('the journal of a node is readable after a kill in the midst of its last line', async () => {
    const journal = await Journal.read(machine());
    await journal.append(change('/a'));
    await writeFile(file(), '{"kind":"directory","pa', { flag: 'a' });
    assert.deepEqual(await paths(), ['/a']);
  });

  it('stays readable when another run goes on after such a kill', async () => {
    await (await Journal.read(machine())).append(change('/a'));
    await writeFile(file(), '{"kind":"directory","pa', { flag: 'a' });
    const journal = await Journal.read(machine());
    await journal.append(change('/b'));
    await journal.append(change('/c'));
    assert.deepEqual(await paths(), ['/a', '/b', '/c']);
  });

  it('stays readable when a full disk tore a line', async () => {
    const whole = machine();
    let full = true;
    const journal = await Journal.read({
      ...whole,
      appendFile: async (path, text) => {
        if (!full) return whole.appendFile(path, text);
        full = false;
        await whole.appendFile(path, text.slice(0, 10));
        throw new EdgeadmError({ code: 'NO_SPACE', what: 'no space' });
      },
    });
    await journal.append(change('/a'));
    await journal.append(change('/b'));
    assert.deepEqual(await paths(), ['/a', '/b']);
  });

  it('names the line that is damaged if that is not the last', async () => {
    const journal = await Journal.read(machine());
    await journal.append(change('/a'));
    await writeFile(file(), 'no JSON\n{"kind":"directory","path":"/b","phase":"x"}\n', { flag: 'a' });
    const { damage } = await Journal.read(machine());
    assert.match(damage?.found.join() ?? '', /^line 2 of \S+: it is not JSON$/);
    assert.deepEqual(await paths(), ['/a', '/b']);
  });

  it('the journal of a node is gone without a trace when it is erased', async () => {
    const journal = await Journal.read(machine());
    await journal.append(change('/a'));
    await journal.erase();
    assert.deepEqual(await machine().list('/var/lib/edgeadm'), []);
  });
});
