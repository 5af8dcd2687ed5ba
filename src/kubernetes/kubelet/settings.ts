import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { lenientYaml } from '../../lib/lenient-yaml.ts';

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
] as const;

/** What the kubelet of the node is started with, its users' own flags last. */
export async function kubeletSettings(host: Pick<Host, 'read'>): Promise<KubeletSettings> {
  const texts = await Promise.all(FLAG_FILES.map(({ path }) => host.read(path)));
  return {
    flags: FLAG_FILES.flatMap(({ variable }, i) => flagsIn(texts[i] ?? '', variable)),
    configuration: lenientYaml<Record<string, unknown>>(await host.read(PATHS.kubelet.configuration)),
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
