import type { Duplex } from 'node:stream';
import { EdgeadmError } from '../../errors/index.ts';
import { abortable } from '../../lib/abortable.ts';
import { describeAddress, programError } from '../failures.ts';
import type { Address } from '../machine.ts';
import { duplexOf } from './duplex.ts';
import { execute } from './execute.ts';
import type { Link } from './link.ts';
import { type Program, type StartOptions, startProgram } from './program.ts';

/** For Python 2.7 and 3: every system that has no socat has one of them, if only for its package manager. */
export const PYTHON_RELAY = `
import os, socket, sys, threading
where = sys.argv[1:]
if len(where) == 1:
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(where[0])
else:
    peer = socket.create_connection((where[0], int(where[1])))
sys.stderr.write('connected\\n')
sys.stderr.flush()
def send():
    while True:
        data = os.read(0, 65536)
        if not data:
            break
        peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send)
sender.daemon = True
sender.start()
while True:
    data = peer.recv(65536)
    if not data:
        break
    os.write(1, data)
`;

/** What a relay says on standard error once it is through. */
const CONNECTED = /starting data transfer loop|^connected$/m;
/** Seconds that socat waits for the rest of an answer after our side has ended. */
const PATIENCE = '600';

/** Programs that can relay, best first. */
const RELAYS: Readonly<Record<string, (address: Address) => string[]>> = {
  socat: (address) => ['socat', '-d', '-d', '-t', PATIENCE, '-', socatAddress(address)],
  python3: (address) => ['python3', '-c', PYTHON_RELAY, ...pythonAddress(address)],
  '/usr/libexec/platform-python': (address) => [
    '/usr/libexec/platform-python',
    '-c',
    PYTHON_RELAY,
    ...pythonAddress(address),
  ],
  python: (address) => ['python', '-c', PYTHON_RELAY, ...pythonAddress(address)],
};

/**
 * Dials through a program on the host.
 * @throws EdgeadmError COMMAND_FAILED if the host has none that can; Error with the program's last words
 */
export async function relay(link: Link, address: Address, options: StartOptions): Promise<Duplex> {
  const words = await chooseRelay(link, options.signal);
  const program = await startProgram(link, words(address), options);
  try {
    await abortable(connected(program), options.signal);
  } catch (error) {
    program.channel.close();
    throw error;
  }
  return duplexOf(link, program.channel, () => (program.ending().code === 0 ? undefined : lastLine(program)));
}

async function chooseRelay(link: Link, signal: AbortSignal | undefined): Promise<(address: Address) => string[]> {
  const find = 'for program do if command -v "$program"; then exit; fi; done';
  const { stdout } = await execute(link, ['sh', '-c', find, 'sh', ...Object.keys(RELAYS)], { signal });
  const found = stdout.toString('utf8').trim();
  const chosen = Object.entries(RELAYS).find(([name]) => found === name || found.endsWith(`/${name}`));
  if (chosen) return chosen[1];
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: 'SSH forwarding is disabled on the node, and neither socat nor python is installed',
    next: 'install socat on the node, or allow AllowTcpForwarding and AllowStreamLocalForwarding in its sshd_config',
  });
}

function connected(program: Program): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (CONNECTED.test(program.stderrText())) resolve();
    };
    program.channel.stderr.on('data', look);
    program.channel.stderr.once('end', () => reject(programError(lastLine(program))));
    look();
  });
}

function lastLine(program: Program): string {
  const lines = program.stderrText().trim().split('\n');
  // socat logs its steps, too: errors are marked E, and precede the N of its exit.
  return lines.findLast((line) => / E /.test(line)) || lines.at(-1) || 'the relay exited without output';
}

/** socat reads some characters of an address as its own syntax; a backslash takes that from them. */
function socatAddress(address: Address): string {
  if ('socket' in address) return `UNIX-CONNECT:${address.socket.replace(/[\\:,!"'([{]/g, '\\$&')}`;
  return `TCP:${describeAddress(address)}`;
}

function pythonAddress(address: Address): string[] {
  return 'socket' in address ? [address.socket] : [address.host, String(address.port)];
}
