import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  type ServerChannel,
  type ServerConfig,
} from 'ssh2';
import type { Machine } from '../../../../src/host/machine.ts';
import { type SshOptions, sshMachine } from '../../../../src/host/ssh/index.ts';
import { type SftpFault, serveSftp, type WindowsSftp } from './sftp-server.ts';

/** Stands for sudo: asks on standard error, unless NOPASSWD; -n never asks. */
const SUDO = `#!/bin/sh
prompt= ask=yes
while [ $# -gt 0 ]; do
  case $1 in
    -S | -k) shift ;;
    -n) ask=no; shift ;;
    -p) prompt=$2; shift 2 ;;
    --) shift; break ;;
  esac
done
[ -z "$SUDO_PASSWORD" ] && ask=no
if [ "$ask" = yes ]; then
  printf %s "$prompt" >&2
  read -r given
  if [ "$given" != "$SUDO_PASSWORD" ]; then
    printf 'Sorry, try again.\\n%s' "$prompt" >&2
    read -r given
    echo 'sudo: 1 incorrect password attempt' >&2
    exit 1
  fi
fi
exec "$@"
`;

export const PASSWORD = 'correct horse';
export const SUDO_PASSWORD = 'battery staple';

/** What the node does otherwise than a good one; changed while it runs. */
export interface Behaviour {
  /** Decides on a way to log in; default: the key, the password. */
  authenticate?: (context: AuthContext) => void;
  /** Runs a command line; true where it was taken care of. */
  exec?: (line: string, channel: ServerChannel) => boolean;
  sftp?: SftpFault;
  /** Its SFTP server is that of Windows. */
  windows?: WindowsSftp;
  /** False where there is no SFTP subsystem. */
  hasSftp?: boolean;
  /** Takes the request for the SFTP subsystem and says nothing. */
  sftpHangs?: boolean;
  forwards?: boolean;
  /** Takes requests for forwarding and says nothing. */
  forwardingHangs?: boolean;
  /** Default 0: the user is root. */
  loginUid?: number;
  /** Empty where sudo asks for no password. */
  sudoPassword?: string;
}

/** A node in this process: ssh2's server, real programs, the files of this machine. */
export class SshNode {
  readonly folder: string;
  readonly clientKey: string;
  readonly behaviour: Behaviour = {};
  /** Command lines that were run. */
  readonly lines: string[] = [];
  /** How many SFTP sessions were begun. */
  sftpSessions = 0;
  /** How often somebody connected. */
  connections = 0;
  readonly #config: Omit<ServerConfig, 'hostKeys'>;
  readonly #live = new Set<{ connection: Connection; socket: Socket }>();
  readonly #children = new Set<number>();
  readonly #publicKey: ParsedKey;
  #hostKey = keyPair();
  #server: ssh2.Server | undefined;
  port = 0;

  private constructor(folder: string, config: Omit<ServerConfig, 'hostKeys'>) {
    this.folder = folder;
    this.#config = config;
    const pair = keyPair();
    this.clientKey = pair.private;
    this.#publicKey = ssh2.utils.parseKey(pair.public) as ParsedKey;
  }

  static async start(behaviour: Behaviour = {}, config: Omit<ServerConfig, 'hostKeys'> = {}): Promise<SshNode> {
    const node = new SshNode(await mkdtemp(join(tmpdir(), 'edgeadm-ssh-node-')), config);
    Object.assign(node.behaviour, behaviour);
    await mkdir(join(node.folder, 'bin'));
    await mkdir(join(node.folder, 'work'));
    await writeFile(join(node.folder, 'bin/sudo'), SUDO, { mode: 0o755 });
    await writeFile(join(node.folder, 'key'), node.clientKey, { mode: 0o600 });
    await node.#listen(0);
    await node.trust();
    return node;
  }

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  /** `root@127.0.0.1:PORT`, as messages have it. */
  get name(): string {
    return `root@127.0.0.1:${this.port}`;
  }

  open(options: SshOptions = {}): Promise<Machine> {
    const known = { keyFile: join(this.folder, 'key'), knownHosts: this.knownHosts, environment: {} };
    return sshMachine({ address: '127.0.0.1', port: this.port, user: 'root' }, { ...known, ...options });
  }

  /** Writes the present host key into known_hosts. */
  async trust(): Promise<void> {
    await writeFile(this.knownHosts, `[127.0.0.1]:${this.port} ${this.#hostKey.public}\n`);
  }

