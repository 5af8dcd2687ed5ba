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
    cause: 'The command line, the configuration file or the environment holds a value that cannot be used.',
    evidence: 'Each mistake is listed with the path of the value (a flag, a key of the file, a variable).',
    remedy: 'Correct the values named. `edgeadm config validate` checks them without touching the node.',
  },
  BUNDLE_NEEDED: {
    exit: EXIT.usage,
    cause: 'No bundle was given and the node has no kubelet of the right version.',
    evidence: 'The kubelet version found on the node beside the version of the cluster.',
    remedy: 'Give `--bundle`, or install a kubelet of the minor version of the cluster before the join.',
  },
  CONFIRMATION_NEEDED: {
    exit: EXIT.usage,
    cause: 'A step needs an answer, and there is no terminal to ask on.',
    evidence: 'The question that would have been asked.',
    remedy: 'Repeat the command with `--yes`, or answer on a terminal.',
  },
  NOT_PRIVILEGED: {
    exit: EXIT.node,
    cause: 'The command changes system files and was not run as root.',
    evidence: 'The user id of the process on the node.',
    remedy: 'Run as root, with sudo, or try it out on a scratch root with `--root DIR`.',
  },
  PLATFORM_UNSUPPORTED: {
    exit: EXIT.node,
    cause: 'The machine is not one that edgeadm can administer: it is not Linux, or systemd does not run it.',
    evidence: 'The operating system and the process with id 1.',
    remedy: 'Use a Linux machine that boots systemd.',
  },
  OS_UNSUPPORTED: {
    exit: EXIT.node,
    cause: 'Operating system, kernel or architecture of the node are not in the compatibility matrix for this cluster.',
    evidence: 'What was found and the nearest supported rows, side by side.',
    remedy:
      'Use a supported system (`edgeadm compat` lists them), add a row that you have tried with `--compat-matrix FILE`, or ignore the check knowingly.',
  },
  PREFLIGHT_FAILED: {
    exit: EXIT.node,
    cause: 'One or more checks of the node failed. Nothing was changed.',
    evidence: 'Each failed check by name, with what was found.',
    remedy: 'Remedy each check as it says, or ignore it knowingly with `--ignore-preflight-errors NAME`.',
  },
  CLUSTER_CHECK_FAILED: {
    exit: EXIT.cluster,
    cause: 'A check of the cluster or of the way to it failed (APIServer, CAHash, Token, NodeExists, ClusterVersion).',
    evidence: 'Each failed check by name, with what answered.',
    remedy: 'Remedy each check as it says; the node itself was found fit.',
  },
  ALREADY_JOINED: {
    exit: EXIT.node,
    cause: 'The node already belongs to another cluster, to another node pool, or to this cluster under another name.',
    evidence: 'The cluster, the node pool and the name it was joined with.',
    remedy: 'Run `edgeadm reset` on the node first.',
  },
  LOCKED: {
    exit: EXIT.failed,
    cause: 'Another edgeadm is at work on the same node.',
    evidence: 'The command, process and start time of the holder of /var/lib/edgeadm/lock.',
    remedy: 'Wait for it to end. The lock is freed by itself when its holder dies.',
  },
  JOURNAL_UNREADABLE: {
    exit: EXIT.failed,
    cause:
      'The journal in /var/lib/edgeadm is damaged or missing, so it is not known, or not completely known, what was changed on the node.',
    evidence: 'Each line that cannot be read and why, or what is missing.',
    remedy:
      'If you have a backup of /var/lib/edgeadm/journal.jsonl, put it back. Otherwise run `edgeadm reset`: it takes back what the intact lines say and names the others. `edgeadm reset --force` also removes what Kubernetes left and finishes; copies of your files that could not be put back are kept in /var/lib/edgeadm/kept, named after their paths (%2F stands for /). No copy is ever removed before its file is back.',
  },
  NO_SPACE: {
    exit: EXIT.node,
    cause: 'The disk of the node is full, or too full for what has to be written.',
    evidence: 'The path, what is free there and what is needed.',
    remedy: 'Free space under /var and /etc, then run the same command again.',
  },
  WRITE_FAILED: {
    exit: EXIT.failed,
    cause: 'A file on the node could not be written, read or removed.',
    evidence: 'The path and the answer of the operating system.',
    remedy: 'Look at the path: a read-only file system, an immutable file, a mount in the way.',
  },
  COMMAND_FAILED: {
    exit: EXIT.failed,
    cause: 'A program on the node failed.',
    evidence: 'The program with its arguments, its exit code and the last lines of its output.',
    remedy: 'Run the program by hand on the node and read its log.',
  },
  TIMEOUT: {
    exit: EXIT.failed,
    cause: 'Something that was waited for did not come about in time.',
    evidence: 'What was waited for, for how long, and what was last seen.',
    remedy: 'Look at what was last seen; where the node is only slow, repeat with a longer `--timeout`.',
  },
  INTERRUPTED: {
    exit: EXIT.interrupted,
    cause: 'The command was interrupted (Ctrl-C, SIGTERM).',
    evidence: 'The phases that were done and the one that was not finished.',
    remedy: 'Run the same command again: it goes on where it stopped.',
  },
  HOST_UNREACHABLE: {
    exit: EXIT.cluster,
    cause: 'The node could not be reached over SSH.',
    evidence: 'Address, port and the answer.',
    remedy: 'Check address, port, firewall and that sshd runs: `ssh USER@HOST true`.',
  },
  HOST_KEY_UNKNOWN: {
    exit: EXIT.cluster,
    cause: 'The SSH host key of the node is not in known_hosts.',
    evidence: 'Type and SHA-256 fingerprint of the key that the node showed.',
    remedy:
      'Compare the fingerprint with the one on the node (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then add the key to known_hosts.',
  },
  HOST_KEY_CHANGED: {
    exit: EXIT.cluster,
    cause:
      'The SSH host key of the node differs from the one in known_hosts: it was reinstalled, or somebody is in between.',
    evidence: 'Fingerprint expected and fingerprint shown.',
    remedy: 'Find out which it is. If the node was reinstalled: `ssh-keygen -R HOST`, then add the new key.',
  },
  SSH_AUTH_FAILED: {
    exit: EXIT.cluster,
    cause: 'The node refused every key and password that was offered.',
    evidence: 'The user and the methods tried.',
    remedy: 'Give `--ssh-key FILE`, start an agent, or set EDGEADM_SSH_PASSWORD.',
  },
  SUDO_FAILED: {
    exit: EXIT.node,
    cause: 'The SSH user is not root and sudo did not let it become root.',
    evidence: 'The answer of sudo.',
    remedy: 'Allow the user in sudoers, or set EDGEADM_SUDO_PASSWORD (or EDGEADM_SSH_PASSWORD, which is tried too).',
  },
  SOME_HOSTS_FAILED: {
    exit: EXIT.someHosts,
    cause: 'The command succeeded on some hosts and failed on others.',
    evidence: 'The hosts that failed, each with its own error.',
    remedy: 'Run the same command again: hosts that are done are left as they are.',
  },
  ALL_HOSTS_FAILED: {
    exit: EXIT.failed,
    cause: 'The command failed on every host, for different reasons.',
    evidence: 'Each host with its own error.',
    remedy: 'Remedy each as its own error says, then run the same command again.',
  },
  API_UNREACHABLE: {
    exit: EXIT.cluster,
    cause: 'The API server did not answer.',
    evidence: 'Address, port and the answer of the network.',
    remedy: 'Check the address, the firewall and the access list of the API server, from the node itself.',
  },
  API_ERROR: {
    exit: EXIT.cluster,
    cause: 'The API server refused a request.',
    evidence: 'Request, HTTP status and the reason it gave.',
    remedy: 'The reason names what is missing; for Forbidden, compare the role bindings that `kubeadm init` makes.',
  },
  CA_HASH_MISMATCH: {
    exit: EXIT.cluster,
    cause:
      'The cluster showed a certificate authority that is not the one pinned: the hash is wrong, or somebody is in between.',
    evidence: 'The hashes given and the hash of the CA in cluster-info.',
    remedy: 'Take the join line anew from the cluster (`edgeadm token create --print-join-command`).',
  },
  CLUSTER_INFO_INVALID: {
    exit: EXIT.cluster,
    cause: 'The ConfigMap kube-public/cluster-info is missing, damaged or not readable without a login.',
    evidence: 'What the API server answered.',
    remedy: 'On the cluster: `kubeadm init phase bootstrap-token` restores it.',
  },
  TOKEN_INVALID: {
    exit: EXIT.cluster,
    cause: 'The token id is known to the cluster, but the secret is wrong.',
    evidence: 'The signature of cluster-info does not match.',
    remedy: 'Copy the whole token again, or make a new one: `edgeadm token create --print-join-command`.',
  },
  TOKEN_UNKNOWN_OR_EXPIRED: {
    exit: EXIT.cluster,
    cause: 'The cluster does not know this token id. It never existed, or it has expired (expired tokens are deleted).',
    evidence:
      'cluster-info carries no signature for this token id; the clock difference to the API server is shown beside it.',
    remedy: 'Make a new one: `edgeadm token create --print-join-command`.',
  },
  TOKEN_REFUSED: {
    exit: EXIT.cluster,
    cause:
      'The cluster knows the token, but lets nobody in with it: it was made without the usage `authentication`, or has just expired.',
    evidence: 'The API server answers 401 to a request with the token, whose signature is right.',
    remedy:
      'Make a new one: `edgeadm token create --print-join-command`. Where that is refused too, the API server runs without `--enable-bootstrap-token-auth`.',
  },
  NODE_EXISTS: {
    exit: EXIT.cluster,
    cause: 'A Ready node of this name exists in the cluster and belongs to another machine.',
    evidence: 'The machine ids of both.',
    remedy: 'Choose another `--node-name`, or remove the other node: `kubectl delete node NAME`.',
  },
  TAINTS_DIFFER: {
    exit: EXIT.cluster,
    cause: 'The node object exists from an earlier join with other taints, and a node may not change its own taints.',
    evidence: 'The taints asked for and the taints found.',
    remedy: 'Run the kubectl line that is shown, or delete the node object first.',
  },
  CSR_NOT_ISSUED: {
    exit: EXIT.cluster,
    cause: 'A certificate signing request was denied, failed or not approved in time.',
    evidence: 'Name, signer and conditions of the request.',
    remedy:
      'Look at it with `kubectl describe csr NAME`; the controller-manager approves bootstrap requests by role bindings that `kubeadm init` makes.',
  },
  CLUSTER_UNSUPPORTED: {
    exit: EXIT.cluster,
    cause: 'The version of the cluster is outside of what edgeadm can join to.',
    evidence: 'The version found, the versions supported.',
    remedy: 'Use a release of edgeadm for that version.',
  },
  NODEPOOL_NOT_FOUND: {
    exit: EXIT.cluster,
    cause: 'There is no node pool of that name.',
    evidence: 'The name, where it was looked for, and the node pools that are there.',
    remedy: '`edgeadm nodepool list` shows the node pools, `edgeadm nodepool create` makes one.',
  },
  NODEPOOL_DIFFERS: {
    exit: EXIT.usage,
    cause: 'A node pool of that name exists and is another one than asked for.',
    evidence: 'Each value that differs, as asked for and as found.',
    remedy:
      'Choose another name, or ask for the one that is there. Size, mode and networks of a node pool cannot be changed afterwards.',
  },
  NODEPOOL_REFUSED: {
    exit: EXIT.cluster,
    cause: 'The cluster cannot take such a node pool: version, network plug-in, overlapping networks.',
    evidence: 'Each limit with the values found. Nothing was changed.',
    remedy: 'Change the values named; see docs/nodepool.md for the limits.',
  },
  NODEPOOL_NOT_EMPTY: {
    exit: EXIT.cluster,
    cause: 'The node pool still has nodes, or it is the default one, which cannot be deleted.',
    evidence: 'The nodes that belong to it.',
    remedy: 'Run `edgeadm reset` on each node and delete its Node object, then delete the node pool.',
  },
  NODEPOOL_FULL: {
    exit: EXIT.cloud,
    cause: 'The node pool, or the quota of the cluster, has no room for the node. The node was not touched.',
    evidence: 'The limit and the nodes that are there.',
    remedy:
      'Remove nodes that are gone (`kubectl delete node NAME`), use another node pool, or have the quota raised. The size of a node pool cannot be changed.',
  },
  BUNDLE_INVALID: {
    exit: EXIT.node,
    cause:
      'The bundle is damaged, incomplete or does not fit: a SHA-256 differs, a file is missing, the architecture or version is another.',
    evidence: 'The file, the sum expected and the sum found.',
    remedy: 'Fetch the bundle again, and check it with `edgeadm bundle verify`.',
  },
  DOWNLOAD_FAILED: {
    exit: EXIT.cluster,
    cause: 'A download failed after several tries.',
    evidence: 'The host, the tries and the last answer.',
    remedy: 'Check the way from the node to the host; where there is none, copy the bundle and give its folder.',
  },
  RUNTIME_FAILED: {
    exit: EXIT.failed,
    cause: 'The container runtime does not run or does not answer on its CRI socket.',
    evidence: 'State and last log lines of the service.',
    remedy: '`systemctl status containerd; journalctl -u containerd`.',
  },
  KUBELET_FAILED: {
    exit: EXIT.failed,
    cause: 'The kubelet does not run.',
    evidence: 'State and last log lines of the service.',
    remedy: '`systemctl status kubelet; journalctl -u kubelet`.',
  },
  EDGE_HUB_FAILED: {
    exit: EXIT.failed,
    cause: 'The edge-hub does not answer on its health port.',
    evidence: 'State of its container and the last lines of its log.',
    remedy: 'Check its image and that ports 10261 and 10267 are free.',
  },
  NODE_NOT_READY: {
    exit: EXIT.failed,
    cause: 'The node registered, but did not become Ready.',
    evidence: 'The conditions of the Node object.',
    remedy: 'The condition names what is missing; see `journalctl -u kubelet`.',
  },
  ADDON_NOT_READY: {
    exit: EXIT.failed,
    cause: 'An add-on asked for by allowedClusterAddons did not run on the node in time.',
    evidence: 'The pod, its phase and the reason its containers wait.',
    remedy: '`kubectl -n kube-system describe pod NAME`.',
  },
  DRAIN_REFUSED: {
    exit: EXIT.cluster,
    cause:
      'Draining the node would lose pods that no controller recreates, or data in emptyDir volumes. Nothing was changed.',
    evidence: 'Every such pod with the reason.',
    remedy:
      'Move these pods to another node, or let the drain evict them: `--force` for pods without a controller, `--delete-emptydir-data` for pods with emptyDir volumes.',
  },
  DRAIN_FAILED: {
    exit: EXIT.cluster,
    cause: 'Pods could not be evicted from the node: a PodDisruptionBudget forbids it, or they do not end.',
    evidence: 'Each pod with what the API server said last.',
    remedy:
      'Look at the budgets (`kubectl get pdb -A`) and at the pods, then run the same command again. The node stays cordoned (`kubectl uncordon NODE`).',
  },
  CLOUD_UNREACHABLE: {
    exit: EXIT.cloud,
    cause: 'No connection to the cloud API came about. The request was not sent.',
    evidence: 'The endpoint and the answer of the network or of TLS.',
    remedy: 'Check the name resolution, the proxy and the firewall of this machine; for a sandbox, EDGEADM_CLOUD_CA.',
  },
  CLOUD_NO_ANSWER: {
    exit: EXIT.cloud,
    cause: 'The request was sent and no answer came: whether an order took effect is not known.',
    evidence: 'The endpoint, the action and what the network said.',
    remedy: 'Run the same command again: it looks first what is there, and orders only what is missing.',
  },
  CLOUD_CREDENTIALS: {
    exit: EXIT.cloud,
    cause:
      'There are no credentials for the cloud, or it does not accept them: unknown AccessKey, wrong secret, no permission, a clock that is more than 15 minutes off.',
    evidence: 'Where credentials were looked for, or the Code, Message and RequestId of the cloud.',
    remedy:
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give `--profile FILE`; compare the clock (`date -u`).',
  },
  CLOUD_REFUSED: {
    exit: EXIT.cloud,
    cause: 'The cloud refused a request.',
    evidence: 'The Code, Message and RequestId of the cloud.',
    remedy:
      'The code names what is wrong; it is explained in the reference of that API. Quote the RequestId to support.',
  },
  CLOUD_THROTTLED: {
    exit: EXIT.cloud,
    cause: 'The cloud limits how often this account may call, and went on doing so after several tries.',
    evidence: 'The Code, Message and RequestId of the last refusal.',
    remedy: 'Wait a minute and run the same command again; see what else calls with the same account.',
  },
  CLOUD_FAILED: {
    exit: EXIT.cloud,
    cause: 'The cloud answered with a fault of its own.',
    evidence: 'HTTP status, Code, Message and RequestId.',
    remedy: 'Run the same command again: it looks first what is there. Quote the RequestId to support if it stays.',
  },
  CLOUD_ANSWER_INVALID: {
    exit: EXIT.cloud,
    cause: 'The cloud answered, but not with what its API promises: a redirect, a web page, other keys or values.',
    evidence: 'The address, the call, and each wrong value by its key.',
    remedy: 'The service is of another release than edgeadm, or something in between answers in its place.',
  },
  CLOUD_UPGRADE_FAILED: {
    exit: EXIT.cloud,
    cause:
      'The container service ended the upgrade of a cluster with a failure, for example because its precheck found errors.',
    evidence: 'The message of the service, and the number of its precheck report.',
    remedy:
      'Mend what is named (the report is in the console), then `edgeadm cluster upgrade start` again. Quote the task to support.',
  },
  OPENAPI_TOKEN_EXPIRED: {
    exit: EXIT.cloud,
    cause: 'The token of the container service (`--openapi-token`) is too old, or a clock is wrong.',
    evidence: 'The answer of the service, and the measured difference between its clock and that of the node.',
    remedy: 'Copy a fresh line from the console, or make one with `edgeadm nodepool attach-script`.',
  },
  OPENAPI_TOKEN_INVALID: {
    exit: EXIT.cloud,
    cause:
      'The container service does not know the token (`--openapi-token`): it was cut off, is of another region, or was good for one node and is used.',
    evidence: 'The answer of the service.',
    remedy: 'Copy the whole line again, or make one with `edgeadm nodepool attach-script`; compare `--region`.',
  },
  OPENAPI_NODE_EXISTS: {
    exit: EXIT.cloud,
    cause: 'The container service knows a node of this name that is another machine.',
    evidence: 'The answer of the service.',
    remedy:
      'Choose another name (`--node-name`, or `nodeNameOverride` of the node-spec), or remove the other node from its node pool.',
  },
  ENI_CHECK_FAILED: {
    exit: EXIT.cloud,
    cause:
      'The instance cannot get the ENIs asked for: too many for one instance, a vSwitch of another zone or VPC, or a cluster without Terway Edge. Nothing was bought.',
    evidence: 'Each limit with what was found.',
    remedy:
      'Ask for fewer (`--eni-number`), name a vSwitch of the zone and VPC of the instance, or install terway-edge-controlplane.',
  },
  ENI_INCOMPLETE: {
    exit: EXIT.cloud,
    cause: 'Not every ENI that was asked for is attached to the instance, or not every one that was to go is gone.',
    evidence: 'The ENIs that are left over, and what the cloud said about each.',
    remedy:
      'Run the same command again: it uses what was bought. Or delete what is left over, with the command that is shown.',
  },
  INSTANCE_NOT_RUNNING: {
    exit: EXIT.cloud,
    cause: 'The instance was stopped for its ENIs and could not be started again.',
    evidence: 'What was last seen of the instance, and what the cloud said.',
    remedy: 'Start the instance in the ENS console, or run the same command again.',
  },
  RESET_REFUSED: {
    exit: EXIT.node,
    cause: 'The machine is a control-plane node: a reset would destroy the cluster.',
    evidence: 'The static pod manifests of the control plane that were found.',
    remedy: 'Nothing, if this is the wrong machine. A control plane is removed with `kubeadm reset`.',
  },
  RESET_INCOMPLETE: {
    exit: EXIT.failed,
    cause: 'Something could not be removed from the node.',
    evidence: 'The paths, mounts or pods that remain.',
    remedy: 'Remove what holds them, then run `edgeadm reset` again.',
  },
  UPGRADE_VERSION: {
    exit: EXIT.cluster,
    cause:
      'The version asked for does not go with the cluster or the node: a kubelet is never newer than the API server, goes up one minor version at a time, and never down.',
    evidence: 'The versions of cluster, node and bundle.',
    remedy:
      'Give the bundle of a version between those of node and cluster with `--bundle`. The control plane is upgraded first.',
  },
  UPGRADE_CHECK_FAILED: {
    exit: EXIT.node,
    cause: 'The node is not fit for an upgrade. Nothing was changed.',
    evidence: 'What was found, one line each.',
    remedy: 'Mend what is named, then run the same command again.',
  },
  UPGRADE_RUNTIME: {
    exit: EXIT.node,
    cause: 'The node runs its pods with docker, which a kubelet from Kubernetes 1.24 on no longer speaks to.',
    evidence: 'The flags of the kubelet.',
    remedy:
      'Drain the node, `edgeadm reset`, and join it again with containerd; or install cri-dockerd and point the kubelet at its socket before the upgrade; or `--migrate-runtime`, which stops the pods and makes them anew with containerd.',
  },
  UPGRADE_RECOVERED: {
    exit: EXIT.failed,
    cause: 'The upgrade failed, and the version before it runs again.',
    evidence: 'The phase that failed and its own error.',
    remedy: 'Mend what is named, then run the same command again.',
  },
  UPGRADE_NOT_RECOVERED: {
    exit: EXIT.failed,
    cause: 'The upgrade failed, and the version before it could not be brought back to work.',
    evidence: 'Why the upgrade failed, then what could not be put back or does not work again.',
    remedy:
      'Look at `journalctl -u kubelet`. `edgeadm upgrade` with the version before brings it back as far as it can; `edgeadm reset` and a new join always work.',
  },
  NO_UPGRADE: {
    exit: EXIT.cluster,
    cause: 'A cluster upgrade was to be looked at or changed, and none was started.',
    evidence: 'The place where its state would be.',
    remedy: 'Start one: `edgeadm cluster upgrade start`.',
  },
  UPGRADE_UNDER_WAY: {
    exit: EXIT.cluster,
    cause: 'A cluster upgrade is under way already; there is one at a time.',
    evidence: 'Its target, who started it, and who holds the lease of its controller.',
    remedy:
      'Look at it: `edgeadm cluster upgrade status`. To begin another one, `edgeadm cluster upgrade pause`, then `cancel`.',
  },
  UPGRADE_NOT_POSSIBLE: {
    exit: EXIT.cluster,
    cause: 'The cluster upgrade is not in a state in which it can be paused, continued or cancelled.',
    evidence: 'The state it is in, and why.',
    remedy: 'Look at it: `edgeadm cluster upgrade status`.',
  },
  UPGRADE_PAUSED: {
    exit: EXIT.someHosts,
    cause: 'The cluster upgrade paused, by itself after an error or because somebody asked for it; it is not complete.',
    evidence: 'Each node that failed, with its error.',
    remedy: 'Mend what is named, then `edgeadm cluster upgrade continue`; or `edgeadm cluster upgrade cancel`.',
  },
  UPGRADE_NODE_FAILED: {
    exit: EXIT.cluster,
    cause: 'The Job that was to upgrade a node failed, or could not run there.',
    evidence: 'The last words of its pod, or what keeps the pod from running.',
    remedy: 'Mend what is named, then `edgeadm cluster upgrade continue`.',
  },
  UPGRADE_STATE_UNREADABLE: {
    exit: EXIT.cluster,
    cause:
      'The ConfigMap edgeadm-upgrade in namespace kube-upgrade was edited, or written by another version of edgeadm.',
    evidence: 'What could not be read.',
    remedy:
      'Put it right, or delete it (`kubectl -n kube-upgrade delete configmap edgeadm-upgrade`) and start again: nodes that are done are found to be so.',
  },
  SANDBOX_NOT_RUNNING: {
    exit: EXIT.failed,
    cause: 'The command needs a running sandbox, and none runs in that folder.',
    evidence: 'The folder that was looked at.',
    remedy: 'Start it with `edgeadm sandbox up`, or name its folder with `--dir DIR`.',
  },
  SANDBOX_RUNNING: {
    exit: EXIT.failed,
    cause: 'A sandbox runs in that folder already; a folder can have one.',
    evidence: 'Its process and since when it runs.',
    remedy: 'Use it, end it with `edgeadm sandbox down`, or start another with `--dir DIR --port P`.',
  },
  SANDBOX_PORT_TAKEN: {
    exit: EXIT.failed,
    cause: 'Another program, perhaps another sandbox, has one of the two ports of the sandbox on the loopback address.',
    evidence: 'The port and the answer of the operating system.',
    remedy: 'Choose another with `edgeadm sandbox up --port P` (P and P+1 are used), or end the other program.',
  },
  SANDBOX_FAILED: {
    exit: EXIT.failed,
    cause: 'The sandbox did not start in the background.',
    evidence: 'The last lines of its log.',
    remedy: 'Start it in the foreground: `edgeadm sandbox up`.',
  },
  PROGRAM_CHANGED: {
    exit: EXIT.failed,
    cause: 'The file of edgeadm, or what it has unpacked, is not what was released.',
    evidence: 'The SHA-256 that was found and the list it should be in, or the names of the changed files.',
    remedy: 'Download the file again, from the release whose SHA256SUMS you have.',
  },
  INTERNAL: {
    exit: EXIT.failed,
    cause: 'A fault of edgeadm itself.',
    evidence: 'The message and the stack in the log file.',
    remedy: 'Please report it with the log file; it holds no secret.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES;
