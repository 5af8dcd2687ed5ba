import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { execa } from 'execa';
import { EdgeadmError, type ErrorCode } from '../../src/errors/index.ts';
import type { Address, Machine } from '../../src/host/machine.ts';
import { type SshOptions, sshMachine } from '../../src/host/ssh/index.ts';
import { machineContract, programContract, type Subject } from '../integration/host/machine-contract.ts';
import { blackHole, Node, nodejsInNode, opsPassword, restoreNetwork, until } from '../testbed/index.ts';

const ECHO: Address[] = [{ host: '127.0.0.1', port: 7007 }, { socket: '/run/edgeadm-echo.sock' }];
const HTTP = { host: '127.0.0.1', port: 7008 };
const HTTPS = { host: '127.0.0.1', port: 7009 };
const HTTP2 = { socket: '/run/edgeadm-http2.sock' };
const PAGE_BYTES = 2_500_000;

let node: Node;
let local: string;

describe('a machine over SSH', function () {
  this.timeout(120_000);

  before(async () => {
    node = await Node.up('ssh-host', { containerd: false });
    local = await mkdtemp(join(tmpdir(), 'edgeadm-ssh-'));
    await startServers();
  });
  after(async () => {
    await node?.down();
    await rm(local, { recursive: true, force: true });
  });

  const ways: [string, string, Record<string, string>][] = [
    ['as root', 'root', {}],
    ['with sudo that asks for no password', 'admin', {}],
    ['with sudo that asks for a password', 'ops', { EDGEADM_SUDO_PASSWORD: opsPassword }],
  ];
  for (const [way, user, environment] of ways) {
    describe(way, () => {
      let subject: Subject;
      before(async () => {
        const machine = await open(user, { environment });
        const folder = `/root/work-${user}`;
        await machine.makeDirectory(folder, 0o700);
        subject = { machine, folder, root: true, echo: ECHO };
      });
      after(() => subject?.machine.close());
      machineContract(() => subject);
      programContract(() => subject);

      it('a machine over SSH acts as root', async () => {
        assert.equal((await subject.machine.exec('id', ['-u'])).stdout, '0\n');
        assert.equal((await subject.machine.stat(subject.folder))?.uid, 0);
      });

      it('shows no password in the list of processes', async () => {
        const sleeping = subject.machine.exec('sleep', ['1.7'], { input: 'x' });
        const list = await until('sleep to run', async () => {
          const { stdout } = await node.exec('ps', '-eo', 'args');
          return stdout.includes('sleep 1.7') && stdout;
        });
        assert.ok(!String(list).includes(opsPassword));
        await sleeping;
      });

      it('carries HTTP, HTTPS and HTTP/2', async () => {
        const page = 'x'.repeat(PAGE_BYTES);
        for (let round = 0; round < 3; round++) assert.equal(await overHttp(subject.machine), page);
        assert.equal(await overHttps(subject.machine), page);
        assert.deepEqual(
          await overHttp2(subject.machine, 8),
          Array.from({ length: 8 }, () => page),
        );
      });

      it('frees a lock when the workstation is killed', async () => {
        const path = `${subject.folder}/workstation-lock`;
        const workstation = await holdElsewhere(user, environment, path);
        assert.equal(await subject.machine.lock(path), undefined);
        workstation.kill();
        const lock = await until('the lock to be free', () => subject.machine.lock(path), 10);
        await lock.release();
      });
    });
  }

  describe('without SFTP', () => {
    let subject: Subject;
    before(async () => {
      await node.exec('chmod', '0', '/usr/lib/openssh/sftp-server');
      const machine = await open('admin');
      await machine.makeDirectory('/root/work-programs', 0o700);
      subject = { machine, folder: '/root/work-programs', root: true, echo: ECHO };
    });
    after(async () => {
      await subject?.machine.close();
      await node.exec('chmod', '755', '/usr/lib/openssh/sftp-server');
    });
    machineContract(() => subject);
  });

  describe('if the SSH server does not allow forwarding', () => {
    let machine: Machine;
    before(async () => {
      await configureSshd('DisableForwarding yes');
      machine = await open('root');
    });
    after(async () => {
      await machine?.close();
      await configureSshd('');
    });

    it('a machine over SSH if the SSH server does not allow forwarding dials through socat', async () => {
      for (const address of ECHO) {
        const stream = await machine.connect(address);
        stream.end('hello');
        assert.equal(await text(stream), 'hello');
      }
    });

    it('says what is missing if no program can do it either', async () => {
      await node.exec('mv', '/usr/bin/socat', '/usr/bin/socat.away');
      try {
        for (const address of ECHO) await failsWith('COMMAND_FAILED', machine.connect(address), /socat/);
      } finally {
        await node.exec('mv', '/usr/bin/socat.away', '/usr/bin/socat');
      }
    });
  });

  describe('looks at the host key', () => {
    before(async () => {
      await node.exec('ssh-keygen', '-A');
      await configureSshd('');
    });
    const knownHosts = async (): Promise<string> => {
      const { stdout } = await node.exec('sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub');
      return stdout
        .trim()
        .split('\n')
        .map((key) => `${node.address} ${key}\n`)
        .join('');
    };
    const file = (): string => join(local, 'known_hosts');
    const openWith = async (content: string): Promise<Machine> => {
      await writeFile(file(), content);
      return open('root', { knownHosts: file() });
    };

    it('a machine over SSH looks at the host key and refuses one that is not known, saying how to accept it', async () => {
      const error = await failsWith('HOST_KEY_UNKNOWN', openWith('# nobody\n'), /ssh-ed25519/);
      const { stdout } = await node.exec('ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub');
      assert.ok(error.why?.includes(stdout.split(' ')[1] ?? 'no fingerprint'));
      const line = error.next.split('\n').find((each) => each.includes('AAAA'));
      await appendFile(file(), `${line?.trim()}\n`);
      await (await open('root', { knownHosts: file() })).close();
    });

    it('a machine over SSH looks at the host key and takes whichever of its keys is known', async () => {
      for (const type of ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519']) {
        const line = (await knownHosts()).split('\n').find((each) => each.includes(` ${type} `));
        await (await openWith(`${line}\n`)).close();
      }
    });

    it('a machine over SSH looks at the host key and understands hashed names', async () => {
      await writeFile(file(), await knownHosts());
      await execa('ssh-keygen', ['-H', '-f', file()]);
      const hashed = await readFile(file(), 'utf8');
      assert.ok(!hashed.includes(node.address));
      await (await open('root', { knownHosts: file() })).close();
    });

    it('a machine over SSH looks at the host key and refuses one that differs from the known one, naming both', async () => {
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(local, 'other')]);
      const [type, key] = (await readFile(join(local, 'other.pub'), 'utf8')).split(' ');
      const { stdout } = await execa('ssh-keygen', ['-lf', join(local, 'other.pub')]);
      const error = await failsWith('HOST_KEY_CHANGED', openWith(`${node.address} ${type} ${key}\n`), /known_hosts:1/);
      assert.ok(error.why?.includes(stdout.split(' ')[1] ?? 'no fingerprint'));
    });

    it('a machine over SSH looks at the host key and refuses one that was revoked', async () => {
      const revoked = (await knownHosts()).replaceAll(/^/gm, '@revoked ').replace(/@revoked $/, '');
      await failsWith('HOST_KEY_CHANGED', openWith(`${await knownHosts()}${revoked}`), /revoked/);
    });
  });

  describe('lets a user in', () => {
    const password = { EDGEADM_SSH_PASSWORD: opsPassword };
    const whoAmI = async (machine: Machine): Promise<string> => {
      const { stdout } = await machine.exec('id', ['-un']);
      await machine.close();
      return stdout;
    };

    it('a machine over SSH lets a user in with a password, which sudo is given too', async () => {
      assert.equal(await whoAmI(await open('ops', { keyFile: undefined, environment: password })), 'root\n');
    });

    it('a machine over SSH lets a user in with a password that the server asks for in its own words', async () => {
      await configureSshd('PasswordAuthentication no\nKbdInteractiveAuthentication yes');
      try {
        assert.equal(await whoAmI(await open('ops', { keyFile: undefined, environment: password })), 'root\n');
      } finally {
        await configureSshd('');
      }
    });

    it('a machine over SSH lets a user in with passwords that he is asked for, each once', async () => {
      const questions: string[] = [];
      const ask = async (question: string): Promise<string> => {
        questions.push(question);
        return opsPassword;
      };
      const machine = await open('ops', { keyFile: undefined, ask });
      await loseConnection('ops');
      assert.equal(await whoAmI(machine), 'root\n');
      assert.deepEqual(questions, [`password for ops@${node.address}`]);
    });

    it('a machine over SSH lets a user in with a key that only an agent holds', async () => {
      const socket = join(local, 'agent.sock');
      const agent = execa('ssh-agent', ['-D', '-a', socket], { reject: false });
      try {
        const environment = { SSH_AUTH_SOCK: socket };
        await until(
          'the agent',
          () => execa('ssh-add', ['-q', node.sshKey], { env: environment }).catch(() => false),
          10,
        );
        assert.equal(await whoAmI(await open('admin', { keyFile: undefined, environment })), 'root\n');
      } finally {
        agent.kill();
      }
    });

    it('a machine over SSH lets a user in with an RSA key', async () => {
      const key = join(local, 'rsa');
      await execa('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', key]);
      await node.write('/root/.ssh/authorized_keys2', await readFile(`${key}.pub`, 'utf8'), 0o600);
      assert.equal(await whoAmI(await open('root', { keyFile: key })), 'root\n');
    });

    it('a machine over SSH lets a user in with a key that has a passphrase, and says what to do without it', async () => {
      const key = join(local, 'encrypted');
      await copyFile(node.sshKey, key);
      await execa('ssh-keygen', ['-q', '-p', '-N', 'a passphrase', '-f', key]);
      await failsWith('SSH_AUTH_FAILED', open('root', { keyFile: key }), /EDGEADM_SSH_KEY_PASSPHRASE/);
      const environment = { EDGEADM_SSH_KEY_PASSPHRASE: 'a passphrase' };
      assert.equal(await whoAmI(await open('root', { keyFile: key, environment })), 'root\n');
      assert.equal(await whoAmI(await open('root', { keyFile: key, ask: async () => 'a passphrase' })), 'root\n');
    });

    it('or tells what was tried', async () => {
      const stranger = join(local, 'stranger');
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
      const environment = { EDGEADM_SSH_PASSWORD: 'a wrong password', SSH_AUTH_SOCK: join(local, 'no-agent') };
      const error = await failsWith('SSH_AUTH_FAILED', open('ops', { keyFile: stranger, environment }), /stranger/);
      assert.match(error.why ?? '', /agent .*password/);
      assert.ok(!error.message.includes('a wrong password'));
      await failsWith('USAGE', open('ops', { keyFile: join(local, 'absent') }), /absent/);
    });
  });

  describe('says what sudo answered', () => {
    it('if it wants a password and there is none, or a wrong one', async () => {
      await failsWith('SUDO_FAILED', open('ops'), /password/);
      await failsWith('SUDO_FAILED', open('ops', { environment: { EDGEADM_SUDO_PASSWORD: 'wrong' } }), /try again/);
    });

    it('if the user is not in sudoers', async () => {
      await node.exec(
        'sh',
        '-c',
        'useradd -m -s /bin/bash guest && cp -r /root/.ssh /home/guest && chown -R guest: /home/guest',
      );
      await node.exec('sh', '-c', "echo 'guest:guest-password' | chpasswd");
      const opening = open('guest', { environment: { EDGEADM_SUDO_PASSWORD: 'guest-password' } });
      await failsWith('SUDO_FAILED', opening, /guest is not in the sudoers file/);
    });
  });

  describe('when the connection is lost', () => {
    let machine: Machine;
    beforeEach(async () => {
      machine = await open('root', { keepAliveMs: 500 });
    });
    afterEach(() => machine.close());
    const lines = async (path: string): Promise<number> =>
      ((await machine.readFile(path))?.toString('utf8') ?? '').split('\n').length - 1;

    it('between two steps, nobody notices', async () => {
      await machine.writeFile('/root/before', Buffer.from('x'), { mode: 0o600 });
      await loseConnection('root');
      assert.equal((await machine.readFile('/root/before'))?.toString(), 'x');
      await loseConnection('root');
      assert.equal((await machine.exec('echo', ['x'])).stdout, 'x\n');
    });

    it('during a question, it is asked again', async () => {
      const script = 'echo >> /root/asked; sleep 1; echo answer';
      const asking = machine.exec('sh', ['-c', script], { repeatable: true });
      await until('the question', async () => (await node.exec('test', '-e', '/root/asked')).exitCode === 0);
      await loseConnection('root');
      assert.equal((await asking).stdout, 'answer\n');
      assert.equal(await lines('/root/asked'), 2);
    });

    it('during a change, it is not done twice, and the error says what was under way', async () => {
      const changing = machine.exec('sh', ['-c', 'echo >> /root/changed; sleep 1']);
      changing.catch(() => {});
      await until('the change', async () => (await node.exec('test', '-e', '/root/changed')).exitCode === 0);
      await loseConnection('root');
      const error = await failsWith('HOST_UNREACHABLE', changing, /not known whether/);
      assert.match(error.what, /running sh -c .*changed/);
      assert.equal(await lines('/root/changed'), 1);
    });

    it('during writes, every file is whole and every line is there once', async () => {
      const losing = (async () => {
        for (let round = 0; round < 4; round++) {
          await delay(300);
          await loseConnection('root');
        }
      })();
      const text = (index: number): string => `${String(index).repeat(2000)}\n`;
      for (let index = 0; index < 150; index++) {
        await machine.appendFile('/root/log', `line ${index}\n`);
        await machine.writeFile('/root/whole', Buffer.from(text(index)), { mode: 0o600 });
        assert.equal((await machine.readFile('/root/whole'))?.toString(), text(index));
      }
      await losing;
      const expected = Array.from({ length: 150 }, (_, index) => `line ${index}\n`).join('');
      assert.equal((await machine.readFile('/root/log'))?.toString(), expected);
      assert.equal((await machine.list('/root')).filter((name) => name.includes('edgeadm-tmp')).length, 0);
    });

    it('silently, the keep-alive notices, and the step is done when the network is back', async () => {
      await blackHole(node);
      const reading = machine.readFile('/etc/hostname');
      await delay(3000);
      await restoreNetwork(node);
      assert.equal((await reading)?.toString(), `${node.name}\n`);
    });

    it('for good, the error says so after a while', async () => {
      await node.exec('systemctl', 'stop', 'ssh.socket', 'ssh.service');
      try {
        await loseConnection('root');
        await failsWith('HOST_UNREACHABLE', machine.readFile('/etc/hostname'), /ECONNREFUSED/);
      } finally {
        await node.exec('systemctl', 'start', 'ssh.service');
        await sshdAnswers();
      }
    });

    it('the lock is taken again before anything else happens', async () => {
      const other = await open('root');
      const lock = await machine.lock('/root/lock');
      assert.ok(lock);
      await loseConnection('root');
      await machine.readFile('/etc/hostname');
      assert.equal(await other.lock('/root/lock'), undefined);
      await lock.release();
      const theirs = await other.lock('/root/lock');
      assert.ok(theirs);
      await theirs.release();
      await other.close();
    });

    it('a dialled stream fails instead of ending as if all were well', async () => {
      const stream = await machine.connect(ECHO[0] as Address);
      const reading = buffer(stream);
      reading.catch(() => {});
      await loseConnection('root');
      await assert.rejects(reading, /connection/);
    });
  });

  it('a machine over SSH cannot be reached if nothing listens', async () => {
    const opening = sshMachine({ address: node.address, user: 'root', port: 23 }, options());
    const error = await failsWith('HOST_UNREACHABLE', opening, /ECONNREFUSED/);
    assert.match(error.what, new RegExp(`root@${node.address}:23`));
  });
});

