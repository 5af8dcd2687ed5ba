import assert from 'node:assert/strict';
import { kubeletComplaints } from '../../../../src/kubernetes/kubelet/log.ts';
import { kubeletRemedy } from '../../../../src/kubernetes/kubelet/remedies.ts';

/** Last words of kubelets in public reports, and the remedy for this cause. */
const ROWS: readonly (readonly [thread: string, log: string, remedy: RegExp | undefined])[] = [
  [
    'kubermatic/kubermatic#7490',
    'F0812 16:26:52.166979  111106 server.go:269] failed to run Kubelet: inotify_init: too many open files',
    /sysctl -w fs\.inotify\.max_user_instances/,
  ],
  [
    'kubernetes/kubernetes#8198',
    'F0513 10:00:00.000000    1 kubelet.go:1] inotify_add_watch /sys/fs/cgroup/cpu,cpuacct: no space left on device',
    /fs\.inotify\.max_user_watches/,
  ],
  [
    'kubernetes/kubernetes#135711',
    `panic: could not restore state from checkpoint: invalid character '"' after top-level value, please drain this node and delete pod allocation checkpoint file "/var/lib/kubelet/pod_status_manager_state" before restarting Kubelet`,
    /^remove the damaged file: `rm \/var\/lib\/kubelet\/pod_status_manager_state`, then `systemctl restart kubelet`$/,
  ],
  [
    'kubernetes/kubernetes#53533',
    'E1006 10:00:00.000000    1 run.go:74] "command failed" err="failed to run Kubelet: running with swap on is not supported, please disable swap!"',
    /swapoff -a/,
  ],
  [
    'aws/eks-anywhere#8984',
    'E0101 10:00:00.000000    1 run.go:74] "command failed" err="failed to parse kubelet flag: unknown flag: --network-plugin"',
    /^take --network-plugin out of \/etc\/default\/kubelet/,
  ],
  [
    'kubernetes/kubernetes#43805',
    'F0331 10:00:00.000000    1 server.go:1] failed to run Kubelet: failed to create kubelet: misconfiguration: kubelet cgroup driver: "cgroupfs" is different from docker cgroup driver: "systemd"',
    /then run the same join again/,
  ],
  [
    "kubernetes/minikube#6544, in quotes that are the value's own",
    `F0207 10:00:00.000000    1 server.go:1] failed to run Kubelet: misconfiguration: kubelet cgroup driver: "'systemd'" is different from docker cgroup driver: "systemd"`,
    /then run the same join again/,
  ],
  ['a cause that is not known', 'F0101 10:00:00.000000    1 server.go:1] failed to run Kubelet: no luck', undefined],
];

describe('the remedy for a kubelet that dies', () => {
  for (const [thread, log, remedy] of ROWS)
    it(`the remedy for a kubelet that dies follows from its last words: ${thread}`, () => {
      const found = kubeletRemedy(kubeletComplaints(`I0101 10:00:00.000000    1 server.go:1] starting\n${log}\n`));
      if (remedy) assert.match(found ?? '', remedy);
      else assert.equal(found, undefined);
    });

  for (const [thread, log] of ROWS.filter(([, , remedy]) => remedy))
    it(`a command that was rolled back left no kubelet to restart: ${thread}`, () => {
      const found = kubeletRemedy(kubeletComplaints(log), 'run the same command again') ?? '';
      assert.match(found, /, then run the same command again$/);
      assert.doesNotMatch(found, /systemctl restart|daemon-reload/);
    });
});
