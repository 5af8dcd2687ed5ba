import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Node, V1Pod, V1PodList } from '@kubernetes/client-node';
import { edgeNamesOf } from '../../src/kubernetes/edge-names.ts';
import { edgeadm } from '../sandbox/program.ts';
import { busyboxImage } from '../testbed/config.ts';
import {
  cutNetwork,
  importImage,
  installCni,
  type Node,
  podCidrOf,
  prepare,
  restoreNetwork,
  until,
} from '../testbed/index.ts';
import { freshNode, inWorlds, joinNode, testBed } from './support.ts';

const CUT_MS = 600_000;
/** The cluster gives a node up after 40 s, and its pods 300 s later. */
const EVICTED_S = 480;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const NAMES = ['keeps', 'loses'] as const;
const OTHER = 'stays';

inWorlds('guide', 'today')('two edge nodes that are cut off for ten minutes', function () {
  this.timeout(2 * CUT_MS);
  const nodes: Node[] = [];

  const answered = async <T>(path: string): Promise<T> => {
    const { cluster } = await testBed();
    return (await until('the API server to answer', () => cluster.get(path))) as T;
  };
  /** From a list: no answer at all is not the answer that there is none. */
  const pod = async (name: string): Promise<V1Pod | undefined> => {
    const { items } = await answered<V1PodList>('/api/v1/namespaces/default/pods');
    return items.find(({ metadata }) => metadata?.name === name);
  };
  const isRunning = async (node: Node): Promise<boolean> =>
    (await node.exec('pgrep', '-f', `^/bin/sleep 1000000${NAMES.indexOf(node.name as 'keeps')}`)).exitCode === 0;

  before(async () => {
    const { cluster } = await testBed();
    const { images } = await prepare();
    // A cluster that hears of no node at all takes that for its own fault, and evicts nothing.
    await readyNode(OTHER);
    for (const name of NAMES) {
      const node = await readyNode(name);
      nodes.push(node);
      await importImage(node, images.busybox);
      await cluster.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: {
          nodeName: name,
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          containers: [
            {
              name: 'main',
              image: busyboxImage,
              imagePullPolicy: 'Never',
              command: ['/bin/sleep', `1000000${NAMES.indexOf(name)}`],
            },
          ],
        },
      });
      await until(`pod ${name}`, async () => (await pod(name))?.status?.phase === 'Running', 60);
    }
  });

  it('the one that is autonomous keeps its pod, the other one loses it', async () => {
    const { cluster } = await testBed();
    const [keeps, loses] = nodes as [Node, Node];
    const env = { KUBECONFIG: cluster.kubeconfig };
    const enabled = await edgeadm(['node', 'autonomy', 'enable', keeps.name, '--yes'], { env });
    assert.equal(enabled.exitCode, 0, enabled.stderr);
    for (const { name } of nodes) await bindPods(name);
    const uid = (await pod('keeps'))?.metadata?.uid;
    await Promise.all(nodes.map(cutNetwork));
    const cutAt = performance.now();
    await until(
      'the pod of the other node to be evicted',
      async () => {
        const found = await pod('loses');
        return found === undefined || found.metadata?.deletionTimestamp !== undefined;
      },
      EVICTED_S,
    );
    await delay(CUT_MS - (performance.now() - cutAt));
    const kept = await pod('keeps');
    assert.deepEqual([kept?.metadata?.uid, kept?.metadata?.deletionTimestamp], [uid, undefined]);
    assert.ok(await isRunning(keeps));
    await Promise.all(nodes.map(restoreNetwork));
    for (const { name } of nodes) await cluster.waitForNode(name, true, 90);
    await until('the other node to end its pod', async () => !(await isRunning(loses)), 180);
    assert.ok(await isRunning(keeps));
    assert.equal((await pod('keeps'))?.metadata?.uid, uid);
  });

  async function readyNode(name: string): Promise<Node> {
    const { cluster } = await testBed();
    const node = await freshNode(name);
    await joinNode(node);
    await installCni(node, await podCidrOf(cluster, name));
    await cluster.waitForNode(name);
    return node;
  }

  /**
   * What OpenYurt's controller podbinding does with the pods of a node: on an autonomous one their two tolerations have no
   * end. Source: openyurt, pkg/yurtmanager/controller/yurtcoordinator/podbinding.
   */
  async function bindPods(nodeName: string): Promise<void> {
    const { cluster } = await testBed();
    const node = await answered<V1Node>(`/api/v1/nodes/${nodeName}`);
    const key = edgeNamesOf(node)?.autonomy;
    if (key === undefined || node.metadata?.annotations?.[key] !== 'true') return;
    const found = await pod(nodeName);
    const tolerations = (found?.spec?.tolerations ?? []).map(({ tolerationSeconds, ...rest }) =>
      KEYS.includes(rest.key ?? '') ? rest : { ...rest, ...(tolerationSeconds !== undefined && { tolerationSeconds }) },
    );
    const patch = JSON.stringify({ spec: { tolerations } });
    await cluster.kubectl('patch', 'pod', nodeName, '--type=merge', '-p', patch);
  }
});
