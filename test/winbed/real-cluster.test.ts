import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { windowsExecutable } from '../dist/release.ts';
import { world } from '../testbed/config.ts';
import { Cluster, clean, until } from '../testbed/index.ts';
import { plugIn } from '../testbed/network.ts';
import { windowsKubelet } from '../testbed/windows-kubelet.ts';
import { ARCHIVE, bundleOf, faultsIn, filesOf, lastLine, PROGRAM, RESET, succeeds, writeBundle } from './bed.ts';
import { OWN_FOLDER, runtimeProgram, template } from './template.ts';
import { onWholePages } from './whole-pages.ts';
import { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const { from: OLD, to: NEW } = world.upgrade;
/** Last part of the address of the machine. */
const OCTET = 20;
const NODE = '/api/v1/nodes/win-edge1';
const POD = '/api/v1/namespaces/default/pods/on-windows';
const SYSTEM = 'C:\\Windows\\System32\\';
const CREDENTIALS = '/var/lib/kubelet/pki/kubelet-client-current.pem';
/** A kubelet looks for pods to remove every two seconds, and gives them half a minute. Seconds. */
const LIMIT_S = 120;
/** Evidence of a diagnosis that did not wait any longer. */
const TOO_LATE = /timed out|no (connection|complete answer) within/;

describe('edgeadm.exe, a real kubelet and a real control plane', function () {
  this.timeout(1_800_000);
  const closing = new AsyncDisposableStack();
  let cluster: Cluster;
  let windows: WineWindows;
  let token: string;
  let untouched: Readonly<Record<string, string>>;
  before(async () => {
    await clean();
    closing.defer(clean);
    cluster = await Cluster.up({ version: NEW });
    const parts = await template(say);
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-winbed-'));
    closing.defer(() => rm(folder, { recursive: true }));
    windows = await WineWindows.make(parts, { network: await plugIn(OCTET) });
    closing.defer(() => windows.remove());
    await windows.put(`/${OWN_FOLDER}/edgeadm.exe`, onWholePages(await readFile(await windowsExecutable())));
    const bundles = {
      old: { version: OLD, kubelet: await windowsKubelet(say, OLD) },
      new: { version: NEW, kubelet: await windowsKubelet(say, NEW) },
      // The stand-in, which reports its version as a kubelet does.
      ending: { version: NEW },
    };
    for (const [name, kubelet] of Object.entries(bundles)) {
      await writeBundle(join(folder, name), parts.standIn, kubelet);
      await windows.put(`/${OWN_FOLDER}/${name}`, { from: join(folder, name, 'bundle') });
    }
    await windows.tell('cri.address', await startRuntime());
    token = await cluster.token();
    untouched = await windows.photograph();
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

  const edgeadm = (...words: string[]) => windows.run(PROGRAM, [...words, '-o', 'json']);

  const joinNode = async () =>
    edgeadm(
      ...['join', cluster.endpoint, '--token', token, '--discovery-token-ca-cert-hash', await cluster.caHash()],
      ...['--bundle', bundleOf('old'), '--manage-runtime', '--no-edge-hub', '--labels', 'site=hangzhou'],
      ...['--annotations', 'example.com/rack=7', '--taints', 'edge=true:NoExecute', '--yes'],
    );

  const upgrade = (bundle: string) => edgeadm('upgrade', '--bundle', bundleOf(bundle), '--yes');

  const diagnose = () => edgeadm('diagnose', '-o', bundleOf(ARCHIVE));

  /** What a diagnosis finds; it is repeated while something does not answer in time, as on a machine that others keep busy. */
  const faultsFound = async () => {
    let faults = new Map<string, { readonly evidence: string }>();
    await until(
      'the node to answer a diagnosis in time',
      async () => {
        faults = faultsIn(await diagnose());
        return ![...faults.values()].some(({ evidence }) => TOO_LATE.test(evidence));
      },
      LIMIT_S,
    );
    return faults;
  };

  const sc = (...words: string[]) => windows.run(`${SYSTEM}sc.exe`, words);

  /** Waits until the kubelet of this version has said that its node is Ready, after that moment. */
  const readySince = (time: number, version: string) =>
    until(
      `the node to be Ready with ${version}`,
      async () => {
        const { nodeInfo, conditions = [] } = (await cluster.get<V1Node>(NODE))?.status ?? {};
        const ready = conditions.find(({ type }) => type === 'Ready');
        const heard = Date.parse(String(ready?.lastHeartbeatTime));
        return nodeInfo?.kubeletVersion === version && ready?.status === 'True' && heard >= time;
      },
      LIMIT_S,
    );

  /** The pod, whose container still runs: it was neither ended nor started again. */
  const podGoesOn = async (): Promise<void> => {
    const { phase, containerStatuses: [web] = [] } = (await cluster.get<V1Pod>(POD))?.status ?? {};
    assert.deepEqual([phase, web?.restartCount, web?.containerID], ['Running', 0, container]);
  };
  let container: string | undefined;

  it('a join makes the node Ready, with its labels, taints and annotations; a second changes nothing; a pod runs there', async () => {
    assert.equal(succeeds(await joinNode()).outcome, 'joined');
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
    assert.deepEqual([kubeletVersion, operatingSystem], [OLD, 'windows']);
    assert.match(osImage ?? '', /Windows Server 2019/);
    assert.equal(succeeds(await joinNode()).outcome, 'unchanged');

    await cluster.apply(podOnWindows);
    await until('the pod to run', async () => (await cluster.get<V1Pod>(POD))?.status?.phase === 'Running', LIMIT_S);
    container = (await cluster.get<V1Pod>(POD))?.status?.containerStatuses?.[0]?.containerID;
    assert.ok(container);
  });

  it('a diagnosis finds no fault of the node, and has no secret in what it collects of it', async () => {
    assert.deepEqual([...(await faultsFound()).values()], []);
    const files = await filesOf(windows.place(`/${OWN_FOLDER}/${ARCHIVE}`));
    assert.match(files.get('services/state.txt') ?? '', /^kubelet: running, automatic\r?\ncontainerd: running/m);
    assert.match(files.get('kubelet/log.txt') ?? '', new RegExp(`Version: ${OLD}`));
    const [, secret = ''] = token.split('.');
    const key = /PRIVATE KEY-----\r?\n(\S+)/.exec(await readFile(windows.place(CREDENTIALS), 'utf8'))?.[1];
    assert.ok(secret && key);
    for (const [name, text] of files) assert.ok(!text.includes(secret) && !text.includes(key), name);
  });

  it('a diagnosis names the kubelet once its service is stopped, and once it is killed', async () => {
    assert.equal((await sc('stop', 'kubelet')).exitCode, 0);
    assert.match((await faultsFound()).get('Kubelet')?.evidence ?? '', /service kubelet: stopped/);
    const stopped = Date.now();
    assert.equal((await sc('start', 'kubelet')).exitCode, 0);
    await readySince(stopped, OLD);
    assert.deepEqual([...(await faultsFound()).values()], []);
    assert.equal((await windows.run(`${SYSTEM}taskkill.exe`, ['/f', '/im', 'kubelet.exe'])).exitCode, 0);
    assert.match((await faultsFound()).get('Kubelet')?.evidence ?? '', /service kubelet: stopped, exit code 1067/);
    const killed = Date.now();
    assert.equal((await sc('start', 'kubelet')).exitCode, 0);
    await readySince(killed, OLD);
    await podGoesOn();
  });

  it('an upgrade to a kubelet that does not stay up is rolled back: the node is Ready with the one before, and its pod goes on', async () => {
    await windows.tell(`kubelet-${NEW}.fails`, 'it ends at once');
    const began = Date.now();
    const { stdout } = await upgrade('ending');
    assert.match(JSON.stringify(lastLine(stdout)), /UPGRADE_RECOVERED/);
    await readySince(began, OLD);
    await podGoesOn();
    assert.deepEqual([...(await faultsFound()).values()], []);
  });

  it('an upgrade makes the node Ready with the new version while its pod goes on; a second changes nothing', async () => {
    const began = Date.now();
    assert.equal(succeeds(await upgrade('new')).outcome, 'upgraded');
    await readySince(began, NEW);
    await podGoesOn();
    assert.equal(succeeds(await upgrade('new')).outcome, 'unchanged');
  });

  it('a reset removes the node and leaves nothing on the machine', async () => {
    await cluster.kubectl('delete', 'pod', 'on-windows', '--grace-period=1', `--timeout=${LIMIT_S}s`);
    const reset = ['--delete-node', '--kubeconfig', `C:\\${OWN_FOLDER}\\admin.conf`];
    await windows.put(`/${OWN_FOLDER}/admin.conf`, { from: cluster.kubeconfig });
    succeeds(await windows.run(PROGRAM, [...RESET, ...reset]));
    assert.equal(await cluster.get(NODE), undefined);
    assert.equal((await sc('query', 'kubelet')).exitCode, 1060);
    assert.deepEqual(await windows.photograph(), untouched);
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
