/**
 * Writes oclif.manifest.json from the compiled commands, so that starting the program need not load them all.
 * With --check it fails if the file is not current, and leaves it as it is: others read it at the same time.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}oclif.manifest.json`;
// oclif prefers the manifest that is there to the modules.
const plugin = new Plugin({ root, ignoreManifest: true });
await plugin.load();
if (!plugin.commands.length) throw new Error('oclif found no commands: run `npm run build` first');
// In the order of their names: that of the file system is another on every machine.
const commands = Object.fromEntries(Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)));
const text = `${JSON.stringify({ ...plugin.manifest, commands }, undefined, 2)}\n`;
if (!process.argv.includes('--check')) await writeFile(path, text);
else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
  process.stderr.write('oclif.manifest.json is not current: npm run build\n');
  process.exitCode = 1;
}
