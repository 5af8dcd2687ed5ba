import assert from 'node:assert/strict';
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
  refuseGatewayPorts,
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
    spec: { exposeType: 'LoadBalancer', proxyConfig: { proxyHTTPPort: '10255', proxyHTTPSPort: '10250,9100' } },
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
  });

  it("Raven's gateways have no ports of localhost, and no port of two protocols", () => {
    assert.match(refuseGatewayPorts(gateway, request(['1'], { localhost: true }))[0] ?? '', /leave out --localhost/);
    assert.match(refuseGatewayPorts(gateway, request(['9100']))[0] ?? '', /forwarded as HTTPS already/);
  });
});
