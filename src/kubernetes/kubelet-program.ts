import type { Host } from '../host/host.ts';

/** Where a bundle's kubelet goes. */
export const KUBELET_BINARY = '/usr/bin/kubelet';
const ELSEWHERE = ['/usr/local/bin/kubelet', '/opt/bin/kubelet'];

/** The kubelet that a service is made for: one that is there, else where one will be installed. */
export async function findKubelet(host: Host): Promise<string> {
  for (const path of [KUBELET_BINARY, ...ELSEWHERE]) if (await host.stat(path)) return path;
  return KUBELET_BINARY;
}
