import { type Check, fail, pass, skip } from '../check.ts';
import { fileSystemOf } from '../mounts.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const KERNEL_LOG = '/dev/kmsg';
const PARAMETERS = '/proc/sys';

/**
 * What a kubelet sets when it starts. Source: kubernetes, pkg/kubelet/cm/container_manager_linux.go,
 * setupKernelTunables.
 */
const KUBELET_SETS = {
  'vm.overcommit_memory': '1',
  'vm.panic_on_oom': '0',
  'kernel.panic': '10',
  'kernel.panic_on_oops': '1',
};

export const kernelAccess: Check = {
  name: 'KernelAccess',
  concerns: 'node',
  severity: 'error',
  about:
    'The kubelet can read the log of the kernel (/dev/kmsg) and set kernel parameters, without which it exits. Containers that are used as machines (LXC, Proxmox) lack both unless their configuration gives them.',
  remedy:
    'On the machine that runs the container, allow it both: for LXC `lxc.mount.entry = /dev/kmsg dev/kmsg none defaults,bind,create=file` and `lxc.mount.auto = proc:rw sys:rw`. Or use a virtual machine.',
  run: async ({ host }) => {
    if (!host.runsPrograms) return skip('a scratch root has no kernel');
    const missing = [
      ...((await host.stat(KERNEL_LOG)) ? [] : [`${KERNEL_LOG} does not exist`]),
      ...(await parametersOutOfReach(host)),
    ];
    return missing.length === 0 ? pass() : fail(`${missing.join('\n')}\nover which a kubelet exits`);
  },
};

/** A kubelet writes only what differs. */
async function parametersOutOfReach(host: ReadOnlyHost): Promise<string[]> {
  const mount = await fileSystemOf(host, `${PARAMETERS}/kernel`);
  if (!mount?.path.startsWith('/proc') || !mount.options.includes('ro')) return [];
  const values = await Promise.all(
    Object.entries(KUBELET_SETS).map(async ([key, wanted]) => ({ key, wanted, now: await host.sysctl(key) })),
  );
  return values
    .filter(({ wanted, now }) => now !== undefined && now !== wanted)
    .map(({ key, wanted, now }) => `${mount.path} is read-only, and ${key} is ${now}, not ${wanted}`);
}
