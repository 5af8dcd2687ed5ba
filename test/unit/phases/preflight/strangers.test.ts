import assert from 'node:assert/strict';
import { assertFinds, assertOk, type Case } from './context.ts';

/** A machine as somebody had it, the thread where it stands, and what its owner needs to read. */
interface Stranger {
  readonly thread: string;
  readonly machine: NonNullable<Case['machine']>;
  readonly spec?: Case['spec'];
  readonly node?: Case['node'];
  readonly check: string;
  readonly status: 'error' | 'warning' | 'ok';
  readonly found?: RegExp;
  readonly remedy?: RegExp;
}

const files = (entries: Record<string, string>): Stranger['machine'] => ({ files: entries });
/** A machine with a drop-in of the kubelet's service. */
const dropIn = (name: string, line: string, more: Record<string, string> = {}): Stranger['machine'] =>
  files({ [`/etc/systemd/system/kubelet.service.d/${name}`]: `[Service]\n${line}\n`, ...more });
/** A machine with one more interface, and a route over it. */
const addressed = (name: string, addresses: readonly string[], destination?: string): Stranger['machine'] => ({
  network: {
    interfaces: [
      { name: 'eth0', up: true, addresses: ['192.168.1.20/24'] },
      { name, up: false, addresses },
    ],
    routes: [
      { destination: '0.0.0.0/0', interface: 'eth0', gateway: '192.168.1.1', metric: 100 },
      ...(destination === undefined ? [] : [{ destination, interface: name, metric: 0 }]),
    ],
  },
});
/** A machine whose kernel has a module that is not loaded. */
const loadable = (module: string, more: Record<string, string> = {}): Stranger['machine'] => ({
  facts: { kernel: KERNEL },
  sysctls: {},
  files: { ...withoutModules, [`/lib/modules/${KERNEL}/modules.dep`]: `kernel/${module}.ko:\n`, ...more },
});
const mounts = (...lines: string[]): Stranger['machine'] =>
  files({ '/proc/mounts': ['cgroup2 /sys/fs/cgroup cgroup2 rw 0 0', ...lines].join('\n') });
const resolv = (text: string): Stranger['machine'] => files({ '/etc/resolv.conf': text });
const SWAPS = 'Filename\tType\tSize\tUsed\tPriority\n';
const KERNEL = '5.4.0-150-generic';
const FIREWALL = 'Firewall(8472/udp)';
const CGROUPS = 'SystemVerification(cgroups)';
const withoutModules = { '/proc/filesystems': undefined, '/proc/modules': undefined };
const firewalld = (answers: Record<string, string>): Stranger['machine'] => ({
  units: { 'firewalld.service': { active: true } },
  commands: { 'firewall-cmd': (args) => answers[args[0] ?? ''] ?? '' },
});
const ufw = (rules: string): Stranger['machine'] =>
  files({ '/etc/ufw/ufw.conf': 'ENABLED=yes\n', '/etc/ufw/user.rules': rules });
const iptables = (rules: string): Stranger['machine'] => ({
  files: { '/proc/net/ip_tables_names': 'filter\n' },
  commands: { 'iptables-save': `*filter\n:INPUT DROP [0:0]\n${rules}\nCOMMIT\n` },
});
const nft = (body: string): Stranger['machine'] => ({
  files: { '/proc/modules': 'nf_tables 1 0 - Live 0x0\n' },
  commands: { 'nft list ruleset': `table inet filter {\n${body}\n}\n` },
});
const chain = (...rules: string[]): string =>
  [
    '\tchain input {',
    '\t\ttype filter hook input priority filter; policy drop;',
    ...rules.map((rule) => `\t\t${rule}`),
    '\t}',
  ].join('\n');

