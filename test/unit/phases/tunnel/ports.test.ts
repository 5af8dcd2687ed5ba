import assert from 'node:assert/strict';
import { intendAdd, intendRemove } from '../../../../src/cli/tunnel/ports.ts';
import { edgeNames } from '../../../../src/kubernetes/edge-names.ts';
import {
  addPorts,
  configuredPorts,
  portSupport,
  refuseAddedPorts,
  removePorts,
} from '../../../../src/phases/tunnel/config-ports.ts';
import {
  addGatewayPorts,
  exposedGateway,
  type Gateway,
  gatewayPorts,
  type Raven,
  refuseGatewayPorts,
  refuseRavenVersion,
  removeGatewayPorts,
} from '../../../../src/phases/tunnel/raven-ports.ts';

const ACK = edgeNames('ack');
const OPENYURT = edgeNames('openyurt');
const request = (ports: string[], kind: { https?: boolean; localhost?: boolean } = {}) => ({
  ports,
  https: kind.https ?? false,
  localhost: kind.localhost ?? false,
});

describe('ports of the tunnel in a ConfigMap', () => {
  it('ports of the tunnel are refused before 1.18.8, are HTTP pairs before 1.20.11, and lists from then on', () => {
    assert.equal(portSupport(ACK, '1.16.9-aliyunedge.1'), 'none');
    assert.equal(portSupport(ACK, 'v1.18.8-aliyunedge.1'), 'pairs');
    assert.equal(portSupport(ACK, '1.20.11-aliyunedge.1'), 'all');
    assert.equal(portSupport(OPENYURT, 'v1.18.0'), 'all');
    const [why] = refuseAddedPorts({}, request(['9051']), 'none', '1.16.9-aliyunedge.1');
    assert.match(why ?? '', /from 1\.18\.8-aliyunedge\.1 on/);
    const both = refuseAddedPorts({}, request(['1'], { https: true, localhost: true }), 'pairs', '1.18.8-aliyunedge.1');
    assert.equal(both.length, 2);
  });

  it("a port of a 1.18.8 cluster becomes a pair, as the vendor's guide has it, beside those that are there", () => {
    assert.deepEqual(addPorts({}, request(['9051']), 'pairs', ACK), { 'dnat-ports-pair': '9051=10264' });
    const data = { 'dnat-ports-pair': '9051=10264' };
    assert.deepEqual(addPorts(data, request(['9051', '9053']), 'pairs', ACK), {
      'dnat-ports-pair': '9051=10264, 9053=10264',
    });
    assert.deepEqual(removePorts(data, ['9051'], ACK, false), { 'dnat-ports-pair': null });
  });

  it('https://127.0.0.1:8080 takes both lists, and the usual ports of localhost stay', () => {
    assert.deepEqual(addPorts({}, request(['8080'], { https: true, localhost: true }), 'all', ACK), {
      'https-proxy-ports': '8080',
      'localhost-proxy-ports': '10250, 10255, 10266, 10267, 8080',
    });
    assert.deepEqual(addPorts({}, request(['8080'], { localhost: true }), 'all', OPENYURT), {
      'http-proxy-ports': '8080',
      'localhost-proxy-ports': '10266, 10267, 8080',
    });
    const data = { 'https-proxy-ports': '9052,8080', 'localhost-proxy-ports': '10250,8080' };
    assert.deepEqual(removePorts(data, ['8080', '10250'], ACK, false), {
      'https-proxy-ports': '9052',
      'localhost-proxy-ports': '10250',
    });
    assert.deepEqual(removePorts(data, ['8080'], ACK, true), { 'localhost-proxy-ports': '10250' });
  });

  it('a port that is forwarded already changes nothing, in whatever way it is written', () => {
    const data = { 'http-proxy-ports': '9051,9053', 'dnat-ports-pair': '9054=10264' };
    assert.deepEqual(addPorts(data, request(['9053', '9054', '10255']), 'all', ACK), {});
  });

  it('a port is HTTP or HTTPS, not both', () => {
    const data = { 'https-proxy-ports': '9052', 'dnat-ports-pair': '9051=10264' };
    assert.match(refuseAddedPorts(data, request(['9052']), 'all', 'v1')[0] ?? '', /9052 is forwarded as HTTPS already/);
    const https = refuseAddedPorts(data, request(['9051'], { https: true }), 'all', 'v1');
    assert.match(https[0] ?? '', /9051 is forwarded as HTTP already/);
  });

  it('the list of forwarded ports has the built-in ones, and names the setting of each', () => {
    const data = { 'https-proxy-ports': '8080', 'localhost-proxy-ports': '8080, 9000' };
    const rows = configuredPorts(data, ACK).map(({ port, protocol = '-', localhost, setting }) =>
      [port, protocol, localhost, setting].join(' '),
    );
    assert.deepEqual(rows, [
      '8080 HTTPS true https-proxy-ports',
      '9000 - true localhost-proxy-ports',
      '10250 HTTPS false built in',
      '10255 HTTP false built in',
    ]);
  });
});

