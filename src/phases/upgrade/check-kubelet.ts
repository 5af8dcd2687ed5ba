import { posix } from 'node:path';
import { judgeVersion, UNKNOWN_OF_NEWER } from '../../compat/judge.ts';
import { PATHS } from '../../host/node-paths.ts';
import { CriClient } from '../../kubernetes/cri/index.ts';
import { judgeConfiguration } from '../../kubernetes/kubelet/fields.ts';
import { withoutRemoved } from '../../kubernetes/kubelet/migrations.ts';
import { FLAG_FILES, flagsIn, kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { removalOf } from '../../kubernetes/removals.ts';
import { minorOf } from '../../kubernetes/version.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';
import { upgradeCheckFailed } from './precheck-error.ts';

type Context = Pick<UpgradeContext, 'host' | 'versions'> & Pick<PhaseTools, 'log' | 'signal'>;

/**
 * Names what this node uses and the new kubelet no longer has, before anything is changed.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED for a configuration that it would exit over
 */
export async function checkKubelet(context: Context): Promise<void> {
  const { host, versions, log } = context;
  const minor = minorOf(versions.to);
  if (judgeVersion(versions.to) === 'too new') log.warning(`Kubernetes ${versions.to}: ${UNKNOWN_OF_NEWER}.`);
  const { configuration } = await kubeletSettings(host);
  const { fatal } = judgeConfiguration(configuration, minor);
  if (fatal) throw upgradeCheckFailed([`${PATHS.kubelet.configuration}: ${fatal}`]);
  withoutRemoved({ flags: [], configuration }, minor, (text) =>
    log.warning(`${PATHS.kubelet.configuration}: ${text}.`),
  );
  for (const { path, variable } of FLAG_FILES) {
    const flags = flagsIn((await host.read(path)) ?? '', variable);
    // Flags of the join are edgeadm's own to remove.
    const tell = (text: string) =>
      path === PATHS.kubelet.flags ? log.debug(`${path}: ${text}.`) : log.warning(`${path}: ${text}.`);
    withoutRemoved({ flags, configuration: {} }, minor, tell);
  }
  await checkFlexVolumes(context, String(configuration.volumePluginDir ?? DRIVERS));
  await checkGitVolumes(context);
  await checkCgroupDriver(context, configuration.containerRuntimeEndpoint);
}

const DRIVERS = posix.join(PATHS.kubernetes.plugins, 'kubelet-plugins/volume/exec');

async function checkFlexVolumes({ host, versions, log }: Context, folder: string): Promise<void> {
  const removal = removalOf('volume plug-in', 'flexVolume', minorOf(versions.to));
  if (!removal || minorOf(versions.from) >= removal.goneIn) return;
  const drivers = await host.list(folder);
  if (drivers.length > 0) log.warning(`${folder} has FlexVolume drivers: ${drivers.join(', ')}. ${removal.advice}`);
}

const PODS = posix.join(PATHS.kubelet.directory, 'pods');
/** Its folder in that of a pod. Source: the plug-in's name in Kubernetes, pkg/volume/git_repo, with ~ for the slash. */
const GIT_VOLUMES = 'volumes/kubernetes.io~git-repo';

async function checkGitVolumes({ host, versions, log }: Context): Promise<void> {
  const removal = removalOf('volume plug-in', 'gitRepo', minorOf(versions.to));
  if (!removal || minorOf(versions.from) >= removal.goneIn) return;
  const users: string[] = [];
  for (const pod of await host.list(PODS))
    if ((await host.list(posix.join(PODS, pod, GIT_VOLUMES))).length > 0) users.push(pod);
  if (users.length > 0)
    log.warning(`Pods with gitRepo volumes (UIDs ${users.join(', ')}) do not start from 1.36 on. ${removal.advice}`);
}

/** A runtime that does not answer has been reported by the checks of the node's health. */
async function checkCgroupDriver({ host, versions, log, signal }: Context, endpoint: unknown): Promise<void> {
  const removal = removalOf('runtime', 'withoutRuntimeConfig', minorOf(versions.to));
  if (!removal || !host.runsPrograms) return;
  const socket = String(endpoint || PATHS.containerd.socket).replace(/^unix:\/\//, '');
  const client = await CriClient.connect(host, socket, { timeoutMs: 5000, signal }).catch(() => undefined);
  const driver = await client?.cgroupDriver().finally(() => client.close());
  if (!client || driver) return;
  log.warning(
    `${client.version.name} ${client.version.version} does not say which cgroup driver it uses (CRI RuntimeConfig): kubelets from 1.${removal.goneIn} on are announced to refuse it. ${removal.advice}`,
  );
}
