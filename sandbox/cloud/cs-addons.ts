import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { compareVersions } from '../../src/kubernetes/version.ts';
import { ADDON_OFFERS, type AddonOffer } from './addon-catalogue.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, parsed } from './cs-request.ts';
import { beginTask } from './cs-tasks.ts';
import { consumeFault } from './faults.ts';
import { type ClusterRecord, KIND } from './records.ts';
import { CloudFailure, lasting } from './service.ts';

/** How long a change of an add-on takes here; the real service takes a minute or two. */
const CHANGE_MS = 300;

/** An add-on of a cluster, kept under `CLUSTER/NAME`. */
interface AddonRecord {
  readonly clusterId: string;
  readonly name: string;
  readonly version: string;
  /** JSON. */
  readonly config: string;
  readonly pending?: AddonChange;
}

interface AddonChange {
  /** As the API spells it; an add-on without one is `active`. */
  readonly state: 'updating' | 'upgrading' | 'deleting';
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What it is afterwards; undefined: gone. */
  readonly becomes?: Pick<AddonRecord, 'version' | 'config'>;
}

/** By which name a fault strikes the task of each action. */
export const ADDON_TASKS = [
  'InstallClusterAddons/task',
  'UpgradeClusterAddons/task',
  'UnInstallClusterAddons/task',
] as const;

/** What can be installed. Without a cluster all five parameters that describe one are needed. */
export async function listAddons(asked: CsRequest): Promise<object> {
  const { cluster_id: id, cluster_version: version, profile } = asked.request.parameters;
  if (id === undefined && (!version || profile !== 'Edge'))
    throw new CloudFailure(400, 'MissingParameter', 'Either cluster_id or a description of a cluster is needed.');
  const minimum = id === undefined ? (version ?? '') : requestedCluster(asked, id).version;
  const offers = Object.entries(ADDON_OFFERS).filter(([, offer]) => offeredVersions(offer, minimum).length > 0);
  return { addons: offers.map(([name, offer]) => offerAnswer(name, offer, minimum)) };
}

export async function describeAddon(asked: CsRequest): Promise<object> {
  const [name = ''] = asked.names;
  const { cluster_id: id = '', version } = asked.request.parameters;
  const cluster = requestedCluster(asked, id);
  const offer = offerOf(name);
  const offered = offeredVersions(offer, cluster.version);
  const at = version ?? offered.at(-1) ?? '';
  const newer = offer.versions.slice(offer.versions.findIndex((each) => each.version === at) + 1);
  return {
    ...offerAnswer(name, offer, cluster.version),
    version: at,
    newer_versions: newer.map((each) => ({
      version: each.version,
      upgradable: offered.includes(each.version),
      minimum_cluster_version: each.minimum,
    })),
  };
}

export async function clusterAddonInstances(asked: CsRequest): Promise<object> {
  const addons = addonsOf(asked, clusterOf(asked));
  return { addons: addons.map(({ name, version, pending }) => ({ name, version, state: pending?.state ?? 'active' })) };
}

export async function clusterAddonInstance(asked: CsRequest): Promise<object> {
  const { name, version, config, pending } = installedAddon(asked, asked.names[1] ?? '');
  const logging = { capable: false, enabled: false };
  return { name, version, state: pending?.state ?? 'active', config, logging };
}

const installation = z
  .array(z.object({ name: z.string(), version: z.string(), config: z.string().default('{}') }))
  .min(1);

export async function installAddons(asked: CsRequest): Promise<object> {
  const cluster = clusterOf(asked);
  const wanted = valid(installation, asked.request.body);
  const installed = addonsOf(asked, cluster);
  for (const { name, version, config } of wanted) {
    // The real codes are not documented.
    if (installed.some((addon) => addon.name === name))
      throw new CloudFailure(400, 'AddonAlreadyInstalled', `addon (${name}) is already installed`);
    refuseVersion(name, version, cluster);
    parsed(config);
  }
  return begin(asked, 'InstallClusterAddons', wanted, ({ name, version, config }, fails) => ({
    record: { clusterId: cluster.id, name, version, config },
    change: { state: 'updating', becomes: fails ? undefined : { version, config } },
  }));
}

const upgrade = z
  .array(
    z.object({
      component_name: z.string(),
      next_version: z.string(),
      version: z.string().optional(),
      config: z.string().optional(),
      policy: z.enum(['overwrite', 'canary']).optional(),
    }),
  )
  .min(1);

export async function upgradeAddons(asked: CsRequest): Promise<object> {
  const cluster = clusterOf(asked);
  const wanted = valid(upgrade, asked.request.body);
  for (const { component_name: name, next_version: version } of wanted) {
    activeAddon(asked, name);
    refuseVersion(name, version, cluster);
  }
  return begin(
    asked,
    'UpgradeClusterAddons',
    wanted,
    ({ component_name: name, next_version: version, config }, fails) => {
      const record = activeAddon(asked, name);
      const after = { version, config: config ?? record.config };
      return { record, change: { state: 'upgrading', becomes: fails ? record : after } };
    },
  );
}

const removal = z.array(z.object({ name: z.string(), cleanup_cloud_resources: z.boolean().default(false) })).min(1);

export async function uninstallAddons(asked: CsRequest): Promise<object> {
  const wanted = valid(removal, asked.request.body);
  for (const { name } of wanted) {
    activeAddon(asked, name);
    if (offerOf(name).managed)
      throw new CloudFailure(400, 'AddonNotUninstallable', `addon (${name}) is a part of the control plane`);
  }
  return begin(asked, 'UnInstallClusterAddons', wanted, ({ name }, fails) => {
    const record = activeAddon(asked, name);
    return { record, change: { state: 'deleting', becomes: fails ? record : undefined } };
  });
}

