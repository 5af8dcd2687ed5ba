interface Hint {
  readonly hint: string;
  readonly next: string;
}

const helpOf = (command: string): string => `edgeadm ${command} --help`;

/** A command of edgeadm that does what is meant under another name. */
const renamed = (command: string): Hint => ({
  hint: `did you mean \`edgeadm ${command}\`?`,
  next: helpOf(command),
});

const shownByKubectl = (next: string): Hint => ({ hint: 'kubectl shows the objects of a cluster', next });

const OBJECTS = shownByKubectl('kubectl get nodes');

const NODES: Hint = {
  hint: 'kubectl shows the nodes of a cluster; `edgeadm sandbox node list` shows those of the sandbox',
  next: 'kubectl get nodes',
};

const DRAIN: Hint = {
  hint: 'edgeadm drains a node when it resets or upgrades it',
  next: 'edgeadm reset --drain --help',
};

const SCHEDULING: Hint = {
  hint: 'edgeadm cordons and uncordons a node while it drains it; at other times kubectl does',
  next: 'kubectl cordon --help',
};

/** A command of kubectl that edgeadm has no other word for. */
const ofKubectl = (command: string): Hint => ({
  hint: `${command} is a command of kubectl: edgeadm manages the machines of nodes`,
  next: `kubectl ${command} --help`,
});

const NEW_TOKEN: Hint = {
  hint: 'edgeadm generates the token when it creates it',
  next: helpOf('token create'),
};

const CERTIFICATES: Hint = {
  hint: 'edgeadm manages no certificates of the control plane',
  next: 'kubeadm certs check-expiration',
};

/**
 * Commands of kubeadm, kubectl, k3s and k0s, and other names for those of edgeadm, with what to do instead; the longest
 * that matches is meant. Sources: `kubeadm --help` and its subcommands (kubernetes.io, v1.34), the CLI references of
 * k3s (docs.k3s.io) and k0s (docs.k0sproject.io), `terraform -help`.
 */
const COMMANDS: Readonly<Record<string, Hint>> = {
  init: {
    hint: 'edgeadm creates no control plane: it joins nodes to a cluster that exists',
    next: '`kubeadm init` on the control plane, or `edgeadm sandbox up` for a cluster to try edgeadm with',
  },
  certs: CERTIFICATES,
  'kubeadm join': renamed('join'),
  'kubeadm reset': renamed('reset'),
  'kubeadm token create': renamed('token create'),
  'kubeadm token list': renamed('token list'),
  'kubeadm token delete': renamed('token delete'),
  'kubeadm upgrade node': renamed('upgrade'),
  kubeconfig: { hint: 'edgeadm writes no kubeconfig for users', next: 'kubeadm kubeconfig user --help' },
  'config print': renamed('config print-defaults'),
  'config view': renamed('config validate'),
  'config images': {
    hint: 'edgeadm takes images from a bundle or from the cluster; kubeadm lists those of the control plane',
    next: 'kubeadm config images list',
  },
  'config migrate': {
    hint: 'edgeadm reads only its own configuration files; given one of kubeadm, it shows the keys that replace it',
    next: helpOf('config validate'),
  },
  'token generate': NEW_TOKEN,
  'token new': NEW_TOKEN,
  'upgrade plan': renamed('cluster upgrade plan'),
  'upgrade apply': {
    hint: 'edgeadm upgrades no control plane: it upgrades the nodes of a cluster after it, in batches',
    next: helpOf('cluster upgrade start'),
  },
  'upgrade diff': { hint: 'a dry run shows what an upgrade would change', next: helpOf('upgrade') },
  'upgrade node': renamed('upgrade'),
  'cluster upgrade apply': renamed('cluster upgrade start'),
  agent: renamed('join'),
  worker: renamed('join'),
  'install worker': renamed('join'),
  uninstall: renamed('reset'),
  destroy: renamed('reset'),
  check: renamed('preflight'),
  get: OBJECTS,
  'get np': renamed('nodepool list'),
  'get nodepools': renamed('nodepool list'),
  'get nodes': NODES,
  'get node': NODES,
  'get no': NODES,
  describe: shownByKubectl('kubectl describe node NODE'),
  nodes: NODES,
  'node get': renamed('node list'),
  'node describe': shownByKubectl('kubectl describe node NODE'),
  'node show': renamed('node list'),
  'node drain': DRAIN,
  'node delete': renamed('node remove'),
  'node join': renamed('join'),
  'node reset': renamed('reset'),
  'node cordon': SCHEDULING,
  'node uncordon': SCHEDULING,
  drain: DRAIN,
  cordon: SCHEDULING,
  uncordon: SCHEDULING,
  delete: {
    hint: 'kubectl deletes the objects of a cluster; a node also needs `edgeadm reset` on its machine',
    next: helpOf('reset'),
  },
  apply: ofKubectl('apply'),
  edit: ofKubectl('edit'),
  exec: ofKubectl('exec'),
  label: ofKubectl('label'),
  logs: ofKubectl('logs'),
  taint: ofKubectl('taint'),
  top: ofKubectl('top'),
  np: renamed('nodepool'),
  'np list': renamed('nodepool list'),
  'np get': renamed('nodepool get'),
  'np create': renamed('nodepool create'),
  'np delete': renamed('nodepool delete'),
  nodepools: renamed('nodepool list'),
  'nodepool show': renamed('nodepool get'),
  'nodepool describe': renamed('nodepool get'),
  'cluster get': renamed('cluster show'),
  'cluster describe': renamed('cluster show'),
  clusters: renamed('cluster list'),
  'sandbox start': renamed('sandbox up'),
  'sandbox create': renamed('sandbox up'),
  'sandbox stop': renamed('sandbox down'),
  'sandbox delete': renamed('sandbox reset'),
  'sandbox destroy': renamed('sandbox reset'),
  'sandbox nodes': renamed('sandbox node list'),
  plan: { hint: 'every command that changes something shows its plan with --dry-run', next: helpOf('join') },
};

/** All of them, for a test. */
export function foreignCommandHints(): readonly Hint[] {
  return Object.values(COMMANDS);
}

/** What replaces a command of another tool here; undefined if the words begin with none. */
export function foreignCommandHint(words: readonly string[]): Hint | undefined {
  return [3, 2, 1]
    .map((count) => words.slice(0, count).join(' '))
    .map((name) => (Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined))
    .find((hint) => hint !== undefined);
}
