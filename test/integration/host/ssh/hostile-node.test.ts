import assert from 'node:assert/strict';
import type { ServerChannel } from 'ssh2';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { MAX_DIRECTORY_ENTRIES, MAX_OUTPUT_BYTES, MAX_PROC_FILE_BYTES } from '../../../../src/host/programs.ts';
import type { SshLimits } from '../../../../src/host/ssh/limits.ts';
import { type Behaviour, introduce, SshNode, SUDO_PASSWORD } from './ssh-node.ts';

/** Far above what an honest node needs here, far below what would pass for hanging. */
const LIMITS: SshLimits = {
  ...{ connect: 3000, start: 1000, sftpAnswer: 300, answer: 300, fileCommand: 2000, close: 200 },
  pauses: { terminate: 50, kill: 50, close: 50, drain: 50 },
};
/** For a node that hangs from the start: what is waited out is the limit itself. */
const SHORT: SshLimits = { ...LIMITS, connect: 1000, start: 300 };
/** For a node that answers all the time, perhaps slowly: no limit is reached. */
const LONG: SshLimits = { ...LIMITS, sftpAnswer: 10_000 };
const BLOCK = Buffer.alloc(32 * 1024, 'x');

/** Sends without end, as fast as it is read, until the channel is closed. */
function flood(channel: ServerChannel, stream: NodeJS.WritableStream, count: (bytes: number) => void): void {
  const more = (): void => {
    if (channel.destroyed || !channel.writable) return;
    count(BLOCK.length);
    if (stream.write(BLOCK)) setImmediate(more);
    else stream.once('drain', more);
  };
  more();
}

const isKill = (line: string): boolean => line.includes('kill -s');

