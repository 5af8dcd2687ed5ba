import { kernelConfiguration } from '../../host/kernel-configuration.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** How a part of the kernel can be recognised. */
export interface KernelPart {
  /** Name of its module, with underscores: `br_netfilter`. */
  readonly module: string;
  /** Its option in the kernel's configuration: `CONFIG_BRIDGE_NETFILTER`. */
  readonly option: string;
}

/** `undefined` if the machine does not say: neither modules nor a configuration of the running kernel. */
export type Availability = { readonly how: string } | 'absent' | undefined;

/**
 * Whether a part of the running kernel is loaded, built in or can be loaded. Looks only: asking `modprobe` could load
 * it. Works without /proc/modules and /lib/modules, which kernels without loadable modules do not have.
 */
export async function findKernelPart(host: ReadOnlyHost, part: KernelPart): Promise<Availability> {
  if (await isLoaded(host, part.module)) return { how: 'loaded' };
  const { kernel } = await host.facts();
  const folder = `/lib/modules/${kernel}`;
  const [builtin, loadable] = await Promise.all([
    host.read(`${folder}/modules.builtin`),
    host.read(`${folder}/modules.dep`),
  ]);
  if (listsModule(builtin ?? '', part.module)) return { how: 'built in' };
  if (listsModule(loadable ?? '', part.module)) return { how: 'can be loaded' };
  const configured = await configuredAs(host, kernel, part.option);
  if (configured === 'y') return { how: 'built in' };
  if (configured !== undefined || loadable !== undefined) return 'absent';
  return undefined;
}

async function isLoaded(host: ReadOnlyHost, module: string): Promise<boolean> {
  if (await host.stat(`/sys/module/${module}`)) return true;
  return ((await host.read('/proc/modules')) ?? '').split('\n').some((line) => line.startsWith(`${module} `));
}

/** Lines are paths: `kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz`. */
function listsModule(text: string, module: string): boolean {
  return new RegExp(`(^|/)${module}\\.ko(\\.[a-z]+)?(:|$)`, 'm').test(text);
}

/** `y`, `m` or `n` of the running kernel's configuration; undefined if none is published. */
async function configuredAs(host: ReadOnlyHost, kernel: string, option: string): Promise<string | undefined> {
  const text = await kernelConfiguration(host, kernel);
  if (text === undefined) return undefined;
  return new RegExp(`^${option}=(\\w+)$`, 'm').exec(text)?.[1] ?? 'n';
}
