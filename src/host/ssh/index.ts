import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EdgeadmError } from '../../errors/index.ts';
import type { CommandOptions, CommandResult, Machine } from '../machine.ts';
import { readNetwork } from '../network.ts';
import { sysctlPath } from '../sysctl.ts';
import { systemd } from '../systemd.ts';
import { type Ask, Credentials } from './authentication.ts';
import { dial } from './dial.ts';
import { execute } from './execute.ts';
import { KnownHosts } from './known-hosts.ts';
import { lockOverSsh } from './lock.ts';
import { type Sudo, startProgram } from './program.ts';
import { programFiles } from './program-files.ts';
import { Session } from './session.ts';
import { sftpFiles } from './sftp-files.ts';
import { describeTarget, type SshTarget } from './target.ts';

export type { Ask } from './authentication.ts';
export type { SshTarget } from './target.ts';

export interface SshOptions {
  /** A private key; default: the usual files in ~/.ssh. */
  readonly keyFile?: string;
  /** Default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts. */
  readonly knownHosts?: string;
  /**
   * SSH_AUTH_SOCK, EDGEADM_SSH_PASSWORD, EDGEADM_SSH_KEY_PASSPHRASE and EDGEADM_SUDO_PASSWORD are read from it.
   * Default: the environment of the process.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Asks for a password or passphrase; give one only where there is a terminal. */
  readonly ask?: Ask;
  /** Milliseconds until the host must have answered and let us in. Default 20 s. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds between two keep-alive questions. Default 15 s. */
  readonly keepAliveMs?: number;
}

/**
 * A machine over SSH: one connection that is made again when it drops, files over SFTP, or through sudo where the
 * user is not root.
 * @throws EdgeadmError HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, SSH_AUTH_FAILED, SUDO_FAILED, USAGE
 */
export async function sshMachine(target: SshTarget, options: SshOptions = {}): Promise<Machine> {
  const { address, port = 22, user = userInfo().username } = target;
  const name = describeTarget({ address, port, user });
  const { default: ssh2 } = await import('ssh2');
  const credentials = await Credentials.load({
    user,
    name,
    keyFile: options.keyFile,
    home: homedir(),
    environment: options.environment ?? process.env,
    ask: options.ask,
    parseKey: ssh2.utils.parseKey,
  });
  const file = options.knownHosts ?? join(homedir(), '.ssh', 'known_hosts');
  const files = options.knownHosts ? [file] : [file, '/etc/ssh/ssh_known_hosts'];
  const session = await Session.open({
    name,
    address,
    port,
    user,
    credentials,
    hostKeys: { known: await KnownHosts.read(files), file },
    connectTimeoutMs: options.connectTimeoutMs ?? 20_000,
    keepAliveMs: options.keepAliveMs ?? 15_000,
  });
  try {
    return assemble(session, await findSudo(session, credentials));
  } catch (error) {
    await session.close();
    throw error;
  }
}

function assemble(session: Session, sudo: Sudo | undefined): Machine {
  const exec = async (file: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> => {
    const { repeatable = false, ...rest } = options;
    const step = { what: `running ${[file, ...args].join(' ')}`, repeatable };
    const outcome = await session.use(step, (link) => execute(link, [file, ...args], { sudo, ...rest }));
    return { ...outcome, stdout: outcome.stdout.toString('utf8') };
  };
  const programs = programFiles(session, sudo);
  const files = sftpFiles(session, programs, sudo);
  return {
    name: session.name,
    runsPrograms: true,
    runsUnits: true,
    services: systemd(exec),
    exec,
    ...files,
    connect: (address, options = {}) => {
      const step = { what: 'dialling from it', repeatable: true };
      return session.use(step, (link) => dial(link, address, options, sudo));
    },
    network: () => readNetwork((file, args) => exec(file, args, { repeatable: true })),
    sysctl: async (key) => (await files.readFile(sysctlPath(key)))?.toString('utf8').trim(),
    setSysctl: async (key, value) => {
      const path = sysctlPath(key);
      const { exitCode, stderr } = await exec('tee', [path], { input: value, repeatable: true });
      if (exitCode !== 0)
        throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot set ${key}`, why: stderr.trim() });
    },
    lock: (path) => lockOverSsh(session, path, sudo),
    clock: () => readClock(session),
    close: () => session.close(),
  };
}

/** Undefined where the user is root already. A password is given to sudo only if it asks for one. */
async function findSudo(session: Session, credentials: Credentials): Promise<Sudo | undefined> {
  const step = { what: 'finding out who we are there', repeatable: true };
  const id = await session.use(step, (link) => execute(link, ['id', '-u']));
  const uid = id.stdout.toString('utf8');
  if (!/^\d+\n$/.test(uid)) throw noisyShellError(session.name, `${uid}${id.stderr}`);
  if (Number(uid) === 0) return undefined;
  let refusal: unknown;
  for await (const password of credentials.sudoPasswords()) {
    try {
      const { asked, channel } = await session.use(step, (link) => startProgram(link, ['true'], { password }));
      channel.resume().end();
      return asked ? { password } : {};
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SUDO_FAILED') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function noisyShellError(name: string, text: string): EdgeadmError {
  return new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `the login shell of ${name} does not let programs speak for themselves`,
    why: text.trim().slice(0, 500),
    next: 'Let ~/.bashrc and its like print nothing where there is no terminal; sftp and scp need that, too.',
  });
}

/** The clock of the host, as seen in the middle of the question. */
async function readClock(session: Session): Promise<{ now: number; uncertaintyMs: number }> {
  const step = { what: 'reading its clock', repeatable: true };
  const [answer, tookMs] = await session.use(step, async (link) => {
    const asked = performance.now();
    const outcome = await execute(link, ['date', '+%s.%N']);
    return [outcome, performance.now() - asked] as const;
  });
  const uncertaintyMs = tookMs / 2;
  return { now: Number(answer.stdout.toString('utf8')) * 1000 + uncertaintyMs, uncertaintyMs };
}
