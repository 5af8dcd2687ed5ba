/** Keys under which the journal keeps what a join chose. */
export const CHOICES = {
  nodeName: 'nodeName',
  membership: 'membership',
  nodePool: 'nodePool',
  console: 'console',
} as const;
