/** Keys under which the journal keeps what was chosen once, until reset. */
export const CHOICES = {
  nodeName: 'nodeName',
  membership: 'membership',
  nodePool: 'nodePool',
  console: 'console',
  /** The links of the node before the join. */
  linksBefore: 'linksBefore',
  /** The CNI configuration that pods were given; decided when a node is taken apart, for as long as it is not joined again. */
  podNetwork: 'podNetwork',
  /** The CRI socket of the kubelet; noted before a reset removes the files that name it. */
  runtime: 'runtime',
} as const;

export type ChoiceKey = (typeof CHOICES)[keyof typeof CHOICES];