function options(more: SshOptions = {}): SshOptions {
  return { keyFile: node.sshKey, knownHosts: node.knownHosts, environment: {}, ...more };
}

function open(user: string, more?: SshOptions): Promise<Machine> {
  return sshMachine({ address: node.address, user }, options(more));
}

async function failsWith(code: ErrorCode, promise: Promise<unknown>, pattern: RegExp): Promise<EdgeadmError> {
  const error = await promise.then(
    () => assert.fail(`${code} was expected`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(`${error.message}\n${error.next}`, pattern);
  return error;
}

/** Kills the server's side of every connection of a user. */
async function loseConnection(user: string): Promise<void> {
  await node.exec('pkill', '--signal', 'KILL', '--full', `^sshd: ${user}@notty`);
}

async function configureSshd(lines: string): Promise<void> {
  await node.write('/etc/ssh/sshd_config.d/edgeadm-test.conf', `${lines}\n`);
  await node.exec('systemctl', 'reload', 'ssh.service');
  // It starts itself anew and is away for a moment.
  await delay(300);
  await sshdAnswers();
}

async function sshdAnswers(): Promise<void> {
  await until('sshd', async () => (await node.exec('socat', '-u', '/dev/null', 'TCP:127.0.0.1:22')).exitCode === 0);
}

async function startServers(): Promise<void> {
  for (const listen of ['TCP-LISTEN:7007,fork,reuseaddr', 'UNIX-LISTEN:/run/edgeadm-echo.sock,fork,mode=600']) {
    await node.exec('systemd-run', 'socat', '-t60', listen, 'EXEC:cat');
  }
  const [key, certificate] = [join(local, 'key.pem'), join(local, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
  await execa('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ]);
  await node.put(key, '/root/key.pem');
  await node.put(certificate, '/root/certificate.pem');
  await node.write('/root/servers.mjs', SERVERS);
  await node.exec('systemd-run', `${nodejsInNode}/node`, '/root/servers.mjs');
  await until('the web servers', async () => (await node.exec('test', '-S', HTTP2.socket)).exitCode === 0);
}

const SERVERS = `
import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createTls } from 'node:https';
const answer = (request, response) => response.end('x'.repeat(${PAGE_BYTES}));
const key = readFileSync('/root/key.pem'), cert = readFileSync('/root/certificate.pem');
createServer(answer).listen(${HTTP.port}, '127.0.0.1');
createTls({ key, cert }, answer).listen(${HTTPS.port}, '127.0.0.1');
createHttp2({ maxSessionMemory: 100 }, answer).listen('${HTTP2.socket}', () => chmodSync('${HTTP2.socket}', 0o600));
`;

async function overHttp(machine: Machine): Promise<string> {
  const socket = await machine.connect(HTTP);
  return answerOf((done) => request({ createConnection: () => socket as never }, done).end());
}

async function overHttps(machine: Machine): Promise<string> {
  const socket: Duplex = await machine.connect(HTTPS);
  const ca = await readFile(join(local, 'certificate.pem'));
  const agent = new TlsAgent();
  agent.createConnection = () => connectTls({ socket, ca, servername: 'localhost' });
  return answerOf((done) => requestTls({ agent }, done).end());
}

function answerOf(
  ask: (done: (response: NodeJS.ReadableStream) => void) => {
    on(event: 'error', fail: (error: Error) => void): unknown;
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    ask((response) => text(response).then(resolve, reject)).on('error', reject);
  });
}

async function overHttp2(machine: Machine, requests: number): Promise<string[]> {
  const socket = await machine.connect(HTTP2);
  const session = connectHttp2('http://localhost', { createConnection: () => socket as never, maxSessionMemory: 100 });
  try {
    return await Promise.all(Array.from({ length: requests }, () => text(session.request({ ':path': '/' }))));
  } finally {
    session.destroy();
  }
}

/** Another process that opens the same machine, takes a lock and keeps it. */
async function holdElsewhere(user: string, environment: Record<string, string>, path: string) {
  const script = `
    import { sshMachine } from '${new URL('../../src/host/ssh/index.ts', import.meta.url).href}';
    const machine = await sshMachine(${JSON.stringify({ address: node.address, user })}, ${JSON.stringify(options({ environment }))});
    if (await machine.lock(${JSON.stringify(path)})) console.log('held');
  `;
  const workstation = execa(process.execPath, ['--input-type=module', '--eval', script], {
    reject: false,
    buffer: false,
  });
  const [first] = await Promise.race([
    new Promise<string[]>((resolve) => workstation.stdout.once('data', (chunk: Buffer) => resolve([chunk.toString()]))),
    workstation.then(() => ['it ended']),
  ]);
  assert.equal(first, 'held\n');
  return { kill: () => workstation.kill('SIGKILL') };
}
