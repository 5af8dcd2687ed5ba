import { PATHS } from './node-paths.ts';

/** A pod's folder of logs, `NAMESPACE_NAME_UID`, and the link to a container's log. */
const POD_LOGS = /^[a-z0-9.-]+_[a-z0-9.-]+_[0-9a-f-]{32,36}$/;
const CONTAINER_LOG = /^\S+_\S+_\S+-[0-9a-f]{64}\.log$/;

/**
 * CNI configurations that the add-on of a cluster writes. The first number orders the files.
 * Sources: the install scripts of the projects.
 */
const CLUSTER_CNI =
  /^(\d+-)?(flannel|calico|canal|cilium|weave|kuberouter|kube-router|kindnet|kubenet|multus|edgeadm|terway|antrea|kube-ovn|ovn|hybridnet|aws|azure|gke|romana|contiv|sriov|nsx|macvlan-conf|spiderpool|eno|cbr0)\b|^(calico-kubeconfig|\d+-calico-kubeconfig|(multus|whereabouts|ib-kubernetes|sriov-cni)\.d|\.?cilium.*)$/i;

/** What the plug-ins' own project ships, for Windows too, and what the add-ons bring. */
const CLUSTER_PLUGINS =
  /^(flannel|calico(-ipam)?|install|cilium-cni|weave-(net|ipam|plugin.*)|multus(-shim|-daemon)?|passthru|whereabouts|terway|antrea|kube-ovn|kube-router|bandwidth|bridge|dhcp|dummy|firewall|host-device|host-local|ipvlan|loopback|macvlan|portmap|ptp|sbr|static|tap|tuning|vlan|vrf|(win-|sdn)(bridge|overlay)|nat|LICENSE|README\.md)(\.exe)?$/;

/** Names that Kubernetes, its container runtime and the edge-hub give to what they keep in a folder, by folder. */
const NAMES: readonly (readonly [folder: string, names: RegExp])[] = [
  [
    PATHS.kubelet.directory,
    /^(config\.yaml|instance-config\.yaml|config\.json|kubeadm-flags\.env|pki|pods|plugins|plugins_registry|plugin-containers|volumeplugins|device-plugins|pod-resources|checkpoints|cpu_manager_state|memory_manager_state|dra_manager_state|allocated_pods_state|actuated_pods_state|pod_status_manager_state|seccomp|image_manager|image-manager|usernamespaces|bootstrap-kubeconfig|kubeconfig|\.kubelet-keep|\.lock)$/,
  ],
  [
    PATHS.kubernetes.directory,
    /^(manifests|pki|cache|edge-hub|tmp|patches|((bootstrap-)?kubelet|admin|super-admin|controller-manager|scheduler)\.conf)$/,
  ],
  [PATHS.kubernetes.manifests, /\.(ya?ml|json)$/],
  [PATHS.kubernetes.pki, /^(ca|sa|apiserver[\w-]*|front-proxy[\w-]*|kubelet[\w-]*|etcd)(\.(crt|key|pub|pem|conf))?$/],
  [
    PATHS.kubernetes.cache,
    /^(kubelet|kube-proxy|edge-?hub|yurt-?hub|flannel(d)?|coredns|_internal|pool-coordinator|leader.*)$/,
  ],
  [PATHS.kubernetes.plugins, /^kubelet-plugins$/],
  [PATHS.cni.configurations, CLUSTER_CNI],
  [PATHS.cni.plugins, CLUSTER_PLUGINS],
  [PATHS.cni.state, /^(networks|results|cache|flannel|bin|multus)$/],
  [PATHS.pods.logs, POD_LOGS],
  [PATHS.pods.containerLogs, CONTAINER_LOG],
  [PATHS.docker.dockershimState, /^sandbox$/],
  [PATHS.flannel.runtimeState, /^subnet\.env$/],
  [PATHS.containerd.data, /^(io\.containerd\..+|tmpmounts)$/],
  [PATHS.containerd.runtimeState, /^(io\.containerd\..+|containerd\.sock(\.ttrpc)?|s|fifo|debug\.sock|runc)$/],
  [PATHS.containerd.resourceInterface, /^nri\.sock$/],
  [PATHS.containerd.plugins, /^(bin|lib)$/],
];

/** What an edge-hub and its tunnel agent keep, in whichever folder. */
const HUB_NAMES =
  /^(cache|pki|data|autonomy|leaf|(bootstrap-)?(hub|edge-?hub|yurt-?hub)\.conf|ca\.crt|yurthub.*|edge-?hub.*|tunnel.*)$/;

/**
 * Names that belong to Kubernetes in that folder. For a folder of a runtime that a user chose they are containerd's.
 * They decide if it is not plain that everything in a folder is the node's own: it is a mount or a symlink.
 */
export function kubernetesNames(folder: string): RegExp {
  const known = NAMES.find(([path]) => path === folder)?.[1];
  if (known) return known;
  const hubs: readonly string[] = Object.values(PATHS.edgeHub);
  if (hubs.some((hub) => folder === hub || folder.startsWith(`${hub}/`))) return HUB_NAMES;
  return /^(io\.containerd\..+|tmpmounts)$/;
}

/** Folders that programs beside the cluster fill as well: what is not plainly the cluster's stays in them. */
export const SHARED_FOLDERS: readonly string[] = [
  PATHS.kubernetes.directory,
  PATHS.cni.configurations,
  PATHS.cni.plugins,
];
