import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { type EdgeHubChange, edgeHubChange, edgeHubLayouts } from '../../edge-hub/edge-hub.ts';
import { servesWatchLists } from '../../edge-hub/releases.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { flagValue } from '../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { lenientYaml } from '../../lib/check-shape.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';

/** As far as the new manifest is made from it. */
const POD = z.looseObject({
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })).min(1) }),
});

const MODE = 0o600;

/** The image that the bundle has for the edge-hub of this node; undefined if the hub is to stay. */
export function newHubImage(context: Pick<UpgradeContext, 'bundle' | 'hub'>): string | undefined {
  const image = imageInBundle(context);
  return image === context.hub?.image ? undefined : image;
}

function imageInBundle({ bundle, hub }: Pick<UpgradeContext, 'bundle' | 'hub'>): string | undefined {
  const { edgeHubImage, edgeHubFlavor } = bundle?.manifest ?? {};
  return hub && (edgeHubFlavor ?? hub.flavor) === hub.flavor ? edgeHubImage : undefined;
}

/**
 * True if the node has a hub, the one after the upgrade, that cannot serve a kubelet's watch lists.
 * @param kubernetesVersion of the node's kubelet after the upgrade
 */
export function needsPlainLists(context: Pick<UpgradeContext, 'bundle' | 'hub'>, kubernetesVersion: string): boolean {
  const { hub } = context;
  if (!hub) return false;
  return !servesWatchLists({ flavor: hub.flavor, kubernetesVersion, image: imageInBundle(context) ?? hub.image });
}

type Parts = Pick<UpgradeContext, 'bundle' | 'hub' | 'versions'> & Partial<Pick<UpgradeContext, 'journal'>>;

/** Before anything is changed. @throws EdgeadmError UPGRADE_CHECK_FAILED if the bundle's edge-hub cannot replace the node's */
export function checkEdgeHub(context: Parts): void {
  try {
    changeOf(context);
  } catch (error) {
    if (!(error instanceof EdgeadmError)) throw error;
    throw new EdgeadmError({ ...error.toJSON(), code: 'UPGRADE_CHECK_FAILED', cause: error });
  }
}

/** The same, for what only the manifest of the node's hub tells. @throws EdgeadmError UPGRADE_CHECK_FAILED */
export async function checkHubManifest(context: Parts & Pick<UpgradeContext, 'host'>): Promise<void> {
  const change = changeOf(context);
  const source = change && (await manifestsOf(context))[0];
  const refusal = source && change.refusal(source.pod);
  if (!refusal) return;
  throw new EdgeadmError({
    code: 'UPGRADE_CHECK_FAILED',
    what: 'the edge-hub of this node cannot be upgraded',
    why: refusal,
    next: 'reset the node and join it again with --nodepool NAME, or upgrade with a bundle that has no edge-hub image',
  });
}

/**
 * Gives the hub its new image with the flags and the manifest that go with it. The kubelet restarts the hub by itself
 * when its manifest changes; the journal keeps the manifest before.
 */
export async function installEdgeHub(
  context: Parts & Pick<UpgradeContext & PhaseTools, 'host' | 'log'>,
): Promise<void> {
  const { host, hub, log } = context;
  const nodeIp = flagValue((await kubeletSettings(host)).flags, 'node-ip');
  const change = changeOf(context, nodeIp);
  if (!hub || !change) return log.debug('the edge-hub does not change');
  const there = await manifestsOf(context);
  const source = there.find(({ path }) => path === change.manifestPath) ?? there[0];
  if (!source) return;
  // In this order, a run that was killed in between finds a hub to continue from.
  await host.write(change.manifestPath, change.fit(source.pod), { mode: MODE });
  for (const { path } of there) if (path !== change.manifestPath) await host.remove(path);
}

/** The manifests of the node's hub: two after a run that was killed between versions. */
async function manifestsOf({
  host,
  hub,
}: Pick<UpgradeContext, 'host' | 'hub'>): Promise<{ readonly path: string; readonly pod: V1Pod }[]> {
  const paths = hub ? edgeHubLayouts(hub.flavor).map(({ manifestPath }) => manifestPath) : [];
  const pods = await Promise.all(paths.map(async (path) => ({ path, pod: lenientYaml(await host.read(path), POD) })));
  return pods.flatMap(({ path, pod }) => (pod ? [{ path, pod: pod as unknown as V1Pod }] : []));
}

function changeOf(context: Parts, nodeIp?: string): EdgeHubChange | undefined {
  const { hub, versions, journal } = context;
  const image = imageInBundle(context);
  if (!hub || !image) return undefined;
  const { flavor } = hub;
  return edgeHubChange(
    { flavor, kubernetesVersion: versions.from, image: hub.image },
    { flavor, kubernetesVersion: versions.to, image, caHash: journal?.joined?.cluster, nodeIp },
  );
}
