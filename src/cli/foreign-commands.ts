interface Hint {
  readonly hint: string;
  readonly next: string;
}

const NODES: Hint = {
  hint: 'nodes of a cluster are shown by kubectl, those of the sandbox also by `edgeadm sandbox node list`',
  next: 'kubectl get nodes',
};

/** Commands of kubeadm and kubectl that edgeadm does not have, with what to do instead. */
const COMMANDS: Readonly<Record<string, Hint>> = {
  init: {
    hint: 'edgeadm creates no control plane: it joins nodes to a cluster that exists',
    next: '`kubeadm init` on the control plane, or `edgeadm sandbox up` for a cluster to try edgeadm with',
  },
  certs: { hint: 'edgeadm manages no certificates of the control plane', next: 'kubeadm certs check-expiration' },
  kubeconfig: { hint: 'edgeadm writes no kubeconfig for users', next: 'kubeadm kubeconfig user --help' },
  get: { hint: 'objects of a cluster are shown by kubectl', next: 'kubectl get nodes' },
  describe: { hint: 'objects of a cluster are shown by kubectl', next: 'kubectl describe node NODE' },
  node: NODES,
  nodes: NODES,
  drain: { hint: 'a node is drained as part of its reset or upgrade', next: 'edgeadm reset --drain --help' },
};

/** What replaces a command of another tool here; undefined if the word is none. */
export function foreignCommandHint(word: string | undefined): Hint | undefined {
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
}
