import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execa } from 'execa';

const CLI = new URL('../../../src/cli/', import.meta.url).href;

/** A process under the guard whose command is `body`; `signal`, `over`, `say` and `hang` are in reach. */
function guarded(body: string, limits = '{}') {
  const program = `
    const { ProcessGuard } = await import('${CLI}process-guard.ts');
    const { commandSignal, until } = await import('${CLI}signals.ts');
    const say = (text) => process.stdout.write(text + '\\n');
    const guard = new ProcessGuard(async (error) => { say(error.code + ': ' + error.what); process.exitCode = error.exit; });
    guard.install();
    const hang = (ms) => new Promise((resolve) => setTimeout(resolve, ms ?? 1e8));
    const listen = (timeoutMs) => commandSignal(timeoutMs, ${limits});
    ${body}
    await guard.finish();`;
  return execa(process.execPath, ['--input-type=module', '-e', program], { reject: false, timeout: 20_000 });
}

describe('A process that cannot end by itself', () => {
  const rows: [name: string, body: string, exitCode: number, output: RegExp][] = [
    [
      'a promise that never settles ends with an error, never with exit code 13',
      'await new Promise(() => {});',
      1,
      /^INTERNAL: the command ended without a result \(a bug in edgeadm\)$/,
    ],
    [
      'a promise that never settles lets the command tidy up first',
      `const { signal, over } = listen();
       signal.addEventListener('abort', () => say('tidied up: ' + signal.reason.code));
       await until(over, new Promise(() => {}), 'the work').catch((error) => { say(error.code); process.exitCode = error.exit; });`,
      1,
      /^tidied up: INTERNAL\nINTERNAL$/,
    ],
    [
      'an error thrown in an event handler is one error with a code',
      'setTimeout(() => { throw new RangeError("Invalid string length"); }); await hang();',
      1,
      /^INTERNAL: [^\n]*$/,
    ],
    [
      'a rejection that nothing handles is one error with a code',
      'Promise.reject(new TypeError("x is not a function")); await hang();',
      1,
      /^INTERNAL: [^\n]*$/,
    ],
    [
      'an error that escapes from a command which then succeeds is shown all the same',
      'setTimeout(() => { throw new Error("late"); }); const { done } = listen(); await hang(50); done();',
      1,
      /^INTERNAL: [^\n]*$/,
    ],
    [
      'a command that ignores its time limit ends with TIMEOUT',
      'listen(50); await hang();',
      1,
      /^TIMEOUT: the command did not end within its time limit of 50ms$/,
    ],
    [
      'a time limit longer than a timer can hold does not end the command at once',
      'const { signal, done } = listen(90 * 86_400_000); await hang(2); say(String(signal.aborted)); done();',
      0,
      /^false$/,
    ],
    ['an unused time limit does not keep the process alive', 'listen(1e8).done(); say("done");', 0, /^done$/],
  ];
  for (const [name, body, exitCode, output] of rows) {
    it(name, async () => {
      const ended = await guarded(body, '{ cleanUpMs: 100 }');
      assert.match(ended.stdout, output);
      assert.equal(ended.exitCode, exitCode);
      assert.equal(ended.stderr, '');
    }).timeout(30_000);
  }

  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`${name} ends a command that does not heed it with INTERRUPTED and 130`, async () => {
      const child = guarded('listen(); say("begun"); await hang();');
      await once(child.stdout, 'data');
      child.kill(name);
      const { exitCode, stdout } = await child;
      assert.equal(exitCode, 130);
      assert.match(stdout, /^INTERRUPTED: interrupted$/m);
    }).timeout(30_000);
  }

  it('SIGINT ends a process that runs no command yet with INTERRUPTED and 130', async () => {
    const child = guarded('say("begun"); await hang();');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const { exitCode, stdout } = await child;
    assert.equal(exitCode, 130);
    assert.match(stdout, /^INTERRUPTED: the command was interrupted$/m);
  }).timeout(30_000);

  it('the second SIGINT ends a command in the middle of its roll-back at once with 130', async () => {
    const child = guarded(
      'const { signal } = listen(); signal.addEventListener("abort", () => say("rolling back")); say("begun"); await hang();',
      '{ interruptedMs: 1e8 }',
    );
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const { exitCode, stdout } = await child;
    assert.equal(exitCode, 130);
    assert.equal(stdout, 'begun\nrolling back');
  }).timeout(30_000);

  it('everything it has printed arrives before it ends', async () => {
    const ended = await guarded('process.stdout.write("x".repeat(8 * 1024 ** 2));');
    assert.equal(ended.stdout.length, 8 * 1024 ** 2);
    assert.equal(ended.exitCode, 0);
  }).timeout(30_000);
});
