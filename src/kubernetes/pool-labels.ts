/**
 * The labels that name a node's pool: of the controller, of those who ask it, and as the vendor's guide has it ("Create
 * an enhanced edge node pool").
 */
export const POOL_LABELS = [
  'apps.openyurt.io/nodepool',
  'apps.openyurt.io/desired-nodepool',
  'openyurt.io/desired-nodepool',
] as const;
