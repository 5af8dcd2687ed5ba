/** Milliseconds after which a program is stopped unless its caller says otherwise. */
export const DEFAULT_TIMEOUT_MS = 120_000;

/** How much a program may print, on each of its two outputs. */
export const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** Programs are found and speak alike whatever the caller's environment: cloud-init starts us with hardly any. */
export const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** {@link ENVIRONMENT} for a program on this machine, which need not know what edgeadm was told (EDGEADM_TOKEN). */
export function childEnvironment(): Record<string, string | undefined> {
  const ours = Object.keys(process.env).filter((name) => name.startsWith('EDGEADM_'));
  return { ...Object.fromEntries(ours.map((name) => [name, undefined])), ...ENVIRONMENT };
}
