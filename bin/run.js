#!/usr/bin/env node
// First of all: a token on the command line must not stay visible in the process list.
process.title = 'edgeadm';
const { preferSmallHeap } = await import('../lib/src/lib/small-heap.js');
preferSmallHeap(process.argv[2]);
const { join } = await import('node:path');
const { main } = await import('../lib/src/cli/main.js');
await main(process.argv.slice(2), { root: join(import.meta.dirname, '..') });
