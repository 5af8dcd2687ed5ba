import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { parseTerminationMessage } from '../../../src/errors/termination-message.ts';
import { registerSecret } from '../../../src/lib/redact.ts';
import { createOutput, type Output, type OutputOptions } from '../../../src/output/index.ts';
import { sharedErrors } from '../../../src/output/summary.ts';
import { end, event, info, start, warning } from './events.ts';
import { asWriteStream, FakeStream } from './fake-terminal.ts';

const SECRET = 'Pa55 w"ord/for-this-test';
const TOKEN = 'zyxwvu.fedcba9876543210';
const ESCAPE = '\u001b';
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const SHOW_CURSOR = `${ESCAPE}[?25h`;

interface Screen {
  readonly output: Output;
  readonly stdout: FakeStream;
  readonly stderr: FakeStream;
}

describe('the output of a command', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeadm-output-'));
    registerSecret(SECRET);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function open(options: Partial<OutputOptions> = {}, columns?: number): Screen {
    const stdout = new FakeStream();
    const stderr = new FakeStream(columns);
    const output = createOutput({
      mode: 'text',
      verbose: false,
      command: 'join',
      version: '1.0.0',
      hosts: ['localhost'],
      logFile: join(folder, 'edgeadm.log'),
      env: { HOME: folder, LANG: 'C.UTF-8', TERM: 'xterm' },
      stdout: asWriteStream(stdout),
      stderr: asWriteStream(stderr),
      ...options,
    });
    return { output, stdout, stderr };
  }

  function leak(output: Output): void {
    const hidden = `${SECRET} ${TOKEN}`;
    output.emit(start('join-node', `Join with ${hidden}`));
    output.emit(info('join-node', `a ${hidden}`));
    output.emit(warning('join-node', `b ${Buffer.from(SECRET).toString('base64')}`));
    output.emit(event('join-node', { type: 'progress', what: hidden, done: 1, total: 2 }));
    output.emit(info('join-node', `c ${SECRET.slice(0, 5)}${ESCAPE}[0m${SECRET.slice(5)}`));
    output.emit(event('join-node', { type: 'plan', action: `write ${hidden}`, diff: `@@\n+${hidden}` }));
  }

  for (const [name, options, columns] of [
    ['lines', {}, undefined],
    ['lines with details', { verbose: true }, undefined],
    ['JSON', { mode: 'json' }, undefined],
    ['YAML', { mode: 'yaml' }, undefined],
    ['a plan', { dryRun: true }, undefined],
    ['a tree', {}, 80],
    ['a tree of several hosts', { hosts: ['localhost', 'other'] }, 80],
  ] as const) {
    it(`holds no secret as ${name}, in its results, nor in its log`, async () => {
      const { output, stdout, stderr } = open(options, columns);
      leak(output);
      if (columns) await stderr.shows(HIDE_CURSOR);
      output.emit(end('join-node', 'failed', SECRET));
      const error = new EdgeadmError({
        code: 'INTERNAL',
        what: `w ${SECRET}`,
        why: `y ${TOKEN}`,
        next: `n ${SECRET}`,
        cause: new Error(`c ${SECRET}`),
      });
      const host = {
        host: 'localhost',
        ok: false,
        outcome: 'failed',
        durationMs: 1,
        error,
        data: { [SECRET]: [SECRET] },
      };
      output.hostDone(host);
      await output.result({
        ok: false,
        command: 'join',
        hosts: [host],
        error,
        text: `t ${TOKEN}\n`,
        data: { x: SECRET },
      });
      await output.close();
      const logs = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      assert.ok(stdout.text + stderr.text !== '');
      for (const text of [stdout.text, stderr.text, ...logs]) {
        const plain = text.replaceAll('\\"', '"');
        for (const secret of [SECRET, 'fedcba9876543210', Buffer.from(SECRET).toString('base64')]) {
          assert.ok(!plain.includes(secret), text);
        }
      }
    });
  }

  it('the output of a command is a secret only if the command was asked for one, and never in the log', async () => {
    const text = open();
    await text.output.result({ ok: true, command: 'token create', hosts: [], text: `${TOKEN}\n`, reveal: true });
    assert.equal(text.stdout.text, `${TOKEN}\n`);
    const json = open({ mode: 'json' });
    await json.output.result({ ok: true, command: 'token create', hosts: [], data: { token: TOKEN }, reveal: true });
    assert.equal(JSON.parse(json.stdout.text).data.token, TOKEN);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('the output of a command cannot be used by a server to move the cursor of the terminal', () => {
    const { output, stderr } = open();
    output.emit(info('join-node', `answer: ${ESCAPE}[2J${ESCAPE}]0;title\u0007one\r\ntwo\u0008`));
    assert.deepEqual(
      stderr.lines.map((line) => line.replace(/^.*\] /, '')),
      ['answer: one', '    two'],
    );
  });

  it('the output of a command without a terminal tells a failure once, in lines', async () => {
    const { output, stdout, stderr } = open();
    const error = new EdgeadmError({ code: 'KUBELET_FAILED', what: 'the kubelet does not run', why: 'exit 1' });
    const host = { host: 'localhost', ok: false, outcome: 'failed', durationMs: 1, error };
    output.emit(start('join-node', 'Join'));
    output.emit(end('join-node', 'failed'));
    output.hostDone(host);
    await output.result({ ok: false, command: 'join', hosts: [host], error });
    assert.equal(stderr.text.split('the kubelet does not run').length, 2, stderr.text);
    assert.match(stderr.lines[0] ?? '', /^E.*\[join-node\] the kubelet does not run \(KUBELET_FAILED\)$/);
    assert.equal(stdout.text, '');
  });

  it('tells what is wrong with the command line, though nothing has run', async () => {
    const { output, stderr } = open();
    await output.result({
      ok: false,
      command: 'join',
      hosts: [],
      error: new EdgeadmError({ code: 'USAGE', what: 'no such flag', why: '--tokn', next: 'see --help' }),
    });
    assert.equal(stderr.text, 'error: no such flag\n  --tokn\nnext: see --help\n(USAGE)\n');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('the output of a command on a terminal shows the tree on standard error, then the error with the log to read', async () => {
    const { output, stdout, stderr } = open({}, 80);
    const error = new EdgeadmError({ code: 'KUBELET_FAILED', what: 'the kubelet does not run', next: 'look' });
    const host = { host: 'localhost', ok: false, outcome: 'failed', durationMs: 1, error };
    output.emit(start('join-node', 'Join'));
    await stderr.shows(HIDE_CURSOR);
    output.emit(end('join-node', 'failed'));
    output.hostDone(host);
    await output.result({ ok: false, command: 'join', hosts: [host], error });
    await output.close();
    assert.equal(stdout.text, '');
    assert.ok(stderr.text.includes(`${ESCAPE}[31m✖${ESCAPE}[39m Join`), stderr.text);
    assert.match(stderr.text, /error:.*the kubelet does not run[\s\S]*KUBELET_FAILED, log: .*edgeadm\.log/);
  });

  it('the output of a failed command leaves its error, without secrets, in the file of EDGEADM_TERMINATION_MESSAGE', async () => {
    const file = join(folder, 'termination-message');
    const env = { HOME: folder, EDGEADM_TERMINATION_MESSAGE: file };
    const error = new EdgeadmError({ code: 'KUBELET_FAILED', what: 'it failed', why: `with ${SECRET}` });
    await open({ env }).output.result({ ok: false, command: 'upgrade', hosts: [], error });
    const text = readFileSync(file, 'utf8');
    assert.equal(parseTerminationMessage(text)?.code, 'KUBELET_FAILED');
    assert.ok(!text.includes(JSON.stringify(SECRET).slice(1, -1)), text);
    const unwritable = { ...env, EDGEADM_TERMINATION_MESSAGE: join(folder, 'none', 'file') };
    const { output, stderr } = open({ env: unwritable });
    await output.result({ ok: false, command: 'upgrade', hosts: [], error });
    assert.match(stderr.text, /it failed/);
  });

  it('gives the cursor of the terminal back', async () => {
    const { output, stderr } = open({}, 80);
    output.emit(start('join-node', 'Join'));
    await stderr.shows(HIDE_CURSOR);
    await output.close();
    assert.ok(stderr.text.lastIndexOf(SHOW_CURSOR) > stderr.text.lastIndexOf(HIDE_CURSOR));
  });

  it('the output of a command has the terminal to itself while a question is asked', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    try {
      const { output, stderr } = open({}, 80);
      output.emit(start('install-runtime', 'Install the runtime'));
      mock.timers.tick(1000);
      assert.ok(stderr.text.includes(HIDE_CURSOR));
      const answer = await output.ask(async () => {
        const before = stderr.text;
        output.emit(info('install-runtime', 'still here'));
        mock.timers.tick(60_000);
        assert.equal(stderr.text, before);
        assert.ok(before.endsWith(SHOW_CURSOR));
        return 'yes';
      });
      assert.equal(answer, 'yes');
      mock.timers.tick(1000);
      assert.ok(stderr.text.includes('still here'));
      await output.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('the output of a command has no colours against NO_COLOR', async () => {
    const { output, stderr } = open({ env: { NO_COLOR: '1', LANG: 'C.UTF-8', TERM: 'xterm', HOME: folder } }, 80);
    output.emit(start('a', 'A'));
    await stderr.shows(HIDE_CURSOR);
    output.emit(end('a', 'failed'));
    const error = new EdgeadmError({ code: 'TIMEOUT', what: 'too late' });
    await output.result({ ok: false, command: 'join', hosts: [], error });
    await output.close();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    assert.doesNotMatch(stderr.text, /\u001b\[[\d;]*m/);
  });

  it('the output of a command is plain lines on a dumb terminal, and with -v on any', () => {
    for (const [options, columns] of [
      [{ env: { TERM: 'dumb' } }, 80],
      [{ verbose: true }, 80],
    ] as const) {
      const { output, stderr } = open(options, columns);
      output.emit(info('a', 'hello'));
      assert.match(stderr.text, /^I\d{4} .*\] \[a\] hello\n$/);
    }
  });

  it('the output of a command with -o json is one object a line and nothing else, the result last', async () => {
    const { output, stdout, stderr } = open({ mode: 'json' });
    const error = new EdgeadmError({ code: 'TOKEN_INVALID', what: 'wrong secret', why: 'signature', next: 'again' });
    const host = { host: 'localhost', ok: false, outcome: 'failed', durationMs: 7, error };
    output.emit(start('preflight', 'Check'));
    output.emit(end('preflight', 'failed'));
    output.hostDone(host);
    await output.result({ ok: false, command: 'join', hosts: [host], error });
    await output.close();
    const lines = stdout.lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ type }) => type),
      ['phase-start', 'phase-end', 'failure', 'result'],
    );
    assert.deepEqual(lines.at(-1), {
      type: 'result',
      ok: false,
      command: 'join',
      hosts: [
        { host: 'localhost', ok: false, outcome: 'failed', durationMs: 7, phase: 'preflight', error: error.toJSON() },
      ],
      error: error.toJSON(),
    });
    assert.equal(lines[0].time, new Date(start('', '').time).toISOString());
    assert.equal(stderr.text, '');
  });

  it('the output of a command of several hosts ends with a table, then what to do', async () => {
    const { output, stdout, stderr } = open({ hosts: ['10.0.0.5', '10.0.0.6'] });
    const lost = new EdgeadmError({ code: 'HOST_UNREACHABLE', what: 'no answer' });
    const hosts = [
      { host: '10.0.0.5', ok: true, outcome: 'joined', durationMs: 12_345 },
      { host: '10.0.0.6', ok: false, outcome: 'failed', durationMs: 100, error: lost },
    ];
    for (const host of hosts) output.hostDone(host);
    await output.result({
      ok: false,
      command: 'join',
      hosts,
      error: new EdgeadmError({ code: 'SOME_HOSTS_FAILED', what: '1 of 2 hosts failed' }),
    });
    assert.deepEqual(stdout.lines, [
      'HOST       RESULT   TIME    PHASE   CAUSE',
      '10.0.0.5   joined   12.3s',
      '10.0.0.6   failed   100ms           HOST_UNREACHABLE',
    ]);
    assert.match(stderr.text, /10\.0\.0\.6 .*no answer[\s\S]*error: 1 of 2 hosts failed/);
  });

  describe('on a terminal, for several hosts that failed', () => {
    const refused = (next: string) =>
      new EdgeadmError({ code: 'TOKEN_INVALID', what: 'no such token', why: 'HTTP 401', next });
    const failed = (host: string, error: EdgeadmError) => ({
      host,
      ok: false,
      outcome: 'failed',
      durationMs: 1,
      error,
    });

    async function shown(errors: readonly EdgeadmError[]): Promise<Screen> {
      const hosts = errors.map((error, index) => failed(`10.0.0.${index}`, error));
      const screen = open({ hosts: hosts.map(({ host }) => host) }, 80);
      for (const host of hosts) screen.output.hostDone(host);
      const what = `all ${hosts.length} hosts failed`;
      const next = [...new Set(errors.map((error) => error.next))].join('\n');
      const error = new EdgeadmError({ code: 'TOKEN_INVALID', what, why: 'each of them', next });
      await screen.output.result({ ok: false, command: 'join', hosts, error });
      return screen;
    }

    it('equal errors are one, with all their hosts, and the last line is the verdict', async () => {
      const { stderr, stdout } = await shown([refused('make one'), refused('make one'), refused('make one')]);
      const text = stripVTControlCharacters(stderr.text);
      assert.equal(text.split('no such token').length, 2, text);
      assert.equal(text.split('make one').length, 2, text);
      assert.match(text, /error: 10\.0\.0\.0, 10\.0\.0\.1, 10\.0\.0\.2: no such token/);
      assert.match(text, /error: all 3 hosts failed\n\(TOKEN_INVALID\)\n$/);
      assert.match(stdout.text, /^HOST +RESULT +TIME +PHASE +CAUSE\n10\.0\.0\.0 +failed +1ms +TOKEN_INVALID\n/);
    });

    it('errors that differ only in the address of their host are one, and longer addresses stay whole', async () => {
      const lost = (address: string) =>
        new EdgeadmError({
          code: 'HOST_UNREACHABLE',
          what: `cannot reach ${address}`,
          why: `connect ECONNREFUSED ${address}:22`,
        });
      const text = stripVTControlCharacters(
        (await shown([lost('10.0.0.0'), lost('10.0.0.1'), lost('10.0.0.10')])).stderr.text,
      );
      assert.match(text, /error: 10\.0\.0\.0, 10\.0\.0\.1: cannot reach HOST\n {2}connect ECONNREFUSED HOST:22\n/);
      assert.match(text, /error: 10\.0\.0\.2: cannot reach 10\.0\.0\.10\n/);
    });

    it('the address of a host stands for itself alone: neither in another IPv6 address nor in a longer word', async () => {
      const error = (server: string) => new EdgeadmError({ code: 'API_UNREACHABLE', what: `edge-hub: ${server}` });
      const shared = (...hosts: string[]) =>
        sharedErrors(hosts.map((host) => failed(host, error('[fd00::22]:6443')))).map(({ error: { what } }) => what);
      assert.deepEqual(shared('root@fd00::1', 'root@fd00::2'), ['edge-hub: [fd00::22]:6443']);
      assert.deepEqual(shared('edge', 'node'), ['edge-hub: [fd00::22]:6443']);
      const unreachable = ['root@[fd00::1]:2222', 'root@[fd00::2]:2222'].map((host, index) =>
        failed(host, error(`fd00::${index + 1}`)),
      );
      assert.deepEqual(
        sharedErrors(unreachable).map(({ error: { what } }) => what),
        ['edge-hub: HOST'],
      );
    });

    it('errors that differ keep their own next steps', async () => {
      const text = stripVTControlCharacters((await shown([refused('make one'), refused('make another')])).stderr.text);
      assert.match(
        text,
        /error: 10\.0\.0\.0: no such token[\s\S]*next: make one\n[\s\S]*error: 10\.0\.0\.1:[\s\S]*next: make another\n/,
      );
    });
  });

  it('one host that is done ends with its verdict and the next command, on standard output alone', async () => {
    for (const columns of [60, undefined]) {
      const { output, stdout, stderr } = open({}, columns);
      const verdict = 'edge1 joined 10.217.0.1:6443 in 9.3s (not Ready yet)';
      const host = {
        host: 'localhost',
        ok: true,
        outcome: 'joined',
        durationMs: 9300,
        verdict,
        next: 'kubectl get node edge1',
      };
      output.hostDone(host);
      await output.result({ ok: true, command: 'join', hosts: [host] });
      await output.close();
      assert.deepEqual(stdout.lines, [verdict, 'next: kubectl get node edge1']);
      assert.equal(stderr.text, '');
    }
  });

  it('several hosts that are done end with a table, what became of how many, and the next command once', async () => {
    const { output, stdout } = open({ hosts: ['a', 'b', 'c'] });
    const host = (name: string, outcome: string) => ({
      host: name,
      ok: true,
      outcome,
      durationMs: 10,
      verdict: 'x',
      next: 'kubectl get nodes',
    });
    const hosts = [host('a', 'joined'), host('b', 'joined'), host('c', 'unchanged')];
    await output.result({ ok: true, command: 'join', hosts, durationMs: 13_700 });
    assert.deepEqual(stdout.lines.slice(-2), ['3 hosts: 2 joined, 1 unchanged, in 13.7s', 'next: kubectl get nodes']);
  });

  it('verdicts for people are not in the result for programs', async () => {
    const { output, stdout } = open({ mode: 'json' });
    const host = { host: 'a', ok: true, outcome: 'joined', durationMs: 1, verdict: 'v', next: 'n' };
    await output.result({ ok: true, command: 'join', hosts: [host] });
    assert.deepEqual(JSON.parse(stdout.text).hosts, [{ host: 'a', ok: true, outcome: 'joined', durationMs: 1 }]);
  });

  it('the output of a dry run is a plan on standard output that ends with what is planned; progress is silent and no log is written', async () => {
    const { output, stdout, stderr } = open({ dryRun: true });
    const diff = 'Index: /etc/a\n=====\n--- /etc/a\tnow\n+++ /etc/a\tthen\n@@ -1 +1 @@\n-a\n+b\n';
    output.emit(start('preflight', 'Check'));
    output.emit(info('preflight', 'checked'));
    output.emit(end('preflight'));
    output.emit(start('prepare-node', 'Prepare the system'));
    output.emit(event('', { type: 'plan', action: 'write /etc/a (0644)', diff }));
    output.emit(event('prepare-node/sysctl', { type: 'plan', action: 'set x = 1' }));
    output.emit(warning('prepare-node', 'careful'));
    const host = { host: 'localhost', ok: true, outcome: 'planned', durationMs: 1 };
    output.hostDone(host);
    await output.result({ ok: true, command: 'join', hosts: [host] });
    await output.close();
    assert.deepEqual(stdout.text.split('\n'), [
      'localhost: plan of join (nothing was changed)',
      '[prepare-node] Prepare the system',
      '  write /etc/a (0644)',
      '      @@ -1 +1 @@',
      '      -a',
      '      +b',
      '[prepare-node/sysctl]',
      '  set x = 1',
      'localhost: 2 actions planned, nothing was changed (dry run)',
      '',
    ]);
    assert.match(stderr.text, /^W.*careful\n$/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('the output of a dry run says so if nothing is to do', async () => {
    const { output, stdout } = open({ dryRun: true });
    output.emit(start('preflight', 'Check'));
    await output.close();
    assert.equal(stdout.text, 'localhost: plan of join (nothing was changed): nothing to do\n');
  });

  it('the text of a result keeps the colours of the command on a terminal, and nothing else of its escape sequences', async () => {
    const text = `${ESCAPE}[31m[ERROR Swap]${ESCAPE}[39m: on${ESCAPE}[2J\n`;
    for (const [columns, expected] of [
      [80, `${ESCAPE}[31m[ERROR Swap]${ESCAPE}[39m: on\n`],
      [undefined, '[ERROR Swap]: on\n'],
    ] as const) {
      const stdout = new FakeStream(columns);
      const { output } = open({ stdout: asWriteStream(stdout) });
      await output.result({ ok: true, command: 'preflight', hosts: [], text });
      assert.equal(stdout.text, expected);
    }
  });

  it('a secret is not shown because it has colours between its letters', async () => {
    const stdout = new FakeStream(80);
    const { output } = open({ stdout: asWriteStream(stdout) });
    const text = `${SECRET.slice(0, 5)}${ESCAPE}[31m${SECRET.slice(5)}\n`;
    await output.result({ ok: true, command: 'preflight', hosts: [], text });
    assert.equal(stdout.text, '***\n');
  });

  it('the lines of a plan wrap at words on a terminal', async () => {
    const stdout = new FakeStream(30);
    const { output } = open({ dryRun: true, stdout: asWriteStream(stdout) });
    output.emit(start('prepare-node', 'Set kernel parameters, now and at boot'));
    output.emit(event('prepare-node', { type: 'plan', action: 'write /etc/sysctl.d/99.conf (0644, 189 bytes)' }));
    await output.close();
    const lines = stripVTControlCharacters(stdout.text).split('\n');
    assert.ok(lines.includes('  write'), stdout.text);
    assert.deepEqual(
      lines.filter((line) => line.length > 30),
      [],
    );
  });

  it('ends without harm when nobody reads any more', async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    });
    const { output } = open({ stdout: asWriteStream(broken), stderr: asWriteStream(broken) });
    output.emit(info('a', 'one'));
    // The stream says that it is broken in the next turn.
    await setImmediate();
    output.emit(info('a', 'two'));
    await output.result({ ok: true, command: 'join', hosts: [], text: 'three\n' });
    await output.close();
    assert.match(readFileSync(join(folder, 'edgeadm.log'), 'utf8'), /one\n[\s\S]*two\n/);
  });

  it('loads nothing for a terminal if there is none, and survives a closed pipe', () => {
    const index = fileURLToPath(new URL('../../../src/output/index.ts', import.meta.url));
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
      const { createOutput } = await import(${JSON.stringify(index)});
      const output = createOutput({ mode: 'text', verbose: false, command: 'join', version: '1', hosts: ['localhost'], logFile: '/dev/null' });
      output.emit({ host: 'localhost', phase: 'a', time: Date.now(), type: 'message', level: 'info', text: 'hello' });
      process.stderr.write(loaded.filter((name) => !name.startsWith('.') && !name.startsWith('node:')).join());
      await output.result({ ok: true, command: 'join', hosts: [], text: 'line\\n'.repeat(100_000) });
      await output.close();
    `;
    const script = `"${process.execPath}" --input-type=module -e "$PROGRAM" | head -n 1; exit \${PIPESTATUS[0]}`;
    const run = spawnSync('bash', ['-c', script], { env: { ...process.env, PROGRAM: program }, encoding: 'utf8' });
    assert.equal(run.stdout, 'line\n');
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /\[a\] hello\n(file:)?[^,]*output\/index\.ts,get-east-asian-width$/);
  });
});
