#!/usr/bin/env node
// First of all: a token on the command line must not stay visible in the process list.
process.title = 'edgeadm';
// Older ones lack modules that edgeadm imports: what they say of that is no help. The same as in package.json.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 21)) {
  process.stderr.write(
    `error: edgeadm needs Node.js 22.21 or newer\n  ${process.execPath} is ${process.versions.node}\nnext: install a newer Node.js, or the one-file program, which brings its own\n`,
  );
  process.exit(3);
}
const { join } = await import('node:path');
const { main } = await import('../lib/src/cli/main.js');
await main(process.argv.slice(2), { root: join(import.meta.dirname, '..') });
