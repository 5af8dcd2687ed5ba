import { PATHS } from '../../host/node-paths.ts';

const [SYSCTLS] = PATHS.system.sysctlFolders;

type Remedy = (match: RegExpExecArray) => string;

/** What a kubelet says when it dies, and what helps: its log has the cause, but not always the way out. */
const REMEDIES: readonly (readonly [says: RegExp, remedy: Remedy])[] = [
  [
    /inotify(_init|_add_watch| resources)?\b.*(too many open files|no space left on device|exhausted)/i,
    () =>
      `raise the limits of inotify, which all programs of a user share: \`sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288\`, and the same two lines in a file in ${SYSCTLS}`,
  ],
  [
    /could not restore state from checkpoint.*?(\/[\w/.-]+_state)\b/,
    ([, path]) => `remove the damaged file: \`rm ${path}; systemctl restart kubelet\``,
  ],
  [
    /running with swap on is not supported/i,
    () => 'switch swap off: `swapoff -a`, and remove it from /etc/fstab; then `systemctl restart kubelet`',
  ],
  [
    /unknown (?:shorthand )?flag: '?(--?[\w-]+)/,
    ([, flag]) =>
      `take ${flag} out of ${PATHS.kubelet.extraFlags}, ${PATHS.kubelet.sysconfig} or the drop-ins of ${PATHS.kubelet.unit} (\`systemctl cat kubelet\` shows them), then \`systemctl daemon-reload; systemctl restart kubelet\``,
  ],
  [
    /kubelet cgroup driver: \\?"'?(\w+)'?\\?" is different from docker cgroup driver: \\?"'?(\w+)/,
    () =>
      `set \`"exec-opts": ["native.cgroupdriver=systemd"]\` in ${PATHS.docker.configuration}, restart docker, and run the same join again: it gives the kubelet the driver of docker`,
  ],
];

/** The way out for the first cause that is known in the last words of a kubelet. */
export function kubeletRemedy(complaints: string): string | undefined {
  for (const [says, remedy] of REMEDIES) {
    const match = says.exec(complaints);
    if (match) return remedy(match);
  }
  return undefined;
}
