import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { ServerChannel } from 'ssh2';
import type { ProgramResult } from '../../../../src/host/machine.ts';
import { parseArguments, parseByCmd, parseByPowerShell } from '../../../unit/host/windows/command-line.ts';
import type { FakeWindows } from '../../../unit/host/windows/fake-windows.ts';
import { SshNode } from './ssh-node.ts';

/** What its administrator made the shell of the SSH server. */
export type ShellName = 'cmd' | 'PowerShell';

/** Runs a program by its full path. */
type Run = (file: string, args: readonly string[], input: Buffer) => Promise<ProgramResult>;

const VARIABLES = { SYSTEMDRIVE: 'C:', OS: 'Windows_NT', PATH: 'C:\\Windows\\System32' };

/**
 * OpenSSH of Windows in front of a fake Windows: a line of SSH goes to `cmd /c "LINE"` as it is, or to PowerShell.
 * Source: PowerShell/openssh-portable, contrib/win32/win32compat/w32-doexec.c
 */
export async function sshWindows(windows: FakeWindows, shell: ShellName): Promise<SshNode> {
  const run: Run = (file, args, input) => windows.run(file, args, { input });
  const place = (path: string): string => windows.place(path.replace(/^\/(?=[A-Za-z]:)/, ''));
  return SshNode.start(
    {
      windows: { place, busy: new Set() },
      exec: (line, channel) => {
        const pipe = pipeOf(line);
        if (pipe) lendPipe(windows, pipe, channel);
        else
          answer(line, channel, (input) =>
            shell === 'cmd' ? byCmd(line, run, input) : byPowerShell(line, run, windows),
          );
        return true;
      },
    },
    { ident: 'OpenSSH_for_Windows_7.7' },
  );
}

type Answer = Pick<ProgramResult, 'exitCode' | 'stdout' | 'stderr'>;

function answer(line: string, channel: ServerChannel, work: (input: Buffer) => Promise<Answer>): void {
  const parts: Buffer[] = [];
  const end = async (): Promise<void> => {
    const { exitCode, stdout, stderr } = await work(Buffer.concat(parts));
    channel.stderr.write(stderr);
    channel.write(stdout);
    channel.exit(exitCode >>> 0);
    channel.end();
  };
  // No shell of Windows knows it, and waits for its input.
  if (line.startsWith('exec ')) return void end();
  channel.on('data', (chunk: Buffer) => parts.push(chunk));
  channel.once('end', end);
}

async function byCmd(line: string, run: Run, input: Buffer): Promise<Answer> {
  if (line.startsWith('exec ')) return noSuchCommand('exec');
  const words = parseByCmd(line, VARIABLES);
  if (words.startsWith('echo ')) return { exitCode: 0, stdout: `${words.slice(5)}\r\n`, stderr: '' };
  const [file = '', ...args] = parseArguments(words);
  const result = await run(file, args, input);
  return result.exitCode === 127 ? noSuchCommand(file) : result;
}

/** As cmd ends with /c, in the language of the system. */
function noSuchCommand(name: string): Answer {
  return { exitCode: 1, stdout: '', stderr: `Der Befehl "${name}" ist entweder falsch geschrieben oder\r\n` };
}

async function byPowerShell(line: string, run: Run, windows: FakeWindows): Promise<Answer> {
  if (line.startsWith('echo ')) return { exitCode: 0, stdout: 'edgeadm\r\n%SystemDrive%\r\nC:\r\n', stderr: '' };
  if (!line.startsWith('$i = '))
    return { exitCode: 1, stdout: '', stderr: 'exec : Die Benennung "exec" wurde nicht erkannt\r\n' };
  const { program, rest, inputFile } = parseByPowerShell(line);
  // What is sent to it, PowerShell keeps for itself.
  const input = inputFile === undefined ? Buffer.alloc(0) : await readFile(windows.place(inputFile));
  const result = await run(program, parseArguments(rest), input);
  return result.exitCode === 127 ? { exitCode: 9009, stdout: '', stderr: '' } : result;
}

/** The pipe that a script of edgeadm is to lend. */
function pipeOf(line: string): string | undefined {
  const [, encoded = ''] = /-EncodedCommand ([A-Za-z0-9+/=]+)/.exec(line) ?? [];
  const script = Buffer.from(encoded, 'base64').toString('utf16le');
  return /NamedPipeClientStream' -ArgumentList @\('\.', '([^']+)'/.exec(script)?.[1];
}

/** What the script does: one connection to the loopback address gets the pipe, if it knows the secret. */
async function lendPipe(windows: FakeWindows, name: string, channel: ServerChannel): Promise<void> {
  channel.on('error', () => {}).resume();
  const address = { socket: `//./pipe/${name}` };
  const pipe = await windows
    .machine()
    .connect(address)
    .catch((error: Error) => {
      channel.stderr.write(`${error.message}\r\n`);
      channel.exit(1);
      channel.end();
    });
  if (!pipe) return;
  const secret = randomBytes(16).toString('hex');
  const server = createServer((socket) => {
    socket.once('readable', () => {
      if (socket.read(32)?.toString() !== secret) return socket.destroy();
      server.close();
      socket.pipe(pipe).pipe(socket);
    });
    socket.on('error', () => pipe.destroy());
    pipe.on('error', () => socket.destroy());
    socket.on('close', () => {
      pipe.destroy();
      channel.exit(0);
      channel.end();
    });
  });
  channel.on('close', () => server.close());
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    channel.write(`{"port":${port},"secret":"${secret}"}\r\n`);
  });
}
