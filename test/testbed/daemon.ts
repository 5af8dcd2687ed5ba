import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

/** Starts a program that outlives this process, in a session of its own, with its output appended to a file. */
export async function startDaemon(logFile: string, file: string, args: string[]): Promise<void> {
  await using log = await open(logFile, 'a');
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}
