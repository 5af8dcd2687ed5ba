import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { type BundleManifest, filesOf } from '../../artifacts/bundle.ts';
import { readYurthubProgram } from '../../artifacts/yurthub-program.ts';
import { type EdgeHubChange, edgeHubChange, type HubSetup } from '../../edge-hub/change.ts';
import { edgeHubLayouts } from '../../edge-hub/edge-hub.ts';
import { hubFormOf, type InstalledHub, nameOfHub, releaseOfHub, servesWatchLists } from '../../edge-hub/releases.ts';
import { readHubService, serviceUnit } from '../../edge-hub/service.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { flagValue } from '../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { lenientYaml } from '../../lib/check-shape.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import { HUB_SERVICE_FILES, installHubProgram } from '../join/hub-service.ts';
import { HUB_HEALTH } from '../join/install-edgehub.ts';
import { hasYurthub, requestedHub } from '../join/requested-hub.ts';
import type { HubsOfUpgrade, UpgradeContext, UpgradeSpec } from './context.ts';

/** As far as the new manifest is made from it. */
const POD = z.looseObject({
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })).min(1) }),
});

const MODE = 0o600;
/** A pod has 30 s to end, and the kubelet looks for manifests every 20 s if it is not told of a change. */
const POD_END_MS = 90_000;

/**
 * What becomes of the hub of a node.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED if the request names a form without the image or program for it
 */
export async function hubsOfUpgrade(parts: {
  readonly spec: Pick<UpgradeSpec, 'hub'>;
  readonly host: Host;
  readonly hub: InstalledHub | undefined;
  readonly bundle?: BundleManifest;
}): Promise<HubsOfUpgrade> {
  const { host, hub, spec } = parts;
  if (!hub) return { namesHub: false, changesHub: false };
  const bundle = parts.bundle && ofFlavor(parts.bundle, hub);
  const hubAfter = await asCheck(() => requestedHub({ spec: spec.hub ?? {}, host, bundle, installed: hub }));
  if (!hubAfter) return { hub, namesHub: false, changesHub: false };
  const ofBundle = hubFormOf(hubAfter) === 'pod' ? bundle?.edgeHubImage !== undefined : hasYurthub(bundle);
  const namesHub = ofBundle || Object.values(spec.hub ?? {}).some((value) => value !== undefined);
  const changesHub = nameOfHub(hub) !== nameOfHub(hubAfter) || (await replacesProgram(host, hubAfter, spec, bundle));
  return { hub, hubAfter, namesHub, changesHub };
}

/** What a bundle has for the other variant of the hub is not for this node. */
function ofFlavor(bundle: BundleManifest, hub: InstalledHub): BundleManifest {
  return (bundle.edgeHubFlavor ?? hub.flavor) === hub.flavor ? bundle : { ...bundle, edgeHubImage: undefined };
}

/** A program may be another one although it has the same version. */
async function replacesProgram(
  host: Host,
  hub: InstalledHub,
  spec: Pick<UpgradeSpec, 'hub'>,
  bundle: BundleManifest | undefined,
): Promise<boolean> {
  if (hubFormOf(hub) === 'pod') return false;
  const given = spec.hub?.edgeHubProgram;
  const wanted = given
    ? (await readYurthubProgram(given, '--edge-hub-program')).sha256
    : bundle && filesOf(bundle, 'yurthub')[0]?.sha256;
  return wanted !== undefined && (await host.sha256(PATHS.edgeHub.program)) !== wanted;
}

/**
 * True if the node has a hub, the one after the upgrade, that cannot serve a kubelet's watch lists.
 * @param kubernetesVersion of the node's kubelet after the upgrade
 */
export function needsPlainLists({ hubAfter }: Pick<HubsOfUpgrade, 'hubAfter'>, kubernetesVersion: string): boolean {
  return hubAfter !== undefined && !servesWatchLists({ ...hubAfter, kubernetesVersion });
}

type Parts = HubsOfUpgrade & Pick<UpgradeContext, 'versions' | 'nodeName'> & Partial<Pick<UpgradeContext, 'journal'>>;

/** Before anything is changed. @throws EdgeadmError UPGRADE_CHECK_FAILED if the new edge-hub cannot replace the node's */
export function checkEdgeHub(context: Parts): Promise<unknown> {
  return asCheck(async () => changeOf(context));
}

async function asCheck<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof EdgeadmError)) throw error;
    throw new EdgeadmError({ ...error.toJSON(), code: 'UPGRADE_CHECK_FAILED', cause: error });
  }
}

/** The same, for what only the flags of the node's hub tell. @throws EdgeadmError UPGRADE_CHECK_FAILED */
export async function checkHubSetup(context: Parts & Pick<UpgradeContext, 'host'>): Promise<void> {
  const change = changeOf(context);
  const setup = change && (await setupOf(context)).setup;
  const refusal = setup && change.refusal(setup);
  if (!refusal) return;
  throw new EdgeadmError({
    code: 'UPGRADE_CHECK_FAILED',
    what: 'the edge-hub of this node cannot be upgraded',
    why: refusal,
    next: 'reset the node and join it again with --nodepool NAME, or upgrade with a bundle that has no edge-hub',
  });
}

