import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { type NodeAgents, runNodeAgents } from '../../../../sandbox/node/agents.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { toYaml } from '../../../../src/templates/yaml.ts';
import { CONFIGURATION, type TestMachine, testMachine, writeKubeletFiles } from '../../../unit/sandbox/node/machine.ts';

const UNIT = 'kubelet.service';
const CONFIG = '/var/lib/kubelet/config.yaml';
const FILES = [
  CONFIG,
  '/etc/kubernetes/manifests/pod.yaml',
  '/etc/systemd/system/kubelet.service',
  '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
  '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/pki/ca.crt',
];
const BOMB = `a: &a [1,1,1,1,1,1,1,1,1]\n${[...'bcdefghi']
  .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]\n`)
  .join('')}`;

describe('nonsense on the disk of a sandbox node', function () {
  this.timeout(60_000);
  let node: TestMachine;
  let agents: NodeAgents;
  const faults: unknown[] = [];
  const note = (error: unknown): void => void faults.push(error);
  beforeEach(async () => {
    faults.length = 0;
    process.on('unhandledRejection', note);
    node = await testMachine();
    agents = await runNodeAgents(join(node.root, '..'), 'v1.20.2');
    await writeKubeletFiles(node);
  });
  afterEach(async () => {
    await agents.close();
    process.off('unhandledRejection', note);
    await node.remove();
  });

  const log = () => scratchMachine(node.root).services.log(UNIT, 50);
  /** The kubelet has begun, and the sandbox still does what a unit asks of it. */
  async function startAndStop(): Promise<void> {
    const { services } = scratchMachine(node.root);
    const before = (await log()).length;
    await services.start(UNIT);
    await waitFor({
      what: 'the kubelet to say something',
      timeoutMs: 10_000,
      intervalMs: [5, 20],
      probe: async () => ((await log()).length !== before ? { done: true } : { seen: 'nothing' }),
    });
    await services.stop(UNIT);
    assert.equal((await services.state(UNIT)).detail, 'inactive');
    assert.deepEqual(faults, []);
  }

  it('a sandbox stops a kubelet whose configuration has no staticPodPath', async () => {
    const { staticPodPath: _, ...rest } = CONFIGURATION;
    await node.put(CONFIG, toYaml(rest));
    await startAndStop();
  });

  for (const value of [5, ['a'], { a: 1 }, true, '../../../..', 'no/such', '/etc/hostname', '\u0000']) {
    it(`a sandbox stops a kubelet whose staticPodPath is ${JSON.stringify(value)}`, async () => {
      await node.put(CONFIG, JSON.stringify({ ...CONFIGURATION, staticPodPath: value }));
      await startAndStop();
    });
  }

  for (const path of FILES) {
    it(`the kubelet of a sandbox never waits for a FIFO in place of ${path}`, async () => {
      await rm(join(node.root, path), { force: true });
      await mkdir(join(node.root, dirname(path)), { recursive: true });
      assert.equal(spawnSync('mkfifo', [join(node.root, path)]).status, 0);
      await startAndStop();
    });

    it(`a sandbox survives a folder in place of ${path}`, async () => {
      await rm(join(node.root, path), { force: true });
      await mkdir(join(node.root, path), { recursive: true });
      await startAndStop();
    });
  }

  it('a sandbox survives a file in place of the folder of CNI configurations, and documents that grow without end', async () => {
    await node.put('/etc/cni/net.d', '');
    await node.put('/etc/kubernetes/manifests/bomb.yaml', BOMB);
    await startAndStop();
    await node.put(CONFIG, BOMB);
    await startAndStop();
  });

  it('a sandbox survives any text and any document in any file of a node', async () => {
    const document = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            apiVersion: fc.constantFrom('v1', 'kubelet.config.k8s.io/v1beta1'),
            kind: fc.constantFrom('Pod', 'KubeletConfiguration', 'Config'),
            metadata: fc.jsonValue(),
            spec: fc.oneof(fc.jsonValue(), fc.record({ containers: fc.jsonValue(), volumes: fc.jsonValue() })),
            staticPodPath: fc.jsonValue(),
            clusters: fc.jsonValue(),
            users: fc.jsonValue(),
          },
          { requiredKeys: ['apiVersion', 'kind'] },
        )
        .map((value) => JSON.stringify(value)),
      fc.string().map((text) => `[Service]\nExecStart=${text}\nEnvironmentFile=${text}\n`),
      fc.string().map((text) => `KUBELET_KUBEADM_ARGS="${text}"\n`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FILES), document, async (path, text) => {
        await writeKubeletFiles(node);
        await node.put('/var/log/.keep', '');
        await node.put(path, text);
        await startAndStop();
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
