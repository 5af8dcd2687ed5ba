import { dirname } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';

const [SYSCTLS] = PATHS.system.sysctlFolders;
const UNIT = PATHS.kubelet.unit.replace('.service', '');

/** What to change on the node, and what brings the change into force on a node that is set up. */
interface Remedy {
  readonly fix: string;
  readonly apply: string;
}

const RESTART = `\`systemctl restart ${UNIT}\``;

/** What a kubelet says when it dies, and what helps: its log has the cause, but not always the way out. */
const REMEDIES: readonly (readonly [says: RegExp, remedy: (match: RegExpExecArray) => Remedy])[] = [
  [
    /inotify(_init|_add_watch| resources)?\b.*(too many open files|no space left on device|exhausted)/i,
    () => ({
      fix: `raise the limits of inotify, which all programs of a user share: \`sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288\`, and the same two lines in a file in ${SYSCTLS}`,
      apply: RESTART,
    }),
  ],
  [
    /could not restore state from checkpoint.*?(\/[\w/.-]+_state)\b/,
    ([, path]) => ({ fix: `remove the damaged file: \`rm ${path}\``, apply: RESTART }),
  ],
  [
    /running with swap on is not supported/i,
    () => ({ fix: 'switch swap off: `swapoff -a`, and remove it from /etc/fstab', apply: RESTART }),
  ],
  [
    /unknown (?:shorthand )?flag: '?(--?[\w-]+)/,
    ([, flag]) => ({
      fix: `take ${flag} out of ${PATHS.kubelet.extraFlags}, ${PATHS.kubelet.sysconfig} or the drop-ins of ${PATHS.kubelet.unit} (${dirname(PATHS.kubelet.dropIn)})`,
      apply: `\`systemctl daemon-reload; systemctl restart ${UNIT}\``,
    }),
  ],
  [
    /kubelet cgroup driver: \\?"'?(\w+)'?\\?" is different from docker cgroup driver: \\?"'?(\w+)/,
    () => ({
      fix: `set \`"exec-opts": ["native.cgroupdriver=systemd"]\` in ${PATHS.docker.configuration}, restart docker`,
      apply: 'run the same join again: it gives the kubelet the driver of docker',
    }),
  ],
];

/**
 * The way out for the first cause that is known in the last words of a kubelet.
 *
 * @param then what has to follow the change; by default what brings it into force on a node that is set up. A command
 *   that is rolled back leaves no kubelet to restart: there it is that command again.
 * @returns undefined for a cause that is not known
 */
export function kubeletRemedy(complaints: string, then?: string): string | undefined {
  for (const [says, remedy] of REMEDIES) {
    const match = says.exec(complaints);
    if (!match) continue;
    const { fix, apply } = remedy(match);
    return `${fix}, then ${then ?? apply}`;
  }
  return undefined;
}
