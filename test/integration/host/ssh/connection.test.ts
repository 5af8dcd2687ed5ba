import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthContext, KeyboardAuthContext } from 'ssh2';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { PASSWORD, SshNode, SUDO_PASSWORD } from './ssh-node.ts';

describe('an SSH connection', function () {
  this.timeout(20_000);
  let node: SshNode;
  let machine: Machine | undefined;
  afterEach(async () => {
    await machine?.close();
    machine = undefined;
    await node.stop();
  });

  /** A host that asks in its own words, round after round. */
  const asking =
    (rounds: readonly { prompt: string; echo: boolean }[], answers: string[]) =>
    (context: AuthContext): void => {
      if (context.method !== 'keyboard-interactive') return void context.reject(['keyboard-interactive']);
      const next = (round: number): void => {
        const question = rounds[round];
        if (!question) return void context.accept();
        (context as KeyboardAuthContext).prompt([question], (given) => {
          answers.push(...given);
          next(round + 1);
        });
      };
      next(0);
    };

  it('gives the password to the first question that does not echo, and asks the user the others', async () => {
    const answers: string[] = [];
    const rounds = [
      { prompt: 'One-time code', echo: true },
      { prompt: 'Password: ', echo: false },
      { prompt: 'Again\u001b[2J: ', echo: false },
    ];
    node = await SshNode.start({ authenticate: asking(rounds, answers) });
    const questions: string[] = [];
    const ask = async (question: string): Promise<string> => {
      questions.push(question);
      return '123456';
    };
    machine = await node.open({ environment: { EDGEADM_SSH_PASSWORD: PASSWORD }, ask });
    assert.deepEqual(answers, ['123456', PASSWORD, '123456']);
    assert.deepEqual(questions, [`${node.name} asks: One-time code`, `${node.name} asks: Again [2J:`]);
  });

  it('gives the password once, however often the host asks, and leaves it after a few questions', async () => {
    const answers: string[] = [];
    const rounds = Array.from({ length: 200 }, (_, index) => ({ prompt: `Code ${index}`, echo: index % 2 === 0 }));
    node = await SshNode.start({ authenticate: asking(rounds, answers) });
    await assert.rejects(node.open({ environment: { EDGEADM_SSH_PASSWORD: PASSWORD } }), {
      code: 'SSH_AUTH_FAILED',
      what: `SSH authentication failed for ${node.name}`,
      why: /more than 8 questions/,
    });
    assert.equal(answers.filter((answer) => answer === PASSWORD).length, 1);
  });

  it('ends as interrupted if the question for a password is broken off, and harms nothing else', async () => {
    node = await SshNode.start();
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const ask = async (): Promise<string> => {
        throw new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted at a prompt' });
      };
      const keyFile = join(node.folder, 'known_hosts');
      await assert.rejects(node.open({ keyFile, ask }), { code: 'INTERRUPTED' });
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('says what was tried if the host accepts nothing', async () => {
    node = await SshNode.start({ authenticate: (context) => context.reject(['publickey', 'password']) });
    await assert.rejects(node.open({ environment: { EDGEADM_SSH_PASSWORD: 'not the password' } }), {
      code: 'SSH_AUTH_FAILED',
      why: /^tried: key .*; password$/,
    });
  });

  it('refuses a host key that is unknown, and one that has changed, on a reconnect as well', async () => {
    node = await SshNode.start();
    const knownHosts = join(node.folder, 'bin/sudo');
    await assert.rejects(node.open({ knownHosts }), { code: 'HOST_KEY_UNKNOWN' });
    machine = await node.open();
    await node.pause();
    node.drop();
    await node.resume({ newHostKey: true });
    await assert.rejects(machine.readFile('/etc/hostname'), { code: 'HOST_KEY_CHANGED' });
    await assert.rejects(node.open(), { code: 'HOST_KEY_CHANGED' });
  });

  it('an SSH connection that drops between two steps is made again', async () => {
    node = await SshNode.start();
    machine = await node.open();
    node.drop();
    assert.equal((await machine.exec('echo', ['x'])).stdout, 'x\n');
    assert.equal(node.connections, 2);
  });

  it('an SSH connection that the host ends without reading what is being sent is made again for this step and the next', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    node.behaviour.exec = (line) => {
      if (!line.includes('edgeadm-step')) return false;
      node.behaviour.exec = undefined;
      node.endHalf();
      end();
      return true;
    };
    const input = Buffer.alloc(16 * 1024 * 1024, 'x');
    const counting = machine.exec('sh', ['-c', 'wc -c', 'edgeadm-step'], { input, repeatable: true });
    await ended;
    assert.equal((await machine.exec('echo', ['x'])).stdout, 'x\n');
    assert.equal((await counting).stdout, `${input.length}\n`);
    assert.equal(node.connections, 2);
  });

  it('an SSH connection that has just been lost is made again, however far the news of it has come', async () => {
    node = await SshNode.start();
    machine = await node.open();
    for (let turns = 0; turns < 4; turns++) {
      node.drop();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal((await machine.exec('echo', ['x'], { repeatable: true })).stdout, 'x\n');
    }
    assert.equal(node.connections, 5);
  });

  it('an SSH connection that drops during a question repeats it, and during a change does not', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const step = (repeatable: boolean) => {
      let runs = 0;
      node.behaviour.exec = (line) => {
        if (!line.includes('edgeadm-step')) return false;
        runs += 1;
        node.drop();
        if (runs > 1) node.behaviour.exec = undefined;
        return true;
      };
      return machine?.exec('sh', ['-c', 'echo done', 'edgeadm-step'], { repeatable });
    };
    assert.equal((await step(true))?.stdout, 'done\n');
    await assert.rejects(step(false) as Promise<unknown>, { code: 'HOST_UNREACHABLE', why: /not known whether/ });
  });

  it('an SSH connection that drops while it appends leaves every line there once', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const path = join(node.folder, 'log');
    await machine.appendFile(path, 'one\n');
    let writes = 0;
    node.behaviour.sftp = (request) => {
      if (request === 'extended' && ++writes === 1) setImmediate(() => node.drop());
      return undefined;
    };
    await machine.appendFile(path, 'two\n');
    assert.equal((await machine.readFile(path))?.toString(), 'one\ntwo\n');
  });

  it('the lines of a journal take one opening, and a file that took its place gets the lines that follow', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const path = join(node.folder, 'log');
    let openings = 0;
    node.behaviour.sftp = (request, subject) => {
      if (request === 'open' && subject === path) openings += 1;
      return undefined;
    };
    for (const line of ['one\n', 'two\n', 'three\n']) await machine.appendFile(path, line);
    assert.equal(await readFile(path, 'utf8'), 'one\ntwo\nthree\n');
    assert.equal(openings, 1);
    const replacements = [
      () => machine?.writeFile(path, Buffer.from('new\n'), { mode: 0o600 }),
      () => machine?.copyFile(join(node.folder, 'other'), path, { mode: 0o600 }),
    ];
    await writeFile(join(node.folder, 'other'), 'new\n');
    for (const replace of replacements) {
      await replace();
      await machine.appendFile(path, 'next\n');
      assert.equal(await readFile(path, 'utf8'), 'new\nnext\n');
    }
    await machine.remove(path);
    await machine.appendFile(path, 'first\n');
    assert.equal(await readFile(path, 'utf8'), 'first\n');
  });

  it('a folder that was removed with a journal in it, and made again, has a journal with the lines since then', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const folder = join(node.folder, 'state');
    for (const line of ['before\n', 'after\n']) {
      await machine.makeDirectory(folder, 0o700);
      await machine.appendFile(join(folder, 'log'), line);
      assert.equal(await readFile(join(folder, 'log'), 'utf8'), line);
      await machine.removeTree(folder);
    }
  });

  it('an append that SFTP calls a failure after it was written is not done twice', async () => {
    node = await SshNode.start();
    machine = await node.open();
    const path = join(node.folder, 'log');
    node.behaviour.sftp = (request) => (request === 'extended' ? { failure: 4 } : undefined);
    await machine.appendFile(path, 'one\n');
    await machine.appendFile(path, 'two\n');
    assert.equal((await machine.readFile(path))?.toString(), 'one\ntwo\n');
  });

  // Fails if a new ssh2 has other insides: files would go through programs, ten times slower.
  it('uses SFTP, as root and through sudo', async () => {
    for (const sudoPassword of ['', SUDO_PASSWORD]) {
      node = await SshNode.start({ loginUid: 1000, sudoPassword });
      machine = await node.open({ environment: { EDGEADM_SUDO_PASSWORD: SUDO_PASSWORD } });
      await machine.writeFile(join(node.folder, 'file'), Buffer.from('x'), { mode: 0o600 });
      assert.equal((await machine.readFile(join(node.folder, 'file')))?.toString(), 'x');
      assert.equal(node.sftpSessions, 1);
      assert.ok(!node.lines.some((line) => line.includes(' dd ')), 'files went through programs');
      await machine.close();
      if (sudoPassword === '') await node.stop();
    }
  });

  it('closes in bounded time if the host does not take note of it', async () => {
    node = await SshNode.start();
    machine = await node.open({ limits: { close: 100 } });
    node.freeze();
    await machine.close();
  });
});
