import { posix } from 'node:path';
import { filesOf } from '../../artifacts/bundle.ts';
import { PATHS } from '../../host/node-paths.ts';
import { flagValue } from '../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { minorOf } from '../../kubernetes/version.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import { dockerPodContainers } from '../reset/teardown/docker.ts';
import type { UpgradeContext } from './context.ts';
import { neededImages } from './docker-images.ts';
import { upgradeCheckFailed } from './precheck-error.ts';

type Context = UpgradeContext & PhaseTools;

/** First minor version of the kubelet that speaks CRI v1, which is all that containerd 2 speaks. */
const FIRST_WITH_CRI_V1 = 23;

/**
 * Checks what pods need to go from docker to containerd, and says what will happen to them.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED with everything that is in the way
 */
export async function checkMigration(context: Context): Promise<void> {
  const { host, spec, log } = context;
  const mistakes = [await dockerTrouble(context), await containerdTrouble(context), await networkTrouble(context)];
  const found = mistakes.flatMap((mistake) => mistake ?? []);
  if (found.length > 0) throw upgradeCheckFailed(found);
  const [containers, { copies, missing }] = await Promise.all([dockerPodContainers(host), neededImages(context)]);
  const drainFirst = spec.drain ? '' : '; with --drain, pods with a controller move to other nodes first';
  log.warning(
    `The pods of this node are stopped: their ${containers.length} docker containers end, and containerd recreates them${drainFirst}`,
  );
  for (const { name } of copies) log.info(`${name} will be copied from docker.`);
  for (const name of missing) log.warning(`${name} is neither on the node nor in the bundle: containerd will pull it.`);
}

/** Docker must deliver its images, and run the pods again if the upgrade fails. */
async function dockerTrouble({ host }: Context): Promise<string | undefined> {
  const { exitCode, stderr } = await host.query('docker', ['version', '--format', '{{.Server.Version}}']);
  return exitCode === 0 ? undefined : `docker does not answer: ${stderr.trim()}`;
}

async function containerdTrouble({ host, bundle, versions }: Context): Promise<string | undefined> {
  const { exists } = await host.unit(PATHS.containerd.unit);
  if (!exists) {
    const carries = bundle !== undefined && filesOf(bundle.manifest, 'containerd').length > 0;
    return carries ? undefined : `${PATHS.containerd.unit} does not exist, and no bundle contains containerd`;
  }
  const { stdout } = await host.query('containerd', ['--version']);
  const major = Number(/\sv?(\d+)\.\d+/.exec(stdout)?.[1] ?? 1);
  if (major < 2 || minorOf(versions.to) >= FIRST_WITH_CRI_V1) return undefined;
  return `containerd ${major} supports only CRI v1, kubelet ${versions.to} needs v1alpha2`;
}

/** What docker itself or kubenet does for pods, containerd leaves to a CNI plug-in. */
async function networkTrouble({ host }: Context): Promise<string | undefined> {
  const { flags } = await kubeletSettings(host);
  const folder = flagValue(flags, 'cni-conf-dir') ?? PATHS.cni.configurations;
  if ((await host.list(folder)).some((name) => /^\.(conf|conflist|json)$/.test(posix.extname(name)))) return undefined;
  const plugin = flagValue(flags, 'network-plugin') ?? 'none';
  return `${folder} has no CNI configuration (--network-plugin is ${plugin}), and containerd needs one`;
}
