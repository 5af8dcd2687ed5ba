import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { type Origin, yamlMap } from '../../lib/check-shape.ts';

/** The flags and the configuration file that a kubelet was started with. */
export interface KubeletSettings {
  /** `--name=value` each, as on a command line. */
  readonly flags: readonly string[];
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Files with flags, and the variable in each that holds them. */
export const FLAG_FILES = [
  { path: PATHS.kubelet.flags, variable: 'KUBELET_KUBEADM_ARGS' },
  { path: PATHS.kubelet.extraFlags, variable: 'KUBELET_EXTRA_ARGS' },
  { path: PATHS.kubelet.sysconfig, variable: 'KUBELET_EXTRA_ARGS' },
] as const;

/** An upgrade that took damage for an empty file would write one with nothing but its own keys in it. */
const CONFIGURATION: Origin = {
  what: PATHS.kubelet.configuration,
  code: 'UPGRADE_CHECK_FAILED',
  next: `repair the line with the help of \`journalctl -u ${PATHS.kubelet.unit}\`, then run the same command again`,
};

/**
 * What the kubelet of the node is started with, its users' own flags last.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED that names the line of a configuration that is not YAML
 */
export async function kubeletSettings(host: Pick<Host, 'read'>): Promise<KubeletSettings> {
  const texts = await Promise.all(FLAG_FILES.map(({ path }) => host.read(path)));
  return {
    flags: FLAG_FILES.flatMap(({ variable }, i) => flagsIn(texts[i] ?? '', variable)),
    configuration: yamlMap((await host.read(PATHS.kubelet.configuration)) ?? '', CONFIGURATION),
  };
}

/** The words of a variable in a file of systemd's EnvironmentFile form. */
export function flagsIn(text: string, variable: string): string[] {
  const value = lineOf(variable).exec(text)?.[1] ?? '';
  return value
    .replace(/^(["'])(.*)\1$/, '$2')
    .split(/\s+/)
    .filter(Boolean);
}

/** The same file with other words; everything else in it stays. */
export function withFlags(text: string, variable: string, flags: readonly string[]): string {
  return text.replace(lineOf(variable), () => `${variable}="${flags.join(' ')}"`);
}

function lineOf(variable: string): RegExp {
  return new RegExp(`^${variable}=(.*?)[ \\t]*$`, 'm');
}
