import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { LogFile, LogFiles, logPaths } from '../../../src/output/log-file.ts';
import { end, event, info, start } from './events.ts';

describe('the log file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeadm-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('the zeros that a power cut leaves in place of the last lines of a log go, and no others', () => {
    const path = join(folder, 'edgeadm.log');
    for (const [before, after] of [
      ['a\n\0\0\0', 'a\nnew\n'],
      ['a\0b\n', 'a\0b\nnew\n'],
      [`${'\0'.repeat(5000)}`, 'new\n'],
      ['', 'new\n'],
    ] as const) {
      writeFileSync(path, before);
      const file = new LogFile([path]);
      file.write('new\n');
      file.close();
      assert.equal(readFileSync(path, 'utf8'), after);
    }
  });

  it('the log file is /var/log/edgeadm.log for this machine, else in the state folder of the user', () => {
    const hosts = ['localhost'];
    assert.deepEqual(logPaths('localhost', { hosts, env: { HOME: '/home/u' } }), [
      '/var/log/edgeadm.log',
      '/home/u/.local/state/edgeadm/edgeadm.log',
    ]);
    assert.equal(logPaths('localhost', { hosts, env: { XDG_STATE_HOME: '/state' } })[1], '/state/edgeadm/edgeadm.log');
    assert.equal(
      logPaths('localhost', { hosts, env: { XDG_STATE_HOME: 'relative', HOME: '/h' } })[1],
      '/h/.local/state/edgeadm/edgeadm.log',
    );
    assert.equal(logPaths('localhost', { hosts, env: {} })[0], '/var/log/edgeadm.log');
  });

  it('the log file of another machine stays here and is named after it', () => {
    const hosts = ['root@10.0.0.5:2222', 'u@[fd00::1]'];
    const env = { HOME: '/h' };
    assert.deepEqual(
      hosts.map((host) => logPaths(host, { hosts, env })),
      [['/h/.local/state/edgeadm/edgeadm-10.0.0.5_2222.log'], ['/h/.local/state/edgeadm/edgeadm-_fd00_1_.log']],
    );
  });

  it('given by --log-file is that file, with the name of the host in it if there are several', () => {
    const env = { HOME: '/h' };
    assert.equal(logPaths('root@a', { path: '/x/join.log', hosts: ['root@a'], env })[0], '/x/join.log');
    assert.equal(logPaths('root@a', { path: '/x/join.log', hosts: ['root@a', 'root@b'], env })[0], '/x/join-a.log');
    assert.equal(logPaths('localhost', { path: 'join.log', hosts: ['localhost'], env })[0], 'join.log');
  });

  it('the log file has every detail, is for root and its group alone, and begins with the command', () => {
    const path = join(folder, 'deep', 'edgeadm.log');
    const logs = new LogFiles({ path, hosts: ['localhost'], command: 'join', version: '1.2.3', env: {} });
    assert.ok(!existsSync(path), 'nothing is written before something happens');
    logs.event(start('join-node', 'Join the cluster'));
    logs.event(info('join-node', 'hello'));
    logs.event(event('join-node', { type: 'message', level: 'debug', text: 'detail' }));
    logs.event(end('join-node'));
    logs.hostDone({ host: 'localhost', ok: true, outcome: 'joined', durationMs: 1000 });
    logs.close();
    assert.deepEqual(
      readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.replace(/^.*?\] /, '').replace(/ at \d{4}-\d\d-\d\dT[\d:.]+Z$/, ' at TIME')),
      [
        '[edgeadm] edgeadm 1.2.3: join on localhost at TIME',
        '[join-node] Join the cluster',
        '[join-node] hello',
        '[join-node] detail',
        '[join-node] done in 1.2s',
        '[edgeadm] joined in 1.0s',
        '',
      ],
    );
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.equal(logs.pathOf('localhost'), path);
  });

  it('the log file has the stack of a fault of edgeadm itself', () => {
    const path = join(folder, 'edgeadm.log');
    const logs = new LogFiles({ path, hosts: ['localhost'], command: 'join', version: '1', env: {} });
    const error = new EdgeadmError({ code: 'INTERNAL', what: 'fault', cause: 'Error: x\n    at y.ts:1' });
    logs.event(event('a', { type: 'failure', error }));
    logs.close();
    assert.match(readFileSync(path, 'utf8'), /\[a\] Error: x\nE.*\[a\] {5}at y\.ts:1\n/);
  });

  it('the log file is one for each host', () => {
    const logs = new LogFiles({
      path: join(folder, 'x.log'),
      hosts: ['a', 'b'],
      command: 'join',
      version: '1',
      env: {},
    });
    logs.event(info('p', 'of a', 'a'));
    logs.event(info('p', 'of b', 'b'));
    logs.close();
    assert.match(readFileSync(join(folder, 'x-a.log'), 'utf8'), /of a\n$/);
    assert.match(readFileSync(join(folder, 'x-b.log'), 'utf8'), /of b\n$/);
  });

  it('the log file is appended to, and moved aside before it grows beyond 10 MiB', () => {
    const path = join(folder, 'edgeadm.log');
    const MIB = 1024 * 1024;
    writeFileSync(path, 'x'.repeat(10 * MIB - 10));
    const log = new LogFile([path]);
    log.write('12345\n');
    log.write('67890\n');
    log.close();
    assert.equal(statSync(`${path}.1`).size, 10 * MIB - 4);
    assert.equal(readFileSync(path, 'utf8'), '67890\n');
    assert.equal(statSync(path).mode & 0o777, 0o640);
  });

  it('the log file that cannot be written is replaced by the next, and by nothing in the end', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const second = join(folder, 'second.log');
    const log = new LogFile([join(file, 'no-folder.log'), second]);
    log.write('hello\n');
    log.close();
    assert.equal(readFileSync(second, 'utf8'), 'hello\n');
    const none = new LogFile([join(file, 'x.log')]);
    none.write('hello\n');
    none.close();
    assert.equal(none.path, undefined);
  });

  it('the log file on a full disk falls silent', () => {
    const log = new LogFile(['/dev/full']);
    log.write('hello\n');
    log.write('hello\n');
    log.close();
  });

  it('the log file that is a named pipe without a reader does not stop the command', () => {
    const pipe = join(folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    assert.equal(new LogFile([pipe]).path, undefined);
  });

  it('makes folders that nobody else can write to, whatever the umask is', () => {
    const before = process.umask(0);
    try {
      const log = new LogFile([join(folder, 'a', 'b', 'x.log')]);
      log.close();
      assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o755);
      assert.equal(statSync(join(folder, 'a', 'b')).mode & 0o777, 0o755);
    } finally {
      process.umask(before);
    }
  });

  it('follows a symbolic link of root or of this user', () => {
    symlinkSync(join(folder, 'elsewhere.log'), join(folder, 'x.log'));
    const log = new LogFile([join(folder, 'x.log')]);
    log.write('hello\n');
    log.close();
    assert.equal(readFileSync(join(folder, 'elsewhere.log'), 'utf8'), 'hello\n');
  });

  const NOBODY = 65_534;
  const planted: [name: string, plant: (victim: string, theirs: string) => string][] = [
    [
      'a link in its place',
      (victim, theirs) => {
        symlinkSync(victim, join(theirs, 'x.log'));
        lchownSync(join(theirs, 'x.log'), NOBODY, NOBODY);
        return join(theirs, 'x.log');
      },
    ],
    [
      'a link in the place of its folder',
      (victim, theirs) => {
        symlinkSync(join(victim, '..'), join(theirs, 'logs'));
        lchownSync(join(theirs, 'logs'), NOBODY, NOBODY);
        return join(theirs, 'logs', 'victim');
      },
    ],
    [
      'a file of theirs in a folder that all may write to',
      (_victim, theirs) => {
        const shared = join(theirs, 'shared');
        mkdirSync(shared);
        chmodSync(shared, 0o777);
        writeFileSync(join(shared, 'x.log'), '');
        chownSync(join(shared, 'x.log'), NOBODY, NOBODY);
        return join(shared, 'x.log');
      },
    ],
  ];
  for (const [name, plant] of planted) {
    it(`the log file is not written if another user has put ${name}`, () => {
      // Only root can make files of another user.
      if (process.getuid?.() !== 0) return;
      const victim = join(folder, 'victim');
      writeFileSync(victim, 'precious');
      const theirs = join(folder, 'theirs');
      mkdirSync(theirs);
      chownSync(theirs, NOBODY, NOBODY);
      const log = new LogFile([plant(victim, theirs), join(folder, 'state.log')]);
      log.write('hello\n');
      log.close();
      assert.equal(readFileSync(victim, 'utf8'), 'precious');
      assert.equal(readFileSync(join(folder, 'state.log'), 'utf8'), 'hello\n');
    });
  }

  it('the log file in a folder of somebody else is not needed', () => {
    // Root may write anywhere.
    if (process.getuid?.() === 0) return;
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    assert.equal(new LogFile([join(closed, 'x.log')]).path, undefined);
  });
});
