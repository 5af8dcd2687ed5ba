import type { SandboxFolder, SandboxState } from '../../../sandbox/folder.ts';

/** Where a running sandbox is to be found, as lines for people. */
export function describeSandbox(folder: SandboxFolder, { apiServer, cloud, cluster }: SandboxState): string[] {
  return [
    `Kubernetes API server   ${apiServer}`,
    `Emulated cloud          ${cloud}`,
    `Cluster                 ${cluster.id} in ${cluster.region}`,
    `Folder                  ${folder.path}`,
  ];
}
