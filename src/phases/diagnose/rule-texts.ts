/** When `diagnose` reports each of its rules; docs/diagnose.md has the same table. */
export const RULE_TEXTS = {
  DiskFull: '97 % or more of the space or inodes of a local disk are used',
  Hanging: 'systemctl or `df` times out: systemd, or a disk or mount, does not answer',
  Clock: "the node's clock differs by more than a minute from the API server's",
  DamagedFile:
    'the certificate, the kubeconfig or the configuration of the kubelet, or the CA of the cluster, is empty or damaged',
  DamagedState: 'a file of the kubelet with CPU, memory or pod assignments is empty or damaged',
  CertificateExpired: 'a certificate of kubelet, edge-hub or CA has expired',
  Unfinished: 'the last join or upgrade was interrupted, or is still running',
  Swap: 'the kubelet is not running, swap is on, and `failSwapOn` is not false',
  Runtime: 'the container runtime does not answer on its CRI socket',
  Kubelet: 'kubelet.service is not active or not healthy; its last log lines are the evidence',
  Pressure:
    "the Node reports DiskPressure, MemoryPressure or PIDPressure, or the kubelet's log says that it evicts pods",
  EdgeHubManifest:
    'the manifest of the edge-hub describes no pod (a warning as long as the hub still runs), or is gone, or the kubelet starts no static pods',
  EdgeHubImage: 'the edge-hub is not healthy and its image is not on the node',
  APIServer: "none of the API servers that kubeconfigs and the edge-hub's flags name answers",
  EdgeHub: 'the edge-hub is not healthy; its last lines are the evidence',
  EdgeHubPods:
    '(warning) the certificate at 169.254.2.1:10268, where pods reach the API server, is not valid for that address or not signed by the CA of the cluster',
  EdgeHubTwice: 'a static pod and a service of the edge-hub are both set up',
  Refused: "the API server rejects the node's credentials, the Node object was deleted, or another machine has it",
  NetworkUnavailable: 'the Node reports NetworkUnavailable: its network or route was not set up',
  NotReady: 'Ready is Unknown (the control plane does not hear from the kubelet), or False for another reason than CNI',
  Mount: "a volume of a pod cannot be attached or mounted, by the events or the kubelet's log",
  Journal: 'the journal of edgeadm on the node is damaged (only the damaged lines are lost)',
  CNI: '/etc/cni/net.d has no configuration (warning), or the runtime does not use the one that is there',
  NotJoined: '(warning) the node has no kubeconfig of a kubelet',
  Condition: '(warning) the Node reports another problem, such as ReadonlyFilesystem of node-problem-detector',
  Unschedulable: '(warning) the node is cordoned, or a taint of a cloud controller or autoscaler keeps pods off',
  Pods: '(warning) pods of the node are not running: image not pulled, crash loop, waiting for more than two minutes',
  Evicted: '(warning) pods were evicted within the last day, and the pressure is over',
  JoinFailed: 'the last join in the log of edgeadm failed (a warning if the node is joined nevertheless)',
  EdgeHubAtBoot: '(warning) the service of the edge-hub is not enabled, as on nodes that yurtadm joined',
  OfflineAutonomy: '(warning) the node would lose its pods if it restarted without network',
} as const;
