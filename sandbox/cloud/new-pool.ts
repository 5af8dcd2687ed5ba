import { randomBytes } from 'node:crypto';
import type { NodePoolRecord } from './records.ts';

/** The default node pool of a cluster; other pools differ from it in name and kind. */
export const newPool = (clusterId: string, created: number): NodePoolRecord => ({
  id: `np${randomBytes(16).toString('hex')}`,
  clusterId,
  name: 'default-nodepool',
  interconnectMode: 'basic',
  isDefault: true,
  runtime: 'containerd',
  runtimeVersion: '1.6.28',
  labels: {},
  annotations: {},
  taints: [],
  podCidrs: [],
  created,
});
