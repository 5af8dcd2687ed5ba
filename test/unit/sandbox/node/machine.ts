import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createScratchRoot } from '../../../../sandbox/node/scratch-root.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { kubeletKubeconfig } from '../../../../src/kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { fillTemplate } from '../../../../src/templates/text.ts';
import { toYaml } from '../../../../src/templates/yaml.ts';

/** The root of a node that was just made, in a folder of its own. */
export interface TestMachine {
  readonly root: string;
  readonly machine: Machine;
  put(path: string, text: string): Promise<void>;
  text(path: string): Promise<string>;
  remove(): Promise<void>;
}

export async function testMachine(): Promise<TestMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-node-'));
  const root = join(folder, 'edge1');
  const machine = { name: 'edge1', os: 'Ubuntu 20.04', kernel: '5.4.0-100', arch: 'amd64', kubeletVersion: 'v1.20.2' };
  await createScratchRoot(root, machine as Parameters<typeof createScratchRoot>[1]);
  return {
    root,
    machine: scratchMachine(root),
    put: async (path, text) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    text: (path) => readFile(join(root, path), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Flannel is kept off: no controllers run in these tests, and the first status would wait for its CNI configuration. */
const LABELS = 'shop=17,alibabacloud.com/edge-enable-addon-flannel=false';
export const FLAGS = ['--hostname-override=edge1', '--node-ip=192.0.2.7', `--node-labels=${LABELS}`];

/** What a join writes for a kubelet that speaks to the API server itself. */
export async function writeKubeletFiles(node: TestMachine, server = 'https://127.0.0.1:1'): Promise<void> {
  const key = await generateKey();
  const certificate = selfSignedCertificate(key, { commonName: 'system:node:edge1', organizations: [] }, { ips: [] });
  await node.put('/etc/systemd/system/kubelet.service', fillTemplate('kubelet/kubelet.service', PROGRAM));
  await node.put(
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
    fillTemplate('kubelet/10-kubeadm.conf', PROGRAM),
  );
  await node.put(
    '/var/lib/kubelet/kubeadm-flags.env',
    fillTemplate('kubelet/kubeadm-flags.env', { flags: [...FLAGS] }),
  );
  await node.put('/var/lib/kubelet/config.yaml', toYaml(CONFIGURATION));
  await node.put('/etc/kubernetes/kubelet.conf', kubeletKubeconfig(server));
  await node.put('/etc/kubernetes/pki/ca.crt', certificate);
  await node.put('/var/lib/kubelet/pki/kubelet-client-current.pem', certificate + key.privatePem);
}

const PROGRAM = { kubelet: '/usr/bin/kubelet' };

export const CONFIGURATION = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
  cgroupDriver: 'systemd',
  clusterDNS: ['10.96.0.10'],
  staticPodPath: '/etc/kubernetes/manifests',
};