const STRANGERS: readonly Stranger[] = [
  // File systems
  {
    thread: 'k3s-io/k3s#3266',
    machine: mounts('10.0.0.9:/r / nfs4 rw 0 0'),
    check: 'RuntimeFileSystem',
    status: 'error',
    found: /\/var\/lib\/containerd is on nfs4/,
  },
  {
    thread: 'k3s-io/k3s#66',
    machine: mounts('rpool/root / zfs rw 0 0'),
    check: 'RuntimeFileSystem',
    status: 'error',
    remedy: /snapshotter = "zfs"/,
  },
  {
    thread: 'k0sproject/k0s#1490',
    machine: { files: { ...mounts('rpool/root / zfs rw 0 0').files, '/sys/module/zfs/version': '2.2.2-1\n' } },
    check: 'RuntimeFileSystem',
    status: 'ok',
    found: /zfs/,
  },
  {
    thread: 'kairos-io/kairos#3666',
    machine: mounts('/dev/sda1 / ext4 rw 0 0', 'overlay /var overlay rw 0 0'),
    check: 'RuntimeFileSystem',
    status: 'error',
    found: /overlay on \/var/,
  },
  {
    thread: 'k3s-io/k3s#495',
    machine: {
      ...mounts('/dev/mapper/centos-root / xfs rw 0 0'),
      commands: { xfs_info: 'naming   =version 2   bsize=4096   ascii-ci=0 ftype=0\n' },
    },
    check: 'RuntimeFileSystem',
    status: 'error',
    found: /d_type/,
    remedy: /ftype=1/,
  },
  {
    thread: 'containerd/containerd#1986',
    machine: {
      ...mounts('/dev/mapper/rhel-root / xfs rw 0 0'),
      commands: { xfs_info: 'naming   =version 2   bsize=4096   ascii-ci=0, ftype=1\n' },
    },
    check: 'RuntimeFileSystem',
    status: 'ok',
  },
  {
    thread: 'kairos-io/kairos#3666, a disk of its own',
    machine: mounts('overlay / overlay rw 0 0', '/dev/sdb1 /var/lib/containerd ext4 rw 0 0'),
    check: 'RuntimeFileSystem',
    status: 'ok',
    found: /ext4/,
  },
  {
    thread: 'k3s-io/k3s#3266, through a symlink',
    machine: {
      files: {
        ...mounts('/dev/sda1 / ext4 rw 0 0', 'srv:/x /data nfs rw 0 0').files,
        '/var/lib/containerd': { symlink: '/data/containerd' },
      },
    },
    check: 'RuntimeFileSystem',
    status: 'error',
    found: /nfs/,
  },
  {
    thread: 'containerd/containerd#6389, a snapshotter that an imported file chooses',
    machine: {
      files: {
        ...mounts('rpool/root / zfs rw 0 0').files,
        '/etc/containerd/config.toml': 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n',
        '/etc/containerd/conf.d/10-zfs.toml':
          'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n  snapshotter = "zfs"\n',
      },
    },
    check: 'RuntimeFileSystem',
    status: 'ok',
    found: /zfs, by zfs/,
  },
  {
    thread: 'a mount point with a blank in its name, before the one that counts',
    machine: mounts(
      '/dev/sda1 / ext4 rw 0 0',
      'srv:/x /mnt/my\\040share nfs4 rw 0 0',
      '/dev/sdb1 /var/lib/containerd xfs rw 0 0',
    ),
    check: 'RuntimeFileSystem',
    status: 'ok',
    found: /xfs/,
  },
  {
    thread: 'x-systemd.automount in /etc/fstab: the file system is mounted over the one that waits for it',
    machine: mounts(
      '/dev/sda1 / ext4 rw 0 0',
      'systemd-1 /var/lib/containerd autofs rw,fd=50,direct 0 0',
      '/dev/sdb1 /var/lib/containerd ext4 rw 0 0',
    ),
    check: 'RuntimeFileSystem',
    status: 'ok',
    found: /ext4/,
  },
  {
    thread: 'a bind mount of a folder on a share',
    machine: mounts('/dev/sda1 / ext4 rw 0 0', '10.0.0.9:/r/containerd /var/lib/containerd nfs4 rw,relatime 0 0'),
    check: 'RuntimeFileSystem',
    status: 'error',
    found: /nfs4/,
  },
  {
    thread: 'kubernetes/kubernetes#88210',
    machine: mounts('/dev/sda3 / btrfs rw 0 0', '/dev/sda4 /usr ext4 ro,relatime 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubeadm#2031',
    machine: mounts('/dev/sda3 / ext4 ro,relatime 0 0', 'tmpfs /run tmpfs rw 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'error',
    found: /\/etc\/kubernetes: ext4 on \/ is mounted read-only/,
    remedy: /remount,rw/,
  },
  {
    thread: 'florian-asche/PiCompose#66, an overlay root whose changes are in memory, containerd on a disk',
    machine: mounts(
      'overlay / overlay rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/media/root-rw/w 0 0',
      'tmpfs-root /media/root-rw tmpfs rw,relatime 0 0',
      '/dev/mmcblk0p3 /var/lib/containerd ext4 rw 0 0',
    ),
    check: 'ReadOnlyFileSystem',
    status: 'warning',
    found: /\/etc\/kubernetes: what is written to overlay on \/ is kept in memory(.|\n)*after a reboot/,
    remedy: /disable_overlayfs/,
  },
  {
    thread: 'opennetworklinux/ONL#67, whose changes are where nobody sees them',
    machine: mounts('none / overlay rw,lowerdir=/newroot.lower,upperdir=/newroot.upper 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'ok',
  },
  {
    thread: 'an overlay root with its changes on a disk, as k3s-io/k3s#2755 has',
    machine: mounts('overlay / overlay rw,upperdir=/media/rw/u 0 0', '/dev/sda2 /media/rw ext4 rw 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'ok',
  },
  {
    thread: 'k3s-io/k3s#10512, booted over the network with its root in memory',
    machine: mounts('tmpfs / tmpfs rw 0 0', '/dev/sda1 /var ext4 rw 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'warning',
    found: /tmpfs on \/ is kept in memory/,
  },
  {
    thread: 'Bottlerocket, whose /etc is made anew at every boot',
    machine: mounts(
      '/dev/dm-0 / ext4 ro 0 0',
      'tmpfs /etc tmpfs rw 0 0',
      '/dev/nvme1n1p1 /var ext4 rw 0 0',
      '/dev/nvme1n1p1 /opt ext4 rw 0 0',
    ),
    check: 'ReadOnlyFileSystem',
    status: 'warning',
    found: /tmpfs on \/etc/,
  },
  {
    thread: 'NixOS, whose units lie in its store',
    machine: {
      files: {
        ...mounts('/dev/sda1 / ext4 rw 0 0', '/dev/sda1 /nix/store ext4 ro 0 0').files,
        '/etc/systemd/system': { symlink: '/etc/static/systemd/system' },
        '/etc/static': { symlink: '/nix/store/abc-etc/etc' },
        '/nix/store/abc-etc/etc/systemd/system/multi-user.target': '',
      },
    },
    check: 'ReadOnlyFileSystem',
    status: 'error',
    found: /\/etc\/systemd\/system\/kubelet\.service: ext4 on \/nix\/store is mounted read-only/,
  },
  {
    thread: 'Flatcar, whose /usr is read-only',
    machine: mounts('/dev/sda9 / ext4 rw 0 0', '/dev/mapper/usr /usr btrfs ro 0 0'),
    check: 'ReadOnlyFileSystem',
    status: 'ok',
  },
  {
    thread: 'k3s-io/k3s#7372',
    machine: mounts('/dev/sda1 / ext4 rw 0 0', '/dev/sda2 /var xfs rw,noexec 0 0'),
    check: 'NoExec',
    status: 'error',
    found: /\/var\/lib\/containerd: \/var is mounted with noexec/,
    remedy: /fstab/,
  },
  {
    thread: 'argoproj/argo-cd#21870',
    machine: mounts('/dev/sda1 / ext4 rw 0 0', '/dev/sda2 /opt ext4 rw,nosuid,noexec 0 0'),
    check: 'NoExec',
    status: 'error',
    found: /\/opt\/cni\/bin/,
  },
  // AppArmor, machine-id
  {
    thread: 'k0sproject/k0s#1039',
    machine: files({ '/sys/module/apparmor/parameters/enabled': 'Y\n', '/sys/kernel/security/apparmor/profiles': '' }),
    check: 'AppArmor',
    status: 'error',
    found: /apparmor_parser is not installed/,
  },
  {
    thread: 'kubernetes-sigs/kubespray#7965',
    machine: files({
      '/sys/module/apparmor/parameters/enabled': 'Y\n',
      '/sys/kernel/security/apparmor/profiles': '',
      '/usr/sbin/apparmor_parser': '',
    }),
    check: 'AppArmor',
    status: 'ok',
  },
  {
    thread: 'rancher/rke2#1888',
    machine: files({ '/sys/module/apparmor/parameters/enabled': 'N\n' }),
    check: 'AppArmor',
    status: 'ok',
  },
  {
    thread: 'SUSE/doc-caasp#623',
    machine: { facts: { machineId: '' } },
    check: 'MachineID',
    status: 'warning',
    found: /empty/,
  },
  {
    thread: 'TheRemote/Ubuntu-Server-raspi4-unofficial#74',
    machine: { facts: { machineId: 'uninitialized' } },
    check: 'MachineID',
    status: 'warning',
    found: /never finished its first boot/,
    remedy: /systemd-machine-id-setup/,
  },
  // cloud-init
  {
    thread: 'xetys/hetzner-kube#246',
    machine: files({ '/run/cloud-init/status.json': '{}' }),
    check: 'CloudInit',
    status: 'warning',
    found: /still running/,
    remedy: /cloud-init status --wait/,
  },
  {
    thread: 'canonical/cloud-init#2908, when it has ended',
    machine: files({ '/run/cloud-init/status.json': '{}', '/run/cloud-init/result.json': '{}' }),
    check: 'CloudInit',
    status: 'ok',
  },
  // Flags in the files of the distribution
  {
    thread: 'canonical/k8s-operator#487, a threshold without its operator',
    machine: files({ '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--eviction-hard=memory.available=100Mi\n' }),
    check: 'KubeletFlags',
    status: 'error',
    found: /"memory\.available=100Mi" is not SIGNAL<VALUE/,
  },
  {
    thread: 'canonical/cluster-api-k8s#115, which is right',
    machine: files({
      '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--eviction-hard=imagefs.available<5%,memory.available<1Gi"\n',
    }),
    check: 'KubeletFlags',
    status: 'ok',
  },
  {
    thread: 'kubernetes/website#31962, a line that goes on with the next one',
    machine: files({
      '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS="--v=2 \\\n  --node-labels=node-role.kubernetes.io/worker="\n',
    }),
    check: 'KubeletFlags',
    status: 'error',
    found: /node-role\.kubernetes\.io\/worker on itself/,
  },
  {
    thread: 'a reservation as YAML has it',
    machine: files({ '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--system-reserved=memory:1Gi\n' }),
    check: 'KubeletFlags',
    status: 'error',
    found: /"memory:1Gi" is not RESOURCE=VALUE/,
  },
  {
    thread: 'a feature gate without its value',
    machine: files({ '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--feature-gates=NodeSwap\n' }),
    check: 'KubeletFlags',
    status: 'error',
    found: /"NodeSwap" is not GATE=true or GATE=false/,
  },
  {
    thread: 'kubernetes/kubernetes#64780: the variable of the join, in the file for settings of its own',
    machine: files({ '/etc/default/kubelet': 'KUBELET_KUBEADM_ARGS="--v=4"\n' }),
    check: 'KubeletFlags',
    status: 'error',
    found: /\/etc\/default\/kubelet: KUBELET_KUBEADM_ARGS takes the place of what the join writes/,
  },
  {
    thread: 'a line as a shell has it, which systemd ignores (systemd.exec(5), EnvironmentFile)',
    machine: files({ '/etc/sysconfig/kubelet': 'export KUBELET_EXTRA_ARGS=--v=4\n' }),
    check: 'KubeletFlags',
    status: 'warning',
    found: /systemd ignores a line with export/,
  },
  {
    thread: 'a comment behind the value, which systemd gives to the kubelet (systemd.exec(5), EnvironmentFile)',
    machine: files({ '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--v=4" # louder\n' }),
    check: 'KubeletFlags',
    status: 'error',
    found: /"#" is not a flag/,
  },
  {
    thread: 'kubernetes-sigs/kubespray#8924, in a drop-in',
    machine: dropIn('20-extra-args.conf', 'Environment="KUBELET_EXTRA_ARGS=--foo --v"'),
    check: 'KubeletFlags',
    status: 'ok',
  },
  {
    thread: 'canonical/k8s-operator#487, in a drop-in',
    machine: dropIn('20-extra-args.conf', 'Environment="KUBELET_EXTRA_ARGS=--eviction-hard=memory.available=100Mi"'),
    check: 'KubeletFlags',
    status: 'error',
    found: /kubelet\.service\.d\/20-extra-args\.conf: --eviction-hard/,
  },
  {
    thread: 'gardener/gardener#1061, a file that a drop-in names',
    machine: dropIn('20-extra-args.conf', 'EnvironmentFile=-/var/lib/kubelet/extra_args', {
      '/var/lib/kubelet/extra_args': 'KUBELET_EXTRA_ARGS="--feature-gates=NodeSwap"\n',
    }),
    check: 'KubeletFlags',
    status: 'error',
    found: /^\/var\/lib\/kubelet\/extra_args: --feature-gates/,
  },
  {
    thread: 'geerlingguy/ansible-role-kubernetes#44, a variable of the join in a file that a drop-in names',
    machine: dropIn('20-extra-args.conf', 'EnvironmentFile=/etc/kubernetes/kubelet.env', {
      '/etc/kubernetes/kubelet.env': 'KUBELET_KUBEADM_ARGS="--v=4"\n',
    }),
    check: 'KubeletFlags',
    status: 'error',
    found: /kubelet\.env: KUBELET_KUBEADM_ARGS takes the place of what the join writes/,
  },
  {
    thread: 'kubernetes-sigs/cluster-api-provider-vsphere#68, a file with an empty value before the drop-in',
    machine: dropIn('20-cloud.conf', 'Environment="KUBELET_EXTRA_ARGS=--cloud-provider=external"', {
      '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=\n',
    }),
    check: 'KubeletFlags',
    status: 'warning',
    found: /20-cloud\.conf sets KUBELET_EXTRA_ARGS, but \/etc\/default\/kubelet has it, too/,
    remedy: /Put the flags into \/etc\/default\/kubelet/,
  },
  {
    thread: 'kubernetes/release#198, in the file that kubeadm and a join write',
    machine: dropIn('10-kubeadm.conf', 'Environment="KUBELET_EXTRA_ARGS=--v=4"'),
    check: 'KubeletFlags',
    status: 'warning',
    found: /10-kubeadm\.conf sets KUBELET_EXTRA_ARGS, but the join writes a file of this name/,
    remedy: /Put the flags into/,
  },
  {
    thread: 'systemd/systemd#2823, a byte order mark',
    machine: files({ '/etc/default/kubelet': '\ufeffKUBELET_EXTRA_ARGS=--v=4\n' }),
    check: 'KubeletFlags',
    status: 'warning',
    found: /\/etc\/default\/kubelet: it begins with a byte order mark.*Save it as UTF-8/,
  },
  {
    thread: 'moby/moby#26296, UTF-16',
    machine: files({ '/etc/default/kubelet': [...'KUBELET_EXTRA_ARGS=--v=4\n'].join('\0') }),
    check: 'KubeletFlags',
    status: 'warning',
    found: /\/etc\/default\/kubelet: it is not text in UTF-8.*Save it as UTF-8/,
  },
  {
    thread: 'kubernetes/website#9227, the drop-in of a guide for etcd, which starts the kubelet by itself',
    machine: files({
      '/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --address=127.0.0.1 --pod-manifest-path=/etc/kubernetes/manifests\nRestart=always\n',
    }),
    check: 'KubeletDropIns',
    status: 'error',
    found: /20-etcd-service-manager\.conf starts the kubelet without \$KUBELET_CONFIG_ARGS/,
    remedy: /Remove the line/,
  },
  {
    thread: 'kubernetes/website#9227, on a node that is joined and works',
    machine: files({
      '/etc/systemd/system/kubelet.service.d/20-own.conf': '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --v=2\n',
    }),
    node: { membership: async () => ({ caHash: 'sha256:1', nodeName: 'edge-1', complete: true }) },
    check: 'KubeletDropIns',
    status: 'warning',
  },
  {
    thread: 'a drop-in that names the files of the join itself',
    machine: files({
      '/etc/systemd/system/kubelet.service.d/20-numa.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/numactl -N 0 /usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig /etc/kubernetes/kubelet.conf $KUBELET_KUBEADM_ARGS\n',
    }),
    check: 'KubeletDropIns',
    status: 'ok',
  },
  // Name servers
  ...(
    [
      ['options edns0 trust-ad\nsearch .\nnameserver 10.0.0.1\n', 'ok', /10\.0\.0\.1/],
      ['# nameserver 127.0.0.1\n; nameserver 127.0.0.2\nnameserver\t10.0.0.1 # dns1\r\n', 'ok', /^10\.0\.0\.1$/],
      ['nameserver 10.0.0.1\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n', 'ok', /10\.0\.0\.3/],
      ['nameserver 2001:db8::53\n', 'ok', /2001:db8::53/],
      ['nameserver fe80::1%eth0\n', 'warning', /link-local/],
      ['nameserver 10.0.0.1,10.0.0.2\n', 'warning', /10\.0\.0\.1,10\.0\.0\.2 .*is not an IP address/],
      ['nameserver dns.example.org\n', 'warning', /is not an IP address/],
      ['nameserver [2001:db8::53]\n', 'warning', /is not an IP address/],
      ['nameserver 127.0.0.54\n', 'warning', /only 127\.0\.0\.54/],
      // Tried: a query to 0.0.0.0 reaches the server of the machine itself.
      ['nameserver 0.0.0.0\n', 'warning', /only 0\.0\.0\.0/],
      ['nameserver ::\nnameserver 10.0.0.1\n', 'warning', /lists :: beside 10\.0\.0\.1/],
      ['search a.x\ndomain b.x\n', 'warning', /lists no server/],
      ['', 'warning', /lists no server/],
    ] as const
  ).map(
    ([text, status, found]): Stranger => ({
      thread: `resolv.conf(5), kubernetes/kubeadm#273: ${JSON.stringify(text)}`,
      machine: resolv(text),
      check: 'Nameserver',
      status,
      found,
    }),
  ),
  {
    thread: 'coredns/coredns#1712',
    machine: resolv('nameserver 127.0.0.1\nnameserver 10.9.9.1\nnameserver 10.9.9.2\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /127\.0\.0\.1 beside 10\.9\.9\.1/,
  },
  {
    thread: 'kubernetes/kubeadm#1292',
    machine: resolv('nameserver 127.0.1.1\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /only 127\.0\.1\.1/,
  },
  {
    thread: 'kubesphere/kubesphere#935',
    machine: resolv('nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /first 3, without 1\.0\.0\.4/,
  },
  {
    thread: 'hetznercloud/hcloud-cloud-controller-manager#533',
    machine: {
      files: {
        '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
        '/run/systemd/resolve/resolv.conf':
          'nameserver 185.12.64.1\nnameserver 185.12.64.2\nnameserver 2a01::1\nnameserver 2a01::2\n',
      },
    },
    check: 'Nameserver',
    status: 'warning',
    found: /\/run\/systemd\/resolve\/resolv\.conf lists 4/,
  },
  {
    thread: 'kubernetes/kubeadm#273',
    machine: {
      files: {
        '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
        '/run/systemd/resolve/resolv.conf': 'nameserver 10.0.0.2\n',
      },
    },
    check: 'Nameserver',
    status: 'ok',
    found: /10\.0\.0\.2, from/,
  },
  {
    thread: 'kubernetes/kubernetes#140844',
    machine: resolv('nameserver fe80::29c:2ff:fea9:fdd0%3\nnameserver 10.0.0.1\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /fe80::29c:2ff:fea9:fdd0, a link-local address/,
    remedy: /IPv4 address of the same router/,
  },
  {
    thread: 'coredns/coredns#3528, behind the stub of systemd-resolved',
    machine: {
      files: {
        '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
        '/run/systemd/resolve/resolv.conf': 'nameserver FE80::1%2\n',
      },
    },
    check: 'Nameserver',
    status: 'warning',
    found: /\/run\/systemd\/resolve\/resolv\.conf lists FE80::1/,
  },
  {
    thread: 'more search domains than a pod can have',
    machine: resolv('nameserver 10.0.0.2\nsearch a.x b.x c.x d.x e.x f.x g.x\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /7 search domains/,
  },
  // Swap
  {
    thread: 'kubernetes/kubernetes#34726',
    machine: files({ '/proc/swaps': `${SWAPS}/dev/zram0\tpartition\t1\t0\t100\n` }),
    check: 'Swap',
    status: 'error',
    remedy: /zram.*disable --now/,
  },
  {
    thread: 'kubernetes/kubernetes#34726, Fedora',
    machine: files({
      '/proc/swaps': `${SWAPS}/dev/zram0\tpartition\t1\t0\t100\n`,
      '/usr/lib/systemd/zram-generator.conf': '[zram0]\n',
    }),
    check: 'Swap',
    status: 'error',
    found: /zram-generator/,
    remedy: /touch \/etc\/systemd\/zram-generator\.conf/,
  },
  {
    thread: 'kubernetes-sigs/cluster-api-provider-openstack#293',
    machine: files({ '/proc/swaps': SWAPS, '/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n/swap.img none swap sw 0 0\n' }),
    check: 'Swap',
    status: 'warning',
    found: /after the next boot/,
    remedy: /\/etc\/fstab/,
  },
  {
    thread: 'a swap file of Raspberry Pi OS',
    machine: files({
      '/proc/swaps': `${SWAPS}/var/swap\tfile\t1\t0\t-2\n`,
      '/etc/dphys-swapfile': 'CONF_SWAPSIZE=100\n',
    }),
    check: 'Swap',
    status: 'error',
    remedy: /systemctl disable --now dphys-swapfile/,
  },
  {
    thread: 'alexellis/k8s-on-raspbian#22, switched off as is advised: its configuration stays',
    machine: {
      files: { '/proc/swaps': SWAPS, '/etc/dphys-swapfile': 'CONF_SWAPSIZE=100\n' },
      units: { 'dphys-swapfile.service': { exists: true, enabled: false } },
    },
    check: 'Swap',
    status: 'ok',
  },
  {
    thread: 'geerlingguy/raspberry-pi-dramble#163, a script of System V that runs at boot',
    machine: {
      files: { '/proc/swaps': SWAPS, '/etc/dphys-swapfile': 'CONF_SWAPSIZE=100\n' },
      units: { 'dphys-swapfile.service': { exists: true, active: true } },
    },
    check: 'Swap',
    status: 'warning',
    remedy: /disable --now dphys-swapfile/,
  },
  {
    thread: 'easzlab/kubeasz#1317, a partition whose unit was masked as is advised',
    machine: {
      files: { '/proc/swaps': SWAPS, '/etc/systemd/system/dev-nvme0n1p4.swap': { symlink: '/dev/null' } },
      units: { 'dev-nvme0n1p4.swap': { masked: true } },
    },
    check: 'Swap',
    status: 'ok',
  },
  {
    thread: 'BuildAndDestroy/container_toolkit#18, a swap unit',
    machine: {
      files: { '/proc/swaps': SWAPS, '/etc/systemd/system/swapfile.swap': '[Swap]\nWhat=/swapfile\n' },
      units: { 'swapfile.swap': { exists: true } },
    },
    check: 'Swap',
    status: 'warning',
    remedy: /systemctl mask --now swapfile\.swap/,
  },
  {
    thread: 'a generator that its owner switched off',
    machine: files({
      '/proc/swaps': SWAPS,
      '/usr/lib/systemd/zram-generator.conf': '[zram0]\n',
      '/etc/systemd/zram-generator.conf': '',
    }),
    check: 'Swap',
    status: 'ok',
  },
  {
    thread: 'KubeOperator/ansible#6, a partition of its type on a GPT disk that no file names',
    machine: files({ '/proc/swaps': SWAPS, '/run/systemd/generator.late/dev-nvme0n1p3.swap': '[Swap]\n' }),
    check: 'Swap',
    status: 'warning',
    found: /dev-nvme0n1p3\.swap, of a swap partition that systemd finds by itself/,
    remedy: /systemctl mask --now dev-nvme0n1p3\.swap/,
  },
  {
    thread: 'KubeOperator/ansible#6, a name that a shell would change',
    machine: files({
      '/proc/swaps': SWAPS,
      '/run/systemd/generator.late/dev-disk-by\\x2dpartuuid-1.swap': '[Swap]\n',
    }),
    check: 'Swap',
    status: 'warning',
    remedy: /mask --now 'dev-disk-by\\x2dpartuuid-1\.swap'/,
  },
  {
    thread: 'KubeOperator/ansible#6, masked as is advised',
    machine: {
      files: { '/proc/swaps': SWAPS, '/run/systemd/generator.late/dev-sda3.swap': '[Swap]\n' },
      units: { 'dev-sda3.swap': { masked: true } },
    },
    check: 'Swap',
    status: 'ok',
  },
  ...(
    [
      ['UUID=0a1b none swap sw 0 0', 'warning'],
      ['LABEL=swap\tswap\tswap\tdefaults,nofail\t0\t0', 'warning'],
      ['/dev/mapper/vg-swap none swap sw,discard', 'warning'],
      ['/swap\\040file none swap sw 0 0', 'warning'],
      ['/dev/zram0 none swap defaults,pri=100 0 0', 'warning'],
      ['# UUID=0a1b none swap sw 0 0', 'ok'],
      ['#/swapfile swap swap defaults 0 0', 'ok'],
      ['/dev/sdb1 none swap noauto,sw 0 0', 'ok'],
      ['/dev/sdb1 /swap ext4 defaults 0 2', 'ok'],
      ['tmpfs /mnt/swap tmpfs x-systemd.automount 0 0', 'ok'],
    ] as const
  ).map(
    ([line, status]): Stranger => ({
      thread: `clastix/yaki#12, /etc/fstab with ${JSON.stringify(line)}`,
      machine: files({
        '/proc/swaps': SWAPS,
        '/etc/fstab': `# <file system> <mount point>\nUUID=1 / ext4 defaults 0 1\n${line}\n`,
      }),
      check: 'Swap',
      status,
    }),
  ),
  // cgroups: hybrid, as in systemd 233 to 243 (SystemVerification of kubeadm)
  {
    thread: 'k3s-io/k3s#4188, whose systemd has the hybrid hierarchy: version 1 counts',
    machine: files({
      '/proc/mounts': [
        'tmpfs /sys/fs/cgroup tmpfs ro,nosuid,size=4096k,mode=755 0 0',
        'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid,nsdelegate 0 0',
        ...['cpuset', 'cpu,cpuacct', 'memory', 'pids', 'devices', 'freezer', 'hugetlb', 'blkio'].map(
          (names) => `cgroup /sys/fs/cgroup/${names} cgroup rw,nosuid,${names} 0 0`,
        ),
      ].join('\n'),
      '/proc/cgroups': `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${[
        'cpuset',
        'cpu',
        'cpuacct',
        'memory',
        'pids',
        'devices',
        'freezer',
        'hugetlb',
        'blkio',
      ]
        .map((name) => `${name}\t2\t1\t1`)
        .join('\n')}\n`,
    }),
    check: CGROUPS,
    status: 'ok',
    found: /cgroup v1/,
  },
  // cgroups of a Raspberry Pi
  {
    thread: 'raspberrypi/linux#3644',
    machine: files({
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io pids\n',
      '/boot/firmware/cmdline.txt': 'root=/dev/mmcblk0p2\n',
    }),
    check: CGROUPS,
    status: 'error',
    found: /memory/,
    remedy: /cgroup_memory=1 cgroup_enable=memory.*\/boot\/firmware\/cmdline\.txt/,
  },
  {
    thread: 'abelperezok/kubernetes-raspberry-pi-cluster-hat#1, before Debian 12',
    machine: files({
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io pids\n',
      '/boot/cmdline.txt': 'root=/dev/mmcblk0p2\n',
    }),
    check: CGROUPS,
    status: 'error',
    remedy: /one line of \/boot\/cmdline\.txt/,
  },
  // Kernel modules
  {
    thread: 'a kernel that was updated, on a machine not rebooted since',
    machine: { files: { ...withoutModules, '/lib/modules/5.15.0-1-generic/modules.dep': '' }, sysctls: {} },
    check: 'KernelFeature-overlay',
    status: 'error',
    found: /not rebooted/,
    remedy: /Reboot/,
  },
  {
    thread: 'a hardening guide that forbids br_netfilter',
    machine: {
      files: {
        ...withoutModules,
        [`/lib/modules/${KERNEL}/modules.dep`]: 'kernel/net/bridge/br_netfilter.ko:\n',
        '/etc/modprobe.d/cis.conf': 'install br_netfilter /bin/false\n',
      },
      sysctls: {},
    },
    check: 'KernelFeature-br_netfilter',
    status: 'error',
    found: /install br_netfilter \/bin\/false in \/etc\/modprobe\.d\/cis\.conf/,
  },
  {
    thread: 'a blacklist counts at boot, dashes and underscores alike',
    machine: files({ '/etc/modprobe.d/b.conf': 'blacklist br-netfilter\n' }),
    check: 'KernelFeature-br_netfilter',
    status: 'warning',
    found: /not after the next boot/,
  },
  {
    thread: 'a file of the administrator hides the one of the package',
    machine: files({ '/usr/lib/modprobe.d/b.conf': 'blacklist overlay\n', '/etc/modprobe.d/b.conf': '# nothing\n' }),
    check: 'KernelFeature-overlay',
    status: 'ok',
  },
  ...(
    [
      ['install br_netfilter /bin/true', 'error'],
      ['install br-netfilter /usr/bin/false # CIS 3.4', 'error'],
      ['install br_netfilter \\\n  /bin/false', 'error'],
      ['install br_netfilter /bin/sh -c "exit 1"', 'error'],
      ['install br_netfilter /usr/bin/logger "br_netfilter is not allowed"', 'error'],
      ['alias br_netfilter off', 'error'],
      ['blacklist br_netfilter', 'warning'],
      ['install br_netfilter /sbin/modprobe --ignore-install br_netfilter && true', 'ok'],
      ['# install br_netfilter /bin/false', 'ok'],
      ['install bridge /bin/false', 'ok'],
    ] as const
  ).map(
    ([line, status]): Stranger => ({
      thread: `modprobe.d(5), ansible-lockdown/RHEL7-CIS: ${line}`,
      machine: {
        files: {
          ...withoutModules,
          [`/lib/modules/${KERNEL}/modules.dep`]:
            'kernel/net/bridge/br_netfilter.ko.zst: kernel/net/bridge/bridge.ko.zst\n',
          '/etc/modprobe.d/cis.conf': `${line}\n`,
        },
        sysctls: {},
      },
      check: 'KernelFeature-br_netfilter',
      status,
    }),
  ),
  {
    thread: 'flannel-io/flannel#1502, Ubuntu on a Raspberry Pi, whose kernel has vxlan in another package',
    machine: {
      files: { ...withoutModules, '/lib/modules/5.13.0-1008-raspi/modules.dep': 'kernel/fs/overlayfs/overlay.ko:\n' },
      facts: {
        kernel: '5.13.0-1008-raspi',
        os: { id: 'ubuntu', name: 'Ubuntu', version: '21.10', pretty: 'Ubuntu 21.10' },
      },
    },
    check: 'KernelFeature-vxlan',
    status: 'error',
    remedy: /apt install linux-modules-extra-raspi/,
  },
  {
    thread: 'timothystewart6/k3s-ansible#684, k3s-io/k3s-ansible#419: the cloud image of Rocky Linux 10',
    machine: {
      files: {
        ...withoutModules,
        '/lib/modules/6.12.0-124.el10.x86_64/modules.dep': 'kernel/fs/overlayfs/overlay.ko.xz:\n',
      },
      sysctls: {},
      facts: {
        kernel: '6.12.0-124.el10.x86_64',
        os: { id: 'rocky', name: 'Rocky Linux', version: '10.0', pretty: 'Rocky Linux 10.0' },
      },
    },
    check: 'KernelFeature-br_netfilter',
    status: 'error',
    remedy: /dnf install kernel-modules-extra-6\.12\.0-124\.el10\.x86_64/,
  },
  {
    thread: 'weaveworks/weave#2820, CentOS 7 before 7.4, which has it built in',
    machine: { files: { ...withoutModules, [`/lib/modules/${KERNEL}/modules.dep`]: '' } },
    check: 'KernelFeature-br_netfilter',
    status: 'ok',
    found: /active/,
  },
  ...(
    [
      ['v1.18.8', { '2048': '512\n', '1048576': '4\n' }, 'error', /hugepages-1048576kB, hugepages-2048kB/],
      ['v1.20.2', { '2048': '512\n', '1048576': '4\n' }, 'ok', undefined],
      ['v1.18.8', { '2048': '512\n', '1048576': '0\n' }, 'ok', undefined],
    ] as const
  ).map(
    ([version, pages, status, found]): Stranger => ({
      thread: `kubernetes/kubeadm#1785, with a kubelet ${version}, ${JSON.stringify(pages)}`,
      machine: files(
        Object.fromEntries(
          Object.entries(pages).map(([size, count]) => [
            `/sys/kernel/mm/hugepages/hugepages-${size}kB/nr_hugepages`,
            count,
          ]),
        ),
      ),
      node: { kubeletVersion: async () => version },
      check: 'HugePages',
      status,
      found,
    }),
  ),
  // Containers that are used as machines
  {
    thread: 'k0sproject/k0s#744, kubernetes/kubernetes#80633',
    machine: { files: { '/dev/kmsg': undefined } },
    check: 'KernelAccess',
    status: 'error',
    found: /^\/dev\/kmsg does not exist/,
    remedy: /lxc\.mount\.entry = \/dev\/kmsg/,
  },
  {
    thread: 'kubernetes-sigs/kind#455, parameters that cannot be set',
    machine: {
      ...files({ '/proc/mounts': 'proc /proc proc rw 0 0\nproc /proc/sys proc ro,nosuid 0 0\n' }),
      sysctls: { 'vm.overcommit_memory': '0', 'kernel.panic': '10', 'kernel.panic_on_oops': '1' },
    },
    check: 'KernelAccess',
    status: 'error',
    found: /\/proc\/sys is read-only, and vm\.overcommit_memory is 0, not 1/,
  },
  {
    thread: 'kubernetes-sigs/kind#455, parameters that are right already',
    machine: {
      ...files({ '/proc/mounts': 'proc /proc proc rw 0 0\nproc /proc/sys proc ro,nosuid 0 0\n' }),
      sysctls: { 'vm.overcommit_memory': '1', 'vm.panic_on_oom': '0', 'kernel.panic': '10' },
    },
    check: 'KernelAccess',
    status: 'ok',
  },
  // Units
  {
    thread: 'containerd masked beside docker',
    machine: { units: { 'containerd.service': { masked: true } } },
    check: 'Runtime',
    status: 'error',
    found: /masked/,
    remedy: /systemctl unmask containerd\.service/,
  },
  {
    thread: 'SUSE/skuba#161, geerlingguy/ansible-for-kubernetes#57',
    machine: { units: { 'kubelet.service': { exists: false, masked: true } } },
    check: 'KubeletService',
    status: 'warning',
    found: /kubelet\.service is masked/,
    remedy: /systemctl unmask kubelet\.service/,
  },
  {
    thread: 'flatcar/Flatcar#566',
    machine: files({
      '/usr/lib/systemd/system/containerd.service':
        '[Service]\nExecStart=/usr/bin/env PATH=$X $X/containerd --config $X/config.toml\n',
    }),
    check: 'Runtime',
    status: 'warning',
    found: /--config \$X\/config\.toml: it does not read \/etc\/containerd\/config\.toml/,
    remedy: /systemctl edit --full containerd\.service/,
  },
  {
    thread: 'docker/containerd-packaging#13, in a drop-in',
    machine: files({
      '/usr/lib/systemd/system/containerd.service': '[Service]\nExecStart=/usr/bin/containerd\n',
      '/etc/systemd/system/containerd.service.d/10-config.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/containerd -c /etc/containerd.toml\n',
    }),
    check: 'Runtime',
    status: 'warning',
    found: /--config \/etc\/containerd\.toml/,
  },
  {
    thread: 'the usual file, named',
    machine: files({
      '/usr/lib/systemd/system/containerd.service':
        '[Service]\nExecStart=/usr/bin/containerd --config=/etc/containerd/config.toml\n',
    }),
    check: 'Runtime',
    status: 'ok',
  },
  {
    thread: 'containerd/containerd#7174',
    machine: files({ '/etc/containerd/config.toml': 'version = 2\n[[plugins."io.containerd.grpc.v1.cri"]\n' }),
    check: 'Runtime',
    status: 'error',
    found: /\/etc\/containerd\/config\.toml is damaged: line 2/,
    remedy: /repair \/etc\/containerd\/config\.toml/,
  },
  // CNI
  {
    thread: 'k0sproject/k0s#823',
    machine: files({ '/etc/cni/net.d/10-calico.conflist': '{"plugins":[{"type":"calico"},{"type":"portmap"}]}' }),
    check: 'CNIConflict',
    status: 'warning',
    found: /left over from another cluster/,
  },
  // SELinux
  {
    thread: 'SELinux without the policy for containers',
    machine: files({ '/sys/fs/selinux/enforce': '1' }),
    check: 'SELinux',
    status: 'warning',
    remedy: /container-selinux/,
  },
  {
    thread: 'SELinux off with setenforce only',
    machine: files({ '/sys/fs/selinux/enforce': '0', '/etc/selinux/config': 'SELINUX=enforcing\n' }),
    check: 'SELinux',
    status: 'warning',
    found: /next boot/,
  },
  // Firewalls
  {
    thread: 'flannel-io/flannel#2055, firewalld with a range',
    machine: firewalld({ '--list-ports': '8000-9000/udp 10250/tcp' }),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'k3s-io/k3s#1556, firewalld with the network of the nodes in a zone of its own',
    machine: firewalld({
      '--get-active-zones': 'public\n  interfaces: eth0\ntrusted\n  sources: 10.42.0.0/16 192.168.1.0/24\n',
      '--get-zone-of-interface=eth0': 'public\n',
    }),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'k3s-io/k3s#1556, firewalld that trusts only the network of the pods',
    machine: firewalld({
      '--get-active-zones': 'public (default)\n  interfaces: eth0\ntrusted\n  sources: 10.42.0.0/16\n',
      '--get-zone-of-interface=eth0': 'public\n',
    }),
    check: FIREWALL,
    status: 'warning',
    remedy: /--zone=public /,
  },
  {
    thread: 'firewalld, the same numbers for TCP',
    machine: firewalld({ '--list-ports': '8000-9000/tcp' }),
    check: FIREWALL,
    status: 'warning',
  },
  {
    thread: 'portainer/kubesolo#146, zone trusted',
    machine: firewalld({
      '--get-zone-of-interface=eth0': 'trusted\n',
      '--list-all': 'trusted (active)\n  target: ACCEPT\n',
    }),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubernetes#97283, firewalld with a rich rule',
    machine: firewalld({
      '--list-all': '  rich rules:\n\trule family="ipv4" source address="192.168.0.0/16" accept\n',
    }),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'ufw, from a network',
    machine: ufw('-A ufw-user-input -s 10.0.0.0/8 -j ACCEPT\n'),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'ufw, ssh alone',
    machine: ufw('-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n'),
    check: FIREWALL,
    status: 'warning',
    remedy: /ufw allow 8472\/udp/,
  },
  {
    thread: 'iptables, multiport',
    machine: iptables('-A INPUT -p udp -m multiport --dports 8472,10250 -j ACCEPT'),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'iptables, a range',
    machine: iptables('-A INPUT -p udp --dport 8000:9000 -j ACCEPT'),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'iptables, through a chain',
    machine: iptables('-A INPUT -j nodes\n-A nodes -s 192.168.1.0/24 -j ACCEPT'),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'iptables, known connections and lo alone',
    machine: iptables(
      '-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
    ),
    check: FIREWALL,
    status: 'warning',
  },
  {
    thread: 'nftables, a set with a range',
    machine: nft(chain('ct state established,related accept', 'udp dport { 53, 8000-9000 } accept')),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'nftables, a named set',
    machine: nft(
      `\tset ports {\n\t\ttype inet_service\n\t\telements = { 8472, 10250 }\n\t}\n\n${chain('udp dport @ports accept')}`,
    ),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'nftables, ssh alone',
    machine: nft(
      chain(
        'iifname "lo" accept',
        'ct state vmap { established : accept, related : accept, invalid : drop }',
        'tcp dport 22 accept',
        'counter packets 1 bytes 60 drop',
      ),
    ),
    check: FIREWALL,
    status: 'warning',
  },
  {
    thread: 'NixOS/nixpkgs firewall-nftables.nix, a map of states whose new ones go to a chain',
    machine: nft(
      `${chain(
        'iifname "lo" accept comment "trusted interfaces"',
        'ct state vmap { invalid : drop, established : accept, related : accept, new : jump input-allow, untracked : jump input-allow }',
        'tcp flags syn / fin,syn,rst,ack log level info prefix "refused connection: "',
      )}\n\tchain input-allow {\n\t\ttcp dport 22 accept\n\t\tudp dport { 8472, 51820 } accept\n\t}`,
    ),
    check: FIREWALL,
    status: 'ok',
  },
  {
    thread: 'NixOS/nixpkgs firewall-nftables.nix, without the port',
    machine: nft(
      `${chain(
        'ct state vmap { invalid : drop, established : accept, related : accept, new : jump input-allow }',
      )}\n\tchain input-allow {\n\t\ttcp dport 22 accept\n\t}`,
    ),
    check: FIREWALL,
    status: 'warning',
  },
  {
    thread: "the nftables wiki's ruleset for a server, which sorts by family",
    machine: nft(
      `${chain(
        'ct state vmap { established : accept, related : accept, invalid : drop }',
        'meta protocol vmap { ip : jump inbound4, ip6 : jump inbound6 }',
      )}\n\tchain inbound4 {\n\t\tudp dport 8472 accept\n\t}\n\tchain inbound6 {\n\t}`,
    ),
    check: FIREWALL,
    status: 'ok',
  },
  ...(
    [
      ['a map of ports in the rule', ['udp dport vmap { 22 : drop, 8000-9000 : accept }'], 'ok'],
      ['a map of ports that drops it', ['udp dport vmap { 8472 : drop, 53 : accept }', 'accept'], 'warning'],
      ['a map with everything else', ['tcp dport vmap { 22 : accept }', 'meta l4proto vmap { * : accept }'], 'ok'],
      ['a map of protocols', ['meta l4proto vmap { tcp : drop, udp : goto nodes }'], 'ok'],
      ['a map of interfaces', ['iifname vmap { "lo" : accept, "eth0" : jump nodes }'], 'ok'],
      ['a map of other interfaces', ['iifname vmap { "lo" : accept, "wg*" : jump nodes }'], 'warning'],
      ['a named map of a concatenation', ['meta l4proto . th dport vmap @services'], 'ok'],
      ['a set of a concatenation', ['meta l4proto . th dport { tcp . 22, udp . 8000-9000 } accept'], 'ok'],
      ['a set of a concatenation, for TCP', ['meta l4proto . th dport { tcp . 8472, udp . 53 } accept'], 'warning'],
      ['a set with an address and a port', ['ip saddr . udp dport { 192.168.1.0/24 . 8472 } accept'], 'ok'],
      ['a named set with counters and comments', ['udp dport @counted accept'], 'ok'],
      ['a chain that is gone to, and its end', ['goto others'], 'warning'],
      ['a family by its name', ['meta nfproto ipv6 drop', 'udp dport 8472 accept'], 'ok'],
    ] as const
  ).map(
    ([what, rules, status]): Stranger => ({
      thread: `nftables, ${what}`,
      machine: nft(
        [
          '\tmap services {\n\t\ttype inet_proto . inet_service : verdict',
          '\t\telements = { tcp . 22 : accept,',
          '\t\t\t     udp . 8472 : goto nodes }\n\t}',
          '\tset counted {\n\t\ttype inet_service\n\t\telements = { 53 counter packets 1 bytes 2,',
          '\t\t\t     8472 timeout 1h expires 3m comment "flannel, vxlan" }\n\t}',
          '\tchain nodes {\n\t\tip saddr 192.168.1.0/24 accept\n\t}',
          '\tchain others {\n\t\ttcp dport 22 accept\n\t}',
          chain('ct state established,related accept', ...rules),
        ].join('\n'),
      ),
      check: FIREWALL,
      status,
    }),
  ),
  {
    thread: 'nftables, another table for IPv6 alone',
    machine: {
      ...nft(''),
      commands: { 'nft list ruleset': `table ip6 filter {\n${chain('tcp dport 22 accept')}\n}\n` },
    },
    check: FIREWALL,
    status: 'ok',
  },
];

/** Clusters whose settings were another machine's, and addresses that no kubelet takes. */
describe('clusters of strangers', () => {
  const ipv6 = {
    'kubeadm-config': {
      ClusterConfiguration: 'networking:\n  podSubnet: fd00:10:244::/56\n  serviceSubnet: fd00:10:96::/112\n',
    },
  };
  const both = [{ name: 'eth0', up: true, addresses: ['192.0.2.4/24', '2001:db8::4/64', 'fe80::1/64'] }];

  it('an IPv4 node in an IPv6 cluster is told its other address: kubernetes/kubernetes#61319', async () => {
    const given: Case = { cluster: { configMaps: ipv6 }, machine: { network: { interfaces: both } } };
    const verdict = await assertFinds('NodeAddress', 'warning', /IPv6 networks only/, given);
    assert.match(verdict.remedy ?? '', /--node-ip 2001:db8::4/);
  });

  it('a link-local address is refused before a kubelet gets it: kubernetes/kubernetes#130409', () =>
    assertFinds('NodeAddress', 'error', /link-local/, {
      node: { address: async () => ({ ip: 'fe80::1', interface: 'eth0' }) },
    }));

  it('a resolv.conf of another distribution is reported before the join: kubernetes/kubeadm#3034', async () => {
    const kubelet = 'kind: KubeletConfiguration\nresolvConf: /run/systemd/resolve/resolv.conf\n';
    const given: Case = { cluster: { configMaps: { ...ipv6, 'kubelet-config-1.20': { kubelet } } } };
    await assertFinds('KubeletConfiguration', 'warning', /resolvConf: .* does not exist on this node/, given);
  });

  it("docker's cgroupfs is reported, from its file and from docker itself: kubernetes/kubeadm#2066, kubernetes#89682", async () => {
    const spec = { runtime: 'docker' as const };
    const daemon = '{"exec-opts": ["native.cgroupdriver=cgroupfs"]}';
    await assertFinds('CgroupDriver', 'warning', /daemon\.json/, {
      spec,
      machine: { files: { '/etc/docker/daemon.json': daemon } },
    });
    await assertFinds('CgroupDriver', 'warning', /docker info/, {
      spec,
      machine: { commands: { docker: 'cgroupfs\n' } },
    });
    await assertOk('CgroupDriver', { spec, machine: { commands: { docker: 'systemd\n' } } });
  });

  for (const [thread, daemon, found] of [
    ['ReSearchITEng/kubeadm-playbook#98', '{\n  "log-driver": "journald",\n}\n', /line 3: it is not JSON/],
    ['moby/moby#30183', '{ "insecure-registries":"192.0.2.7:5000"] }', /line 1: it is not JSON/],
    ['rnanosaur/nanosaur#47', '<html>404</html>', /it is not JSON$/],
    ['a file that was cut off', '{"exec-opts": ["native', /Unterminated|ends too early|line 1/],
    ['a list in the place of a map', '[]', /it is not a JSON map/],
  ] as const)
    it(`a daemon.json that docker does not start with is named before the join: ${thread}`, async () => {
      const machine = { files: { '/etc/docker/daemon.json': daemon } };
      const { remedy } = await assertFinds('Runtime', 'error', /\/etc\/docker\/daemon\.json is damaged/, {
        spec: { runtime: 'docker' },
        machine,
      });
      await assertFinds('Runtime', 'error', found, { spec: { runtime: 'docker' }, machine });
      assert.match(remedy ?? '', /systemctl restart docker\.service/);
    });

  for (const [thread, key] of [
    ['gravitational/gravity#863', 'topology.kubernetes.io/zone'],
    ['kubernetes/kubernetes#85503', 'topology.kubernetes.io/region'],
  ] as const)
    it(`a label that a kubelet of 1.16 exits over stops the join to such a cluster only: ${thread}`, async () => {
      const spec = { labels: { [key]: 'shop' } };
      await assertFinds('KubeletFlags', 'error', /before 1\.17 it is failure-domain\.beta/, {
        spec,
        node: { kubeletVersion: async () => 'v1.16.9' },
      });
      await assertOk('KubeletFlags', { spec });
    });

  it('a flag that the kubelet does not list in its help is a warning, with the flag that was probably meant', async () => {
    const help = 'Flags:\n      --max-pods int32   x\n      --node-ip string   x\n  -v, --v Level   x\n';
    const machine = (args: string) => ({
      files: { '/etc/default/kubelet': `KUBELET_EXTRA_ARGS=${args}\n` },
      commands: { '/usr/bin/kubelet': help },
    });
    const found = /--max-pod is not among .*; --max-pods was probably meant/;
    await assertFinds('KubeletFlags', 'warning', found, { machine: machine('--max-pod=30') });
    await assertOk('KubeletFlags', { machine: machine('--max-pods=30 --v=4') });
  });

  it('flags of an older kubelet in /etc/sysconfig/kubelet stop the join: aws/eks-anywhere#8984', () =>
    assertFinds('KubeletFlags', 'error', /\/etc\/sysconfig\/kubelet: --network-plugin was removed/, {
      node: { kubeletVersion: async () => 'v1.28.3' },
      machine: { files: { '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n' } },
    }));
});

const CONTAINERD = (root: string, dropIn: string): Stranger['machine'] => ({
  ...files({ '/etc/containerd/config.toml': root, '/etc/containerd/conf.d/toolkit.toml': dropIn }),
  units: { 'containerd.service': { active: true, enabled: true } },
});
const IMPORTS = 'imports = ["/etc/containerd/conf.d/*.toml"]\n';
const proxy = (unit: string, noProxy: string, folder = '/etc/systemd/system'): Stranger['machine'] =>
  files({
    [`${folder}/${unit}.service.d/http-proxy.conf`]: `[Service]\nEnvironment="HTTPS_PROXY=http://me:secret@10.93.31.29:8080"\nEnvironment=NO_PROXY=${noProxy}\n`,
  });
const rules = (...lines: string[]): Stranger['machine'] => ({
  commands: { 'ip rule show': ['0:\tfrom all lookup local', ...lines, '32766:\tfrom all lookup main'].join('\n') },
});
const WITHOUT_HUB = { edgeHub: async () => undefined };
/** What was tried when everything above held. */
const LATER: readonly Stranger[] = [
  {
    thread: 'projectcalico/calico#4662',
    machine: rules('30400:\tfrom 10.0.10.5 lookup 30400'),
    check: 'NMCloudSetup',
    status: 'warning',
    found: /everything from 10\.0\.10\.5 by the routing table 30400/,
    remedy: /systemctl disable --now nm-cloud-setup/,
  },
  {
    thread: 'mesosphere/konvoy-image-builder#231, with several interfaces',
    machine: rules('30400:\tfrom 10.0.10.5 lookup 30400', '30401:\tfrom 10.0.11.5 lookup 30401'),
    check: 'NMCloudSetup',
    status: 'warning',
  },
  {
    thread: 'k3s-io/k3s#12889, corrected by NetworkManager since',
    machine: rules(
      '30200:\tfrom 10.0.10.5 lookup 30200',
      '30350:\tfrom all lookup main suppress_prefixlength 0',
      '30400:\tfrom 10.0.10.5 lookup 30400',
    ),
    check: 'NMCloudSetup',
    status: 'ok',
  },
  {
    thread: 'rancher/rke2#1053, a machine without that service',
    machine: rules(),
    check: 'NMCloudSetup',
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubeadm#2145',
    machine: proxy('kubelet', 'localhost,.example.com'),
    node: WITHOUT_HUB,
    check: 'HTTPProxy',
    status: 'warning',
    found: /^kubelet\.service asks the proxy 10\.93\.31\.29:8080 for 10\.0\.0\.1: NO_PROXY does not have it$/,
    remedy: /^Add 10\.0\.0\.1 to NO_PROXY: `systemctl edit kubelet\.service`/,
  },
  {
    thread: 'kubernetes/kubeadm#2145, behind an edge-hub, which is never asked through a proxy',
    machine: proxy('kubelet', 'localhost'),
    check: 'HTTPProxy',
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubeadm#3099, with what is needed: an address, a range',
    machine: proxy('kubelet', '10.0.0.1,10.96.0.0/12'),
    spec: { runtime: 'docker' },
    node: WITHOUT_HUB,
    check: 'HTTPProxy',
    status: 'ok',
  },
  {
    thread: 'rancher/rke2#4924',
    machine: proxy('containerd', '.my-domain', '/usr/lib/systemd/system'),
    check: 'HTTPProxy',
    status: 'warning',
    found: /containerd\.service asks the proxy .* for 10\.96\.0\.1/,
  },
  {
    thread: 'kubernetes/kubeadm#324, a range in NO_PROXY, which Go reads by now',
    machine: proxy('containerd', '10.0.0.0/8'),
    check: 'HTTPProxy',
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubernetes#61629, for all services of the machine',
    machine: files({ '/etc/systemd/system.conf': '[Manager]\nDefaultEnvironment=https_proxy=proxy.test.com:80 a=b\n' }),
    node: WITHOUT_HUB,
    check: 'HTTPProxy',
    status: 'warning',
    found:
      /kubelet\.service asks the proxy proxy\.test\.com(:80)? for 10\.0\.0\.1.*\n.*containerd\.service asks .* for 10\.96\.0\.1/,
  },
  {
    thread: 'containerd/containerd#12891',
    machine: CONTAINERD(`version = 2\n${IMPORTS}`, 'version = 3\n'),
    check: 'Runtime',
    status: 'warning',
    found: /toolkit\.toml is of version 3, \/etc\/containerd\/config\.toml, which imports it, of version 2/,
    remedy: /containerd config migrate/,
  },
  {
    thread: 'k0sproject/k0s#7689, the other way round',
    machine: CONTAINERD(`version = 3\n${IMPORTS}`, 'version = 2\n'),
    check: 'Runtime',
    status: 'ok',
  },
  {
    thread: 'kubernetes/kubernetes#135711, after a restart',
    machine: files({ '/var/lib/kubelet/pod_status_manager_state': '{"data":{},"checksum":1}"}' }),
    check: 'KubeletState',
    status: 'error',
    found: /^\/var\/lib\/kubelet\/pod_status_manager_state is damaged: line 1: it is not JSON$/,
    remedy: /^Remove the file/,
  },
  {
    thread: 'kubernetes/kubernetes#135711, after a power cut',
    machine: files({ '/var/lib/kubelet/cpu_manager_state': '' }),
    check: 'KubeletState',
    status: 'error',
    found: /cpu_manager_state is damaged: it is empty/,
  },
  {
    thread: 'kubernetes/kubernetes#103110',
    machine: { files: { '/etc/resolv.conf': undefined } },
    check: 'Nameserver',
    status: 'error',
    found: /resolv\.conf does not exist: pods could not start/,
  },
  {
    thread: 'kubernetes-sigs/kubespray#11810, the stub of a systemd-resolved that is masked',
    machine: resolv('nameserver 127.0.0.53\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /lists only 127\.0\.0\.53/,
  },
  {
    thread: 'Hexxeh/rpi-firmware#234, after an upgrade of the firmware',
    machine: {
      files: {
        '/proc/mounts': 'cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n',
        '/sys/fs/cgroup/cgroup.controllers': undefined,
        '/proc/cgroups':
          '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t6\t16\t1\ncpu\t8\t47\t1\ncpuacct\t8\t47\t1\nblkio\t4\t47\t1\ndevices\t2\t47\t1\nfreezer\t9\t16\t1\npids\t5\t51\t1\n',
        '/proc/cmdline': 'console=tty1 cgroup_memory=1 cgroup_enable=memory\n',
      },
    },
    check: CGROUPS,
    status: 'error',
    found: /memory/,
  },
  {
    thread: 'kontena/pharos-cluster#1330, the bridge of Docker',
    machine: addressed('docker0', [], '10.244.0.0/16'),
    check: 'CIDRConflict',
    status: 'error',
    found: /route 10\.244\.0\.0\/16 dev docker0 overlaps with the Pod CIDR/,
    remedy: /^Give Docker another range: `"bip"` in \/etc\/docker\/daemon\.json/,
  },
  {
    thread: 'kubernetes/kubernetes#13659, a network of libvirt',
    machine: addressed('virbr1', [], '10.96.122.0/24'),
    check: 'CIDRConflict',
    status: 'error',
    found: /dev virbr1 overlaps with the Service CIDR/,
    remedy: /^Give that network of libvirt another range/,
  },
  {
    thread: 'hobby-kube/provisioning#71, a VPN',
    machine: addressed('wg0', ['10.0.1.1/24'], '10.96.0.0/16'),
    check: 'CIDRConflict',
    status: 'error',
    found: /^the route 10\.96\.0\.0\/16 dev wg0 overlaps with the Service CIDR 10\.96\.0\.0\/12$/,
    remedy: /^Let the VPN on wg0 leave out that range\.$/,
  },
  {
    thread: 'k3s-io/k3s#5643, the addresses of Services that kube-proxy left',
    machine: addressed('kube-ipvs0', ['10.96.0.1/32', '10.96.0.10/32']),
    check: 'CIDRConflict',
    status: 'error',
    found: /the address 10\.96\.0\.1 of kube-ipvs0 overlaps with the Service CIDR/,
    remedy: /^An earlier cluster left kube-ipvs0: `ip link delete kube-ipvs0`\.$/,
  },
  {
    thread: 'rancher/rke2#3017, on a node that is joined',
    machine: addressed('kube-ipvs0', ['10.96.0.1/32']),
    node: { membership: async () => ({ caHash: 'sha256:1', nodeName: 'edge-1', complete: true }) },
    check: 'CIDRConflict',
    status: 'ok',
  },
  {
    thread: 'a hardened machine (kernel documentation, sysctl/kernel.rst, modules_disabled)',
    machine: { ...loadable('br_netfilter'), sysctls: { 'kernel.modules_disabled': '1' } },
    check: 'KernelFeature-br_netfilter',
    status: 'error',
    found: /not loaded, .*kernel\.modules_disabled is 1/,
    remedy: /Name br_netfilter in a file of \/etc\/modules-load\.d, and reboot/,
  },
  {
    thread: 'canonical/lxd#4350',
    machine: loadable('br_netfilter', {
      '/proc/1/status': 'Name:\tsystemd\nCapBnd:\t000001fffefeffff\n',
      '/run/systemd/container': 'lxc\n',
    }),
    check: 'KernelFeature-br_netfilter',
    status: 'error',
    found: /this machine, a container \(lxc\), may not load modules/,
    remedy: /^Load it on the machine that runs the container: `modprobe br_netfilter`/,
  },
  {
    thread: 'canonical/lxd#2321, users that are mapped',
    machine: loadable('vxlan', {
      '/proc/1/status': 'Name:\tsystemd\nCapBnd:\t000001ffffffffff\n',
      '/proc/1/uid_map': '         0     100000      65536\n',
    }),
    check: 'KernelFeature-vxlan',
    status: 'error',
    found: /a container, may not load modules/,
  },
  {
    thread: 'canonical/lxd#2321, a container that may do everything',
    machine: loadable('vxlan', {
      '/proc/1/status': 'Name:\tsystemd\nCapBnd:\t000001ffffffffff\n',
      '/proc/1/uid_map': '         0          0 4294967295\n',
      '/run/systemd/container': 'docker\n',
    }),
    check: 'KernelFeature-vxlan',
    status: 'ok',
  },
  ...(
    [
      ['kubernetes/minikube#5808', 'nameserver 127.0.1.53\n', 'ok', /10\.1\.1\.1, from \/run\/systemd\/resolve/],
      ['coredns/coredns#2087, dnsmasq beside it', 'nameserver 127.0.0.1\n', 'ok', /10\.1\.1\.1, from/],
      ['systemd-resolved.service(8)', 'nameserver 127.0.0.54\nnameserver 10.2.2.2\n', 'ok', /10\.1\.1\.1, from/],
      ['kubernetes/kubernetes#49675', 'nameserver 127.0.0.1\nnameserver 10.2.2.2\n', 'warning', /127\.0\.0\.1 beside/],
    ] as const
  ).map(
    ([thread, text, status, found]): Stranger => ({
      thread: `${thread}: ${JSON.stringify(text)} and a systemd-resolved that knows the servers`,
      machine: files({ '/etc/resolv.conf': text, '/run/systemd/resolve/resolv.conf': 'nameserver 10.1.1.1\n' }),
      check: 'Nameserver',
      status,
      found,
    }),
  ),
  {
    thread: 'systemd/systemd#2823, the same mark',
    machine: resolv('\ufeffnameserver 10.1.1.1\nnameserver 10.1.1.2\n'),
    check: 'Nameserver',
    status: 'warning',
    found: /\/etc\/resolv\.conf: it begins with a byte order mark/,
    remedy: /Save it as UTF-8/,
  },
  ...(
    [
      ['k3s-io/k3s#1011', 'k3s-server', 'system.slice/k3s.service', /^Remove K3s: `k3s-uninstall\.sh`/],
      ['ddps-lab/edge-management-module#13', 'k3s-agent', 'system.slice/k3s-agent.service', /k3s-agent-uninstall\.sh/],
      ['canonical/microk8s#618', 'kubelite', 'system.slice/snap.microk8s.daemon-kubelite.service', /snap remove/],
      [
        'kubernetes/kubeadm#2218',
        'kubelet',
        'system.slice/kubelet.service',
        /`systemctl disable --now kubelet\.service`/,
      ],
      ['kubernetes/kubeadm#2974', 'nginx', 'system.slice/nginx.service', /`systemctl disable --now nginx\.service`/],
      ['kubernetes/kubeadm#2974, started by hand', 'nginx', 'user.slice/session-1.scope', /^Stop the program/],
    ] as const
  ).map(
    ([thread, name, cgroup, remedy]): Stranger => ({
      thread,
      machine: {
        files: {
          '/proc/net/tcp': '   0: 00000000:280A 00000000:0000 0A 00000000:00000000 00:0 0 0 0 1060 1\n',
          '/proc/42/cgroup': `0::/${cgroup}\n`,
        },
        commands: { ss: `LISTEN 0 4096 *:10250 *:* users:(("${name}",pid=42,fd=20))\n` },
      },
      check: 'Port-10250',
      status: 'error',
      found: new RegExp(`used by ${name}`),
      remedy,
    }),
  ),
  {
    thread: 'kubernetes/kubernetes#106403',
    machine: files({
      '/usr/lib/systemd/system/kubelet.service': '[Unit]\nAfter=docker.service\nRequires=docker.service\n',
    }),
    check: 'KubeletService',
    status: 'error',
    found: /^\/usr\/lib\/systemd\/system\/kubelet\.service needs docker\.service, which does not exist/,
    remedy: /systemctl edit --full kubelet\.service/,
  },
  {
    thread: 'derek0377/k8s#3, with Docker, and files that may be missing',
    machine: {
      files: {
        '/usr/lib/systemd/system/kubelet.service':
          '[Unit]\nRequires=docker.service\n[Service]\nEnvironmentFile=-/etc/kubernetes/config\n',
      },
      units: { 'docker.service': { active: true } },
    },
    check: 'KubeletService',
    status: 'ok',
  },
  {
    thread: 'a file of variables that has to be there (systemd.exec(5), EnvironmentFile)',
    machine: dropIn('20-own.conf', 'EnvironmentFile=/etc/kubernetes/kubelet.env'),
    check: 'KubeletService',
    status: 'error',
    found: /20-own\.conf needs \/etc\/kubernetes\/kubelet\.env, which does not exist/,
  },
];

describe('machines of strangers', () => {
  for (const { thread, machine, spec, node, check, status, found, remedy } of [...STRANGERS, ...LATER]) {
    it(`preflight judges ${check} as its owner needs it: ${thread}`, async () => {
      const given: Case = { machine, spec, node };
      if (status === 'ok') return assertOk(check, given, found);
      const verdict = await assertFinds(check, status, found ?? /./, given);
      if (remedy) assert.match(verdict.remedy ?? '', remedy);
    });
  }
});
