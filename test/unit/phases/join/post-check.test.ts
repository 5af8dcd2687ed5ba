import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { postCheck } from '../../../../src/phases/join/post-check.ts';
import { Pipeline } from '../../../../src/workflow/pipeline.ts';
import { apiServer } from '../../kubernetes/api-server.ts';

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

describe('the post-check of a join', () => {
  it('a crash-looping monitoring/kube-proxy-exporter does not fail the join of a node whose kube-proxy runs', async () => {
    const pods = [
      daemonPod('monitoring', 'kube-proxy-exporter', CRASHING),
      daemonPod('kube-system', 'kube-proxy', { phase: 'Running' }),
    ];
    const server = await apiServer(({ path }) => (path.startsWith('/api/v1/pods?') ? { items: pods } : undefined));
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    const context = {
      spec: { allowedClusterAddons: ['kube-proxy'] },
      node: { name: async () => 'edge-1' },
      credentials: { client: async () => client },
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
    assert.ok(said.includes('kube-proxy is OK.'), said.join('\n'));
    client.close();
  });
});
