import { isDeepStrictEqual } from 'node:util';
import { servesWatchLists } from '../../edge-hub/releases.ts';
import { PATHS } from '../../host/node-paths.ts';
import { kubeletKubeconfig } from '../../kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { flagsIn, kubeletSettings, withFlags } from '../../kubernetes/kubelet/settings.ts';
import { withPlainLists } from '../../kubernetes/kubelet/watch-lists.ts';
import { toYaml } from '../../templates/yaml.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { HUB_PROXY } from '../join/install-edgehub.ts';
import { waitUntilHealthy } from '../upgrade/node-health.ts';
import type { ConversionContext } from './context.ts';

type Context = ConversionContext & PhaseTools;

/** What a conversion changes of a kubelet. */
export const REDIRECTED_FILES = [PATHS.kubelet.kubeconfig, PATHS.kubelet.flags, PATHS.kubelet.configuration];

const VARIABLE = 'KUBELET_KUBEADM_ARGS';
/**
 * Through the hub a kubelet has no certificate in its kubeconfig, for which kubeadm's unit would have it bootstrap again.
 * Source: openyurt, pkg/node-servant/components/kubelet.go; kubernetes, pkg/kubelet/certificate/bootstrap.
 */
const NO_BOOTSTRAP = '--bootstrap-kubeconfig=';

/** Containers run on while the kubelet is restarted. */
export const redirectKubelet: Phase<ConversionContext> = {
  name: 'kubelet',
  title: 'Point the kubelet at the edge-hub',
  phases: [
    { name: 'files', title: 'Write its kubeconfig and flags', run: writeFiles },
    { name: 'restart', title: 'Restart the kubelet', run: restartAndVerify },
  ],
};

async function writeFiles({ host, hub, kubelet, cluster }: Context): Promise<void> {
  await host.write(PATHS.kubelet.kubeconfig, kubeletKubeconfig(HUB_PROXY), { mode: 0o600 });
  const text = (await host.read(PATHS.kubelet.flags)) ?? '';
  const flags = flagsIn(text, VARIABLE).filter((flag) => !flag.startsWith(NO_BOOTSTRAP));
  const line = new RegExp(`^${VARIABLE}=`, 'm').test(text) ? text : `${text}${VARIABLE}=\n`;
  await host.write(PATHS.kubelet.flags, withFlags(line, VARIABLE, [...flags, NO_BOOTSTRAP]), { mode: 0o644 });
  if (servesWatchLists({ ...hub, kubernetesVersion: cluster })) return;
  const { configuration } = await kubeletSettings(host);
  const plain = withPlainLists(kubelet, configuration);
  if (isDeepStrictEqual(plain, configuration)) return;
  await host.write(PATHS.kubelet.configuration, toYaml(plain), { mode: 0o644 });
}

async function restartAndVerify(context: Context): Promise<void> {
  const { host, journal, kubelet, log, wet } = context;
  const before = (await host.clock()).now;
  const applied = await host.applyUnit(PATHS.kubelet.unit, REDIRECTED_FILES);
  if (!host.runsUnits) return;
  const restarted = applied ? { before, after: (await host.clock()).now } : { before: 0, after: 0 };
  await waitUntilHealthy({ ...context, restarted }, kubelet, journal.conversion?.pods ?? []);
  if (wet) log.info('The node is Ready through the edge-hub, and the pods that ran before are running.');
}
