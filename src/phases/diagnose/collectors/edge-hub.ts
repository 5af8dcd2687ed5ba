import { type EdgeHubLayout, edgeHubLayouts } from '../../../edge-hub/edge-hub.ts';
import type { EdgeHubForm } from '../../../edge-hub/releases.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { serverIn } from '../../../kubernetes/kubeconfig/parse.ts';
import { flagValue } from '../../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../../kubernetes/kubelet/settings.ts';
import { imageIn } from '../../../kubernetes/node-files.ts';
import { isLoopback } from '../../../lib/cidr.ts';
import { checkPodEndpoint, hasPodAddress } from '../../hub/endpoints.ts';
import { hubComplaints, withoutSystemd } from '../../join/hub-guard.ts';
import { HUB_HEALTH } from '../../join/install-edgehub.ts';
import type { CollectContext, CollectedFile, Collector } from '../collector.ts';
import { healthOf } from './health.ts';

/** After a fatal line a hub prints the stacks of all goroutines. */
const LOG_LINES = 600;

/** Where every known hub keeps what. */
export const HUB_LAYOUTS: readonly EdgeHubLayout[] = [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];

/** The manifest of a hub, or the unit of its service with its drop-in: OpenYurt's own tools set up the same unit. */
export interface HubFile {
  readonly form: EdgeHubForm;
  readonly path: string;
  readonly text: string;
}

/** The hubs that are set up; two if one of another form was left behind. */
async function hubFiles({ host }: Pick<CollectContext, 'host'>): Promise<HubFile[]> {
  const found: HubFile[] = [];
  for (const path of HUB_LAYOUTS.map(({ manifestPath }) => manifestPath)) {
    const text = await host.read(path);
    if (text !== undefined && !found.some((each) => each.path === path)) found.push({ form: 'pod', path, text });
  }
  const { unitFile, dropIn } = PATHS.edgeHub;
  const [unit, flags] = await Promise.all([host.read(unitFile), host.read(dropIn)]);
  if (unit !== undefined) found.push({ form: 'service', path: unitFile, text: `${unit}\n${flags ?? ''}` });
  return found;
}

export async function hubFile(context: Pick<CollectContext, 'host'>): Promise<HubFile | undefined> {
  return (await hubFiles(context))[0];
}

export const edgeHubState: Collector = {
  name: 'edge-hub/state',
  run: async (context) => {
    const [hub, second] = await hubFiles(context);
    if (!hub) {
      const asked = serverIn(await readIfFile(context.host, PATHS.kubelet.kubeconfig));
      const isHub = asked !== undefined && isLoopback(URL.parse(asked)?.hostname ?? '') && asked.startsWith('http:');
      const files = [{ path: 'edge-hub/state.txt', text: 'no edge-hub is set up\n' }];
      return { files, facts: isHub ? { missingHub: asked } : {} };
    }
    const health = await healthOf(context, HUB_HEALTH);
    const pods = health.healthy ? await podEndpoint(context) : undefined;
    const service = hub.form === 'service' ? await serviceState(context) : undefined;
    const image = service ? undefined : imageIn(hub.text);
    const unread = hub.form === 'pod' && !(await readsManifests(context));
    const state = service?.detail ?? image ?? 'no image';
    return {
      files: [{ path: 'edge-hub/state.txt', text: `${hub.path}: ${state}: ${health.detail}\n${pods?.text ?? ''}` }],
      facts: {
        hub: {
          manifest: hub.path,
          image,
          ...(unread && { unread }),
          ...(service && { service: { enabled: service.enabled, detail: service.detail } }),
          ...(second && { second: second.path }),
          ...(pods?.refused && { refusedByPods: pods.refused }),
          ...health,
        },
        ...(service && { hubLog: hubComplaints(withoutSystemd(service.log)) }),
      },
    };
  },
};

/** Whether the kubelet starts static pods; settings that cannot be read are a finding of their own. */
async function readsManifests({ host }: CollectContext): Promise<boolean> {
  const settings = await kubeletSettings(host).catch(() => undefined);
  if (!settings) return true;
  const { flags, configuration } = settings;
  return Boolean(flagValue(flags, 'pod-manifest-path') ?? configuration.staticPodPath);
}

/** Where pods reach the API server through the hub; a scratch root has the network of the machine that it is on. */
async function podEndpoint({
  host,
  signal,
}: CollectContext): Promise<{ text: string; refused: string | undefined } | undefined> {
  if (!host.runsPrograms || !(await hasPodAddress(host))) return undefined;
  const ca = await host.read(PATHS.kubernetes.caCertificate);
  const { endpoint, answers, ok, found } = await checkPodEndpoint(host, ca, signal);
  return { text: `${endpoint} (pods): ${found}\n`, refused: answers && !ok ? `${endpoint}: ${found}` : undefined };
}

async function serviceState({ host }: CollectContext) {
  const { unit } = PATHS.edgeHub;
  const [{ enabled, detail }, log] = await Promise.all([host.unit(unit), host.unitLog(unit, LOG_LINES)]);
  return { enabled, detail: `${unit} is ${detail}`, log };
}

/** Its kubeconfig, and only the names of what is in its cache: Secrets are among it. */
export const edgeHubKubeconfigAndCache: Collector = {
  name: 'edge-hub/files',
  run: async ({ host }) => {
    const files: CollectedFile[] = [];
    for (const path of new Set(HUB_LAYOUTS.map(({ kubeconfigPath }) => kubeconfigPath))) {
      const text = await host.read(path);
      if (text !== undefined) files.push({ path: `edge-hub/${path.split('/').at(-1)}.txt`, text });
    }
    for (const path of new Set(HUB_LAYOUTS.map(({ cacheDirectory }) => cacheDirectory))) {
      const names = await host.list(path);
      if (names.length > 0) files.push({ path: 'edge-hub/cache.txt', text: `${path}\n${names.join('\n')}\n` });
    }
    return { files };
  },
};
