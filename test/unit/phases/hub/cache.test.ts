import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { workloadsOf } from '../../../../src/cli/hub/cache.ts';
import { edgeNames } from '../../../../src/kubernetes/edge-names.ts';
import { addAgents, cacheAgents, refuseAgents, removeAgents } from '../../../../src/phases/hub/cache-agents.ts';
import type { HubConfig } from '../../../../src/phases/hub/hub-config.ts';
import { agentsInLog, programsOf } from '../../../../src/phases/hub/programs.ts';

const hub = (project: 'ack' | 'openyurt', agents?: string): HubConfig => ({
  names: edgeNames(project),
  config: agents === undefined ? undefined : { metadata: { resourceVersion: '1' }, data: { cache_agents: agents } },
});

describe('programs whose answers the edge-hub caches', () => {
  it('a program is added to the list beside those of others, once, and the ConfigMap is created if it is missing', () => {
    assert.deepEqual(addAgents(hub('ack', 'a, b'), ['b', 'c']).patch, { data: { cache_agents: 'a,b,c' } });
    assert.deepEqual(addAgents(hub('ack', 'a, b'), ['b']).patch, { data: { cache_agents: 'a, b' } });
    const made = addAgents(hub('ack'), ['edge-app']);
    assert.equal(made.name, 'configmap/edge-hub-cfg');
    assert.deepEqual((made.patch as { data: object }).data, { cache_agents: 'edge-app' });
  });

  it('a program that yurthub caches anyway is not added to its list', () => {
    assert.deepEqual(addAgents(hub('openyurt', ''), ['kubelet', 'x']).patch, { data: { cache_agents: 'x' } });
    assert.ok(
      cacheAgents(hub('openyurt', 'x')).some(({ agent, setting }) => agent === 'flanneld' && setting === 'built in'),
    );
  });

  it('what runs several of the programs is restarted once', () => {
    const web = { namespace: 'shops', kind: 'Deployment', name: 'web' };
    const other = { ...web, namespace: 'default' };
    const program = { agent: 'a', source: 'command' as const, pods: 1 };
    const programs = [
      { ...program, workloads: [web] },
      { ...program, workloads: [{ ...web }, other] },
    ];
    assert.deepEqual(workloadsOf(programs), [web, other]);
  });

  it('a program is removed from the list, and the list stays', () => {
    assert.deepEqual(removeAgents(hub('ack', 'a, b'), ['a']).patch, { data: { cache_agents: 'b' } });
    assert.deepEqual(removeAgents(hub('ack', 'a'), ['a']).patch, { data: { cache_agents: '' } });
    assert.deepEqual(removeAgents(hub('ack', 'a, b'), ['c']).patch, { data: {} });
  });

  it('the name of a cached program has no version, and all programs are an offer of OpenYurt only', () => {
    assert.match(refuseAgents(['edge-app/v1.2'], hub('ack'))[0] ?? '', /leave out the version/);
    assert.equal(refuseAgents(['*'], hub('openyurt')).length, 0);
    assert.equal(refuseAgents(['*', 'a b'], hub('ack')).length, 2);
  });
});

describe('programs on edge nodes', () => {
  const pod = (name: string, container: object, owner?: object, annotations?: Record<string, string>): V1Pod => ({
    metadata: { name, namespace: 'default', annotations, ownerReferences: owner ? [owner as never] : undefined },
    spec: { containers: [{ name: 'c', ...container }] },
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'edge-app-7f9c4b6d5', uid: 'u', controller: true };

  it("a program is found in the script of the vendor's guide, behind shell and comment", () => {
    const script = '# The User-Agent header is found in the startup command: edge-app\n/usr/local/bin/edge-app --v=2\n';
    const found = programsOf([
      pod('edge-app-7f9c4b6d5-x', { image: 'xxx/edge-app-amd64:1.18.8', command: ['/bin/sh', '-ec', script] }, owner),
      pod('edge-app-7f9c4b6d5-y', { image: 'xxx/edge-app-amd64:1.18.8', command: ['/bin/sh', '-ec', script] }, owner),
    ]);
    const workloads = [{ namespace: 'default', kind: 'Deployment', name: 'edge-app' }];
    assert.deepEqual(found, [{ agent: 'edge-app', source: 'command', workloads, pods: 2 }]);
  });

  it('the image of a pod without start command is a guess, and a static pod is not a program of the cluster', () => {
    const found = programsOf([
      pod('web', { image: 'registry.example:5000/shop/web@sha256:00' }),
      pod('etcd', { image: 'etcd', command: ['etcd'] }, undefined, { 'kubernetes.io/config.mirror': 'x' }),
    ]);
    assert.deepEqual(
      found.map(({ agent, source, workloads }) => [agent, source, workloads[0]?.kind]),
      [['web', 'image', 'Pod']],
    );
  });

  it("the log of a hub names the programs that it has served, as the guide's line has them", () => {
    const log = [
      'I0820 07:50:18.899015 1 util.go:221] edge-app get services: /api/v1/services/xxx with status code 200, spent 21.035061152ms',
      'I0820 07:50:19.899015 1 util.go:221] kubelet/v1.20.2 watch pods: /api/v1/pods?watch=true with status code 200, spent 1s',
      'I0820 07:50:19.899015 1 cache.go:1] nothing to see',
    ].join('\n');
    assert.deepEqual(agentsInLog(log), ['edge-app', 'kubelet']);
  });
});
