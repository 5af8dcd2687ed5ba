/** Debian's package of the 64-bit program alone has no `wine`. */
export const WINE = 'wine64';

/** Lines of shell that mount what wine needs, in a namespace of mounts of its own. */
export function mounts(root: string, prefix: string): string {
  return [
    `mount --bind '${root}' '${root}'`,
    `mount -t proc proc '${root}/proc'`,
    `mount --bind /dev '${root}/dev'`,
    `mount --rbind /sys '${root}/sys'`,
    `mount -t tmpfs tmpfs '${root}/tmp'`,
    `mount --bind '${prefix}' '${root}/prefix'`,
  ].join('\n');
}

/** Words that run a command there, with the environment of wine and nothing of this one. */
export function chrootIn(root: string, command: readonly string[]): string[] {
  const variables = [
    'HOME=/root',
    'LANG=C.UTF-8',
    'PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin',
    'WINEDEBUG=-all',
    'WINEPREFIX=/prefix',
    'XDG_RUNTIME_DIR=/tmp',
  ];
  return ['chroot', root, 'env', '-i', '-C', '/prefix/drive_c', ...variables, ...command];
}
