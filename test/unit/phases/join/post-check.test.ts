import assert from 'node:assert/strict';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { warnOfConditions } from '../../../../src/phases/join/node-conditions.ts';
import { postCheck } from '../../../../src/phases/join/post-check.ts';
import { Pipeline } from '../../../../src/workflow/pipeline.ts';
import { fakeHost } from '../../fake-host.ts';
import { apiServer } from '../../kubernetes/api-server.ts';
import { recordedLog } from '../../recorded-log.ts';

function daemonPod(namespace: string, daemonSet: string, status: V1Pod['status']): V1Pod {
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemonSet, uid: 'u', controller: true };
  return { metadata: { namespace, name: `${daemonSet}-x`, ownerReferences: [owner] }, status };
}

const WAITING = {
  name: 'c',
  image: 'c',
  imageID: '',
  restartCount: 9,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
};
const CRASHING = { phase: 'Running', containerStatuses: [{ ...WAITING, ready: false }] };

interface Tried {
  readonly conditions: readonly object[];
  /** What `df` says is used, percent. */
  readonly used?: number;
  /** Of the Node that a watch brings. */
  readonly later?: readonly object[];
  readonly configuration?: string;
}

const condition = (type: string, status: string, message = 'm') => ({
  ...{ type, status, message, reason: 'r' },
  lastTransitionTime: '2026-11-29T11:50:00Z',
});

/** What a join says of a node with these conditions, and how often it watched the Node. */
async function toldOf({ conditions, used = 10, later = conditions, configuration }: Tried) {
  const metadata = { name: 'edge-1' };
  const events = [{ type: 'MODIFIED', object: { metadata, status: { conditions: later } } }];
  const server = await apiServer(({ path }) => (path.includes('watch=true') ? { events } : undefined));
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const host = fakeHost({
    commands: {
      df: `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 ${used} ${100 - used} ${used}% /\n`,
    },
    files: { '/var/lib/kubelet/config.yaml': configuration },
  });
  const log = recordedLog();
  const spec = { runtime: 'containerd' } as JoinContext['spec'];
  const shown = { metadata, status: { conditions } } as unknown as V1Node;
  await warnOfConditions({ host, spec, log, signal: new AbortController().signal, wet: true }, client, shown);
  client.close();
  return { lines: log.lines.join('\n'), watches: server.requests.length };
}

describe('the conditions of a node at the end of a join', () => {
  const none = condition('DiskPressure', 'False');

  /** Of https://kubernetes.io/docs/reference/node/node-status/#condition; the first as kubernetes/kubernetes#66961 has it. */
  const ROWS: Readonly<Record<string, RegExp>> = {
    DiskPressure:
      /The node reports DiskPressure: it evicts pods.* \(m since 2026-11-29 11:50:00 UTC\)\. .*`edgeadm diagnose`/,
    MemoryPressure: /MemoryPressure: it evicts pods/,
    PIDPressure: /PIDPressure: it evicts pods/,
    NetworkUnavailable: /NetworkUnavailable: the network of pods is not set up/,
  };
  for (const [type, told] of Object.entries(ROWS))
    it(`the end of a join names ${type}, though the node is Ready`, async () => {
      const { lines } = await toldOf({ conditions: [condition('Ready', 'True'), condition(type, 'True')] });
      assert.match(lines, told);
    });

  it('the end of a join waits for the word of a kubelet whose disk is nearly full, since that comes after Ready', async () => {
    const { lines } = await toldOf({ conditions: [none], used: 95, later: [condition('DiskPressure', 'True')] });
    assert.match(lines, /The node reports DiskPressure/);
  });

  it('the end of a join waits for no conditions if there is room, or the kubelet has thresholds of its own', async () => {
    assert.equal((await toldOf({ conditions: [none] })).watches, 0);
    const configuration = 'evictionHard: {nodefs.available: 1%}';
    assert.equal((await toldOf({ conditions: [none], used: 95, configuration })).watches, 0);
  });

  it('the end of a join says nothing of a disk that is nearly full if the kubelet is content', async () => {
    const { lines } = await toldOf({ conditions: [none], used: 95 });
    assert.doesNotMatch(lines, /The node reports/);
  });
});

describe('the post-check of a join', () => {
  /** Waits for kube-proxy on a node that has these pods and is Ready by now. */
  async function checkAddons(pods: readonly V1Pod[], seen: { ready?: boolean }): Promise<string[]> {
    const node = { metadata: { name: 'edge-1' }, status: { conditions: [condition('Ready', 'True')] } };
    const server = await apiServer(({ path }) =>
      path.startsWith('/api/v1/pods?') ? { items: pods } : path === '/api/v1/nodes/edge-1' ? node : undefined,
    );
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    const context = {
      spec: { allowedClusterAddons: ['kube-proxy'] },
      node: { name: async () => 'edge-1' },
      credentials: { client: async () => client },
      seen,
    } as unknown as JoinContext;
    const said: string[] = [];
    const phases = (postCheck.phases ?? []).filter(({ name }) => name === 'addons');
    await new Pipeline(phases, {
      host: 'h',
      context,
      emit: (event) => event.type === 'message' && said.push(event.text),
      signal: new AbortController().signal,
      wet: true,
    }).run();
    client.close();
    return said;
  }

  it('a crash-looping monitoring/kube-proxy-exporter does not fail the join of a node whose kube-proxy runs', async () => {
    const pods = [
      daemonPod('monitoring', 'kube-proxy-exporter', CRASHING),
      daemonPod('kube-system', 'kube-proxy', { phase: 'Running' }),
    ];
    const said = await checkAddons(pods, {});
    assert.ok(said.includes('kube-proxy is OK.'), said.join('\n'));
  });

  it('the end of a join says Ready if the node became Ready while the join waited for add-ons', async () => {
    const seen = { ready: false };
    await checkAddons([daemonPod('kube-system', 'kube-proxy', { phase: 'Running' })], seen);
    assert.deepEqual(seen, { ready: true });
  });
});
