import { PATHS } from '../../../host/node-paths.ts';
import { isControlPlaneManifest } from '../../../kubernetes/node-files.ts';
import { type Check, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { ownState } from '../own-state.ts';

/** Files that a join writes and that would belong to another cluster if they were there before. */
const FILES = [
  PATHS.kubelet.kubeconfig,
  PATHS.kubelet.bootstrapKubeconfig,
  PATHS.kubernetes.caCertificate,
  PATHS.edgeHub.unitFile,
];

/** `FileAvailable--etc-kubernetes-kubelet.conf` and so on, as kubeadm spells them. */
export const filesAvailable: readonly Check[] = FILES.map((path) => ({
  name: `FileAvailable-${path.replaceAll('/', '-')}`,
  concerns: 'node',
  severity: 'error',
  about: `${path} does not exist, or was written by an earlier join of edgeadm.`,
  remedy:
    'If the node no longer belongs to a cluster: `edgeadm reset` (if it was joined with kubeadm: `kubeadm reset`).',
  run: async (context) => {
    if (!(await context.host.stat(path))) return pass();
    if ((await ownState(context)).owns(path)) return pass('of the earlier join');
    const remedy = await controlPlaneRemedy(context);
    return fail(`${path} exists: the node was joined with another tool`, { remedy });
  },
}));

/** `edgeadm reset` refuses a control-plane node. */
async function controlPlaneRemedy({ host }: CheckContext): Promise<string | undefined> {
  const names = await host.list(PATHS.kubernetes.manifests);
  if (!names.some(isControlPlaneManifest)) return undefined;
  return 'This is a control-plane node, which edgeadm neither joins nor resets. To make it a worker, remove it from its cluster with `kubeadm reset` first.';
}

interface Folder {
  readonly path: string;
  readonly severity: Check['severity'];
  readonly why: string;
  readonly remedy: string;
}

const FOLDERS: readonly Folder[] = [
  {
    path: PATHS.kubernetes.manifests,
    severity: 'error',
    why: 'the kubelet starts every static pod in it',
    remedy: 'Move the manifests away, or run `edgeadm reset` (if the node was joined with kubeadm: `kubeadm reset`).',
  },
  {
    path: PATHS.edgeHub.directory,
    severity: 'warning',
    why: 'certificates of an earlier edge-hub are replaced',
    remedy: 'No action is needed. Remove the folder if you do not want its contents.',
  },
  {
    path: PATHS.edgeHub.openYurtDirectory,
    severity: 'warning',
    why: 'certificates of an earlier edge-hub are replaced',
    remedy: 'No action is needed. Remove the folder if you do not want its contents.',
  },
];

/** `DirAvailable--etc-kubernetes-manifests` and so on, as kubeadm spells them. */
export const foldersAvailable: readonly Check[] = FOLDERS.map(({ path, severity, why, remedy }) => ({
  name: `DirAvailable-${path.replaceAll('/', '-')}`,
  concerns: 'node',
  severity,
  about: `${path} is empty, does not exist, or contains only files of an earlier join with edgeadm: ${why}.`,
  remedy,
  run: async (context) => {
    // The kubelet passes over names that begin with a dot.
    const names = (await context.host.list(path)).filter((name) => !name.startsWith('.'));
    if (names.length === 0) return pass();
    const own = await ownState(context);
    const foreign = names.filter((name) => !own.owns(`${path}/${name}`));
    if (foreign.length === 0) return pass('of the earlier join');
    const told = `${path} contains ${foreign.join(', ')}: ${why}`;
    return fail(told, path === PATHS.kubernetes.manifests ? { remedy: await controlPlaneRemedy(context) } : {});
  },
}));
