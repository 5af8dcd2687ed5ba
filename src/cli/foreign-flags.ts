/**
 * Flags of other tools that people type from habit and that mean nothing here, with what to do instead. Sources: the
 * reference of `kubeadm join`, `reset`, `token create` (kubernetes.io, v1.34), of `kubectl drain` and `get`, klog, and
 * the references of `k3s agent` (docs.k3s.io), `k0s worker` (docs.k0sproject.io) and `terraform apply`.
 */
interface ForeignFlag {
  readonly hint: string;
  /** Commands that it is a habit of; default: all. */
  readonly commands?: RegExp;
}

const JOINING = /^(join|preflight|config)/;
const RESETTING = /^reset/;
const SANDBOX_GET = /^sandbox get/;
const LISTING = / (list|get|show)$/;
const DRAINING = /^(reset|upgrade|cluster|eni)/;
const WORKER = 'edgeadm joins worker nodes only; for a control-plane node use `kubeadm join --control-plane`';
const SERVER = 'the API server is an argument without a flag: HOST:6443 --token ID.SECRET';
const RUNTIME = 'use --cri-socket PATH for the socket of the container runtime';
const KUBELET = 'the settings of the kubelet come from the cluster; see --max-pods, --labels, --taints, --node-ip';
const KUBECTL = 'use kubectl --kubeconfig "$(edgeadm sandbox kubeconfig)"';
/** What `kubectl get` can do and a list of edgeadm cannot. */
const listing = (hint: string): readonly ForeignFlag[] => [
  { commands: SANDBOX_GET, hint: `${hint}: ${KUBECTL}` },
  { commands: LISTING, hint },
];
const WATCHING = listing('edgeadm shows a list once; `kubectl get --watch` follows it');
const SELECTING = listing('edgeadm shows whole lists: use -o json with jq, or kubectl');
const KLOG = 'edgeadm has no klog flags: -v shows every step, and --log-file names the log';

