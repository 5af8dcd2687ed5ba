import { EdgeadmError } from '../../../errors/index.ts';
import type { Link } from '../link.ts';
import type { Sftp } from '../sftp-session.ts';

/** The SFTP session of a connection: on Windows, nothing takes its place. @throws EdgeadmError COMMAND_FAILED */
export async function sftpOn(link: Link, name: string): Promise<Sftp> {
  const sftp = await link.sftp(undefined);
  if (sftp) return sftp;
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `the SSH server of ${name} has no SFTP server that edgeadm can use`,
    next: 'the line `Subsystem sftp sftp-server.exe` belongs into C:\\ProgramData\\ssh\\sshd_config; then restart sshd',
  });
}
