import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { Node } from './node.ts';
import { importImage } from './pods.ts';
import { prepare } from './prepare.ts';

/** The service as kubeadm expects it to be installed, with the drop-in its own packages bring. */
const unit = `[Unit]
Description=kubelet
Wants=network-online.target
After=network-online.target

[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`;

/** Puts kubelet, kubeadm, the kubelet's service and the pause image on a node, so that only the join is left to do. */
export async function installKubeadm(node: Node, cluster: Cluster): Promise<void> {
  const { images } = await prepare(undefined, cluster.world);
  for (const name of ['kubelet', 'kubeadm']) await node.put(join(cluster.programs, name), `/usr/bin/${name}`);
  await importImage(node, images.pause);
  await installKubeletUnit(node);
}

/** The kubelet's service alone. */
export async function installKubeletUnit(node: Node): Promise<void> {
  await node.write('/etc/systemd/system/kubelet.service', unit);
  await node.exec('systemctl', 'daemon-reload');
  await node.exec('systemctl', 'enable', '--quiet', 'kubelet');
}

/**
 * The baseline: kubeadm's own join. The node needs {@link installKubeadm} first.
 * @returns seconds from call to exit, and what kubeadm printed
 * @throws Error if kubeadm fails
 */
export async function kubeadmJoin(
  node: Node,
  cluster: Cluster,
  token?: string,
): Promise<{ seconds: number; output: string }> {
  const credentials = [
    '--token',
    token ?? (await cluster.token()),
    '--discovery-token-ca-cert-hash',
    await cluster.caHash(),
  ];
  const args = ['join', cluster.endpoint, ...credentials, '--ignore-preflight-errors=all'];
  const start = performance.now();
  const { exitCode, stdout, stderr } = await node.exec('kubeadm', ...args);
  const seconds = (performance.now() - start) / 1000;
  const output = `${stdout}\n${stderr}`;
  if (exitCode !== 0) throw new Error(`kubeadm join on ${node.name} ended with ${exitCode}:\n${output}`);
  return { seconds, output };
}
