import assert from 'node:assert/strict';
import type { V1EndpointSlice, V1Endpoints, V1Node } from '@kubernetes/client-node';
import { endpointsOf, endpointsOfSlices, reachOf } from '../../../../src/phases/service/reach.ts';
import { TOPOLOGY, topologyChange, topologyOf, topologyValue } from '../../../../src/phases/service/topology.ts';

const EDGE = { 'alibabacloud.com/is-edge-worker': 'true' };
const node = (name: string, pool?: string, labels: Record<string, string> = EDGE): V1Node => ({
  metadata: { name, labels: { ...labels, ...(pool && { 'apps.openyurt.io/nodepool': pool }) } },
});
const NODES = [node('b1', 'b'), node('a2', 'a'), node('a1', 'a'), node('lone'), node('master', undefined, {})];
const ENDPOINTS: V1Endpoints = {
  subsets: [
    {
      addresses: [
        { ip: '10.0.0.1', nodeName: 'a1', targetRef: { kind: 'Pod', name: 'web-1' } },
        { ip: '10.0.0.2', nodeName: 'lone' },
      ],
      notReadyAddresses: [{ ip: '10.0.0.3', nodeName: 'b1', targetRef: { kind: 'Pod', name: 'web-3' } }],
    },
  ],
};

describe('the topology of a Service', () => {
  it("a Service is limited by the value that the version of the cluster knows, in the guide's words", () => {
    assert.equal(topologyValue('node', '1.16.9-aliyunedge.1'), 'kubernetes.io/hostname');
    assert.equal(topologyValue('nodepool', '1.16.9-aliyunedge.1'), 'kubernetes.io/zone');
    assert.equal(topologyValue('nodepool', '1.18.8-aliyunedge.1'), 'openyurt.io/nodepool');
    assert.equal(topologyValue('nodepool', 'v1.16.3'), 'openyurt.io/nodepool');
    assert.throws(() => topologyValue('openyurt.io/nodepool', '1.16.9-aliyunedge.1'), { code: 'SETTING_REFUSED' });
  });

  it('a value that the hub does not know limits nothing, and is reported', () => {
    const of = (value?: string) =>
      topologyOf({ metadata: { name: 'web', annotations: value ? { [TOPOLOGY]: value } : {} } });
    assert.equal(of().topology, 'unlimited');
    assert.equal(of('kubernetes.io/zone').topology, 'nodepool');
    assert.match(of('kubernetes.io/hostname, *').ignored ?? '', /is not one of/);
  });

  for (const value of ['', '*', 'kubernetes.io/Hostname', 'constructor', '__proto__', 'toString'])
    it(`the annotation "${value}" of other people limits nothing, and is reported`, () => {
      const found = topologyOf({ metadata: { name: 'web', annotations: { [TOPOLOGY]: value } } });
      assert.equal(found.topology, 'unlimited');
      assert.equal(found.ignored?.startsWith(`${value || 'an empty text'} is not one of `), true);
    });

  it('the annotation of a Service is set and removed without touching others', () => {
    const service = { metadata: { name: 'web', namespace: 'shops' } };
    assert.deepEqual(topologyChange(service, undefined).patch, { metadata: { annotations: { [TOPOLOGY]: null } } });
    assert.equal(topologyChange(service, 'x').path, '/api/v1/namespaces/shops/services/web');
  });
});

describe('what clients on a node reach', () => {
  const reached = (topology: 'node' | 'nodepool' | 'unlimited') =>
    reachOf(topology, NODES, endpointsOf(ENDPOINTS)).map(
      ({ node: name, endpoints }) => `${name}: ${endpoints.map(({ address }) => address).join(' ')}`,
    );

  it('clients reach the endpoints in their pool; on a node without pool their own, on one without hub all', () => {
    assert.deepEqual(reached('nodepool'), [
      'a1: 10.0.0.1',
      'a2: 10.0.0.1',
      'b1: 10.0.0.3',
      'lone: 10.0.0.2',
      'master: 10.0.0.1 10.0.0.2 10.0.0.3',
    ]);
  });

  it('clients reach the endpoints on their node only, or all', () => {
    assert.deepEqual(reached('node').slice(0, 3), ['a1: 10.0.0.1', 'a2: ', 'b1: 10.0.0.3']);
    assert.ok(reached('unlimited').every((line) => line.endsWith('10.0.0.1 10.0.0.2 10.0.0.3')));
  });

  it('endpoints are read from EndpointSlices: one in two slices counts once, and one that says nothing is ready', () => {
    const endpoint = (address: string, nodeName: string, more: object = {}) => ({
      addresses: [address],
      nodeName,
      ...more,
    });
    const slice = (...endpoints: object[]) => ({ addressType: 'IPv4', endpoints }) as V1EndpointSlice;
    const found = endpointsOfSlices([
      slice(endpoint('10.0.0.1', 'a1', { targetRef: { kind: 'Pod', name: 'web-1' } }), endpoint('10.0.0.2', 'b1')),
      slice(endpoint('10.0.0.2', 'b1'), endpoint('10.0.0.3', 'lone', { conditions: { ready: false } })),
    ]);
    assert.deepEqual(
      found.map(({ address, ready, pod }) => [address, ready, pod]),
      [
        ['10.0.0.1', true, 'web-1'],
        ['10.0.0.2', true, undefined],
        ['10.0.0.3', false, undefined],
      ],
    );
    assert.deepEqual(
      reachOf('nodepool', NODES, found).map(({ endpoints }) => endpoints.length),
      [1, 1, 1, 1, 3],
    );
  });
});
