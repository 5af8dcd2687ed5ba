import { EdgeadmError, type ErrorCode } from '../../errors/index.ts';

/** What was said instead of starting a program, what it means and what to do. */
interface Cause {
  readonly said: RegExp;
  readonly next: string;
  readonly what?: string;
  readonly code?: ErrorCode;
}

const SUDOERS = 'in sudoers (`visudo`)';

/** Causes by what sudo says; the first that fits counts. Sources: the messages of sudo and of sudo-rs. */
const OF_SUDO: readonly Cause[] = [
  { said: /must have a tty/i, next: `Allow sudo without a terminal, ${SUDOERS}: \`Defaults:USER !requiretty\`.` },
  {
    said: /sudo: (command )?not found|sudo.*(No such file|not found)|not found.*sudo/i,
    next: 'Connect as root (`root@HOST`), or install sudo on the node.',
  },
  {
    said: /password (has )?expired|account.*(expired|lock)|required to change your password|token is no longer valid|account validation failure/i,
    next: 'Log in once and set a new password (`ssh -t USER@HOST passwd`), or have the account renewed: `chage -l USER` shows it.',
  },
  {
    said: /setuid|owned by uid 0|nosuid/i,
    next: 'Repair sudo on the node: it needs owner root, mode 4755, and a file system without nosuid.',
  },
  { said: /no new privileges/i, next: 'The session runs with no_new_privs, as in a container: connect as root.' },
  {
    said: /parse error|syntax error|world writable|no valid sudoers/i,
    next: 'Repair /etc/sudoers on the node: `visudo -c` shows the line.',
  },
  {
    said: /not in the sudoers|may not run|I'm afraid I can't do that/i,
    next: `Add the user ${SUDOERS}, or connect as root (\`root@HOST\`).`,
  },
  {
    said: /not allowed to execute/i,
    next: `The rule for the user allows single commands only; edgeadm needs all, ${SUDOERS}: \`USER ALL=(ALL) NOPASSWD: ALL\`.`,
  },
  {
    said: /(unrecognized|invalid|unknown) option/i,
    next: `This sudo does not let a program answer its prompt (sudo-rs before 0.2.5): allow the user to use it without a password, ${SUDOERS}, or install the package sudo.`,
  },
  {
    // Sudo shows the prompt of PAM if it is not the usual one.
    said: /password[^\n]*:\s*\nno answer within/i,
    next: `A prompt other than sudo's was shown, for example by SSSD or Kerberos: set \`Defaults passprompt_override\`, or allow the user to use sudo without a password, ${SUDOERS}.`,
  },
  {
    said: /try again|incorrect (password|authentication)|sorry/i,
    next: 'The password is wrong: set EDGEADM_SUDO_PASSWORD (EDGEADM_SSH_PASSWORD is tried too).',
  },
  {
    said: /password is required|terminal is required|asks for a password/i,
    next: `Set EDGEADM_SUDO_PASSWORD, or allow the user to use sudo without a password, ${SUDOERS}: \`USER ALL=(ALL) NOPASSWD: ALL\`.`,
  },
];

/** Causes that have nothing to do with sudo. */
const OF_LOGIN: readonly Cause[] = [
  {
    said: /is not recognized as (an internal|the name of a cmdlet)|Microsoft Windows|CommandNotFoundException/i,
    what: 'the host runs Windows',
    code: 'PLATFORM_UNSUPPORTED',
    next: 'let its SSH server run cmd or PowerShell: remove the value DefaultShell of HKLM\\SOFTWARE\\OpenSSH, then restart sshd',
  },
  {
    said: /Please login as the user/i,
    what: 'the host does not let root run programs over SSH',
    next: 'Connect as the user that the host names (`--host USER@HOST`): edgeadm becomes root with sudo.',
  },
  {
    said: /account is currently not available|nologin|This account is disabled|\/bin\/false/i,
    next: 'Give the user a login shell (`usermod --shell /bin/bash USER`), or connect as another user.',
  },
  {
    said: /sftp connections only|internal-sftp/i,
    next: 'sshd allows only SFTP to this user (ForceCommand, ChrootDirectory): connect as another user.',
  },
  {
    said: /(% )?(Invalid|Unknown|Incomplete) (input|command)|syntax error, expecting/i,
    next: 'The host answers like a network device, not like a Linux shell: check the address.',
  },
  {
    said: /password (has )?expired|required to change your password/i,
    next: 'Log in once and set a new password: `ssh -t USER@HOST passwd`.',
  },
];

/** Codes of {@link startFailure}. */
const CODES: readonly ErrorCode[] = ['COMMAND_FAILED', 'SUDO_FAILED', 'PLATFORM_UNSUPPORTED'];

export function isStartFailure(error: unknown): boolean {
  return error instanceof EdgeadmError && CODES.includes(error.code);
}

/** The error for a host that starts no program, with the remedy that follows from what it said. */
export function startFailure(asRoot: boolean, words: readonly (string | undefined)[]): EdgeadmError {
  const why = words.filter(Boolean).join('\n');
  const login = OF_LOGIN.find(
    ({ said, code }) =>
      said.test(why) && (!asRoot || code !== undefined || !OF_SUDO.some((each) => each.said.test(why))),
  );
  const cause = login ?? (asRoot ? OF_SUDO.find(({ said }) => said.test(why)) : undefined);
  const usual = asRoot
    ? { code: 'SUDO_FAILED' as const, what: 'sudo does not allow the SSH user to become root' }
    : { code: 'COMMAND_FAILED' as const, what: 'the SSH user cannot run programs' };
  return new EdgeadmError({ code: cause?.code ?? usual.code, what: cause?.what ?? usual.what, why, next: cause?.next });
}
