import { ADDON_ACTIONS } from './addons.ts';
import { CHECK_ACTIONS } from './checks.ts';
import { CLUSTER_ACTIONS } from './clusters.ts';
import { NODE_POOL_ACTIONS } from './node-pools.ts';
import { SETTING_ACTIONS } from './settings.ts';
import { TASK_ACTIONS } from './tasks.ts';

/**
 * Every action of the container service that edgeadm calls. Methods, paths and fields are those of the vendor's SDK,
 * `@alicloud/cs20151215`.
 */
export const CS = {
  ...CLUSTER_ACTIONS,
  ...NODE_POOL_ACTIONS,
  ...TASK_ACTIONS,
  ...CHECK_ACTIONS,
  ...SETTING_ACTIONS,
  ...ADDON_ACTIONS,
} as const;

export type CsActionName = keyof typeof CS;
