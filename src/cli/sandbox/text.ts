import type { SandboxFolder, SandboxState } from '../../../sandbox/folder.ts';
import { rowLines, terminalColumns } from '../../output/columns.ts';

const GAP = 3;

/** Where a running sandbox is to be found, as lines for people. */
export function describeSandbox(
  folder: SandboxFolder,
  { apiServer, kubernetesVersion, cloud, ens, cluster }: SandboxState,
): string[] {
  const rows = [
    ['Kubernetes API server', kubernetesVersion ? `${apiServer} (${kubernetesVersion})` : apiServer],
    ['Emulated cloud', ens ? `${cloud}, ENS ${ens}` : cloud],
    ['Cluster', `${cluster.id} in ${cluster.region}`],
    ['Folder', folder.path],
  ];
  const left = 'Kubernetes API server'.length;
  return rowLines(rows, [left, terminalColumns() - left - GAP], GAP);
}
