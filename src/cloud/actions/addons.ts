import { z } from 'zod';
import { csAction, csActionWithBody, flag, TASK_ANSWER, text, wire } from './action.ts';

const offered = {
  name: z.string().min(1),
  version: text,
  category: text,
  architecture: z.array(z.string()).nullish(),
  install_by_default: flag,
  managed: flag,
  config_schema: text,
};
const offer = wire(offered);
const newer = wire({ version: z.string().min(1), upgradable: flag, minimum_cluster_version: text });
const instance = { name: z.string().min(1), version: text, state: text };
const addonInstance = wire(instance);
const addonDetail = wire({ ...instance, config: text });

/** Components of a cluster. Bodies are lists: the service changes several at once, in an order of its own. */
export const ADDON_ACTIONS = {
  ListAddons: csAction('GET', '/addons', { repeated: 'none', answer: wire({ addons: z.array(offer).nullable() }) }),
  DescribeAddon: csAction('GET', '/addons/{addonName}', {
    repeated: 'none',
    answer: wire({ ...offered, newer_versions: z.array(newer).nullish() }),
  }),
  ListClusterAddonInstances: csAction('GET', '/clusters/{clusterId}/addon_instances', {
    repeated: 'none',
    answer: wire({ addons: z.array(addonInstance).nullable() }),
  }),
  GetClusterAddonInstance: csAction('GET', '/clusters/{clusterId}/addon_instances/{instanceName}', {
    repeated: 'none',
    answer: addonDetail,
  }),
  InstallClusterAddons: csActionWithBody<
    readonly { readonly name: string; readonly version: string; readonly config?: string }[]
  >()('POST', '/clusters/{ClusterId}/components/install', { repeated: 'another', answer: TASK_ANSWER }),
  UpgradeClusterAddons: csActionWithBody<
    readonly {
      readonly component_name: string;
      readonly version?: string;
      readonly next_version: string;
      readonly policy?: 'overwrite' | 'canary';
    }[]
  >()('POST', '/clusters/{ClusterId}/components/upgrade', { repeated: 'another', answer: TASK_ANSWER }),
  UnInstallClusterAddons: csActionWithBody<
    readonly { readonly name: string; readonly cleanup_cloud_resources?: boolean }[]
  >()('POST', '/clusters/{ClusterId}/components/uninstall', { repeated: 'another', answer: TASK_ANSWER }),
  /** It has no task, and its answer has no body. */
  ModifyClusterAddon: csActionWithBody<{ readonly config: string }>()(
    'POST',
    '/clusters/{clusterId}/components/{componentId}/config',
    { repeated: 'same', answer: z.unknown() },
  ),
} as const;

export type OfferedAddon = z.output<typeof offer>;
export type InstalledAddon = z.output<typeof addonInstance>;
export type AddonDetail = z.output<typeof addonDetail>;
