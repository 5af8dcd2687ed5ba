import type { Duplex } from 'node:stream';
import { abortable } from '../../../lib/abortable.ts';
import { fillTemplate } from '../../../templates/text.ts';
import { powerShellArguments } from '../../windows/quote.ts';
import { duplexOf } from '../duplex.ts';
import type { Link } from '../link.ts';
import { type LineProgram, startLine } from '../program.ts';
import type { WindowsShell } from './shell.ts';

/** What the script says before it accepts: a port of the loopback address, and what a connection to it begins with. */
const OFFER = /\{"port":(\d+),"secret":"([0-9a-f]{32})"\}/;
const MAX_OFFER_CHARACTERS = 4096;

/**
 * Connects to a named pipe of the host, for which its SSH server has no forwarding: a script lends it to one connection.
 * @param pipe `\\.\pipe\containerd-containerd`
 */
export async function dialPipe(link: Link, shell: WindowsShell, pipe: string, signal: AbortSignal): Promise<Duplex> {
  const name = pipe.slice(pipe.lastIndexOf('\\') + 1);
  const script = fillTemplate('windows/pipe-relay.ps1', { name });
  const powershell = `${shell.systemDrive}\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
  const program = await startLine(link, shell.line([powershell, ...powerShellArguments(script)]), signal);
  program.stdin.end();
  try {
    const { port, secret } = await abortable(offerOf(program), signal);
    const connection = await link.forward({ host: '127.0.0.1', port }, (channel) =>
      duplexOf(link, channel, () => undefined),
    );
    connection.write(secret);
    connection.once('close', () => program.abandon());
    return connection;
  } catch (error) {
    program.abandon();
    throw error;
  }
}

function offerOf(program: LineProgram): Promise<{ port: number; secret: string }> {
  let said = '';
  return new Promise((resolve, reject) => {
    program.stdout.on('data', (chunk: Buffer) => {
      if (said.length > MAX_OFFER_CHARACTERS) return;
      said += chunk.toString('latin1');
      const [, port, secret] = OFFER.exec(said) ?? [];
      if (port !== undefined && secret !== undefined) resolve({ port: Number(port), secret });
    });
    program.closed.then(({ code }) => {
      reject(new Error(program.stderrText().trim() || said.trim() || `PowerShell ended with exit code ${code}`));
    });
  });
}
