import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What belongs to the sandbox, which stands for systemd: who it is, and what units have logged. */
const NOT_OF_THE_NODE = ['/run/edgeadm', '/var/log/units'];

/** Everything that lies in the root of a node: `PATH` to what it is, its mode, and a sum of what is in it. */
export async function photograph(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const look = async (path: string): Promise<void> => {
    if (NOT_OF_THE_NODE.includes(path)) return;
    const here = join(root, path);
    const stats = await lstat(here);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) found[path] = `-> ${await readlink(here)}`;
    else if (stats.isDirectory()) {
      found[path] = `folder ${mode}`;
      for (const name of (await readdir(here)).sort()) await look(`${path === '/' ? '' : path}/${name}`);
    } else if (!stats.isFile()) found[path] = `other ${mode}`;
    else
      found[path] = `file ${mode} ${createHash('sha256')
        .update(await readFile(here))
        .digest('hex')
        .slice(0, 16)}`;
  };
  await look('/');
  return found;
}
