import assert from 'node:assert/strict';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { edgeNames } from '../../../../src/kubernetes/edge-names.ts';
import { judgeTunnel, type TunnelParts } from '../../../../src/phases/tunnel/check.ts';

const READY = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const node = (name: string, edge: boolean): V1Node => ({
  metadata: { name, labels: { 'alibabacloud.com/is-edge-worker': String(edge) } },
  ...READY,
});
const agentOn = (nodeName: string): V1Pod => ({ spec: { nodeName, containers: [] }, ...READY });

const WHOLE: TunnelParts = {
  server: { spec: { replicas: 2, selector: {}, template: {} }, status: { availableReplicas: 2 } },
  service: { status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } },
  agent: {},
  agentPods: [agentOn('e1'), agentOn('e2')],
  nodes: [node('c1', false), node('e1', true), node('e2', true)],
};

describe('the checks of a tunnel', () => {
  const failing = (parts: Partial<TunnelParts>) =>
    judgeTunnel({ ...WHOLE, ...parts }, edgeNames('ack'))
      .filter(({ ok }) => !ok)
      .map(({ check, found }) => `${check}: ${found}`);

  it('a tunnel that has everything passes every check', () => {
    assert.deepEqual(failing({}), []);
  });

  it('a tunnel that lacks a part fails the check that names it', () => {
    assert.deepEqual(failing({ nodes: WHOLE.nodes.slice(1) }), ['cloud node: 0 Ready']);
    assert.deepEqual(failing({ server: undefined }), ['server: no Deployment edge-tunnel-server']);
    assert.deepEqual(failing({ service: {} }), ['load balancer: Service edge-tunnel-server-svc has no address']);
    assert.deepEqual(failing({ agentPods: [agentOn('e1')] }), ['agents: on 1 of 2 Ready edge nodes; missing: e2']);
    assert.deepEqual(failing({ agent: undefined }), ['agents: no DaemonSet edge-tunnel-agent']);
  });
});
