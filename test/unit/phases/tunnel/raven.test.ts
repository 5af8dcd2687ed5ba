import assert from 'node:assert/strict';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { ChangeRequest } from '../../../../src/kubernetes/api/change.ts';
import { judgeRaven } from '../../../../src/phases/tunnel/raven-check.ts';
import {
  addGatewayPorts,
  type Gateway,
  type Raven,
  removeGatewayPorts,
} from '../../../../src/phases/tunnel/raven-ports.ts';

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

function checked(raven: Partial<Raven>, agentPods: V1Pod[] = [AGENT]) {
  const whole = { version: 'v1beta1', path: '/gateways', gateways: [CLOUD, SITE], modes: BOTH, ...raven };
  return judgeRaven({ raven: whole, nodes: [EDGE], agentPods });
}

/** A gateway after a change, as the API server makes it of a merge patch. */
function patched(gateway: Gateway, { patch }: ChangeRequest): Gateway {
  const { spec } = patch as { spec: { proxyConfig: Record<string, string | null> } };
  const config = { ...gateway.spec?.proxyConfig, ...spec.proxyConfig };
  const kept = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
  return { ...gateway, spec: { ...gateway.spec, proxyConfig: kept } };
}

/** What fails, as a reader sees it. Sources: OpenYurt v1.7.0, pkg/yurtmanager/controller/raven; raven v0.4, pkg/engine. */
function failing(raven: Partial<Raven>, agentPods?: V1Pod[]): string[] {
  return checked(raven, agentPods)
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
    it(`the check of a Raven ${title} passes`, () => assert.deepEqual(failing(raven), []));

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
      'whose port is in two gateways',
      { gateways: [CLOUD, exposed('b', { proxyHTTPPort: '10250' })] },
      ['ports: 10250 is forwarded by two gateways, so that their Service is rejected'],
    ],
  ] as const)
    it(`the check of a Raven ${title} fails and says why`, () => assert.deepEqual(failing(raven), expected));

  it('what the check of a Raven advises about its ports leads to a check that passes', () => {
    const second = exposed('b', { proxyHTTPPort: '9445', proxyHTTPSPort: '10250' });
    const twice = checked({ gateways: [CLOUD, second] }).find(({ ok }) => !ok);
    assert.equal(twice?.next, 'edgeadm tunnel ports remove 10250 --gateway b');
    assert.deepEqual(failing({ gateways: [CLOUD, patched(second, removeGatewayPorts(second, '/', ['10250']))] }), []);
    const none = exposed('a', {});
    const missing = checked({ gateways: [none] }).find(({ ok }) => !ok);
    assert.equal(missing?.next, 'edgeadm tunnel ports add 10250 --https');
    const kubelet = { ports: ['10250'], https: true, localhost: false };
    assert.deepEqual(failing({ gateways: [patched(none, addGatewayPorts(none, '/', kubelet))] }), []);
  });

  it('an edge node without an agent of Raven is named', () => {
    assert.deepEqual(failing({}, []), ['agents: on 0 of 1 Ready edge nodes; missing: e1']);
  });
});
