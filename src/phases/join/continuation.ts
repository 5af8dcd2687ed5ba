import { sha256OfFile } from '../../artifacts/own-file.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { windowsCommandLine } from '../../host/windows/quote.ts';

/** What continues a join after a reboot: edgeadm, with the words of its command. */
export interface Continuation {
  /** The file of edgeadm on this machine. */
  readonly program: string;
  /** Its words, none of them a secret. */
  readonly words: readonly string[];
  /** Relative paths begin here. */
  readonly folder: string;
  /** Values of flags that must not be in a command line, by the flag without its dashes. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The task at start-up; it is gone once the node is joined. */
export const CONTINUATION_TASK = 'edgeadm-join';
/** A copy, since SYSTEM must not run a program that other users can replace. */
const PROGRAM = `${PATHS.edgeadm.state}/edgeadm.exe`;
const SECRETS = `${PATHS.edgeadm.state}/continue`;
const PRIVATE_FILE = { mode: 0o600 } as const;
/** Seconds until the reboot: enough to read the last lines, and for `shutdown /a`. */
export const REBOOT_DELAY_SECONDS = 30;
/** Of shutdown.exe: a reboot is ordered already. Source: winerror.h, ERROR_SHUTDOWN_IS_SCHEDULED */
const SCHEDULED = 1190;
/** Planned, by the operating system's configuration. Source: `shutdown /?` */
const REASON = 'p:2:4';

/** Has a task continue the join whenever the machine starts, and orders the reboot. */
export async function continueAfterReboot(host: Host, continuation: Continuation): Promise<void> {
  const { program, words, folder, secrets } = continuation;
  await host.upload(program, PROGRAM, { ...PRIVATE_FILE, sha256: await sha256OfFile(program) });
  await host.makeDirectory(SECRETS, 0o700);
  const flags: string[] = [];
  for (const [flag, value] of Object.entries(secrets)) {
    await host.write(`${SECRETS}/${flag}`, value, PRIVATE_FILE);
    flags.push(`--${flag}=@${host.nativePath(`${SECRETS}/${flag}`)}`);
  }
  const command = host.nativePath(PROGRAM);
  const task = { command, arguments: windowsCommandLine([...words, ...flags]), folder };
  await host.define('scheduled-task', CONTINUATION_TASK, JSON.stringify(task));
  const args = ['/r', '/t', String(REBOOT_DELAY_SECONDS), '/d', REASON];
  await host.run('shutdown.exe', args, { accepted: [SCHEDULED] });
}

/** The join is complete: nothing is to run at start-up, and its secrets go. The program stays for a reset. */
export async function endContinuation(host: Host): Promise<void> {
  await host.undefine('scheduled-task', CONTINUATION_TASK);
  await host.removeTree(SECRETS);
}