describe('a node over SSH that hangs or floods', function () {
  this.timeout(20_000);
  let node: SshNode;
  let machine: Machine | undefined;
  let sent = 0;
  const count = (bytes: number): void => {
    sent += bytes;
  };
  beforeEach(() => {
    sent = 0;
  });
  afterEach(async () => {
    await machine?.close();
    machine = undefined;
    await node.stop();
  });
  const open = async (behaviour: Behaviour = {}, limits = LIMITS): Promise<Machine> => {
    node = await SshNode.start();
    machine = await node.open({ limits });
    Object.assign(node.behaviour, behaviour);
    return machine;
  };

  /** What a program may do that is started as `edgeadm-victim`. */
  const programs: Record<string, (channel: ServerChannel) => void> = {
    'starts and never ends': () => {},
    'reports its exit status, but its channel stays open': (channel) => channel.exit(0),
    'floods standard output': (channel) => flood(channel, channel, count),
    'floods standard error': (channel) => flood(channel, channel.stderr, count),
    'floods standard output after its exit status': (channel) => {
      channel.exit(0);
      flood(channel, channel, count);
    },
  };
  const misbehaving = (act: (channel: ServerChannel) => void): Behaviour['exec'] => {
    return (line, channel) => {
      if (isKill(line)) return true;
      if (!line.includes('edgeadm-victim')) return false;
      introduce(line, channel);
      act(channel);
      return true;
    };
  };

  for (const [name, act] of Object.entries(programs)) {
    it(`a program that ${name} ends by its time limit or the size of its output, in bounded memory`, async () => {
      const subject = await open({ exec: misbehaving(act) });
      const result = await subject.exec('edgeadm-victim', [], { timeoutMs: 300 });
      assert.ok(result.stdout.length <= MAX_OUTPUT_BYTES);
      assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
      // What is left of the connection still works.
      node.behaviour.exec = undefined;
      assert.equal((await subject.exec('echo', ['x'])).stdout, 'x\n');
    });

    it(`a program that ${name} ends within two seconds of the end of the command`, async () => {
      const subject = await open({ exec: misbehaving(act) });
      const command = new AbortController();
      const running = subject.withSignal(command.signal).exec('edgeadm-victim', []);
      setTimeout(() => command.abort(new Error('interrupted by SIGTERM')), 100);
      const result = await running.catch((error: unknown) => error);
      const ended = result instanceof EdgeadmError ? result.code : (result as { exitCode: number }).exitCode;
      assert.ok(['INTERRUPTED', -1, 0].includes(ended), String(ended));
    });
  }

  it('the time limit of the command is its error, wherever it waits', async () => {
    const subject = await open({ exec: misbehaving(() => {}) });
    const command = new AbortController();
    const timeUp = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 5 s' });
    const working = subject.withSignal(command.signal);
    const running = [
      working.exec('edgeadm-victim', []),
      ...Array.from({ length: 8 }, () => working.exec('edgeadm-victim', [])),
    ];
    setTimeout(() => command.abort(timeUp), 50);
    const results = await Promise.allSettled(running);
    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && result.reason),
      running.map(() => timeUp),
    );
    await assert.rejects(working.exec('true', []), timeUp);
    await assert.rejects(working.readFile('/etc/hostname'), timeUp);
  });

  const files: Record<string, { behaviour: Behaviour; work: (machine: Machine) => Promise<unknown>; error?: RegExp }> =
    {
      'a file without an end': {
        behaviour: { sftp: (request) => (request === 'read' ? { data: BLOCK.subarray(0, 30_000) } : undefined) },
        work: (subject) => subject.readFile('/proc/self/stat'),
        error: new RegExp(`more than ${MAX_PROC_FILE_BYTES} bytes`),
      },
      'a folder without an end': {
        behaviour: {
          sftp: (request) =>
            request === 'readdir' ? { names: Array.from({ length: 1000 }, (_, index) => `${index}`) } : undefined,
        },
        work: (subject) => subject.list('/'),
        error: new RegExp(`more than ${MAX_DIRECTORY_ENTRIES} entries`),
      },
      'files that are all symlinks': {
        behaviour: {
          sftp: (request) =>
            request === 'lstat'
              ? { mode: 0o120777, size: 1 }
              : request === 'readlink'
                ? { names: ['x'.repeat(30_000)] }
                : undefined,
        },
        work: (subject) => subject.stat('/etc'),
      },
      'an SFTP server that says nothing': {
        behaviour: { sftp: () => 'nothing' },
        work: (subject) => subject.readFile('/proc/self/stat'),
      },
    };
  for (const [name, { behaviour, work, error }] of Object.entries(files)) {
    it(`${name}: reading ends, in bounded memory`, async () => {
      const subject = await open(behaviour, error ? LONG : LIMITS);
      if (error) await assert.rejects(work(subject), { code: 'WRITE_FAILED', why: error });
      else await work(subject);
    });
  }

  it('an SFTP server that hangs ends with the command', async () => {
    node = await SshNode.start({ sftp: () => 'nothing' });
    machine = await node.open();
    const command = new AbortController();
    const working = machine.withSignal(command.signal);
    const running = [
      working.readFile('/etc/hostname'),
      working.stat('/etc/hostname'),
      working.list('/etc'),
      working.writeFile(`${node.folder}/file`, Buffer.from('x'), { mode: 0o600 }),
      working.appendFile(`${node.folder}/file`, 'x'),
    ];
    setTimeout(() => command.abort(new Error('interrupted by SIGINT')), 100);
    for (const result of await Promise.allSettled(running))
      assert.equal(result.status === 'rejected' && result.reason.code, 'INTERRUPTED');
  });

  it('dialling through a server that does not answer ends by its time limit', async () => {
    const subject = await open({ forwardingHangs: true });
    await assert.rejects(subject.connect({ host: '127.0.0.1', port: 9 }, { timeoutMs: 100 }), {
      code: 'API_UNREACHABLE',
      why: 'no answer within 0.1 s',
    });
  });

  it('a lock that is neither taken nor refused is an error', async () => {
    const exec = (line: string, channel: ServerChannel): boolean => {
      if (!line.includes('flock')) return false;
      introduce(line, channel);
      return true;
    };
    const subject = await open({ exec });
    await assert.rejects(subject.lock('/run/lock/x'), { code: 'WRITE_FAILED', why: /no answer/ });
  });

  const openings: Record<string, { behaviour: Behaviour; config?: object; code: string }> = {
    'whose `id -u` never ends': {
      behaviour: {
        exec: (line, channel) => {
          if (!isKill(line)) introduce(line, channel);
          return true;
        },
      },
      code: 'COMMAND_FAILED',
    },
    'whose `id -u` floods': {
      behaviour: {
        exec: (line, channel) => {
          if (isKill(line)) return true;
          introduce(line, channel);
          flood(channel, channel, count);
          return true;
        },
      },
      code: 'COMMAND_FAILED',
    },
    'whose login shell prints to standard error without end': {
      behaviour: {
        exec: (_line, channel) => {
          flood(channel, channel.stderr, count);
          return true;
        },
      },
      code: 'COMMAND_FAILED',
    },
    'whose login shell prints to standard output without end': {
      behaviour: {
        exec: (_line, channel) => {
          flood(channel, channel, count);
          return true;
        },
      },
      code: 'COMMAND_FAILED',
    },
    'whose sudo never answers': {
      behaviour: { loginUid: 1000, exec: (line) => line.includes(' sudo ') },
      code: 'SUDO_FAILED',
    },
    'whose sudo asks on standard output': {
      behaviour: {
        loginUid: 1000,
        exec: (line, channel) => line.includes(' sudo ') && channel.write('[sudo] password for root: '),
      },
      code: 'SUDO_FAILED',
    },
    'whose sudo asks again and again': {
      behaviour: {
        loginUid: 1000,
        exec: (line, channel) => {
          const [prompt] = /edgeadm-[0-9a-f]+-password/.exec(line) ?? [];
          if (!prompt) return false;
          for (let times = 0; times < 1000; times++) channel.stderr.write(prompt);
          return true;
        },
      },
      code: 'SUDO_FAILED',
    },
    'that answers no way of logging in': { behaviour: { authenticate: () => {} }, code: 'HOST_UNREACHABLE' },
  };
  for (const [name, { behaviour, code }] of Object.entries(openings)) {
    it(`a node ${name} is left, in bounded time and memory`, async () => {
      node = await SshNode.start(behaviour);
      const environment = { EDGEADM_SUDO_PASSWORD: SUDO_PASSWORD };
      await assert.rejects(node.open({ limits: SHORT, environment }), { code });
      assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
    });

    it(`a node ${name} is left when the command ends`, async () => {
      node = await SshNode.start(behaviour);
      const command = new AbortController();
      const timeUp = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 1 s' });
      setTimeout(() => command.abort(timeUp), 150);
      const environment = { EDGEADM_SUDO_PASSWORD: SUDO_PASSWORD };
      const error = await node.open({ environment, signal: command.signal }).then(
        () => assert.fail('it was opened'),
        (thrown: unknown) => thrown as EdgeadmError,
      );
      // Some are seen through at once.
      assert.ok(error === timeUp || error.code === code, error.message);
    });
  }

  it('a long banner and greeting are passed over', async () => {
    node = await SshNode.start({}, { banner: 'x'.repeat(30_000), greeting: `${'hello '.repeat(1000)}\r\n` });
    machine = await node.open({ limits: LIMITS });
    assert.equal((await machine.exec('echo', ['x'])).stdout, 'x\n');
  });
});
