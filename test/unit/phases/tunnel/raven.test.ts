import assert from 'node:assert/strict';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { judgeRaven } from '../../../../src/phases/tunnel/raven-check.ts';
import type { Gateway, Raven } from '../../../../src/phases/tunnel/raven-ports.ts';

const READY = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const EDGE: V1Node = { metadata: { name: 'e1', labels: { 'openyurt.io/is-edge-worker': 'true' } }, ...READY };
const AGENT: V1Pod = { spec: { nodeName: 'e1', containers: [] }, ...READY };
const ACTIVE = { activeEndpoints: [{ publicIP: '203.0.113.7' }] };
const exposed = (name: string, proxyConfig: object, exposeType = 'PublicIP'): Gateway => ({
  metadata: { name },
  spec: { exposeType, proxyConfig: { Replicas: 1, ...proxyConfig } },
  status: ACTIVE,
});
const CLOUD = exposed('gw-cloud', { proxyHTTPPort: '10255', proxyHTTPSPort: '10250' });
const SITE: Gateway = { metadata: { name: 'gw-site' }, status: { activeEndpoints: [{}] } };
const OLD_SITE: Gateway = { metadata: { name: 'gw-old' }, status: { activeEndpoint: {} } };
const BOTH = { proxy: true, vpn: true };

/** What fails, as a reader sees it. Sources: OpenYurt v1.7.0, pkg/yurtmanager/controller/raven; raven v0.4, pkg/engine. */
function failing(raven: Partial<Raven>, agentPods: V1Pod[] = [AGENT]): string[] {
  const whole = { version: 'v1beta1', path: '/gateways', gateways: [CLOUD, SITE], modes: BOTH, ...raven };
  return judgeRaven({ raven: whole, nodes: [EDGE], agentPods })
    .filter(({ ok }) => !ok)
    .map(({ check, found }) => `${check}: ${found}`);
}

describe('the checks of Raven', () => {
  for (const [title, raven] of [
    ['with an exposed gateway, active endpoints and agents', {}],
    ['whose nodes are reached through the VPN', { modes: { proxy: false, vpn: true }, gateways: [exposed('a', {})] }],
    [
      'of v1alpha1, which has no modes and no ports',
      { version: 'v1alpha1', gateways: [CLOUD, OLD_SITE], modes: { proxy: false, vpn: false } },
    ],
  ] as const)
    it(`Raven ${title} passes`, () => assert.deepEqual(failing(raven), []));

  for (const [title, raven, expected] of [
    [
      'that enables neither proxy nor VPN',
      { modes: { proxy: false, vpn: false } },
      ['modes: kube-system/raven-cfg enables neither enable-l7-proxy nor enable-l3-tunnel'],
    ],
    [
      'without gateways',
      { gateways: [], modes: { proxy: false, vpn: true } },
      ['exposed gateway: none of 0 gateways is exposed (spec.exposeType)', 'active endpoints: of 0 gateways'],
    ],
    [
      'with a value of exposeType that no controller knows',
      { gateways: [exposed('a', {}, 'Public')], modes: { proxy: false, vpn: true } },
      ['exposed gateway: none of 1 gateways is exposed (spec.exposeType)'],
    ],
    [
      'without an active endpoint',
      { gateways: [{ ...CLOUD, status: { activeEndpoints: null } }, SITE] },
      ['exposed gateway: no active endpoint has a public address', 'active endpoints: missing: gw-cloud'],
    ],
    [
      "that does not forward the kubelet's port",
      { gateways: [exposed('a', { proxyHTTPPort: '10250' })] },
      ['ports: 10250 of the kubelet is not forwarded: kubectl logs and exec do not reach edge nodes'],
    ],
    [
      'with a port in two gateways',
      { gateways: [CLOUD, exposed('b', { proxyHTTPPort: '10250' })] },
      ['ports: forwarded twice, so that their Service is rejected: 10250'],
    ],
  ] as const)
    it(`Raven ${title} fails, and the check says why`, () => assert.deepEqual(failing(raven), expected));

  it('an edge node without an agent of Raven is named', () => {
    assert.deepEqual(failing({}, []), ['agents: on 0 of 1 Ready edge nodes; missing: e1']);
  });
});
