import type { V1Node } from '@kubernetes/client-node';
import { importImages } from '../../artifacts/install.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { renewImages } from '../../kubernetes/cri/images-in-doubt.ts';
import { CriClient } from '../../kubernetes/cri/index.ts';
import { cgroupDriverOf, flagValue, withoutRuntimeFlags } from '../../kubernetes/kubelet/migrations.ts';
import { FLAG_FILES, flagsIn, kubeletSettings, withFlags } from '../../kubernetes/kubelet/settings.ts';
import { removalOf } from '../../kubernetes/removals.ts';
import { minorOf } from '../../kubernetes/version.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { configureContainerd, installContainerdUnit } from '../join/install-runtime.ts';
import { removeAttachments } from '../reset/teardown/attachments.ts';
import { dockerPodContainers, endDockerPods, removeDockerPods } from '../reset/teardown/docker.ts';
import type { UpgradeContext } from './context.ts';
import { neededImages, pauseImageOf } from './docker-images.ts';
import { CRI_SOCKET_ANNOTATION } from './node-health.ts';

type Context = UpgradeContext & PhaseTools;

const ENDPOINT = `unix://${PATHS.containerd.socket}`;
const FLAGS_MODE = 0o644;

/** Everything that can be done while docker still runs the pods. */
export const prepareRuntime: Phase<UpgradeContext> = {
  name: 'prepare-runtime',
  title: 'Set up containerd alongside docker',
  when: movesPods,
  phases: [
    { name: 'containerd', title: 'Install containerd', run: install },
    { name: 'config', title: 'Configure containerd', run: configure },
    { name: 'images', title: "Copy the images of the node's pods to it", run: images },
  ],
};

/** From the first to the last line of it the node's pods do not run. */
export const removeDockerContainers: Phase<UpgradeContext> = {
  name: 'leave-docker',
  title: "Stop the pods' docker containers",
  when: movesPods,
  phases: [
    { name: 'annotation', title: 'Update the Node object', run: annotate },
    { name: 'containers', title: 'Stop kubelet and containers', check: isContainerds, run: stopPods },
    { name: 'flags', title: 'Point the kubelet at containerd', run: writeFlags },
  ],
};

function movesPods({ fromDocker, spec }: UpgradeContext): boolean | string {
  if (fromDocker) return true;
  return spec.migrateRuntime ? 'the pods do not use docker' : 'not requested (--migrate-runtime)';
}

async function install({ host, bundle }: Context): Promise<void> {
  if (!bundle || (await host.unit(PATHS.containerd.unit)).exists) return;
  await installContainerdUnit(bundle, host);
  await host.reloadUnits();
  await host.enableUnit(PATHS.containerd.unit);
}

/** A containerd that would not take the pods must show it while docker still has them. */
async function configure(context: Context): Promise<void> {
  const { host, log, waitFor, signal } = context;
  const settings = await kubeletSettings(host);
  const changed = await configureContainerd(context, {
    sandboxImage: await pauseImageOf(context),
    systemdCgroup: cgroupDriverOf(settings) === 'systemd',
    cniConfigurations: flagValue(settings.flags, 'cni-conf-dir'),
    cniPlugins: flagValue(settings.flags, 'cni-bin-dir'),
  });
  if (changed.length > 0) log.info('The configuration of containerd was changed for the kubelet.');
  await waitFor({
    what: 'containerd to be ready for pods',
    timeoutMs: 30_000,
    code: 'RUNTIME_FAILED',
    probe: async () => {
      const client = await CriClient.connect(host, PATHS.containerd.socket, { timeoutMs: 2000, signal });
      const conditions = await client.conditions().finally(() => client.close());
      const seen = conditions.filter(({ status }) => !status).map(({ type, message }) => `${type}: ${message}`);
      return seen.length === 0 ? { done: true } : { seen: seen.join('; ') };
    },
    evidence: () => (host.unbound ?? host).unitLog(PATHS.containerd.unit, 10),
  });
}

async function images(context: Context): Promise<void> {
  const { host, bundle, log, signal } = context;
  if (bundle) await importImages(bundle, host, { log, signal });
  const names = (await neededImages(context)).copies.map(({ name }) => name);
  const doubtful = (await host.imagesInDoubt()).filter((name) => names.includes(name));
  await renewImages(host, new Set(doubtful), () => copyImages(host, names, signal), signal);
}

async function copyImages(host: Host, names: readonly string[], signal: AbortSignal): Promise<void> {
  const archive = `${PATHS.edgeadm.backups}/docker-image.tar`;
  for (const name of names) {
    signal.throwIfAborted();
    await host.run('docker', ['save', '--output', archive, name]);
    await host.importImage(archive, [name]).finally(() => host.run('rm', ['-f', archive]));
  }
}

/** Changes the socket in the Node object's annotation only if there is one. */
async function annotate({ client, nodeName, underWay, signal }: Context): Promise<void> {
  if (underWay()?.docker?.criSocket === undefined) return;
  const metadata = { annotations: { [CRI_SOCKET_ANNOTATION]: ENDPOINT } };
  await client.patch<V1Node>(`/api/v1/nodes/${nodeName}`, { metadata }, { signal });
}

/** A resumed run does not stop a kubelet that uses containerd already. */
async function isContainerds({ host }: Context): Promise<boolean> {
  const endpoint = flagValue((await kubeletSettings(host)).flags, 'container-runtime-endpoint');
  return endpoint === ENDPOINT && (await dockerPodContainers(host)).length === 0;
}

async function stopPods({ host, log }: Context): Promise<void> {
  await host.stopUnit(PATHS.kubelet.unit);
  log.info("Stopping the pods' docker containers.");
  const containers = await dockerPodContainers(host);
  const plugins = flagValue((await kubeletSettings(host)).flags, 'cni-bin-dir') ?? PATHS.cni.plugins;
  await endDockerPods(host);
  // What stays attached costs an address or a host port each, but keeps no pod from running.
  await removeAttachments(host, containers, plugins).catch((error: Error) => log.warning(error.message));
  await removeDockerPods(host);
}

async function writeFlags({ host, versions }: Context): Promise<void> {
  const runtime = removalOf('flag', 'container-runtime', minorOf(versions.to)) ? [] : ['--container-runtime=remote'];
  for (const { path, variable } of FLAG_FILES) {
    const text = await host.read(path);
    if (text === undefined) continue;
    const ours = path === PATHS.kubelet.flags ? [...runtime, `--container-runtime-endpoint=${ENDPOINT}`] : [];
    const flags = [...ours, ...withoutRuntimeFlags(flagsIn(text, variable))];
    const mode = (await host.stat(path))?.mode ?? FLAGS_MODE;
    await host.write(path, withFlags(text, variable, flags), { mode });
  }
}
