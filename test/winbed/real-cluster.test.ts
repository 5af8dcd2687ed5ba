import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { windowsExecutable } from '../dist/release.ts';
import { Cluster, clean, until } from '../testbed/index.ts';
import { plugIn } from '../testbed/network.ts';
import { windowsKubelet } from '../testbed/windows-kubelet.ts';
import { bundleOf, PROGRAM, RESET, succeeds, writeBundle } from './bed.ts';
import { OWN_FOLDER, runtimeProgram, template } from './template.ts';
import { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
/** Last part of the address of the machine. */
const OCTET = 20;
const NODE = '/api/v1/nodes/win-edge1';
const POD = '/api/v1/namespaces/default/pods/on-windows';
const SC = 'C:\\Windows\\System32\\sc.exe';
/** A kubelet looks for pods to remove every two seconds, and gives them half a minute. Seconds. */
const LIMIT_S = 120;

describe('edgeadm.exe, a real kubelet and a real control plane', function () {
  this.timeout(1_800_000);
  const closing = new AsyncDisposableStack();
  let cluster: Cluster;
  let windows: WineWindows;
  before(async () => {
    await clean();
    closing.defer(clean);
    cluster = await Cluster.up();
    const parts = await template(say);
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-winbed-'));
    closing.defer(() => rm(folder, { recursive: true }));
    const kubelet = await windowsKubelet(say);
    await writeBundle(join(folder, 'bundle'), parts.standIn, { version: cluster.version, kubelet });
    windows = await WineWindows.make(parts, { network: await plugIn(OCTET) });
    closing.defer(() => windows.remove());
    await windows.put(`/${OWN_FOLDER}/edgeadm.exe`, { from: await windowsExecutable() });
    await windows.put(`/${OWN_FOLDER}/bundle`, { from: join(folder, 'bundle/bundle') });
    await windows.tell('cri.address', await startRuntime());
  });
  after(() => closing.disposeAsync());

  /** Starts what answers behind the pipe of the machine's containerd. @returns its address */
  const startRuntime = async (): Promise<string> => {
    const runtime = spawn(await runtimeProgram(say), [`${cluster.address}:0`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closing.defer(() => void runtime.kill());
    const [line] = await once(runtime.stdout, 'data');
    return String(line).trim();
  };

  const joinWords = async (): Promise<string[]> => [
    ...['join', cluster.endpoint, '--token', await cluster.token()],
    ...['--discovery-token-ca-cert-hash', await cluster.caHash(), '--bundle', bundleOf('bundle')],
    ...['--manage-runtime', '--no-edge-hub', '--labels', 'site=hangzhou', '--annotations', 'example.com/rack=7'],
    ...['--taints', 'edge=true:NoExecute', '--yes', '-o', 'json'],
  ];

  it('a join makes the node Ready, with its labels, taints and annotations; a second changes nothing; a pod runs there; a reset removes the node and leaves nothing on the machine', async () => {
    const before = await windows.photograph();
    assert.equal(succeeds(await windows.run(PROGRAM, await joinWords())).outcome, 'joined');
    await cluster.waitForNode('win-edge1');
    const node = await cluster.get<V1Node>(NODE);
    const { labels, annotations } = node?.metadata ?? {};
    assert.equal(labels?.['kubernetes.io/os'], 'windows');
    assert.equal(labels?.['node.kubernetes.io/windows-build'], '10.0.17763');
    assert.equal(labels?.site, 'hangzhou');
    assert.equal(annotations?.['example.com/rack'], '7');
    const taints = node?.spec?.taints?.map(({ key, value, effect }) => `${key}=${value}:${effect}`) ?? [];
    for (const taint of ['edge=true:NoExecute', 'os=windows:NoSchedule']) assert.ok(taints.includes(taint), taint);
    const { kubeletVersion, osImage, operatingSystem } = node?.status?.nodeInfo ?? {};
    assert.deepEqual([kubeletVersion, operatingSystem], [cluster.version, 'windows']);
    assert.match(osImage ?? '', /Windows Server 2019/);
    assert.equal(succeeds(await windows.run(PROGRAM, await joinWords())).outcome, 'unchanged');

    await cluster.apply(podOnWindows);
    await until('the pod to run', async () => (await cluster.get<V1Pod>(POD))?.status?.phase === 'Running', LIMIT_S);
    await cluster.kubectl('delete', 'pod', 'on-windows', '--grace-period=1', `--timeout=${LIMIT_S}s`);

    const reset = ['--delete-node', '--kubeconfig', `C:\\${OWN_FOLDER}\\admin.conf`];
    await windows.put(`/${OWN_FOLDER}/admin.conf`, { from: cluster.kubeconfig });
    succeeds(await windows.run(PROGRAM, [...RESET, ...reset]));
    assert.equal(await cluster.get(NODE), undefined);
    assert.equal((await windows.run(SC, ['query', 'kubelet'])).exitCode, 1060);
    assert.deepEqual(await windows.photograph(), before);
  });
});

const podOnWindows = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'on-windows', namespace: 'default' },
  spec: {
    automountServiceAccountToken: false,
    nodeSelector: { 'kubernetes.io/os': 'windows' },
    tolerations: [{ operator: 'Exists' }],
    hostNetwork: true,
    containers: [{ name: 'web', image: 'example.com/web:1' }],
  },
};
