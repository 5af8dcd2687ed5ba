/**
 * Where Kubernetes, its container runtime and edgeadm keep things on a node, one table a platform. Nothing else in
 * `src` spells such a path or the name of a service out. Another platform is another table of this shape, and phase
 * lists of its own that read it. What one check alone reads of other software (a firewall, a swap service) stays in it.
 */
export interface NodePaths {
  readonly kubernetes: {
    readonly directory: string;
    /** Static pods: the kubelet starts what is here. */
    readonly manifests: string;
    readonly pki: string;
    readonly caCertificate: string;
    /** What an edge-hub caches of the API server's answers. */
    readonly cache: string;
    readonly adminKubeconfig: string;
    readonly superAdminKubeconfig: string;
    /** Volume plug-ins. */
    readonly plugins: string;
    readonly runtimeState: string;
  };
  readonly kubelet: {
    readonly unit: string;
    readonly unitFile: string;
    /** kubeadm's drop-in for the unit. */
    readonly dropIn: string;
    /** Where a bundle's kubelet goes; `otherPrograms` are where packages of others put theirs. */
    readonly program: string;
    readonly otherPrograms: readonly string[];
    readonly directory: string;
    readonly configuration: string;
    /** The flags that a join writes. */
    readonly flags: string;
    /** The flags that users add: Debian's place, and that of distributions with RPM. */
    readonly extraFlags: string;
    readonly sysconfig: string;
    readonly kubeconfig: string;
    readonly bootstrapKubeconfig: string;
    readonly pki: string;
    readonly clientCertificate: string;
    /** What a kubelet without another certificate serves with. */
    readonly servingCertificate: string;
    readonly servingKey: string;
  };
  readonly kubectl: { readonly program: string };
  readonly containerd: {
    readonly unit: string;
    readonly unitFile: string;
    readonly configuration: string;
    readonly socket: string;
    /** Folder of the programs of a bundle's containerd, and the two that its service runs. */
    readonly programs: string;
    readonly program: string;
    readonly runc: string;
    readonly data: string;
    readonly runtimeState: string;
    /** Socket for plug-ins that adjust containers (NRI), which containerd opens from 2.0 on. */
    readonly resourceInterface: string;
    readonly plugins: string;
    /** What pods have mounted while they run. */
    readonly podMounts: readonly string[];
    /** Where packages and NVIDIA's operator put the runtime of GPU nodes. Source: NVIDIA/nvidia-container-toolkit. */
    readonly nvidiaRuntimes: readonly string[];
  };
  readonly docker: {
    readonly unit: string;
    readonly configuration: string;
    readonly data: string;
    readonly socket: string;
    /** The socket that a kubelet of 1.23 or older serves for docker, as kubeadm writes it and as it is. */
    readonly dockershim: { readonly configured: string; readonly socket: string };
    readonly dockershimState: string;
  };
  readonly crio: {
    readonly unit: string;
    readonly socket: string;
    readonly configuration: string;
    /** Folder of files that override the configuration, in the order of their names. */
    readonly dropIns: string;
  };
  readonly criDockerd: { readonly socket: string };
  readonly cni: {
    readonly configurations: string;
    readonly plugins: string;
    readonly state: string;
    /** What libcni keeps of each container's attachment to a network. */
    readonly attachments: string;
  };
  readonly flannel: { readonly runtimeState: string; readonly subnet: string };
  readonly pods: { readonly logs: string; readonly containerLogs: string; readonly networkNamespaces: string };
  readonly edgeHub: {
    readonly directory: string;
    /** Before 1.16. */
    readonly legacyDirectory: string;
    readonly openYurtDirectory: string;
    readonly openYurtState: string;
    readonly tunnelAgent: string;
    /** yurthub as a service, under the names that OpenYurt's own tools give it. */
    readonly unit: string;
    readonly unitFile: string;
    readonly dropIn: string;
    readonly program: string;
  };
  readonly system: {
    /** In the order in which systemd looks. */
    readonly unitFolders: readonly string[];
    /** systemd's own settings. */
    readonly manager: string;
    /** Units that systemd makes at boot of what it finds, such as a swap partition that no file names. */
    readonly generatedUnits: string;
    /** Symlinks to the units that start at boot. */
    readonly enabledUnits: string;
    readonly modules: string;
    readonly sysctls: string;
    /** Where files of kernel parameters lie, in the order in which one hides another of its name. */
    readonly sysctlFolders: readonly string[];
    readonly apparmorParsers: readonly string[];
    /** The administrator's configuration of zram-generator, which hides that of the package behind it. */
    readonly zramGenerator: readonly [own: string, packaged: string];
    /** Modprobe's configuration, in the order in which a file hides another of its name. */
    readonly modprobeFolders: readonly string[];
    /** What kind of container the machine is, if systemd knows that it is one. */
    readonly container: string;
    readonly osRelease: string;
    readonly hosts: string;
    readonly resolvConf: string;
    /** The real name servers if `resolvConf` names systemd-resolved's stub. */
    readonly resolvedConf: string;
  };
  readonly edgeadm: {
    /** What edgeadm must remember about a node: its journal and copies of what was there before. */
    readonly state: string;
    readonly journal: string;
    /** Copies of what was there before. */
    readonly backups: string;
    /** Space for the journal on a disk that is full. */
    readonly reserve: string;
    /** How long the journal was when the last command ended, in bytes. */
    readonly sealed: string;
    /** Copies of files of which the journal was lost: edgeadm does not touch them again. */
    readonly kept: string;
    /** What a drill with a reboot keeps over the boot. */
    readonly drill: string;
    readonly lock: string;
    /** The name of the command that has the lock. */
    readonly holder: string;
    readonly log: string;
  };
}

