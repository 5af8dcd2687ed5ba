import assert from 'node:assert/strict';
import { startFailure } from '../../../../src/host/ssh/start-failure.ts';

/** What a host said instead of starting a program, and what its owner has to do. */
const SAID: readonly { thread: string; said: string; sudo?: boolean; code: string; next: RegExp }[] = [
  {
    thread: 'SUSE/machinery#2137, requiretty',
    said: 'sudo: sorry, you must have a tty to run sudo',
    code: 'SUDO_FAILED',
    next: /!requiretty/,
  },
  {
    thread: 'sudo is not installed',
    said: 'sh: 1: exec: sudo: not found',
    code: 'SUDO_FAILED',
    next: /root@HOST.*install sudo/,
  },
  {
    thread: 'sudo is not installed, bash',
    said: 'bash: line 1: exec: sudo: not found',
    code: 'SUDO_FAILED',
    next: /install sudo/,
  },
  {
    thread: 'a password that has expired',
    said: 'sudo: Account or password is expired, reset your password and try again',
    code: 'SUDO_FAILED',
    next: /passwd/,
  },
  {
    thread: 'a password that must be changed',
    said: 'You are required to change your password immediately (administrator enforced).',
    code: 'SUDO_FAILED',
    next: /set a new password/,
  },
  {
    thread: 'alexellis/k3sup#100',
    said: 'sudo asks for a password, and none was given',
    code: 'SUDO_FAILED',
    next: /EDGEADM_SUDO_PASSWORD/,
  },
  {
    thread: 'alexellis/k3sup#387',
    said: 'sudo: a terminal is required to read the password; either use the -S option',
    code: 'SUDO_FAILED',
    next: /EDGEADM_SUDO_PASSWORD/,
  },
  { thread: 'a wrong password', said: 'Sorry, try again.', code: 'SUDO_FAILED', next: /password is wrong/ },
  {
    thread: 'not a sudoer',
    said: 'ops is not in the sudoers file.  This incident will be reported.',
    code: 'SUDO_FAILED',
    next: /visudo/,
  },
  {
    thread: 'a sudoer of single commands',
    said: "Sorry, user ops is not allowed to execute '/bin/sh -c' as root on edge-1.",
    code: 'SUDO_FAILED',
    next: /NOPASSWD: ALL/,
  },
  {
    thread: 'a container without privileges',
    said: 'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
    code: 'SUDO_FAILED',
    next: /connect as root/,
  },
  {
    thread: 'sudo without its bit',
    said: 'sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set',
    code: 'SUDO_FAILED',
    next: /4755/,
  },
  {
    thread: 'a damaged sudoers',
    said: '>>> /etc/sudoers.d/ops: syntax error near line 1 <<<',
    code: 'SUDO_FAILED',
    next: /visudo -c/,
  },
  {
    thread: 'trifectatechfoundation/sudo-rs, who is not a sudoer',
    said: "sudo: I'm sorry ops. I'm afraid I can't do that",
    code: 'SUDO_FAILED',
    next: /visudo/,
  },
  {
    thread: 'trifectatechfoundation/sudo-rs, a user without a rule',
    said: 'sudo: Sorry, user ops may not run /usr/bin/sh on edge-1.',
    code: 'SUDO_FAILED',
    next: /visudo/,
  },
  {
    thread: 'ansible/ansible#85837, a sudo-rs that does not know -p',
    said: "sudo: unrecognized option '-p'",
    code: 'SUDO_FAILED',
    next: /sudo-rs before 0\.2\.5/,
  },
  {
    thread: 'trifectatechfoundation/sudo-rs#1668, a wrong password',
    said: 'sudo: maximum 3 incorrect authentication attempts',
    code: 'SUDO_FAILED',
    next: /password is wrong/,
  },
  {
    thread: 'the prompt of a directory service',
    said: 'Password for ops@EXAMPLE.ORG:\nno answer within 30 s',
    code: 'SUDO_FAILED',
    next: /passprompt_override/,
  },
  {
    thread: 'Mirantis/virtlet#789, root on an image for clouds',
    said: 'Please login as the user "ubuntu" rather than the user "root".',
    sudo: false,
    code: 'COMMAND_FAILED',
    next: /--host USER@HOST/,
  },
  {
    thread: 'Windows, cmd.exe',
    said: "'exec' is not recognized as an internal or external command,\noperable program or batch file.",
    sudo: false,
    code: 'PLATFORM_UNSUPPORTED',
    next: /DefaultShell/,
  },
  {
    thread: 'Windows, PowerShell, with sudo',
    said: "exec : The term 'exec' is not recognized as the name of a cmdlet",
    code: 'PLATFORM_UNSUPPORTED',
    next: /DefaultShell/,
  },
  {
    thread: 'nologin',
    said: 'This account is currently not available.',
    sudo: false,
    code: 'COMMAND_FAILED',
    next: /usermod --shell/,
  },
  {
    thread: 'SFTP only',
    said: 'This service allows sftp connections only.',
    sudo: false,
    code: 'COMMAND_FAILED',
    next: /ForceCommand/,
  },
  {
    thread: 'a switch',
    said: "% Invalid input detected at '^' marker.",
    sudo: false,
    code: 'COMMAND_FAILED',
    next: /network device/,
  },
];

describe('a host that starts no program', () => {
  for (const { thread, said, sudo = true, code, next } of SAID)
    it(`a program that cannot be started over SSH is answered with the remedy for what was said: ${thread}`, () => {
      const error = startFailure(sudo, [said]);
      assert.equal(error.code, code);
      assert.equal(error.why, said);
      assert.match(error.next, next);
    });

  it('a program that cannot be started over SSH for an unknown reason is answered with the remedy of the code', () => {
    assert.match(startFailure(true, ['frobnicate']).next, /sudoers/);
    assert.equal(startFailure(false, ['frobnicate']).code, 'COMMAND_FAILED');
  });
});
