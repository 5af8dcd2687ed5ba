import { dirname, resolve } from 'node:path';
import type { Layer } from '../../config/join-spec.ts';
import { usageError } from '../../errors/usage.ts';
import {
  currentOf,
  type Kubeconfig,
  type KubeconfigCluster,
  parseKubeconfig,
} from '../../kubernetes/kubeconfig/parse.ts';
import { readUserText } from '../../lib/user-file.ts';
import { certificatesOf, publicKeyHash } from '../../pki/ca-hash.ts';

/**
 * Reads kubeadm's discovery file: a kubeconfig, or the part of one that the ConfigMap cluster-info holds, which has a
 * cluster alone. Its CA is what the cluster is verified by.
 * @throws EdgeadmError USAGE
 */
export async function readDiscoveryFile(path: string): Promise<Layer> {
  const flag = '--discovery-file';
  if (/^https?:/.test(path)) throw usageError([`${flag}: download it first: curl -fsSo discovery.conf ${path}`]);
  const text = await readUserText(path, { what: flag });
  try {
    const config = parseKubeconfig(text);
    const { cluster, token } = clusterOf(config);
    const { server, 'certificate-authority-data': data, 'certificate-authority': file } = cluster;
    const pem =
      data ?? (file && (await readUserText(resolve(dirname(path), file), { what: `${flag}: certificate-authority` })));
    const hashes = certificatesOf(pem || '').map((certificate) => `sha256:${publicKeyHash(certificate)}`);
    if (!server) throw new Error('its cluster has no server');
    if (hashes.length === 0) throw new Error('its cluster has no CA certificate');
    const values = { apiServers: [server], caCertHashes: hashes, ...(token && { token }) };
    return { nameOf: () => flag, values };
  } catch (error) {
    if ((error as { code?: string }).code === 'USAGE') throw error;
    throw usageError([`${flag}: "${path}" cannot be used: ${(error as Error).message}`]);
  }
}

function clusterOf(config: Kubeconfig): { readonly cluster: KubeconfigCluster; readonly token?: string } {
  const [only, ...others] = config.clusters;
  if (config['current-context'] || !only || others.length > 0) {
    const { cluster, user } = currentOf(config);
    // Another token, of a service account, is none that a node joins with.
    return { cluster, token: /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(user.token ?? '') ? user.token : undefined };
  }
  return { cluster: only.cluster };
}