const FLAGS: Readonly<Record<string, readonly ForeignFlag[]>> = {
  'apiserver-advertise-address': [{ commands: JOINING, hint: `${WORKER}; the node's own address is --node-ip` }],
  'apiserver-bind-port': [{ commands: JOINING, hint: WORKER }],
  'apiserver-cert-extra-sans': [{ hint: WORKER }],
  'control-plane': [{ commands: JOINING, hint: WORKER }],
  'control-plane-endpoint': [{ hint: WORKER }],
  'certificate-key': [{ hint: WORKER }],
  patches: [{ hint: 'edgeadm applies no patches: the kubelet configuration comes from the cluster' }],
  'feature-gates': [{ hint: 'feature gates come from the kubelet configuration of the cluster' }],
  rootfs: [{ hint: 'use --root DIR to work on the files of another root' }],
  kubeconfig: [{ commands: JOINING, hint: 'a join needs no kubeconfig: it uses --token or --discovery-file' }],
  'pod-network-cidr': [{ commands: JOINING, hint: 'the join asks the cluster; or set podCidrs in --config FILE' }],
  'cert-dir': [{ commands: RESETTING, hint: 'not needed: reset removes every certificate the join wrote' }],
  'cleanup-tmp-dir': [{ commands: RESETTING, hint: 'not needed: edgeadm leaves no temporary files' }],
  'cri-socket': [{ hint: 'not needed: edgeadm finds the container runtime of the node itself' }],
  'ignore-preflight-errors': [{ commands: RESETTING, hint: 'reset runs no checks; --force continues after errors' }],
  'skip-phases': [
    { commands: RESETTING, hint: 'reset has no phases to skip; see --keep-runtime, --drain, --delete-node' },
  ],
  config: [{ commands: RESETTING, hint: 'not needed: reset reads the journal of the join' }],
  usages: [
    { commands: /^token/, hint: 'a token always gets the usages that a join needs: authentication and signing' },
  ],
  'ignore-daemonsets': [{ commands: DRAINING, hint: 'not needed: a drain never evicts pods of DaemonSets' }],
  'grace-period': [{ commands: DRAINING, hint: 'a drain respects the grace period of each pod' }],
  'disable-eviction': [
    { commands: DRAINING, hint: 'a drain always evicts, so that PodDisruptionBudgets are respected' },
  ],
  context: [{ hint: 'edgeadm uses the current context: kubectl config use-context NAME' }],
  namespace: [{ hint: 'edgeadm works on nodes, which have no namespace' }],
  // k3s agent, k0s worker
  server: [{ commands: JOINING, hint: SERVER }],
  'api-server': [{ commands: JOINING, hint: SERVER }],
  s: [{ commands: JOINING, hint: SERVER }],
  'token-file': [{ commands: JOINING, hint: 'use --token @FILE' }],
  t: [{ commands: JOINING, hint: 'use --token ID.SECRET, or --token @FILE' }],
  'node-label': [{ commands: JOINING, hint: 'use --labels K=V' }],
  'node-labels': [{ commands: JOINING, hint: 'use --labels K=V' }],
  'node-taint': [{ commands: JOINING, hint: 'use --taints K=V:EFFECT' }],
  'register-with-taints': [{ commands: JOINING, hint: 'use --taints K=V:EFFECT' }],
  'with-node-id': [{ commands: JOINING, hint: 'use --node-name "*.SUFFIX" for a name that is unique' }],
  'hostname-override': [{ commands: JOINING, hint: 'use --node-name' }],
  'flannel-iface': [{ commands: JOINING, hint: 'use --node-iface' }],
  'kubelet-arg': [{ commands: JOINING, hint: KUBELET }],
  'kubelet-extra-args': [{ commands: JOINING, hint: KUBELET }],
  'container-runtime-endpoint': [{ commands: JOINING, hint: RUNTIME }],
  'data-dir': [
    { commands: JOINING, hint: 'the folder of the kubelet is fixed; --runtime-root-dir is that of containerd' },
  ],
  'ignore-pre-flight-checks': [{ commands: JOINING, hint: 'use --ignore-preflight-errors all' }],
  force: [{ commands: JOINING, hint: 'use --ignore-preflight-errors NAME for a check, or reset the node first' }],
  // kubectl
  w: WATCHING,
  watch: WATCHING,
  l: SELECTING,
  selector: SELECTING,
  'auto-approve': [{ hint: 'use --yes' }],
  assumeyes: [{ hint: 'use --yes' }],
  'assume-yes': [{ hint: 'use --yes' }],
  debug: [{ hint: 'use -v' }],
  ...Object.fromEntries(
    [
      ...['add-dir-header', 'alsologtostderr', 'log-backtrace-at', 'log-dir', 'log-file-max-size', 'logtostderr'],
      ...['one-output', 'skip-headers', 'skip-log-headers', 'stderrthreshold', 'vmodule'],
    ].map((name) => [name, [{ hint: KLOG }]]),
  ),
};

/**
 * What to do instead of a flag that a command does not have.
 * @param flag as typed, such as `--control-plane`
 * @param command such as `join phase`
 */
export function foreignFlagHint(flag: string, command: string): string | undefined {
  const typed = flag.replace(/=.*$/s, '');
  const name = typed.replace(/^--?/, '');
  const known = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  const hint = known?.find(({ commands }) => commands?.test(command) ?? true)?.hint;
  return hint && `${typed}: ${hint}`;
}

/** What to do instead of a format of kubectl's `-o`; undefined if the complaint of the parser is about no such format. */
export function foreignFormatHint(complaint: string, command: string): string | undefined {
  if (!/--output=(jsonpath|go-template|template|custom-columns)/.test(complaint)) return undefined;
  const hint = 'templates and columns are formats of kubectl; here use -o json with jq';
  return SANDBOX_GET.test(command) ? `${hint}, or ${KUBECTL}` : hint;
}
