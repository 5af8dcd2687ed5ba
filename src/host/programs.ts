/** Milliseconds after which a program is stopped unless its caller says otherwise. */
export const PROGRAM_TIMEOUT_MS = 120_000;

/**
 * How much a program may print to standard output before it is stopped, unless its caller says otherwise. edgeadm runs
 * up to 5 programs on each of 8 hosts at a time.
 */
export const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** How much a program may print to standard error before it is stopped. */
export const MAX_STDERR_BYTES = 8 * 1024 * 1024;

/** How much of the end of standard error is kept. */
export const STDERR_KEPT_BYTES = 256 * 1024;

/** The largest file that is read into memory. The journal of a node has a few MiB. */
export const MAX_READ_BYTES = 32 * 1024 * 1024;

/** The same for a file in /proc, which does not say its size: /proc/self/mountinfo of a busy node has 1 MiB. */
export const MAX_PROC_FILE_BYTES = 8 * 1024 * 1024;

/** How many names a folder may have. Overlayfs snapshots and pod logs of a busy node come to some thousands. */
export const MAX_DIRECTORY_ENTRIES = 100_000;

/** Programs are found and speak alike whatever the caller's environment: cloud-init starts us with hardly any. */
export const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** {@link ENVIRONMENT} for a program on this machine, without edgeadm's own variables (EDGEADM_TOKEN). */
export function childEnvironment(): Record<string, string | undefined> {
  const ours = Object.keys(process.env).filter((name) => name.startsWith('EDGEADM_'));
  return { ...Object.fromEntries(ours.map((name) => [name, undefined])), ...ENVIRONMENT };
}

/** The environment of a program of Windows, which finds its own folders in it. */
export function withoutOwnVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^EDGEADM_/i.test(name)));
}
