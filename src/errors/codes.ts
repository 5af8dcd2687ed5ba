/** Exit codes that scripts rely on; see docs/errors.md. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  node: 3,
  cluster: 4,
  cloud: 5,
  someHosts: 6,
  interrupted: 130,
} as const;

/** One entry of the error catalogue: what `edgeadm explain` prints and docs/errors.md is generated from. */
export interface ErrorEntry {
  readonly exit: number;
  readonly cause: string;
  readonly evidence: string;
  readonly remedy: string;
}

/** Every error code of edgeadm. A code never changes its meaning; a removed code is never given to another error. */
export const ERROR_CODES = {
  USAGE: {
    exit: EXIT.usage,
    cause: 'A flag, an argument, a key of the configuration file or an environment variable has an invalid value.',
    evidence: 'Every invalid value of the call, each with its flag, key or variable.',
    remedy: 'Correct the listed values. `edgeadm config validate` checks them without touching the node.',
  },
  BUNDLE_NEEDED: {
    exit: EXIT.usage,
    cause: 'No bundle was given, and the node has no kubelet that matches the cluster version.',
    evidence: 'The kubelet version on the node and the version of the cluster.',
    remedy: "Pass `--bundle`, or install a kubelet of the cluster's minor version before the join.",
  },
  CONFIRMATION_NEEDED: {
    exit: EXIT.usage,
    cause: 'Confirmation is required, but there is no terminal.',
    evidence: 'The question.',
    remedy: 'Run the command again with `--yes`, or on a terminal.',
  },
  NOT_PRIVILEGED: {
    exit: EXIT.node,
    cause: 'The command changes system files and was not run as root.',
    evidence: 'The user id of the process on the node.',
    remedy: 'Run the command as root or with sudo. To try it out, use a scratch root: `--root DIR`.',
  },
  PLATFORM_UNSUPPORTED: {
    exit: EXIT.node,
    cause:
      'edgeadm, or this command, does not support this machine: it runs neither Linux nor Windows, or its Linux does not boot systemd.',
    evidence: 'The operating system and process 1.',
    remedy: 'Use a Linux that boots systemd, or Windows Server.',
  },
  REBOOT_NEEDED: {
    exit: EXIT.node,
    cause: 'A Windows feature was enabled and takes effect only after a reboot.',
    evidence: 'The feature.',
    remedy:
      'Reboot the node (`Restart-Computer`), then run the same command again: it continues. With `--reboot`, edgeadm reboots the node, and a task at start-up runs the command again.',
  },
  OS_UNSUPPORTED: {
    exit: EXIT.node,
    cause:
      "The operating system, kernel or architecture of the node is not supported in this cluster: it is not in the compatibility matrix, which is binding for the vendor's clusters, or it is too old for this Kubernetes version.",
    evidence: 'What was found, and the nearest supported rows.',
    remedy:
      'Use a supported system (`edgeadm compat` lists them), add a row that you have tested with `--compat-matrix FILE`, or skip the check at your own risk with `--ignore-preflight-errors OSSupported`.',
  },
  PREFLIGHT_FAILED: {
    exit: EXIT.node,
    cause: 'One or more preflight checks of the node failed. Nothing was changed.',
    evidence: 'Each failed check, with what was found.',
    remedy:
      'Fix the reported problems. To turn an error into a warning at your own risk: `--ignore-preflight-errors NAME`.',
  },
  CLUSTER_CHECK_FAILED: {
    exit: EXIT.cluster,
    cause:
      'A preflight check of the cluster or of the connection to it failed (APIServer, CAHash, Token, NodeExists, ClusterVersion).',
    evidence: 'Each failed check, with the answer of the cluster.',
    remedy: 'Fix the reported problems. The checks of the node itself passed.',
  },
  ALREADY_JOINED: {
    exit: EXIT.node,
    cause: 'The node already belongs to another cluster, to another node pool, or to this cluster under another name.',
    evidence: 'The cluster, the node pool and the node name of the earlier join.',
    remedy: 'Run `edgeadm reset` on the node first.',
  },
  LOCKED: {
    exit: EXIT.failed,
    cause: 'Another edgeadm process is running on the same node.',
    evidence: 'The command, process id and start time of the process that holds /var/lib/edgeadm/lock.',
    remedy: 'Wait until it ends. The lock is released automatically when the process exits.',
  },
  JOURNAL_UNREADABLE: {
    exit: EXIT.failed,
    cause:
      'The journal in /var/lib/edgeadm is damaged or missing, so edgeadm does not know everything that it changed on the node.',
    evidence: 'Each unreadable line and the reason, or what is missing.',
    remedy:
      'If you have a backup of /var/lib/edgeadm/journal.jsonl, restore it. Otherwise run `edgeadm reset`: it rolls back the changes in the intact lines and lists the damaged ones. `edgeadm reset --force` also removes what Kubernetes left and completes the reset; copies of your files that could not be restored stay in /var/lib/edgeadm/kept, named after their paths (%2F stands for /). A copy is never removed before its file is restored.',
  },
  NO_SPACE: {
    exit: EXIT.node,
    cause: 'The disk of the node is full or has too little free space.',
    evidence: 'The path, the free space there and the space required.',
    remedy: 'Free space under /var and /etc, then run the same command again.',
  },
  WRITE_FAILED: {
    exit: EXIT.failed,
    cause: 'A file on the node could not be written, read or removed.',
    evidence: 'The path and the error of the operating system.',
    remedy: 'Check the path for a read-only file system, an immutable file or a mount.',
  },
  COMMAND_FAILED: {
    exit: EXIT.failed,
    cause: 'A program on the node failed.',
    evidence: 'The command line, the exit code and the last lines of output.',
    remedy: 'Run the program on the node yourself and read its log.',
  },
  TIMEOUT: {
    exit: EXIT.failed,
    cause: 'Timed out waiting for a condition.',
    evidence: 'The condition, how long edgeadm waited, and what it saw last.',
    remedy: 'Check what was last seen. If the node is only slow, run the command again with a longer `--timeout`.',
  },
  INTERRUPTED: {
    exit: EXIT.interrupted,
    cause: 'The command was interrupted (Ctrl-C, SIGTERM).',
    evidence: 'The completed phases and the one that was interrupted.',
    remedy: 'Run the same command again. A change continues where it stopped.',
  },
  HOST_UNREACHABLE: {
    exit: EXIT.cluster,
    cause: 'The node could not be reached over SSH.',
    evidence: 'Address, port and the network error.',
    remedy: 'Check the address, the port, the firewall and that sshd is running: `ssh USER@HOST true`.',
  },
  HOST_KEY_UNKNOWN: {
    exit: EXIT.cluster,
    cause: 'The SSH host key of the node is not in known_hosts.',
    evidence: 'Type and SHA-256 fingerprint of the key that the node presented.',
    remedy:
      'Compare the fingerprint with the one on the node (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then add the key to known_hosts.',
  },
  HOST_KEY_CHANGED: {
    exit: EXIT.cluster,
    cause:
      'The SSH host key of the node differs from the one in known_hosts: the node was reinstalled, or someone may be intercepting the connection.',
    evidence: 'The expected fingerprint and the one presented.',
    remedy: 'Find out which. If the node was reinstalled, run `ssh-keygen -R HOST`, then add the new key.',
  },
  SSH_AUTH_FAILED: {
    exit: EXIT.cluster,
    cause: 'SSH authentication failed: the node rejected every key and password.',
    evidence: 'The user and the authentication methods tried.',
    remedy: 'Pass `--ssh-key FILE`, start an SSH agent, or set EDGEADM_SSH_PASSWORD.',
  },
  SUDO_FAILED: {
    exit: EXIT.node,
    cause: 'The SSH user is not root, and sudo failed.',
    evidence: 'The output of sudo.',
    remedy: 'Add the user to sudoers, or set EDGEADM_SUDO_PASSWORD (EDGEADM_SSH_PASSWORD is tried too).',
  },
  SOME_HOSTS_FAILED: {
    exit: EXIT.someHosts,
    cause: 'The command succeeded on some hosts and failed on others.',
    evidence: 'The hosts that failed, each with its own error.',
    remedy: 'Run the same command again: completed hosts are left unchanged.',
  },
  ALL_HOSTS_FAILED: {
    exit: EXIT.failed,
    cause: 'The command failed on every host, for different reasons.',
    evidence: 'Each host with its own error.',
    remedy: 'Fix each host as its error says, then run the same command again.',
  },
  API_UNREACHABLE: {
    exit: EXIT.cluster,
    cause: 'The API server did not answer.',
    evidence: 'Address, port and the network error.',
    remedy:
      'Check that the API server is running, and that no firewall or access control list blocks its address for this machine.',
  },
  API_ERROR: {
    exit: EXIT.cluster,
    cause: 'The API server rejected a request.',
    evidence: 'The request, the HTTP status and the reason.',
    remedy: 'See the reason. For Forbidden, use a kubeconfig of a user with the permission that the reason names.',
  },
  CA_HASH_MISMATCH: {
    exit: EXIT.cluster,
    cause:
      'The CA certificate of the cluster does not match the given hash: the hash is wrong, or someone may be intercepting the connection.',
    evidence: 'The given hashes and those of the CAs in cluster-info.',
    remedy: 'Get a new join command from the cluster: `edgeadm token create --print-join-command`.',
  },
  CLUSTER_INFO_INVALID: {
    exit: EXIT.cluster,
    cause: 'The ConfigMap kube-public/cluster-info is missing, invalid or not readable anonymously.',
    evidence: 'The answer of the API server.',
    remedy: 'To restore it, run `kubeadm init phase bootstrap-token` on a control-plane node.',
  },
  TOKEN_INVALID: {
    exit: EXIT.cluster,
    cause: 'The cluster has a token with this ID, but the secret is wrong.',
    evidence: 'The signature of cluster-info does not match.',
    remedy: 'Copy the complete token again, or create a new one: `edgeadm token create --print-join-command`.',
  },
  TOKEN_UNKNOWN_OR_EXPIRED: {
    exit: EXIT.cluster,
    cause: 'The cluster has no token with this ID: it never existed, or it has expired (expired tokens are deleted).',
    evidence:
      'cluster-info has no signature for this token ID. The error also shows the clock difference to the API server.',
    remedy: 'Create a new token: `edgeadm token create --print-join-command`.',
  },
  TOKEN_REFUSED: {
    exit: EXIT.cluster,
    cause:
      'The API server rejected the token (401 Unauthorized): it was created without the usage `authentication`, or has just expired.',
    evidence:
      'The API server answers 401 to a request with the token, although the signature of cluster-info is valid.',
    remedy:
      'Create a new token: `edgeadm token create --print-join-command`. If that one is rejected too, the API server runs without `--enable-bootstrap-token-auth`.',
  },
  NODE_EXISTS: {
    exit: EXIT.cluster,
    cause: 'A Ready node of this name exists in the cluster and belongs to another machine.',
    evidence: 'The machine IDs of both.',
    remedy: 'Choose another `--node-name`, or remove the other node: `kubectl delete node NAME`.',
  },
  TAINTS_DIFFER: {
    exit: EXIT.cluster,
    cause: 'The Node object exists with other taints from an earlier join, and a node cannot change its own taints.',
    evidence: 'The requested taints and the taints found.',
    remedy: 'Run the kubectl command that is shown, or delete the Node object first.',
  },
  CSR_NOT_ISSUED: {
    exit: EXIT.cluster,
    cause: 'A certificate signing request was denied, failed or not approved in time.',
    evidence: 'The name, signer and conditions of the request.',
    remedy:
      'Run `kubectl describe csr NAME`. The controller manager approves bootstrap requests if the role bindings that `kubeadm init` creates exist.',
  },
  CLUSTER_UNSUPPORTED: {
    exit: EXIT.cluster,
    cause: 'This release of edgeadm does not join nodes to a cluster of this version, or to this kind of cluster.',
    evidence: 'The version found and the supported versions.',
    remedy: 'Upgrade the cluster, or use a release of edgeadm that supports its version.',
  },
  NODE_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'No node of this name exists in the cluster, or none matches the selector or node pool.',
    evidence: 'The names that were not found, each with the nearest name if there is one.',
    remedy: '`edgeadm node list` lists the nodes.',
  },
  OBJECT_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'An object of the cluster, such as a Service, does not exist in that namespace.',
    evidence: 'Namespace and name.',
    remedy: 'Check name and namespace: `kubectl get KIND --all-namespaces` lists the objects.',
  },
  NODE_REMOVAL_REFUSED: {
    exit: EXIT.cluster,
    cause: 'These nodes cannot be removed in this way: a limit of the container service does not allow it.',
    evidence: 'Each violated limit with its nodes. Nothing was changed.',
    remedy: 'Remove other nodes, or omit `--drain` and `--release`; see docs/node.md.',
  },
  ATTACH_REFUSED: {
    exit: EXIT.cloud,
    cause: 'An instance does not meet the conditions for being added to the node pool.',
    evidence: 'Each condition that is not met, with its instance. Nothing was changed.',
    remedy: 'Change the listed values; see docs/node.md for the conditions.',
  },
  SETTING_REFUSED: {
    exit: EXIT.cluster,
    cause: 'The cluster, its version or the kind of the object does not support the requested setting.',
    evidence: 'Each reason with what was found. Nothing was changed.',
    remedy: 'Change the listed values; docs/inside-the-cluster.md has the limits of each setting.',
  },
  CLOUD_CLUSTER_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'The container service has no cluster of this name or ID in the region.',
    evidence: 'The name, the region, and the existing clusters.',
    remedy: '`edgeadm cluster list` lists the clusters of a region.',
  },
  CLOUD_CLUSTER_DIFFERS: {
    exit: EXIT.usage,
    cause: 'A cluster of this name exists with other settings than requested.',
    evidence: 'Each value that differs: requested and found.',
    remedy:
      'Choose another name, or pass the existing settings. Networks and version of a cluster cannot be changed this way.',
  },
  CLOUD_CLUSTER_REFUSED: {
    exit: EXIT.cluster,
    cause: 'The cluster cannot be created or changed that way: a limit, a quota or its state does not allow it.',
    evidence: 'Each limit by its name, with the values found. Nothing was changed.',
    remedy:
      'Change the listed values; see docs/cluster.md for the limits. `--ignore-limits NAMES` skips those that no longer apply to your account.',
  },
  CLOUD_CLUSTER_FAILED: {
    exit: EXIT.cloud,
    cause: 'The container service could not create or delete the cluster. What it has created so far stays.',
    evidence: 'The ID of the cluster and the error of its task.',
    remedy:
      'See `edgeadm cluster logs` and `edgeadm cluster events`. Delete a cluster that could not be created with `edgeadm cluster delete`, then create it again.',
  },
  NODEPOOL_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'The node pool was not found.',
    evidence: 'The name, where edgeadm looked, and the existing node pools.',
    remedy: '`edgeadm nodepool list` lists the node pools, `edgeadm nodepool create` creates one.',
  },
  NODEPOOL_DIFFERS: {
    exit: EXIT.usage,
    cause: 'A node pool of this name exists with other settings than requested.',
    evidence: 'Each value that differs: requested and found.',
    remedy:
      'Choose another name, or pass the existing settings. Size, mode and networks of a node pool cannot be changed later.',
  },
  NODEPOOL_REFUSED: {
    exit: EXIT.cluster,
    cause:
      'The cluster does not support such a node pool (version, network plug-in or overlapping networks), or it is the default node pool, which cannot be deleted.',
    evidence: 'Each violated limit with the values found. Nothing was changed.',
    remedy: 'Change the listed values; see docs/nodepool.md for the limits.',
  },
  NODEPOOL_NOT_EMPTY: {
    exit: EXIT.cluster,
    cause: 'The node pool still has nodes.',
    evidence: 'The nodes in the node pool.',
    remedy: 'Run `edgeadm reset` on each node and delete its Node object, then delete the node pool.',
  },
  NODEPOOL_FULL: {
    exit: EXIT.cloud,
    cause: 'The node pool or the cluster quota is full. The node was not changed.',
    evidence: 'The limit and the current number of nodes.',
    remedy:
      'Delete Node objects of machines that no longer exist (`kubectl delete node NAME`), use another node pool, or have the quota raised. The size of a node pool cannot be changed.',
  },
  ADDON_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'The add-on is not installed, or not available for the cluster.',
    evidence: 'The name, and the add-ons that are installed or available.',
    remedy: '`edgeadm addon list` lists the add-ons of the cluster.',
  },
  ADDON_REFUSED: {
    exit: EXIT.cluster,
    cause: 'The add-on cannot be changed that way: its order, its version or its parameters do not allow it.',
    evidence: 'Each reason. Nothing was changed.',
    remedy: 'Change what is listed; see docs/addon.md.',
  },
  BUNDLE_INVALID: {
    exit: EXIT.node,
    cause: 'The bundle is damaged or incomplete, or was made for another architecture or version.',
    evidence: 'The file, the expected value (such as its SHA-256) and the value found.',
    remedy: 'Download or copy the bundle again, or create a new one: `edgeadm bundle create`.',
  },
  DOWNLOAD_FAILED: {
    exit: EXIT.cluster,
    cause: 'A download failed after several attempts.',
    evidence: 'The host, the number of attempts and the last error.',
    remedy:
      'Check the network connection to the host. If there is none, copy the bundle to the node and pass its folder.',
  },
  RUNTIME_FAILED: {
    exit: EXIT.failed,
    cause: 'The container runtime is not running or does not answer on its CRI socket.',
    evidence: 'State and last log lines of the service.',
    remedy:
      'Run `systemctl status containerd; journalctl -u containerd`. On Windows: `Get-Service containerd`, `Get-WinEvent -LogName System -MaxEvents 50`.',
  },
  KUBELET_FAILED: {
    exit: EXIT.failed,
    cause: 'The kubelet is not running.',
    evidence: 'State and last log lines of the service.',
    remedy:
      'Run `systemctl status kubelet; journalctl -u kubelet`. On Windows: `Get-Service kubelet`, and the newest file in `C:\\var\\log\\kubelet`.',
  },
  EDGE_HUB_FAILED: {
    exit: EXIT.failed,
    cause: 'The edge-hub does not answer on its health port.',
    evidence: 'State and last log lines of its container.',
    remedy: 'Check its image and that ports 10261 and 10267 are free.',
  },
  HUB_CHECK_FAILED: {
    exit: EXIT.node,
    cause: 'The edge-hub on the node is running, but a check of its endpoints, cache or metrics failed.',
    evidence: 'What was tried, and what was found.',
    remedy: 'Run `edgeadm diagnose` on the node: it checks the whole hub.',
  },
  DEVICE_CHECK_FAILED: {
    exit: EXIT.node,
    cause: 'Disks of the node cannot be used for a volume group: they are missing, in use, or not empty.',
    evidence: 'Each such disk, with what was found on it.',
    remedy: 'Choose other disks with `--device`; `lsblk --fs` on the node shows what is on them.',
  },
  NETWORK_CHECK_FAILED: {
    exit: EXIT.node,
    cause: "Flannel's VXLAN does not reach other nodes from this one, although their node pools are interconnected.",
    evidence: 'Each such node, with the address that was tried and the result.',
    remedy:
      'Open UDP 8472 in both directions in the security groups and firewalls between the nodes, and check that Flannel runs on both.',
  },
  NODE_NOT_READY: {
    exit: EXIT.failed,
    cause: 'The node registered, but did not become Ready.',
    evidence: 'The conditions of the Node object.',
    remedy:
      'See the message of the Ready condition and `journalctl -u kubelet`. On Windows: the newest file in `C:\\var\\log\\kubelet`.',
  },
  ADDON_NOT_READY: {
    exit: EXIT.failed,
    cause: 'Timed out waiting for an add-on in allowedClusterAddons to run on the node.',
    evidence: 'The pod, its phase and why its containers are waiting.',
    remedy: 'Run `kubectl -n kube-system describe pod NAME`.',
  },
  DRAIN_REFUSED: {
    exit: EXIT.cluster,
    cause:
      'Draining the node would lose pods that no controller recreates, or data in emptyDir volumes. Nothing was changed.',
    evidence: 'Each of these pods with the reason.',
    remedy:
      'Move these pods to another node, or let the drain evict them: `--force` for pods without a controller, `--delete-emptydir-data` for pods with emptyDir volumes.',
  },
  DRAIN_FAILED: {
    exit: EXIT.cluster,
    cause:
      'Pods could not be evicted from the node: a PodDisruptionBudget does not allow it, or they do not terminate.',
    evidence: 'Each pod with the last answer of the API server.',
    remedy:
      'Check the budgets (`kubectl get pdb -A`) and the pods, then run the same command again. The node stays cordoned (`kubectl uncordon NODE`).',
  },
  CLOUD_UNREACHABLE: {
    exit: EXIT.cloud,
    cause: 'Could not connect to the cloud API. The request was not sent.',
    evidence: 'The endpoint and the network or TLS error.',
    remedy: 'Check DNS, the proxy and the firewall of this machine; for a sandbox, EDGEADM_CLOUD_CA.',
  },
  CLOUD_NO_ANSWER: {
    exit: EXIT.cloud,
    cause: 'The request was sent, but no answer arrived. It is not known whether it took effect.',
    evidence: 'The endpoint, the action and the network error.',
    remedy: 'Run the same command again: it checks what exists first, and orders only what is missing.',
  },
  CLOUD_CREDENTIALS: {
    exit: EXIT.cloud,
    cause:
      'No cloud credentials were found, or the cloud rejected them: unknown AccessKey, wrong secret, no permission, or a clock that is more than 15 minutes off.',
    evidence: 'Where edgeadm looked for credentials, or the Code, Message and RequestId of the cloud.',
    remedy:
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or pass `--profile FILE`. Check the clock (`date -u`).',
  },
  CLOUD_REFUSED: {
    exit: EXIT.cloud,
    cause: 'The cloud rejected a request.',
    evidence: 'The Code, Message and RequestId of the cloud.',
    remedy: 'Look up the code in the API reference. Include the RequestId when you contact support.',
  },
  CLOUD_THROTTLED: {
    exit: EXIT.cloud,
    cause: 'The cloud throttled the requests of this account, even after several retries.',
    evidence: 'The Code, Message and RequestId of the last answer.',
    remedy: 'Wait a minute and run the same command again. Check what else uses the same account.',
  },
  CLOUD_FAILED: {
    exit: EXIT.cloud,
    cause: 'The cloud answered with an internal error.',
    evidence: 'HTTP status, Code, Message and RequestId.',
    remedy:
      'Run the same command again: it checks what exists first. If the error persists, include the RequestId when you contact support.',
  },
  CLOUD_ANSWER_INVALID: {
    exit: EXIT.cloud,
    cause: 'The cloud sent an invalid answer: a redirect, a web page, or unexpected keys or values.',
    evidence: 'The address, the call, and the key of each invalid value.',
    remedy:
      'Check for a proxy that answers instead of the service. Otherwise the service runs a release that this edgeadm does not support.',
  },
  CLOUD_UPGRADE_FAILED: {
    exit: EXIT.cloud,
    cause:
      'The container service reported that the cluster upgrade failed, for example because its precheck found errors.',
    evidence: 'The message of the service and the ID of its precheck report.',
    remedy:
      'Fix the reported problems (the report is in the console), then run `edgeadm cluster upgrade start` again. Include the task ID when you contact support.',
  },
  OPENAPI_TOKEN_EXPIRED: {
    exit: EXIT.cloud,
    cause: 'The token of the container service (`--openapi-token`) has expired, or a clock is wrong.',
    evidence: 'The answer of the service, and the measured difference between its clock and that of the node.',
    remedy: 'Copy a new join command from the console, or create one with `edgeadm nodepool attach-script`.',
  },
  OPENAPI_TOKEN_INVALID: {
    exit: EXIT.cloud,
    cause:
      'The container service does not recognize the token (`--openapi-token`): it is incomplete, belongs to another region, or was for one node and has been used.',
    evidence: 'The answer of the service.',
    remedy:
      'Copy the complete join command again, or create one with `edgeadm nodepool attach-script`. Check `--region`.',
  },
  OPENAPI_NODE_EXISTS: {
    exit: EXIT.cloud,
    cause: 'Another machine is registered under this node name in the container service.',
    evidence: 'The answer of the service.',
    remedy:
      'Choose another name (`--node-name`, or `nodeNameOverride` of the node-spec), or remove the other node from its node pool.',
  },
  ENI_CHECK_FAILED: {
    exit: EXIT.cloud,
    cause:
      'The instance cannot get the requested ENIs: too many for one instance, a vSwitch in another zone or VPC, or a cluster without Terway Edge. Nothing was bought.',
    evidence: 'Each violated limit with the value found.',
    remedy:
      'Request fewer (`--eni-number`), use a vSwitch in the zone and VPC of the instance, or install terway-edge-controlplane.',
  },
  ENI_INCOMPLETE: {
    exit: EXIT.cloud,
    cause: 'Some of the requested ENIs could not be attached, or some could not be deleted.',
    evidence: 'The remaining ENIs, and the answer of the cloud for each.',
    remedy: 'Run the same command again: it uses the ENIs that were bought. Or delete them with the command shown.',
  },
  INSTANCE_NOT_RUNNING: {
    exit: EXIT.cloud,
    cause: 'The instance was stopped for its ENIs and could not be started again.',
    evidence: 'The last status of the instance and the answer of the cloud.',
    remedy: 'Start the instance in the ENS console, or run the same command again.',
  },
  RESET_REFUSED: {
    exit: EXIT.node,
    cause:
      'The machine is a control-plane node, and a reset would destroy the cluster; or it was converted to an edge node.',
    evidence: 'The static pod manifests of the control plane that were found, or the conversion.',
    remedy:
      'Check that this is the right machine. To remove a control-plane node, run `kubeadm reset`; a converted node needs `edgeadm revert` first.',
  },
  RESET_INCOMPLETE: {
    exit: EXIT.failed,
    cause: 'Something could not be removed from the node.',
    evidence: 'The remaining paths, mounts or pods.',
    remedy: 'Stop what uses them, then run `edgeadm reset` again.',
  },
  UPGRADE_VERSION: {
    exit: EXIT.cluster,
    cause:
      'The target version does not fit the cluster or the node: a kubelet must not be newer than the API server, can be upgraded by at most three minor versions at a time (two before 1.25), and cannot be downgraded.',
    evidence: 'The versions of cluster, node and bundle.',
    remedy:
      'Pass a bundle with a version between those of node and cluster: `--bundle`. Upgrade the control plane first.',
  },
  UPGRADE_CHECK_FAILED: {
    exit: EXIT.node,
    cause: 'Pre-upgrade checks of the node failed. Nothing was changed.',
    evidence: 'Each problem, one per line.',
    remedy: 'Fix the reported problems, then run the same command again.',
  },
  UPGRADE_RUNTIME: {
    exit: EXIT.node,
    cause: 'The node runs its pods with docker, which the kubelet no longer supports from Kubernetes 1.24 on.',
    evidence: 'The flags of the kubelet.',
    remedy:
      'Drain the node, `edgeadm reset`, and join it again with containerd; or install cri-dockerd and point the kubelet at its socket before the upgrade; or pass `--migrate-runtime`, which stops the pods and recreates them with containerd.',
  },
  UPGRADE_RECOVERED: {
    exit: EXIT.failed,
    cause: 'The upgrade failed and was rolled back: the previous version is running.',
    evidence: 'The phase that failed and its error.',
    remedy: 'Fix the reported problems, then run the same command again.',
  },
  UPGRADE_NOT_RECOVERED: {
    exit: EXIT.failed,
    cause: 'The upgrade failed, and so did the rollback to the previous version.',
    evidence: 'Why the upgrade failed, then what could not be rolled back or does not work.',
    remedy:
      'Check `journalctl -u kubelet` (on Windows: the newest file in `C:\\var\\log\\kubelet`). `edgeadm upgrade` to the previous version retries the rollback; `edgeadm reset` and a new join always work.',
  },
  DRILL_REFUSED: {
    exit: EXIT.node,
    cause: 'The offline drill cannot start, or the node could not be cut off from the network.',
    evidence: 'What prevents it. The pods were not touched.',
    remedy: 'Fix the reported problems, then run `edgeadm node drill` again.',
  },
  DRILL_FAILED: {
    exit: EXIT.failed,
    cause: 'In the offline drill, pods of the node did not come back in time without a network, or came back changed.',
    evidence: 'Each pod that is missing or has another address, and what kubelet and edge-hub do.',
    remedy: 'Follow the advice of the error, then run `edgeadm node drill` again. The network of the node is restored.',
  },
  CONVERT_REFUSED: {
    exit: EXIT.node,
    cause: 'The node cannot be converted to an edge node, or was not converted by edgeadm.',
    evidence: 'Each reason with what was found. Nothing was changed.',
    remedy: 'Fix the listed reasons, then run the same command again; docs/convert.md has what a node needs.',
  },
  REVERT_INCOMPLETE: {
    exit: EXIT.failed,
    cause: 'Part of a conversion could not be rolled back.',
    evidence: 'What could not be rolled back or does not work.',
    remedy: 'Fix the reported problems, then run `edgeadm revert` again: it continues.',
  },
  NO_UPGRADE: {
    exit: EXIT.cluster,
    cause: 'No cluster upgrade has been started.',
    evidence: 'Where edgeadm looked for its state.',
    remedy: '`edgeadm cluster upgrade plan` shows what an upgrade would do, and how to start it.',
  },
  UPGRADE_UNDER_WAY: {
    exit: EXIT.cluster,
    cause: 'A cluster upgrade is already running; there can be only one at a time.',
    evidence: 'Its target version, who started it, and which process controls it.',
    remedy:
      'See `edgeadm cluster upgrade status`. If it is paused, `edgeadm cluster upgrade continue` continues it. To start another one, run `edgeadm cluster upgrade pause`, then `cancel`.',
  },
  UPGRADE_NOT_POSSIBLE: {
    exit: EXIT.cluster,
    cause: 'The cluster upgrade cannot be paused, continued or cancelled in its current state.',
    evidence: 'Its state and the reason.',
    remedy: 'See `edgeadm cluster upgrade status`.',
  },
  UPGRADE_PAUSED: {
    exit: EXIT.someHosts,
    cause: 'The cluster upgrade is paused, after an error or on request. It is not complete.',
    evidence: 'Each node that failed, with its error.',
    remedy:
      'Fix the reported problems, then run `edgeadm cluster upgrade continue`, or `edgeadm cluster upgrade cancel` to end it.',
  },
  UPGRADE_NODE_FAILED: {
    exit: EXIT.cluster,
    cause: 'The Job that upgrades the node failed or could not start.',
    evidence: 'The last message of its pod, or why the pod is not running.',
    remedy: 'Fix the reported problems, then run `edgeadm cluster upgrade continue`.',
  },
  UPGRADE_STATE_UNREADABLE: {
    exit: EXIT.cluster,
    cause:
      'The ConfigMap edgeadm-upgrade in namespace kube-upgrade was edited, or written by another version of edgeadm.',
    evidence: 'What is invalid.',
    remedy:
      'Correct it, or delete it (`kubectl -n kube-upgrade delete configmap edgeadm-upgrade`) and start again: upgraded nodes are recognized.',
  },
  SANDBOX_NOT_RUNNING: {
    exit: EXIT.failed,
    cause: 'The sandbox is not running.',
    evidence: 'The folder of the sandbox.',
    remedy: 'Start it with `edgeadm sandbox up`, or pass its folder with `--dir DIR`.',
  },
  SANDBOX_RUNNING: {
    exit: EXIT.failed,
    cause: 'A sandbox is already running in this folder.',
    evidence: 'Its process ID and start time.',
    remedy: 'Use it, stop it with `edgeadm sandbox down`, or start another one with `--dir DIR --port P`.',
  },
  SANDBOX_PORT_TAKEN: {
    exit: EXIT.failed,
    cause: 'One of the three ports of the sandbox is in use on the loopback address, perhaps by another sandbox.',
    evidence: 'The port and the error of the operating system.',
    remedy:
      'Choose another port with `edgeadm sandbox up --port P` (P, P+1 and P+2 are used), or stop the other program.',
  },
  SANDBOX_FAILED: {
    exit: EXIT.failed,
    cause: 'The sandbox did not start in the background.',
    evidence: 'The last lines of its log.',
    remedy: 'Start it in the foreground to see why: `edgeadm sandbox up`.',
  },
  PROGRAM_CHANGED: {
    exit: EXIT.failed,
    cause: 'The edgeadm file, or what it unpacked, differs from the release.',
    evidence: 'The SHA-256 found and the list of expected ones, or the names of the changed files.',
    remedy: 'Download the file again from the same release as your SHA256SUMS.',
  },
  INTERNAL: {
    exit: EXIT.failed,
    cause: 'Internal error (a bug in edgeadm).',
    evidence: 'The message, and the stack trace in the log file.',
    remedy: 'Please report it and attach the log file; it contains no secrets.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES;