/** It has no task, and its answer has no body. */
export async function modifyAddon(asked: CsRequest): Promise<string> {
  const record = activeAddon(asked, asked.names[1] ?? '');
  const { config } = valid(z.object({ config: z.string() }), asked.request.body);
  parsed(config);
  const until = asked.parts.now() + lasting(asked.parts, CHANGE_MS);
  put(asked, { ...record, pending: { state: 'updating', until, becomes: { version: record.version, config } } });
  return '';
}

/** @param changed what an entry of the request does */
function begin<T>(
  asked: CsRequest,
  action: 'InstallClusterAddons' | 'UpgradeClusterAddons' | 'UnInstallClusterAddons',
  wanted: readonly T[],
  changed: (entry: T, fails: boolean) => { record: AddonRecord; change: Omit<AddonChange, 'until'> },
): object {
  const { id } = clusterOf(asked);
  const fails = consumeFault(asked.parts.store, `${action}/task`) !== undefined;
  const taskId = beginTask(asked, {
    clusterId: id,
    type: `cluster_addon_${action.replace('ClusterAddons', '').toLowerCase()}`,
    target: { type: 'cluster', id },
    ms: lasting(asked.parts, CHANGE_MS),
    stages: ['preparing the add-on', 'waiting for its pods'],
    ...(fails && { error: 'the change of the add-on failed' }),
  });
  const until = asked.parts.now() + lasting(asked.parts, CHANGE_MS);
  for (const entry of wanted) {
    const { record, change } = changed(entry, fails);
    put(asked, { ...record, pending: { ...change, until } });
  }
  return { cluster_id: id, request_id: randomUUID().toUpperCase(), task_id: taskId };
}

/** Of a cluster; what time has changed meanwhile is changed when it is read. */
function addonsOf(asked: CsRequest, cluster: ClusterRecord): AddonRecord[] {
  const { store, now } = asked.parts;
  const kept = store.list<AddonRecord>(KIND.addon).filter(({ document }) => document.clusterId === cluster.id);
  if (kept.length === 0) return firstAddons(asked, cluster);
  return kept.flatMap(({ key, document }) => {
    const { pending, ...record } = document;
    if (!pending || pending.until > now()) return [document];
    if (!pending.becomes) {
      store.delete(KIND.addon, key);
      return [];
    }
    const after = { ...record, version: pending.becomes.version, config: pending.becomes.config };
    store.put(KIND.addon, key, after);
    return [after];
  });
}

/** What a new cluster has. */
function firstAddons(asked: CsRequest, cluster: ClusterRecord): AddonRecord[] {
  const network = cluster.networkPlugin === 'flannel' ? 'kube-flannel-ds' : 'terway-edge-controlplane';
  const records = Object.entries(ADDON_OFFERS).flatMap(([name, offer]) => {
    const [version] = offeredVersions(offer, cluster.version);
    if (version === undefined || !(offer.byDefault || name === network)) return [];
    return [{ clusterId: cluster.id, name, version, config: '{}' }];
  });
  for (const record of records) put(asked, record);
  return records;
}

function put({ parts: { store } }: CsRequest, record: AddonRecord): void {
  store.put(KIND.addon, `${record.clusterId}/${record.name}`, record);
}

/** @throws CloudFailure */
function installedAddon(asked: CsRequest, name: string): AddonRecord {
  const found = addonsOf(asked, clusterOf(asked)).find((addon) => addon.name === name);
  if (found) return found;
  throw new CloudFailure(404, 'AddonNotFound', `addon (${name}) not found`);
}

/** @throws CloudFailure; the real code of the state is not documented */
function activeAddon(asked: CsRequest, name: string): AddonRecord {
  const found = installedAddon(asked, name);
  if (!found.pending) return found;
  throw new CloudFailure(400, 'AddonInvalidState', `addon (${name}) is ${found.pending.state}`);
}

/** @throws CloudFailure */
function offerOf(name: string): AddonOffer {
  const offer = ADDON_OFFERS[name];
  if (offer) return offer;
  throw new CloudFailure(404, 'AddonNotFound', `addon (${name}) not found`);
}

/** @throws CloudFailure */
function refuseVersion(name: string, version: string, cluster: ClusterRecord): void {
  if (offeredVersions(offerOf(name), cluster.version).includes(version)) return;
  throw new CloudFailure(400, 'AddonVersionNotSupported', `version ${version} of addon (${name}) is not available`);
}

function requestedCluster(asked: CsRequest, id: string): ClusterRecord {
  return clusterOf({ ...asked, names: [id] });
}

/** The oldest first. @param clusterVersion of Kubernetes */
function offeredVersions({ versions }: AddonOffer, clusterVersion: string): string[] {
  return versions.filter(({ minimum }) => compareVersions(clusterVersion, minimum) >= 0).map(({ version }) => version);
}

function offerAnswer(name: string, offer: AddonOffer, clusterVersion: string): object {
  const { category, byDefault = false, managed = false, schema = {} } = offer;
  return {
    name,
    version: offeredVersions(offer, clusterVersion).at(-1) ?? '',
    category,
    architecture: managed ? ['amd64'] : ['amd64', 'arm64'],
    install_by_default: byDefault,
    managed,
    supported_actions: managed ? ['Modify'] : ['Install', 'Upgrade', 'Modify', 'Uninstall'],
    config_schema: JSON.stringify(schema),
  };
}
