import { setFlagsFromString } from 'node:v8';

/**
 * Flags for a process that runs for seconds on a machine with little memory. Measured with a join on a fresh node, peak
 * resident: 139 MiB without, 109 with the first, which lets the heap grow in small steps; 97 with all of them, since
 * code is interpreted then and neither the compilers nor what they make is loaded. The one-file program, joining a node
 * of the sandbox: 100 without, 91 with them, and no more CPU time. What takes time in a join is done by
 * others: the kernel, containerd, OpenSSL.
 */
const FLAGS = ['--optimize-for-size', '--no-opt', '--no-maglev', '--no-sparkplug'] as const;

/**
 * What these commands load of Node, which refuses its own compiled form of a module once flags are set: compiled again,
 * they take 30 ms and 9 MiB. The others come with these.
 */
const MODULES = ['child_process', 'fs/promises', 'http2', 'https', 'perf_hooks', 'readline', 'timers/promises', 'zlib'];

/** Commands that are run on the nodes themselves. */
const ON_NODES: ReadonlySet<string> = new Set(['join', 'preflight', 'reset', 'upgrade', 'convert', 'revert']);

/** With them a workstation does the work, and SSH takes three times as long if its code is interpreted. */
const OVER_SSH = /^--(host|inventory)(=|$)/;

/**
 * Lets a command that runs on a node use little memory rather than be fast at JavaScript. To be called before anything
 * else runs: a heap that has grown does not shrink to what it needs. Only the one-file program does; a checkout is on the
 * machine of a developer.
 * @param argv the command line, without the program
 */
export function preferSmallHeap([command = '', ...words]: readonly string[], setFlag = setFlagsFromString): void {
  if (!ON_NODES.has(command) || words.some((word) => OVER_SSH.test(word))) return;
  for (const name of MODULES) process.getBuiltinModule(name);
  for (const flag of FLAGS) setFlag(flag);
  // zod writes a function for each schema, which pays from the second value on: here there is one.
  Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
}