/**
 * Gives the hub its new version and form. The kubelet starts and ends a static pod by itself when its manifest changes;
 * a service is started in the phase that restarts services. The journal keeps what was there before.
 */
export async function installEdgeHub(
  context: Parts & Pick<UpgradeContext & PhaseTools, 'host' | 'log' | 'spec' | 'bundle'>,
): Promise<void> {
  const { host, log, spec, bundle, hubAfter } = context;
  const nodeIp = flagValue((await kubeletSettings(host)).flags, 'node-ip');
  const change = changeOf(context, nodeIp);
  if (!hubAfter || !change) return log.debug('the edge-hub does not change');
  const { manifests, setup } = await setupOf(context, change.manifestPath);
  if (!setup) return;
  if (hubFormOf(hubAfter) === 'service') {
    await installHubProgram(host, spec.hub?.edgeHubProgram, bundle);
    const dropIn = change.dropIn(setup);
    await host.write(PATHS.edgeHub.unitFile, serviceUnit(), { mode: 0o644 });
    await host.write(PATHS.edgeHub.dropIn, dropIn, { mode: 0o644 });
    await host.reloadUnits();
    for (const path of manifests) await host.remove(path);
    return;
  }
  const pod = change.pod(setup);
  const { exists } = await host.unit(PATHS.edgeHub.unit);
  if (exists) {
    await host.stopUnit(PATHS.edgeHub.unit);
    await host.disableUnit(PATHS.edgeHub.unit);
  }
  // In this order, a run that was killed in between finds a hub to continue from.
  await host.write(change.manifestPath, pod, { mode: MODE });
  for (const path of manifests) if (path !== change.manifestPath) await host.remove(path);
  if (exists) await removeService(host);
}

async function removeService(host: Host): Promise<void> {
  for (const path of HUB_SERVICE_FILES) await host.remove(path);
  await host.reloadUnits();
}

/** Starts the service, or restarts it if its files were changed; first the static pod that it replaces has to end. */
export async function restartHubService({ host, waitFor }: Pick<UpgradeContext & PhaseTools, 'host' | 'waitFor'>) {
  const { active } = await host.unit(PATHS.edgeHub.unit);
  if (!active && host.wet && host.runsUnits) await waitForHubToEnd(host, waitFor);
  await host.enableUnit(PATHS.edgeHub.unit);
  await host.applyUnit(PATHS.edgeHub.unit, HUB_SERVICE_FILES);
}

/** Waits until the kubelet has ended a static pod whose manifest is gone. @throws EdgeadmError EDGE_HUB_FAILED */
export async function waitForHubToEnd(host: Host, waitFor: PhaseTools['waitFor']): Promise<void> {
  await waitFor({
    what: 'the static pod of the edge-hub to end',
    timeoutMs: POD_END_MS,
    intervalMs: [100, 500],
    code: 'EDGE_HUB_FAILED',
    probe: async () => {
      const socket = await host.connect(HUB_HEALTH, { timeoutMs: 1000 }).catch(() => undefined);
      socket?.destroy();
      return socket ? { seen: `port ${HUB_HEALTH.port} is still in use` } : { done: true };
    },
  });
}

/** The manifests of the node's hub (two after a run that was killed between versions) and what to make the new one of. */
async function setupOf(
  { host, hub }: Pick<UpgradeContext, 'host' | 'hub'>,
  preferred?: string,
): Promise<{ readonly manifests: readonly string[]; readonly setup: HubSetup | undefined }> {
  const paths = hub ? edgeHubLayouts(hub.flavor).map(({ manifestPath }) => manifestPath) : [];
  const found = await Promise.all(paths.map(async (path) => ({ path, pod: lenientYaml(await host.read(path), POD) })));
  const pods = found.flatMap(({ path, pod }) => (pod ? [{ path, pod: pod as unknown as V1Pod }] : []));
  const pod = (pods.find(({ path }) => path === preferred) ?? pods[0])?.pod;
  const manifests = pods.map(({ path }) => path);
  if (pod) return { manifests, setup: { pod } };
  const { flags } = readHubService(await host.read(PATHS.edgeHub.dropIn));
  return { manifests, setup: flags.length > 0 ? { flags } : undefined };
}

function changeOf(context: Parts, nodeIp?: string): EdgeHubChange | undefined {
  const { hub, hubAfter, namesHub, versions, nodeName, journal } = context;
  if (!hub || !hubAfter || !namesHub) return undefined;
  if (hubFormOf(hubAfter) === 'service') releaseOfHub(hubAfter, versions.to);
  return edgeHubChange(hub, hubAfter, { nodeName, versions, caHash: journal?.joined?.cluster, nodeIp });
}
