import type { ReadOnlyHost } from './read-only-host.ts';

/** Where the firmware of a Raspberry Pi takes the kernel command line from; since Debian 12 it is in the first. */
const RASPBERRY = ['/boot/firmware/cmdline.txt', '/boot/cmdline.txt'];

/** How to get cgroup controllers that are missing, on this machine. undefined if nothing is known beyond the general. */
export async function controllerRemedy(host: ReadOnlyHost, missing: readonly string[]): Promise<string | undefined> {
  const commandLine = (await host.read('/proc/cmdline')) ?? '';
  const off = commandLine.split(/\s+/).filter((word) => {
    const [, list = ''] = /^(?:cgroup_disable|cgroup_no_v1)=(.+)$/.exec(word) ?? [];
    return list.split(',').some((name) => missing.includes(name) || name === 'all');
  });
  const words = missing.includes('memory')
    ? 'cgroup_memory=1 cgroup_enable=memory'
    : `cgroup_enable=${missing.join(',')}`;
  for (const file of RASPBERRY) {
    if (!(await host.stat(file))) continue;
    return `Append \`${words}\` to the one line of ${file}, and reboot.`;
  }
  if (off.length > 0)
    return `Remove \`${off.join(' ')}\` from the kernel command line (/etc/default/grub, then update-grub), and reboot.`;
  if (await host.stat('/etc/default/grub'))
    return `Add \`${words}\` to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub (or grub2-mkconfig -o /boot/grub2/grub.cfg), and reboot.`;
  return undefined;
}
