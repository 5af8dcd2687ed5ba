import { networkInterfaces } from 'node:os';
import type { ServerChannel } from 'ssh2';
import { SshNode } from '../integration/host/ssh/ssh-node.ts';
import type { WineWindows } from './windows.ts';

/**
 * OpenSSH of Windows in front of a machine under wine: wine's cmd runs a line of SSH as `cmd /c "LINE"`, and files are
 * those of its drive. Source: PowerShell/openssh-portable, contrib/win32/win32compat/w32-doexec.c
 */
export async function sshToWine(windows: WineWindows): Promise<SshNode> {
  await windows.tell('network.json', JSON.stringify(networkOfThisMachine()));
  const place = (path: string): string => windows.find(path.replace(/^\/?[A-Za-z]:\/?/, '').replace(/\/+$/, ''));
  return SshNode.start(
    {
      windows: { place, busy: new Set() },
      exec: (line, channel) => {
        const parts: Buffer[] = [];
        const end = () => byCmd(windows, line, Buffer.concat(parts), channel);
        // No shell of Windows knows it, and waits for its input.
        if (line.startsWith('exec ')) void end();
        else channel.on('data', (chunk: Buffer) => parts.push(chunk)).once('end', end);
        return true;
      },
    },
    { ident: 'OpenSSH_for_Windows_7.7' },
  );
}

async function byCmd(windows: WineWindows, line: string, input: Buffer, channel: ServerChannel): Promise<void> {
  let sent = 0;
  const send = async (text: string): Promise<void> => {
    if (text.length > sent) channel.write(text.slice(sent));
    sent = text.length;
  };
  // Without /s, wine's cmd first looks for a program of the whole line's name, and fails if that is longer than a path.
  const command = `"c:\\windows\\system32\\cmd.exe" /s /c "${line}"`;
  const { exitCode, stdout, stderr } = await windows.runLine(command, { input, onOutput: send });
  await send(stdout);
  channel.stderr.write(stderr);
  channel.exit(exitCode >>> 0);
  channel.end();
}

/** A machine without a network of its own has that of this one. */
function networkOfThisMachine() {
  const interfaces = Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    up: true,
    addresses: addresses.flatMap(({ cidr }) => cidr ?? []),
  }));
  const { name = '' } = interfaces.find(({ addresses }) => addresses.some((cidr) => !/^(127\.|::1)/.test(cidr))) ?? {};
  const route = { destination: '0.0.0.0/0', interface: name, gateway: '0.0.0.0', metric: 1 };
  return { interfaces, routes: [route] };
}
