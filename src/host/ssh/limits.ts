import type { Pauses } from '../supervise.ts';

/**
 * How long a node may keep us waiting, in milliseconds. A node that answers keep-alives but nothing else would
 * otherwise hold a command forever. Tests give smaller ones.
 */
export interface SshLimits {
  /** To be reached and to let us in; the time in which the user types a password does not count. */
  readonly connect: number;
  /** Login shell and sudo, until the program runs. */
  readonly start: number;
  /** One answer of the SFTP server, its start included. */
  readonly sftpAnswer: number;
  /** The lock, and the answer to a question about the connection itself. */
  readonly answer: number;
  /** A command on files that moves little: stat, list, remove. */
  readonly fileCommand: number;
  /** The whole of closing the connection, after which its socket is destroyed. */
  readonly close: number;
  /** Between the steps of stopping a program; default: by the reason why it is stopped. */
  readonly pauses?: Pauses;
}

export const SSH_LIMITS: SshLimits = {
  connect: 20_000,
  start: 60_000,
  sftpAnswer: 30_000,
  answer: 30_000,
  fileCommand: 120_000,
  close: 1000,
};
