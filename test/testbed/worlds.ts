/**
 * What belongs together: a Kubernetes, what it runs on, and what one must know to bring it up. Whatever differs between
 * two worlds is said here and nowhere else.
 */
export interface World {
  readonly name: string;
  /** Version of the control plane, and of a node unless a test asks for another. */
  readonly kubernetes: string;
  /** What nodes are upgraded from in tests, and to what. */
  readonly upgrade: { readonly from: string; readonly to: string };
  /** What tests need besides, for upgrades; made beforehand too. */
  readonly otherVersions: readonly string[];
  /** Kubelets of older minor versions that its API server allows, oldest first; built when a test needs them. */
  readonly olderKubelets: readonly string[];
  readonly etcd: Built;
  /** Debian of the nodes, with its containerd, runc and CNI plug-ins. */
  readonly debian: 'bookworm' | 'trixie';
  /** containerd of bundles; that of the nodes' Debian unless given. */
  readonly containerd?: ModuleSource;
  readonly pauseImage: string;
  /** What `kubeadm init` reads. */
  readonly kubeadm: {
    readonly apiVersion: string;
    readonly criSocket: string;
    /** Where it keeps the kubelets' configuration in the cluster. */
    readonly kubeletConfigMap: string;
    /** Whether its administrator has no rights until a binding gives them to him (since 1.29). */
    readonly bindsAdministrator: boolean;
  };
  /** Flags of kube-controller-manager and kube-scheduler, beside those that all versions know. */
  readonly controllerFlags: readonly string[];
  /** API of PodDisruptionBudgets. */
  readonly policyApi: string;
  /** Name of the hub's stand-in when it stands for OpenYurt's: a tag that is a version says which yurthub it is. */
  readonly yurthubImage: string;
  /** Whether its kubelets read lists as watches unless told otherwise (since 1.35). */
  readonly watchLists: boolean;
  /** The kubelets' configuration, beside what is the same in all worlds. */
  readonly kubelet: Readonly<Record<string, unknown>>;
}

/** Programs of a Go module. */
export interface ModuleSource {
  readonly module: string;
  readonly version: string;
  /** Folders of the programs in it; the last part is the program's name. */
  readonly programs: readonly string[];
}

type Built = ModuleSource | { readonly debianPackage: string };

const etcdModule = { module: 'go.etcd.io/etcd/server/v3', version: 'v3.6.16', programs: [''] };
const containerdModule = {
  module: 'github.com/containerd/containerd/v2',
  version: 'v2.4.2',
  programs: ['cmd/containerd', 'cmd/containerd-shim-runc-v2', 'cmd/ctr'],
};

const WORLDS = {
  /** The one that the vendor's guide was written for. */
  guide: {
    name: 'guide',
    kubernetes: 'v1.20.2',
    // The same source under a later number.
    upgrade: { from: 'v1.20.2', to: 'v1.20.3' },
    otherVersions: ['v1.20.3'],
    olderKubelets: [],
    etcd: { debianPackage: 'etcd-server' },
    debian: 'bookworm',
    pauseImage: 'k8s.gcr.io/pause:3.2',
    kubeadm: {
      apiVersion: 'kubeadm.k8s.io/v1beta2',
      criSocket: '/run/containerd/containerd.sock',
      kubeletConfigMap: 'kubelet-config-1.20',
      bindsAdministrator: false,
    },
    controllerFlags: ['--port=0'],
    policyApi: 'policy/v1beta1',
    yurthubImage: 'localhost/edge-hub:testbed',
    watchLists: false,
    kubelet: {},
  },
  today: {
    name: 'today',
    kubernetes: 'v1.37.2',
    upgrade: { from: 'v1.36.3', to: 'v1.37.2' },
    otherVersions: [],
    olderKubelets: ['v1.34.4', 'v1.35.4', 'v1.36.3'],
    etcd: etcdModule,
    debian: 'trixie',
    containerd: containerdModule,
    pauseImage: 'registry.k8s.io/pause:3.10.1',
    kubeadm: {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      criSocket: 'unix:///run/containerd/containerd.sock',
      kubeletConfigMap: 'kubelet-config',
      bindsAdministrator: true,
    },
    controllerFlags: [],
    policyApi: 'policy/v1',
    yurthubImage: 'localhost/yurthub:v1.6.1',
    watchLists: true,
    // Nodes are built on the machine's cgroup v1 hierarchies, which kubelets since 1.35 refuse unless told otherwise.
    kubelet: { failCgroupV1: false },
  },
} satisfies Record<string, World>;

export type WorldName = keyof typeof WORLDS;

export const worlds: readonly World[] = Object.values(WORLDS);

/** @throws Error with the names there are, if there is no world of that name */
export function worldNamed(name: string): World {
  const world = worlds.find((each) => each.name === name);
  if (!world) throw new Error(`there is no world ${name}: ${worlds.map((each) => each.name).join(' or ')}`);
  return world;
}
