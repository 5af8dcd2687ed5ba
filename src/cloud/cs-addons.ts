import type { AddonDetail, InstalledAddon, OfferedAddon } from './actions/addons.ts';
import type { AnswerOf, CallAction } from './call-action.ts';
import { refusalOf } from './errors.ts';

/** A change of one add-on. */
interface AddonOrder {
  readonly name: string;
  readonly version: string;
  /** JSON of its parameters. */
  readonly config?: string;
}

/** Components of a cluster. What the methods throw: see `CloudCaller`. */
export interface AddonVerbs {
  /** What can be installed, in the newest version that the cluster can have. */
  offeredAddons(clusterId: string): Promise<readonly OfferedAddon[]>;
  /** One of them with its versions; undefined if there is none of that name. */
  offeredAddon(clusterId: string, name: string, version?: string): Promise<AnswerOf<'DescribeAddon'> | undefined>;
  installedAddons(clusterId: string): Promise<readonly InstalledAddon[]>;
  /** With its parameters; undefined if it is not installed. */
  installedAddon(clusterId: string, name: string): Promise<AddonDetail | undefined>;
  /** @returns id of the task, if the service tells it */
  installAddon(clusterId: string, order: AddonOrder): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  upgradeAddon(clusterId: string, order: AddonOrder & { readonly from?: string }): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  uninstallAddon(clusterId: string, name: string, cleanUp: boolean): Promise<string | undefined>;
  /** Replaces all parameters by `config`, which is JSON. */
  configureAddon(clusterId: string, name: string, config: string): Promise<void>;
}

export function addonVerbs(call: CallAction): AddonVerbs {
  return {
    offeredAddons: async (id) => (await call('ListAddons', { query: { cluster_id: id } })).addons ?? [],
    offeredAddon: (id, addonName, version) =>
      unlessMissing(call('DescribeAddon', { addonName, query: { cluster_id: id, version } })),
    installedAddons: async (clusterId) => (await call('ListClusterAddonInstances', { clusterId })).addons ?? [],
    installedAddon: (clusterId, instanceName) =>
      unlessMissing(call('GetClusterAddonInstance', { clusterId, instanceName })),
    installAddon: async (ClusterId, order) => (await call('InstallClusterAddons', { ClusterId, body: [order] })).taskId,
    upgradeAddon: async (ClusterId, { name, version, from }) => {
      const body = [{ component_name: name, version: from, next_version: version }];
      return (await call('UpgradeClusterAddons', { ClusterId, body })).taskId;
    },
    uninstallAddon: async (ClusterId, name, cleanUp) => {
      const body = [{ name, cleanup_cloud_resources: cleanUp }];
      return (await call('UnInstallClusterAddons', { ClusterId, body })).taskId;
    },
    configureAddon: async (clusterId, componentId, config) => {
      await call('ModifyClusterAddon', { clusterId, componentId, body: { config } });
    },
  };
}

/** 404 `AddonNotFound`. Source: the vendor's Terraform provider. */
async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (/^AddonNotFound/.test(refusalOf(error) ?? '')) return undefined;
    throw error;
  });
}
