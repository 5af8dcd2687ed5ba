/**
 * Writes oclif.manifest.json from the compiled commands, so that starting the program need not load them all.
 * With --check it fails if the file is not current.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}oclif.manifest.json`;
const before = await readFile(path, 'utf8').catch(() => '');
// oclif prefers the manifest to the modules: it must not see the old one.
if (before) await writeFile(path, '');
try {
  const { rm } = await import('node:fs/promises');
  await rm(path, { force: true });
  const config = await Config.load({ root, devPlugins: false, userPlugins: false });
  const plugin = config.plugins.get('edgeadm') as { manifest?: { commands: object } } | undefined;
  const manifest = plugin?.manifest;
  if (!manifest) throw new Error('oclif found no commands: run `npm run build` first');
  // In the order of their names: that of the file system is another on every machine.
  const commands = Object.fromEntries(Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ ...manifest, commands }, undefined, 2)}\n`;
  if (process.argv.includes('--check') && text !== before) {
    process.stderr.write('oclif.manifest.json is not current: npm run build\n');
    process.exitCode = 1;
  }
  await writeFile(path, process.argv.includes('--check') ? before : text);
} catch (error) {
  await writeFile(path, before);
  throw error;
}
