import { randomBytes } from 'node:crypto';
import type { Stats } from 'ssh2';
import { withPathError } from '../../failures.ts';
import type { Machine } from '../../machine.ts';
import { type WindowsWays, windowsMachine } from '../../windows/machine.ts';
import { WINDOWS_PATHS } from '../../windows/paths.ts';
import { dial, dialBy } from '../dial.ts';
import { either } from '../remote-exec.ts';
import type { Session } from '../session.ts';
import { remoteOf } from '../sftp-calls.ts';
import { askHardware, askNetwork } from './answers.ts';
import { sftpDrives } from './drive-files.ts';
import { lockDrive } from './lock.ts';
import { dialPipe } from './pipe.ts';
import { sftpPath, temporaryPlace } from './places.ts';
import { shellPrograms, windowsPrograms } from './programs.ts';
import { sftpOn } from './sftp.ts';
import type { WindowsShell } from './shell.ts';

/** A Windows machine over its OpenSSH server: programs through the server's shell, files over SFTP. */
export function windowsOverSsh(session: Session, shell: WindowsShell, signal?: AbortSignal): Machine {
  const { systemDrive } = shell;
  const drives = sftpDrives({ session, exec: shellPrograms(session, shell, signal), systemDrive, signal });
  const ways: Omit<WindowsWays, 'hardware' | 'network'> = {
    name: session.name,
    systemDrive,
    root: systemDrive,
    exec: windowsPrograms(session, shell, drives, signal),
    drives,
    connect: (address, options = {}) => {
      const step = { what: 'connecting from it', repeatable: true, signal };
      const dialling = { ...options, signal: either(signal, options.signal) };
      return session.use(step, (link) =>
        'socket' in address
          ? dialBy(address, dialling, (limit) => dialPipe(link, shell, address.socket, limit))
          : dial(link, address, dialling),
      );
    },
    lock: () => lockDrive(session, `${systemDrive}${WINDOWS_PATHS.lock}`, signal),
    clock: () => readClock(session, systemDrive, signal),
    close: () => session.close(),
  };
  const machine: Machine = windowsMachine({
    ...ways,
    hardware: () => askHardware(machine.exec),
    network: () => askNetwork(machine.exec),
  });
  return { ...machine, withSignal: (other) => windowsOverSsh(session, shell, either(signal, other)) };
}

/** Half of the second that SFTP tells times by. */
const HALF_A_SECOND_MS = 500;

/** The clock of the machine, by the time of a new file: starting a program takes longer. */
function readClock(session: Session, systemDrive: string, signal?: AbortSignal) {
  const step = { what: 'reading its clock', repeatable: true, signal };
  const reading = session.use(step, async (link) => {
    // One for each attempt: a lost connection leaves its own behind.
    const path = sftpPath(temporaryPlace(systemDrive, `${randomBytes(16).toString('hex')}.clock`));
    const { call, send } = remoteOf(await sftpOn(link, session.name), signal);
    const asked = performance.now();
    const handle = await call<Buffer>((server, done) => server.open(path, 'wx', done));
    const { mtime } = await call<Stats>((server, done) => server.fstat(handle, done));
    const uncertaintyMs = HALF_A_SECOND_MS + (performance.now() - asked) / 2;
    send((server, done) => server.close(handle, done));
    await call((server, done) => server.unlink(path, done));
    return { now: mtime * 1000 + uncertaintyMs, uncertaintyMs };
  });
  return withPathError(`${systemDrive}${WINDOWS_PATHS.temporary}`, reading);
}
