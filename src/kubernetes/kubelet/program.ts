import type { Host } from '../../host/host.ts';

/** Where a bundle's kubelet goes. */
export const KUBELET_BINARY = '/usr/bin/kubelet';
export const KUBELET_CONFIGURATION = '/var/lib/kubelet/config.yaml';
/** The flags that a join writes, and those that users add. */
export const KUBELET_FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
export const KUBELET_EXTRA_FLAGS = '/etc/default/kubelet';
const ELSEWHERE = ['/usr/local/bin/kubelet', '/opt/bin/kubelet'];

/** The kubelet that a service is made for: one that is there, else where one will be installed. */
export async function findKubelet(host: Host): Promise<string> {
  for (const path of [KUBELET_BINARY, ...ELSEWHERE]) if (await host.stat(path)) return path;
  return KUBELET_BINARY;
}

/** Version that a kubelet says it is, `v1.20.2`; undefined where there is none. */
export async function kubeletVersionOf(host: Host, path: string): Promise<string | undefined> {
  const { stdout } = await host.query(path, ['--version']);
  return /v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
}
