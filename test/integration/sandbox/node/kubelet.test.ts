import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
import { type RunningApiServer, startApiServer } from '../../../../sandbox/api-server/index.ts';
import { Controllers } from '../../../../sandbox/controllers.ts';
import { type NodeAgents, runNodeAgents } from '../../../../sandbox/node/agents.ts';
import { issuerOf, type SandboxPki } from '../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import { edgeHubFiles } from '../../../../src/edge-hub/edge-hub.ts';
import { localMachine } from '../../../../src/host/local.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { isAddonPod } from '../../../../src/kubernetes/addons.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { kubeletKubeconfig } from '../../../../src/kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { issueCertificate } from '../../../../src/pki/issue-certificate.ts';
import { FLAGS, type TestMachine, testMachine, writeKubeletFiles } from '../../../unit/sandbox/node/machine.ts';
import { testPki } from '../../../unit/sandbox/test-pki.ts';

const UNIT = 'kubelet.service';
const NODE = '/api/v1/nodes/edge1';
const DAY_MS = 86_400_000;

describe('the small kubelet in its cluster', function () {
  this.timeout(30_000);
  let node: TestMachine;
  let agents: NodeAgents;
  let store: Store;
  let pki: SandboxPki;
  let api: RunningApiServer;
  let admin: ApiClient;
  beforeEach(async () => {
    store = openStore(':memory:');
    pki = await testPki();
    api = await startApiServer({ store, pki, port: 0, version: 'v1.20.2' });
    admin = new ApiClient(
      { servers: [api.url], ca: pki.caPem, cert: pki.adminCert, key: pki.adminKey },
      (address, options) => localMachine().connect(address, options),
    );
    node = await testMachine();
    agents = await runNodeAgents(join(node.root, '..'), 'v1.20.2');
    await writeKubeletFiles(node, api.url);
    await node.put('/etc/kubernetes/pki/ca.crt', pki.caPem);
    const { cert, key } = await credential('edge1');
    await node.put('/var/lib/kubelet/pki/kubelet-client-current.pem', cert + key);
  });
  afterEach(async () => {
    await agents.close();
    admin.close();
    await api.close();
    store.close();
    await node.remove();
  });

  async function credential(name: string): Promise<{ cert: string; key: string }> {
    const key = await generateKey();
    const cert = issueCertificate(issuerOf(pki), {
      subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
      publicKey: key.publicKey,
      altNames: {},
      usages: ['digital signature', 'key encipherment', 'client auth'],
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + DAY_MS),
    });
    return { cert, key: key.privatePem };
  }

  /** The files of an edge-hub, and a kubelet that goes through it. */
  async function writeHub(name = 'edge1'): Promise<void> {
    const { cert, key } = await credential(name);
    const hub = edgeHubFiles({
      flavor: 'ack',
      image: 'edge-hub:test',
      kubernetesVersion: 'v1.20.2',
      nodeName: 'edge1',
      apiServers: [api.url],
      caPem: pki.caPem,
      clientCertPem: cert,
      clientKeyPem: key,
    });
    for (const { path } of hub.directories) await node.put(`${path}/.keep`, '');
    for (const file of hub.files) {
      if ('linkTo' in file) await node.machine.symlink(file.linkTo, file.path);
      else await node.put(file.path, file.content);
    }
    await node.put('/etc/kubernetes/kubelet.conf', kubeletKubeconfig('http://127.0.0.1:10261'));
  }

  const start = () => scratchMachine(node.root).services.start(UNIT);
  const until = async <T extends object | true>(what: string, look: () => Promise<T | undefined | false>): Promise<T> =>
    waitFor<T>({
      what,
      timeoutMs: 15_000,
      intervalMs: [20, 100],
      probe: async () => {
        const found = await look();
        return found ? { done: found } : { seen: await scratchMachine(node.root).services.log(UNIT, 5) };
      },
    });
  const ready = async () => {
    const found = await admin.find<V1Node>(NODE);
    return found?.status?.conditions?.find(({ type }) => type === 'Ready');
  };

  it('registers the node with the labels, the taints and the address of its flags', async () => {
    const flags = [...FLAGS, '--register-with-taints=edge=shop:NoSchedule'].join(' ');
    await node.put('/var/lib/kubelet/kubeadm-flags.env', `KUBELET_KUBEADM_ARGS="${flags}"\n`);
    await start();
    await until('the status', ready);
    const { metadata, spec, status } = await admin.get<V1Node>(NODE);
    assert.equal(metadata?.labels?.shop, '17');
    assert.ok(spec?.taints?.some(({ key, value, effect }) => `${key}=${value}:${effect}` === 'edge=shop:NoSchedule'));
    assert.ok(status?.addresses?.some(({ type, address }) => type === 'InternalIP' && address === '192.0.2.7'));
    assert.equal(status?.nodeInfo?.osImage, 'Ubuntu 20.04 LTS');
    await until('the lease', () => admin.find('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge1'));
  });

  it('the small kubelet in its cluster is Ready as soon as there is a CNI configuration, and says why before', async () => {
    await start();
    const before = await until('the status', ready);
    assert.equal(before.status, 'False');
    assert.match(before.message ?? '', /cni plugin not initialized/);
    await node.put('/etc/cni/net.d/10-bridge.conf', '{}');
    await until('Ready', async () => (await ready())?.status === 'True');
  });

  it('the small kubelet in its cluster waits with its first status for the pod of Flannel that the cluster schedules', async () => {
    const flags = FLAGS.join(' ').replace('flannel=false', 'flannel=true');
    await node.put('/var/lib/kubelet/kubeadm-flags.env', `KUBELET_KUBEADM_ARGS="${flags}"\n`);
    const controllers = new Controllers({ client: admin, store, podCidr: '10.244.0.0/16', log: () => {} });
    try {
      await start();
      const first = await until('the status', ready);
      assert.deepEqual([first.status, first.reason], ['True', 'KubeletReady']);
      const { items } = await admin.get<{ items: V1Pod[] }>('/api/v1/namespaces/kube-system/pods');
      assert.ok(items.some((pod) => isAddonPod(pod, 'flannel')));
      assert.ok(await admin.find('/apis/apps/v1/namespaces/kube-system/daemonsets/kube-flannel-ds'));
    } finally {
      await controllers.close();
    }
  });

  it('goes through the edge-hub of the manifest, which it shows as a mirror pod', async () => {
    await writeHub();
    await start();
    await until('the status', ready);
    const path = '/api/v1/namespaces/kube-system/pods/edge-hub-edge1';
    const pod = await until('the mirror pod', async () => {
      const found = await admin.find<V1Pod>(path);
      return found?.status?.phase === 'Running' && found;
    });
    assert.equal(pod.metadata?.annotations?.['kubernetes.io/config.source'], 'file');
  });

  it('the small kubelet in its cluster is cut off by a hub whose certificate is for another node, and the log says so', async () => {
    await writeHub('edge2');
    await start();
    const { services } = scratchMachine(node.root);
    await until('the complaint', async () => /is for system:node:edge2/.test(await services.log(UNIT, 20)));
    assert.equal(await admin.find(NODE), undefined);
    const [pod = ''] = await node.machine.list('/var/log/pods');
    assert.match(await node.text(`/var/log/pods/${pod}/edge-hub/0.log`), /not for system:node:edge1/);
  });

  it('starts no hub whose folder is missing', async () => {
    await writeHub();
    await rm(join(node.root, '/var/lib/edge-hub'), { recursive: true });
    await start();
    const { services } = scratchMachine(node.root);
    await until('the complaint', async () => /hostPath type check failed/.test(await services.log(UNIT, 20)));
  });

  it('runs the pods that the cluster puts onto the node, and lets go of those that are deleted', async () => {
    await start();
    await until('the status', ready);
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { nodeName: 'edge1', containers: [{ name: 'web', image: 'web:1' }] };
    await admin.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
    const find = () => admin.find<V1Pod>(`${pods}/web`);
    await until('Running', async () => (await find())?.status?.phase === 'Running');
    await admin.delete(`${pods}/web`);
    await until('its end', async () => (await find()) === undefined);
  });

  it('the small kubelet under DiskPressure says so, evicts every pod, and keeps conditions that others set', async () => {
    await node.put('/etc/cni/net.d/10-x.conflist', '{}');
    await start();
    const pod = {
      metadata: { name: 'web', namespace: 'default' },
      spec: { nodeName: 'edge1', containers: [{ name: 'c', image: 'i' }] },
    };
    await until('the node', ready);
    await admin.create('/api/v1/namespaces/default/pods', pod);
    const network = { type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' };
    const contentType = 'application/strategic-merge-patch+json';
    await admin.patch(`${NODE}/status`, { status: { conditions: [network] } }, { contentType });
    const file = '/var/lib/kubelet/config.yaml';
    const configuration = await readFile(join(node.root, file), 'utf8');
    await node.put(file, `${configuration}\nevictionHard: {nodefs.available: 100%}\n`);
    await scratchMachine(node.root).services.restart(UNIT);
    await until('the eviction', async () => {
      const found = await admin.get<V1Pod>('/api/v1/namespaces/default/pods/web');
      return found.status?.reason === 'Evicted';
    });
    const evicted = await admin.get<V1Pod>('/api/v1/namespaces/default/pods/web');
    assert.deepEqual(evicted.status?.containerStatuses ?? [], [], 'kubectl shows it as 0/1');
    await until('the taint', async () =>
      JSON.stringify((await admin.get<V1Node>(NODE)).spec?.taints).includes('disk-pressure'),
    );
    const { status, spec } = await admin.get<V1Node>(NODE);
    const bad = (status?.conditions ?? []).filter(({ type, status: is }) => type !== 'Ready' && is === 'True');
    assert.deepEqual(bad.map(({ type }) => type).sort(), ['DiskPressure', 'NetworkUnavailable']);
    const taints = (spec?.taints ?? []).map(({ key }) => key);
    assert.ok(
      taints.includes('node.kubernetes.io/disk-pressure') && taints.includes('node.kubernetes.io/network-unavailable'),
    );
    const { items } = await admin.get<{ items: CoreV1Event[] }>('/api/v1/namespaces/default/events');
    const reasons = new Set(items.map(({ reason }) => reason));
    assert.deepEqual([...reasons].sort(), ['Evicted', 'EvictionThresholdMet', 'NodeHasDiskPressure']);
  });

  it('registers the node again if it was deleted', async () => {
    await start();
    await until('the status', ready);
    const { metadata } = await admin.get<V1Node>(NODE);
    await admin.delete(NODE);
    await until('a new one', async () => {
      const uid = (await admin.find<V1Node>(NODE))?.metadata?.uid;
      return uid !== undefined && uid !== metadata?.uid;
    });
  });

  it('takes a manifest that is no pod for what it is, and runs the others', async () => {
    await writeHub();
    await writeFile(join(node.root, 'etc/kubernetes/manifests/a.yaml'), 'kind: Deployment\napiVersion: apps/v1\n');
    await start();
    await until('the status', ready);
    assert.match(await scratchMachine(node.root).services.log(UNIT, 20), /Could not process manifest file .*a\.yaml/);
  });
});
