import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EdgeadmError } from '../../errors/index.ts';
import { interruptedError } from '../../errors/interrupted.ts';
import type { Machine } from '../machine.ts';
import { readNetwork } from '../network.ts';
import type { SuperviseOptions } from '../supervise.ts';
import { sysctlPath } from '../sysctl.ts';
import { systemd } from '../systemd.ts';
import { type AskUser, SshCredentials } from './authentication.ts';
import { dial } from './dial.ts';
import { execute } from './execute.ts';
import { KeptOpen } from './kept-open.ts';
import { KnownHosts } from './known-hosts.ts';
import { SSH_LIMITS, type SshLimits } from './limits.ts';
import type { Link } from './link.ts';
import { lockOverSsh } from './lock.ts';
import { startProgram } from './program.ts';
import { programFiles } from './program-files.ts';
import { either, remoteExec } from './remote-exec.ts';
import { Session } from './session.ts';
import { type SftpFilesOptions, sftpFiles } from './sftp-files.ts';
import { isStartFailure } from './start-failure.ts';
import type { Sudo } from './sudo.ts';
import { describeTarget, type SshTarget } from './target.ts';
import { windowsOverSsh } from './windows/machine.ts';
import { findWindowsShell } from './windows/shell.ts';

export type { AskUser } from './authentication.ts';
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
  /** Asks for a password or passphrase; give one only if there is a terminal. */
  readonly ask?: AskUser;
  /** How long the host may keep us waiting; default {@link SSH_LIMITS}. */
  readonly limits?: Partial<SshLimits>;
  /** Ends the opening; see {@link Machine.withSignal} for what follows. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two keep-alive questions. Default 15 s. */
  readonly keepAliveMs?: number;
}

/**
 * A machine over SSH: one connection that is made again when it drops, files over SFTP, or through sudo if the user is
 * not root. By the library ssh2 and not the system's ssh, which is missing or old on many workstations (Windows), asks
 * for passwords on the terminal alone, and tells by its exit code 255 neither which failure it was nor whether the
 * program had run.
 * @throws EdgeadmError HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, SSH_AUTH_FAILED, SUDO_FAILED, USAGE
 */
export async function sshMachine(target: SshTarget, options: SshOptions = {}): Promise<Machine> {
  const { address, port = 22, user = userInfo().username } = target;
  const name = describeTarget({ address, port, user });
  const { default: ssh2 } = await import('ssh2');
  const credentials = await SshCredentials.load({
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
  const { signal } = options;
  const link = {
    name,
    address,
    port,
    user,
    credentials,
    hostKeys: { known: await KnownHosts.read(files), file },
    limits: { ...SSH_LIMITS, ...options.limits },
    keepAliveMs: options.keepAliveMs ?? 15_000,
  };
  const session = await Session.open(link, signal);
  try {
    return await machineOf(session, credentials, signal);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Whatever is said instead of starting a program: Windows starts others. */
async function machineOf(session: Session, credentials: SshCredentials, signal?: AbortSignal): Promise<Machine> {
  try {
    const sudo = await findSudo(session, credentials, signal);
    return assemble(session, { sudo, keptOpen: new KeptOpen() });
  } catch (error) {
    const shell = signal?.aborted || !isStartFailure(error) ? undefined : await findWindowsShell(session, signal);
    if (!shell) throw error;
    return windowsOverSsh(session, shell);
  }
}

function assemble(session: Session, options: SftpFilesOptions): Machine {
  const { sudo, signal, keptOpen } = options;
  const run = (link: Link, words: readonly string[], options: SuperviseOptions) =>
    execute(link, words, { sudo, ...options });
  const exec = remoteExec(session, run, signal);
  const parts = (through: Machine['exec']) => ({ services: systemd(through), network: () => readNetwork(through) });
  const programs = programFiles(session, sudo, signal);
  const files = keptOpen.watch(sftpFiles(session, programs, options));
  return {
    name: session.name,
    runsPrograms: true,
    runsUnits: true,
    ...parts(exec),
    through: parts,
    exec,
    ...files,
    connect: (address, options = {}) => {
      const step = { what: 'connecting from it', repeatable: true, signal };
      const dialling = { ...options, signal: either(signal, options.signal) };
      return session.use(step, (link) => dial(link, address, dialling, sudo));
    },
    sysctl: async (key) => (await files.readFile(sysctlPath(key)))?.toString('utf8').trim(),
    setSysctl: async (key, value) => {
      const path = sysctlPath(key);
      const { exitCode, stderr } = await exec('tee', [path], { input: value, repeatable: true });
      if (exitCode !== 0)
        throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot set ${key}`, why: stderr.trim() });
    },
    lock: (path) => lockOverSsh(session, path, { sudo, signal }),
    clock: () => readClock(session, signal),
    withSignal: (other) => assemble(session, { ...options, signal: either(signal, other) }),
    close: () => session.close(),
  };
}

/** Undefined if the user is root already. A password is given to sudo only if it asks for one. */
async function findSudo(
  session: Session,
  credentials: SshCredentials,
  signal?: AbortSignal,
): Promise<Sudo | undefined> {
  const step = { what: 'finding out the user id', repeatable: true, signal };
  const limits = { maxOutputBytes: 64 * 1024, signal };
  const id = await session.use(step, (link) =>
    execute(link, ['id', '-u'], { ...limits, timeoutMs: link.limits.start }),
  );
  const uid = id.stdout.toString('utf8');
  if (id.stopped && signal?.aborted) throw interruptedError(signal, `interrupted while ${step.what}`);
  if (id.stopped) throw noAnswerError(session.name, id.stderr);
  if (!/^\d+\n$/.test(uid)) throw noisyShellError(session.name, `${uid}${id.stderr}`);
  if (Number(uid) === 0) return undefined;
  let refusal: unknown;
  for await (const password of credentials.sudoPasswords(signal)) {
    try {
      const { asked, channel } = await session.use(step, (link) =>
        startProgram(link, ['true'], { sudo: { password }, signal }),
      );
      channel.resume().end();
      channel.stderr.resume();
      return asked ? { password } : {};
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SUDO_FAILED') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function noAnswerError(name: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'COMMAND_FAILED', what: `\`id -u\` did not finish on ${name}`, why });
}

function noisyShellError(name: string, text: string): EdgeadmError {
  return new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `the login shell on ${name} prints output for non-interactive commands`,
    why: text.trim().slice(0, 500),
    next: 'change ~/.bashrc and similar files so that they print nothing without a terminal; sftp and scp need this too',
  });
}

/** The clock of the host, as seen in the middle of the question. */
async function readClock(session: Session, signal?: AbortSignal): Promise<{ now: number; uncertaintyMs: number }> {
  const step = { what: 'reading its clock', repeatable: true, signal };
  const [answer, tookMs] = await session.use(step, async (link) => {
    const asked = performance.now();
    const outcome = await execute(link, ['date', '+%s.%N'], { signal });
    return [outcome, performance.now() - asked] as const;
  });
  const uncertaintyMs = tookMs / 2;
  return { now: Number(answer.stdout.toString('utf8')) * 1000 + uncertaintyMs, uncertaintyMs };
}
