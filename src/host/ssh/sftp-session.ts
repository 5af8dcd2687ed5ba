import type { Client, SFTPWrapper } from 'ssh2';
import { commandLine } from '../quote.ts';
import type { Sudo } from './program.ts';

/** Where distributions keep OpenSSH's SFTP server: Debian and Ubuntu; the Red Hat family. */
const SERVERS = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server'];
const START = 'for server do if [ -x "$server" ]; then exec "$server"; fi; done; exit 127';

/**
 * An SFTP session; one with the rights of root where `sudo` is given.
 * @returns undefined where there is none, or none that can sync and rename as files need it
 */
export async function openSftp(client: Client, sudo: Sudo | undefined): Promise<SFTPWrapper | undefined> {
  if (sudo) startThroughSudo(client, sudo);
  return new Promise((resolve) => {
    client.sftp((error, sftp) => resolve(error || !durable(sftp) ? undefined : sftp));
  });
}

interface Protocol {
  subsystem(channel: number, name: string, wantReply: boolean): void;
  exec(channel: number, line: string, wantReply: boolean): void;
  channelData(channel: number, data: Buffer): void;
}

/**
 * ssh2 asks the server for its subsystem, which runs as the login user. On this connection it shall start a program
 * instead; that a program can speak SFTP as well, ssh2 has no public way to say. sudo asks for a password each time
 * (-k) or not at all, so that it is known whether the first line is for sudo.
 */
function startThroughSudo(client: Client, { password }: Sudo): void {
  const { _protocol: protocol } = client as unknown as { _protocol: Protocol };
  const how = password === undefined ? ['-n'] : ['-k', '-S', '-p', ''];
  const line = commandLine(['sudo', ...how, '--', 'sh', '-c', START, 'sh', ...SERVERS]);
  protocol.subsystem = (channel, _name, wantReply) => {
    protocol.exec(channel, `exec ${line}`, wantReply);
    if (password !== undefined) protocol.channelData(channel, Buffer.from(`${password}\n`));
  };
}

function durable(sftp: SFTPWrapper): boolean {
  // What the server said it can do is not in the types of ssh2.
  const { _extensions: extensions = {} } = sftp as unknown as { _extensions?: Record<string, string> };
  return extensions['posix-rename@openssh.com'] === '1' && extensions['fsync@openssh.com'] === '1';
}