const linux: NodePaths = {
  kubernetes: {
    directory: '/etc/kubernetes',
    manifests: '/etc/kubernetes/manifests',
    pki: '/etc/kubernetes/pki',
    caCertificate: '/etc/kubernetes/pki/ca.crt',
    cache: '/etc/kubernetes/cache',
    adminKubeconfig: '/etc/kubernetes/admin.conf',
    superAdminKubeconfig: '/etc/kubernetes/super-admin.conf',
    plugins: '/usr/libexec/kubernetes',
    runtimeState: '/run/kubernetes',
  },
  kubelet: {
    unit: 'kubelet.service',
    unitFile: '/etc/systemd/system/kubelet.service',
    dropIn: '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
    program: '/usr/bin/kubelet',
    otherPrograms: ['/usr/local/bin/kubelet', '/opt/bin/kubelet'],
    directory: '/var/lib/kubelet',
    configuration: '/var/lib/kubelet/config.yaml',
    flags: '/var/lib/kubelet/kubeadm-flags.env',
    extraFlags: '/etc/default/kubelet',
    sysconfig: '/etc/sysconfig/kubelet',
    kubeconfig: '/etc/kubernetes/kubelet.conf',
    bootstrapKubeconfig: '/etc/kubernetes/bootstrap-kubelet.conf',
    pki: '/var/lib/kubelet/pki',
    clientCertificate: '/var/lib/kubelet/pki/kubelet-client-current.pem',
    servingCertificate: '/var/lib/kubelet/pki/kubelet.crt',
    servingKey: '/var/lib/kubelet/pki/kubelet.key',
  },
  kubectl: { program: '/usr/bin/kubectl' },
  containerd: {
    unit: 'containerd.service',
    unitFile: '/etc/systemd/system/containerd.service',
    configuration: '/etc/containerd/config.toml',
    socket: '/run/containerd/containerd.sock',
    programs: '/usr/local/bin',
    program: '/usr/local/bin/containerd',
    runc: '/usr/local/sbin/runc',
    data: '/var/lib/containerd',
    runtimeState: '/run/containerd',
    resourceInterface: '/run/nri',
    plugins: '/opt/containerd',
    podMounts: [
      '/run/containerd/io.containerd.runtime.v2.task/k8s.io',
      '/run/containerd/io.containerd.runtime.v1.linux/k8s.io',
      '/run/containerd/io.containerd.grpc.v1.cri/sandboxes',
    ],
    nvidiaRuntimes: ['/usr/bin/nvidia-container-runtime', '/usr/local/nvidia/toolkit/nvidia-container-runtime'],
  },
  docker: {
    unit: 'docker.service',
    configuration: '/etc/docker/daemon.json',
    data: '/var/lib/docker',
    socket: '/run/docker.sock',
    dockershim: { configured: '/var/run/dockershim.sock', socket: '/run/dockershim.sock' },
    dockershimState: '/var/lib/dockershim',
  },
  crio: {
    unit: 'crio.service',
    socket: '/run/crio/crio.sock',
    configuration: '/etc/crio/crio.conf',
    dropIns: '/etc/crio/crio.conf.d',
  },
  criDockerd: { socket: '/run/cri-dockerd.sock' },
  cni: {
    configurations: '/etc/cni/net.d',
    plugins: '/opt/cni/bin',
    state: '/var/lib/cni',
    attachments: '/var/lib/cni/cache/results',
  },
  flannel: { runtimeState: '/run/flannel', subnet: '/run/flannel/subnet.env' },
  pods: { logs: '/var/log/pods', containerLogs: '/var/log/containers', networkNamespaces: '/run/netns' },
  edgeHub: {
    directory: '/var/lib/edge-hub',
    legacyDirectory: '/etc/kubernetes/edge-hub',
    openYurtDirectory: '/var/lib/yurthub',
    openYurtState: '/var/lib/openyurt',
    tunnelAgent: '/var/lib/edge-tunnel-agent',
    unit: 'yurthub.service',
    unitFile: '/etc/systemd/system/yurthub.service',
    dropIn: '/etc/systemd/system/yurthub.service.d/10-yurthub.conf',
    program: '/usr/local/bin/yurthub',
  },
  system: {
    unitFolders: [
      '/etc/systemd/system',
      '/run/systemd/system',
      '/usr/local/lib/systemd/system',
      '/usr/lib/systemd/system',
      '/lib/systemd/system',
    ],
    manager: '/etc/systemd/system.conf',
    generatedUnits: '/run/systemd/generator.late',
    enabledUnits: '/etc/systemd/system/multi-user.target.wants',
    modules: '/etc/modules-load.d/edgeadm.conf',
    sysctls: '/etc/sysctl.d/99-edgeadm.conf',
    sysctlFolders: ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'],
    apparmorParsers: [
      '/sbin/apparmor_parser',
      '/usr/sbin/apparmor_parser',
      '/usr/bin/apparmor_parser',
      '/bin/apparmor_parser',
    ],
    zramGenerator: ['/etc/systemd/zram-generator.conf', '/usr/lib/systemd/zram-generator.conf'],
    modprobeFolders: [
      '/etc/modprobe.d',
      '/run/modprobe.d',
      '/usr/local/lib/modprobe.d',
      '/usr/lib/modprobe.d',
      '/lib/modprobe.d',
    ],
    container: '/run/systemd/container',
    osRelease: '/etc/os-release',
    hosts: '/etc/hosts',
    resolvConf: '/etc/resolv.conf',
    resolvedConf: '/run/systemd/resolve/resolv.conf',
  },
  edgeadm: {
    state: '/var/lib/edgeadm',
    journal: '/var/lib/edgeadm/journal.jsonl',
    backups: '/var/lib/edgeadm/backup',
    reserve: '/var/lib/edgeadm/reserve',
    sealed: '/var/lib/edgeadm/sealed',
    kept: '/var/lib/edgeadm/kept',
    drill: '/var/lib/edgeadm-drill',
    lock: '/var/lib/edgeadm/lock',
    holder: '/var/lib/edgeadm/holder',
    log: '/var/log/edgeadm.log',
  },
};

/** The tables, by platform. */
const NODE_PATHS = { linux } as const;

/** Those of the nodes that today's phases work on. */
export const PATHS: NodePaths = NODE_PATHS.linux;