  /** Cuts all connections, without a word. */
  drop(): void {
    for (const { socket } of this.#live) socket.resetAndDestroy();
  }

  /** Reads nothing any more from those who are connected. */
  freeze(): void {
    for (const { socket } of this.#live) socket.pause();
  }

  /** Ends its side of all connections, and reads nothing any more. */
  endHalf(): void {
    for (const { socket } of this.#live) socket.pause().end();
  }

  /** Takes no connection any more, or takes them again on the same port, with the same or a new host key. */
  async pause(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
  }

  async resume({ newHostKey = false } = {}): Promise<void> {
    if (newHostKey) this.#hostKey = keyPair();
    await this.#listen(this.port);
  }

  async stop(): Promise<void> {
    await this.pause();
    this.drop();
    for (const leader of this.#children) kill(leader);
    await rm(this.folder, { recursive: true, force: true });
  }

  #listen(port: number): Promise<void> {
    const server = new ssh2.Server({ ...this.#config, hostKeys: [this.#hostKey.private] }, (connection) =>
      this.#serve(connection),
    );
    this.#server = server;
    return new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        this.port = (server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  #serve(connection: Connection): void {
    this.connections += 1;
    const live = { connection, socket: (connection as unknown as { _sock: Socket })._sock };
    this.#live.add(live);
    // As sshd does; without it each short answer waits 40 ms for the client's acknowledgement.
    live.socket.setNoDelay(true);
    connection.on('error', () => {});
    connection.on('close', () => this.#live.delete(live));
    connection.on('authentication', (context) => {
      if (this.behaviour.authenticate) this.behaviour.authenticate(context);
      else this.#authenticate(context);
    });
    connection.on('request', (_accept, reject) => reject?.());
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      this.#forward(accept, reject, createConnection({ host: destIP, port: destPort }));
    });
    connection.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
      this.#forward(accept, reject, createConnection(socketPath));
    });
    connection.on('session', (acceptSession) => {
      const session = acceptSession();
      session.on('exec', (accept, _reject, { command }) => this.#exec(command, accept()));
      session.on('subsystem', (accept: () => ServerChannel, reject: () => void) => {
        if (this.behaviour.hasSftp === false) reject();
        else if (!this.behaviour.sftpHangs) this.#sftp(accept());
      });
    });
  }

  #authenticate(context: AuthContext): void {
    const accepted =
      context.method === 'publickey'
        ? this.#isOurs(context)
        : context.method === 'password' && context.password === PASSWORD;
    if (accepted) context.accept();
    else context.reject(['publickey', 'password']);
  }

  /** A client asks first whether a key is known, then signs with it. */
  #isOurs({ key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
    if (!key.data.equals(this.#publicKey.getPublicSSH())) return false;
    return !signature || this.#publicKey.verify(blob as Buffer, signature, hashAlgo);
  }

  #forward(accept: () => ServerChannel, reject: () => void, socket: Socket): void {
    if (this.behaviour.forwardingHangs) {
      socket.on('error', () => {});
      return;
    }
    socket.on('error', () => reject());
    if (this.behaviour.forwards === false) {
      socket.destroy();
      reject();
      return;
    }
    socket.on('connect', () => {
      const channel = accept();
      socket.pipe(channel).pipe(socket);
      channel.on('close', () => socket.destroy());
    });
  }

  #sftp(channel: ServerChannel): void {
    this.sftpSessions += 1;
    serveSftp(channel, () => this.behaviour.sftp, this.behaviour.windows);
  }

  #exec(line: string, channel: ServerChannel): void {
    this.lines.push(line);
    channel.on('error', () => {});
    if (this.behaviour.exec?.(line, channel)) return;
    const { loginUid = 0 } = this.behaviour;
    if (loginUid !== 0 && /^exec sh .* id -u$/.test(line)) {
      introduce(line, channel);
      channel.write(`${loginUid}\n`);
      channel.exit(0);
      channel.end();
    }
    // sudo with the SFTP server as its program.
    else if (/ sudo .*sftp-server/.test(line)) this.#sudoSftp(line, channel);
    else this.#run(line, channel);
  }

  #sudoSftp(line: string, channel: ServerChannel): void {
    const start = (rest: Buffer): void => {
      this.#sftp(channel);
      channel.unshift(rest);
    };
    if (line.includes(' -k ')) skipLine(channel, start);
    else this.#sftp(channel);
  }

  #run(line: string, channel: ServerChannel): void {
    const { sudoPassword = '' } = this.behaviour;
    const environment = { PATH: `${this.folder}/bin:${process.env.PATH}`, HOME: this.folder };
    const child = spawn('/bin/sh', ['-c', line], {
      env: { ...environment, SUDO_PASSWORD: sudoPassword },
      detached: true,
      cwd: '/',
    });
    const { pid = 0, stdin, stdout, stderr } = child;
    this.#children.add(pid);
    stdin.on('error', () => {});
    channel.pipe(stdin);
    // What names the process comes first on standard error: a client that has it can stop a program that floods it.
    const said = new Promise((resolve) => stderr.once('data', resolve).once('end', resolve));
    said.then(() => stdout.pipe(channel, { end: false }));
    stderr.pipe(channel.stderr, { end: false });
    child.on('exit', (code, signal) => {
      if (code !== null) channel.exit(code);
      else if (signal) channel.exit(signal.replace(/^SIG/, ''), false, '');
    });
    child.on('close', () => {
      this.#children.delete(pid);
      // It is closed once everything is sent: `close` would drop what still waits for the client's window.
      channel.end();
    });
    channel.on('close', () => {
      stdin.destroy();
      stdout.destroy();
      stderr.destroy();
    });
  }
}

/** Now and then the library makes a key that it cannot read itself. */
function keyPair(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

function kill(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Pretends to start the program: says the line with its process id. */
export function introduce(line: string, channel: ServerChannel): void {
  const [mark] = /edgeadm-[0-9a-f]{12}(?=\s)/.exec(line) ?? [];
  channel.stderr.write(`${mark}:999999\n`);
}

/** The password for sudo. */
function skipLine(channel: ServerChannel, then: (rest: Buffer) => void): void {
  let said = Buffer.alloc(0);
  const add = (chunk: Buffer): void => {
    said = Buffer.concat([said, chunk]);
    const end = said.indexOf('\n');
    if (end < 0) return;
    channel.off('data', add);
    then(said.subarray(end + 1));
  };
  channel.on('data', add);
}
