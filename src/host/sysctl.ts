/**
 * The file of a kernel parameter. A slash in the key stands for a dot in the path (`net.ipv4.conf.eth0/1.forwarding`),
 * as sysctl(8) has it.
 */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (character) => (character === '.' ? '/' : '.'))}`;
}
