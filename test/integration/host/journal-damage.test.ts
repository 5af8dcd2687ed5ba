import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Machine } from '../../../src/host/machine.ts';
import { PATHS } from '../../../src/host/node-paths.ts';
import { type NodeSession, withNode } from '../../../src/host/node-session.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';
import { reset } from '../../../src/phases/reset/reset.ts';

const { journal: JOURNAL, backups: BACKUPS, reserve: RESERVE, kept: KEPT, state: STATE } = PATHS.edgeadm;
const SPEC = { force: false, keepRuntime: false, cleanupImages: false, drain: false, deleteNode: false };
const version = '0';
/** Files of the owner that a join replaces. */
const OWN = new Map([
  [PATHS.kubelet.dropIn, 'PRECIOUS drop-in'],
  [PATHS.containerd.configuration, 'PRECIOUS configuration'],
  ['/etc/default/kubelet', 'PRECIOUS flags'],
]);
/** One that no join touches. */
const UNRELATED = '/etc/unrelated';

describe('a damaged journal', function () {
  // Every case syncs some hundred times.
  this.timeout(60_000);
  let root: string;
  const at = (path: string) => join(root, path);
  const exists = (path: string) =>
    stat(at(path)).then(
      () => true,
      () => false,
    );
  const put = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  };
  /** A node whose owner's files a join has replaced; `ended` false is a join that was killed. */
  const joined = async ({ ended = true } = {}) => {
    await rm(root, { recursive: true, force: true });
    for (const [path, content] of [...OWN, [UNRELATED, 'x']] as const) await put(path, content);
    const machine = scratchMachine(root);
    let left = Promise.resolve();
    await withNode(machine, { command: 'join', version, changes: true }, async ({ host, journal }) => {
      host.phase = 'join-node';
      for (const path of OWN.keys()) await host.write(path, 'ours', { mode: 0o644 });
      await host.write('/etc/new/file', 'ours', { mode: 0o644 });
      await journal.noteJoined({ cluster: 'c', node: 'edge-1' });
      if (!ended) left = rm(at(PATHS.edgeadm.sealed), { force: true });
    });
    await left;
    if (!ended) await rm(at(PATHS.edgeadm.sealed), { force: true });
  };
  const resetOf = (session: NodeSession, force: boolean) =>
    reset({
      spec: { ...SPEC, force },
      session,
      label: 'h',
      emit: () => {},
      signal: new AbortController().signal,
      dryRun: false,
    });
  const runReset = (force = false, machine: Machine = scratchMachine(root)) =>
    withNode(machine, { command: 'reset', version, changes: true, acceptsDamage: true }, (session) =>
      resetOf(session, force),
    );
  /** The contents that lie at their paths, in the folder of copies or in that of those kept. */
  const contents = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const folder of [BACKUPS, KEPT]) {
      for (const name of await readdir(at(folder)).catch(() => [])) found.push(join(folder, name));
    }
    return Promise.all([...OWN.keys(), ...found].map((path) => readFile(at(path), 'utf8').catch(() => '')));
  };
  const assertNothingLost = async () => {
    const found = await contents();
    for (const content of OWN.values()) assert.ok(found.includes(content), `${content} is lost`);
    assert.equal(await readFile(at(UNRELATED), 'utf8'), 'x');
  };
  const rejection = (promise: Promise<unknown>): Promise<EdgeadmError | undefined> =>
    promise.then(
      () => undefined,
      (error: unknown) => {
        assert.ok(error instanceof EdgeadmError, String((error as Error).stack));
        return error;
      },
    );

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-damage-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('a damaged journal that is whole leads a reset to the machine as it was, without a trace', async () => {
    await joined();
    await runReset();
    for (const [path, content] of OWN) assert.equal(await readFile(at(path), 'utf8'), content);
    assert.equal(await exists('/etc/new'), false);
    assert.equal(await exists(STATE), false);
  });

  const lost: Record<string, (whole: Buffer) => Buffer | undefined> = {
    'an empty file': () => Buffer.alloc(0),
    'NULs alone': (whole) => Buffer.alloc(whole.length),
    missing: () => undefined,
    garbage: () => Buffer.from('garbage\nmore garbage\n'),
    'cut after 20 bytes': (whole) => whole.subarray(0, 20),
  };
  for (const [name, damage] of Object.entries(lost)) {
    for (const ended of [true, false]) {
      it(`${name}: no reset succeeds, no copy goes, and --force keeps the copies (join ${ended ? 'ended' : 'killed'})`, async () => {
        await joined({ ended });
        const content = damage(await readFile(at(JOURNAL)));
        await rm(at(JOURNAL));
        if (content) await writeFile(at(JOURNAL), content);
        for (const command of ['join', 'upgrade']) {
          const error = await rejection(
            withNode(scratchMachine(root), { command, version, changes: true }, async () => {}),
          );
          assert.equal(error?.code, 'JOURNAL_UNREADABLE', command);
        }
        for (const _ of [1, 2]) assert.equal((await rejection(runReset()))?.code, 'JOURNAL_UNREADABLE');
        assert.equal((await readdir(at(BACKUPS))).length, OWN.size);
        await runReset(true);
        await assertNothingLost();
        assert.deepEqual(
          (await readdir(at(KEPT))).map((file) => decodeURIComponent(file.slice(17))).sort(),
          [...OWN.keys()].sort(),
        );
        assert.deepEqual(await readdir(at(STATE)), ['kept']);
        await runReset();
      });
    }
  }

  it('cut in half: a reset takes back the rest, says what is missing, and loses nothing', async () => {
    await joined();
    const whole = await readFile(at(JOURNAL));
    await writeFile(at(JOURNAL), whole.subarray(0, whole.length / 2));
    const error = await rejection(runReset());
    assert.equal(error?.code, 'JOURNAL_UNREADABLE');
    assert.match(error.why ?? '', /its end is missing/);
    await assertNothingLost();
    await runReset(true);
    await assertNothingLost();
    assert.equal(await rejection(runReset()), undefined);
  });

  const lines: Record<string, string> = {
    null: 'null',
    'a number': '5',
    'a file without its state before': '{"kind":"file","path":"/etc/unrelated","phase":"x"}',
    'a claim whose list is a number': '{"kind":"claim","path":"/etc","had":5,"phase":"x"}',
    'an unknown kind': '{"kind":"bomb","path":"/etc/unrelated","phase":"x"}',
    'a copy outside of the folder of copies':
      '{"kind":"file","path":"/etc/x","before":{"type":"file","mode":420,"uid":0,"gid":0,"backup":"/etc/shadow"},"phase":"x"}',
    'a line whose path was changed':
      '{"sum":"00000000","kind":"file","path":"/etc/unrelated","before":{"type":"absent"},"phase":"x"}',
  };
  for (const [name, line] of Object.entries(lines)) {
    it(`a damaged journal with ${name} as one line: a reset skips that line, names it, and takes back all others`, async () => {
      await joined();
      const whole = (await readFile(at(JOURNAL), 'utf8')).split('\n');
      await put(JOURNAL, [...whole.slice(0, 2), line, ...whole.slice(2)].join('\n'));
      const error = await rejection(runReset());
      assert.equal(error?.code, 'JOURNAL_UNREADABLE');
      assert.match(error.why ?? '', /^line 3 of /);
      for (const [path, content] of OWN) assert.equal(await readFile(at(path), 'utf8'), content);
      assert.equal(await exists('/etc/new'), false);
      assert.equal(await readFile(at(UNRELATED), 'utf8'), 'x');
      await runReset(true);
      assert.equal(await exists(STATE), false);
    });
  }

  it('a damaged journal that lacks only the half of its last line, as after a kill, is whole', async () => {
    await joined({ ended: false });
    await writeFile(at(JOURNAL), '{"sum":"12345678","kind":"fi', { flag: 'a' });
    await runReset();
    assert.equal(await exists(STATE), false);
  });

  it('whatever bytes were hit: no copy is lost, nothing else is touched, no error is our own fault', async () => {
    const damage = fc.record({
      from: fc.nat(4000),
      length: fc.nat(4000),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(400).map((size) => new Uint8Array(size)),
      ),
      ended: fc.boolean(),
      force: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ from, length, bytes, ended, force }) => {
        await joined({ ended });
        const whole = await readFile(at(JOURNAL));
        const start = Math.min(from, whole.length);
        await writeFile(at(JOURNAL), Buffer.concat([whole.subarray(0, start), bytes, whole.subarray(start + length)]));
        for (const forced of [false, force, true]) {
          const error = await rejection(runReset(forced));
          if (error && (forced || error.code !== 'JOURNAL_UNREADABLE')) throw error;
          await assertNothingLost();
        }
      }),
      { numRuns: 8 },
    );
  });

  it('a damaged journal is not mistaken for one if a first change was killed before the journal had a line', async () => {
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true });
    const whole = scratchMachine(root);
    // The reserve comes right after the first line: a kill in between leaves the line alone.
    const killed: Machine = {
      ...whole,
      writeFile: async (path, ...rest) => {
        if (path === RESERVE) throw new EdgeadmError({ code: 'NO_SPACE', what: 'no space' });
        return whole.writeFile(path, ...rest);
      },
    };
    const write = (session: NodeSession) => session.host.write('/etc/x', 'x', { mode: 0o644 });
    const error = await rejection(withNode(killed, { command: 'join', version, changes: true }, write));
    assert.equal(error?.code, 'NO_SPACE');
    assert.equal(await exists(STATE), false);
  });
});