describe("ports of Raven's gateways", () => {
  const gateway: Gateway = {
    metadata: { name: 'gw-cloud', resourceVersion: '7' },
    spec: {
      exposeType: 'LoadBalancer',
      proxyConfig: { Replicas: 1, proxyHTTPPort: '10255', proxyHTTPSPort: '10250,9100' },
    },
  };
  const edge: Gateway = { metadata: { name: 'gw-edge' }, spec: {} };
  const path = '/apis/raven.openyurt.io/v1beta1/gateways';

  it("a gateway's ports are added and removed without touching the rest of it", () => {
    assert.deepEqual(
      gatewayPorts([edge, gateway]).map(({ port, protocol }) => `${port} ${protocol}`),
      ['9100 HTTPS', '10250 HTTPS', '10255 HTTP'],
    );
    const added = addGatewayPorts(gateway, path, request(['9051']));
    assert.deepEqual(added.patch, { spec: { proxyConfig: { proxyHTTPPort: '10255, 9051' } } });
    assert.equal(added.path, `${path}/gw-cloud`);
    const removed = removeGatewayPorts(gateway, path, ['9100', '10255']);
    assert.deepEqual(removed.patch, { spec: { proxyConfig: { proxyHTTPPort: null, proxyHTTPSPort: '10250' } } });
  });

  it('the gateway that forwards a port is the only one that is exposed, or has to be named', () => {
    assert.equal(exposedGateway([edge, gateway], undefined).metadata.name, 'gw-cloud');
    const other = { ...gateway, metadata: { name: 'gw-2' } };
    assert.throws(() => exposedGateway([gateway, other], undefined), /--gateway: name one of gw-cloud, gw-2/);
    assert.throws(() => exposedGateway([gateway], 'gw-edge'), { code: 'USAGE' });
    assert.throws(() => exposedGateway([edge], undefined), { code: 'SETTING_REFUSED' });
    const unknown: Gateway = { ...edge, spec: { exposeType: 'Unknown' } };
    assert.throws(() => exposedGateway([unknown], undefined), { code: 'SETTING_REFUSED' });
  });

  // OpenYurt v1.7.0: charts/yurt-manager/crds (Replicas is required, none is elected without it), and
  // controller/raven/gatewayinternalservice (the ports of all exposed gateways become those of one Service).
  const second: Gateway = {
    metadata: { name: 'gw-2' },
    spec: { exposeType: 'PublicIP', proxyConfig: { Replicas: 1, proxyHTTPPort: '9400' } },
  };
  const without = (proxyConfig?: object): Gateway => ({ ...second, spec: { exposeType: 'PublicIP', proxyConfig } });
  for (const [title, chosen, wanted, expected] of [
    ['a new port', gateway, request(['9051']), undefined],
    ['a port that it forwards already', gateway, request(['10255']), undefined],
    ['a port of localhost', gateway, request(['9051'], { localhost: true }), /leave out --localhost/],
    ['a port of the other protocol', gateway, request(['9100']), /9100 is forwarded as HTTPS already/],
    ['a port of another gateway', gateway, request(['9400']), /9400 is forwarded by gateway gw-2 already/],
    ['a gateway without settings of the proxy', without(), request(['1']), /Replicas is missing; set it with kubectl/],
    ['a gateway without replicas', without({ Replicas: 0 }), request(['1']), /gw-2 forwards no ports: .* is 0;/],
  ] as const)
    it(`a gateway of Raven ${expected ? 'refuses' : 'takes'} ${title}`, () => {
      const reasons = refuseGatewayPorts({ gateways: [edge, gateway, second] }, chosen, wanted);
      if (expected) assert.match(reasons.join('\n'), expected);
      else assert.deepEqual(reasons, []);
    });

  it('gateways of v1alpha1 have no ports, and the reason says from when on', () => {
    assert.match(refuseRavenVersion({ version: 'v1alpha1' }) ?? '', /from OpenYurt 1\.4 on/);
    assert.equal(refuseRavenVersion({ version: 'v1beta1' }), undefined);
  });
});

describe('what changes the ports of a tunnel', () => {
  const ports = { proxyHTTPPort: '9051', proxyHTTPSPort: '10250' };
  const named = (name: string, more: object = {}): Gateway => ({
    metadata: { name },
    spec: { exposeType: 'PublicIP', proxyConfig: { Replicas: 1, ...more } },
  });
  const raven = (more: Partial<Raven> = {}) => ({
    ...{ kind: 'raven' as const, version: 'v1beta1', path: '/gateways', modes: { proxy: true, vpn: false } },
    ...{ gateways: [named('a', ports), named('b')], ...more },
  });

  it("the undo is about the gateway that is changed, not about another one's ports", () => {
    assert.deepEqual(intendAdd(raven(), request(['9052']), 'b').undo, ['edgeadm tunnel ports remove 9052 --gateway b']);
    assert.deepEqual(intendRemove(raven(), request(['9051']), 'b').undo, []);
    assert.deepEqual(intendRemove(raven(), request(['9051', '10250']), 'a').undo, [
      'edgeadm tunnel ports add 9051 --gateway a',
      'edgeadm tunnel ports add 10250 --https --gateway a',
    ]);
  });

  it("who removes the kubelet's port, or adds one to a proxy that is off, is told what it means", () => {
    assert.match(intendRemove(raven(), request(['10250']), 'a').effect?.join() ?? '', /kubectl logs and exec stop/);
    const off = raven({ modes: { proxy: false, vpn: true } });
    assert.match(intendAdd(off, request(['1']), 'b').effect?.join() ?? '', /does not enable the proxy/);
  });

  it('a flag that means nothing to the tunnel is refused, not ignored', () => {
    const config = { kind: 'config' as const, names: ACK, config: undefined, version: 'v1.20.11-aliyunedge.1' };
    for (const intend of [intendAdd, intendRemove])
      assert.throws(() => intend(config, request(['9051']), 'gw'), { code: 'USAGE', message: /is not Raven/ });
    const local = request(['9051'], { localhost: true });
    assert.throws(() => intendRemove(raven(), local, 'a'), { code: 'SETTING_REFUSED', why: /--localhost/ });
    assert.throws(() => intendAdd(raven({ version: 'v1alpha1' }), request(['1']), 'a'), { why: /v1alpha1/ });
  });
});
