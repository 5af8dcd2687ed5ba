import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { chosenNodes, nodesToChange } from '../../../../src/phases/node/chosen-nodes.ts';
import { describeNodes } from '../../../../src/phases/node/cluster-nodes.ts';
import { checkGatewayController, gatewayChanges } from '../../../../src/phases/node/gateway.ts';
import { type ApiAnswer, apiServer } from '../../kubernetes/api-server.ts';

const EDGE = { 'alibabacloud.com/is-edge-worker': 'true', 'apps.openyurt.io/nodepool': 'shops' };
const CLOUD = { 'alibabacloud.com/is-edge-worker': 'false' };
const node = (name: string, labels: Record<string, string>): V1Node => ({ metadata: { name, labels } });

async function clientOf(answers: Readonly<Record<string, ApiAnswer>>): Promise<ApiClient> {
  const { server, ca, connect } = await apiServer(({ path }) => answers[path.split('?')[0] ?? '']);
  return new ApiClient({ servers: [server], ca }, connect);
}

const NODES = { '/api/v1/nodes': { items: [node('shop-2', EDGE), node('shop-1', EDGE), node('cloud-1', CLOUD)] } };

describe('the nodes that a command is about', () => {
  it('nodes are chosen by name and pool, in order, and a mistyped name is answered with the nearest one', async () => {
    const client = await clientOf(NODES);
    const names = async (query: { names?: string[]; nodepool?: string }) =>
      (await chosenNodes(client, { names: [], ...query })).map(({ metadata }) => metadata?.name);
    assert.deepEqual(await names({}), ['cloud-1', 'shop-1', 'shop-2']);
    assert.deepEqual(await names({ nodepool: 'shops' }), ['shop-1', 'shop-2']);
    await assert.rejects(names({ names: ['shop-1', 'shop-11'] }), {
      code: 'NODE_NOT_FOUND',
      why: 'shop-11: did you mean shop-1?',
    });
    await assert.rejects(names({ names: ['cloud-1'], nodepool: 'shops' }), { code: 'NODE_NOT_FOUND' });
    client.close();
  });

  it('a command that changes nodes takes none unless a name or a filter says which', async () => {
    const client = await clientOf(NODES);
    await assert.rejects(nodesToChange(client, { names: [] }), { code: 'USAGE' });
    await assert.rejects(nodesToChange(client, { names: [], nodepool: 'x' }), { code: 'NODE_NOT_FOUND' });
    client.close();
  });
});

describe('what a cluster says of its nodes', () => {
  it('the list of nodes has the hub of each, and when the certificate of its kubelet ends if that can be read', async () => {
    const pod = {
      metadata: { name: 'edge-hub-shop-1' },
      spec: {
        nodeName: 'shop-1',
        containers: [{ name: 'hub', image: 'registry.example:5000/edge-hub:v1.20.11@sha256:0' }],
      },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const metrics = 'kubelet_certificate_manager_client_ttl_seconds 86400\n';
    const client = await clientOf({
      '/api/v1/namespaces/kube-system/pods': { items: [pod] },
      '/api/v1/nodes/shop-1/proxy/metrics': { status: 200, body: metrics },
    });
    const service = node('shop-3', EDGE);
    service.metadata = { ...service.metadata, annotations: { 'edgeadm.io/edge-hub-service': 'v1.7.0' } };
    const described = await describeNodes(client, [node('shop-1', EDGE), node('shop-2', EDGE), service], {
      certificates: true,
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      described.map(({ name, hub }) => [name, hub]),
      [
        ['shop-1', { as: 'pod', pod: 'edge-hub-shop-1', ready: true, version: '1.20.11' }],
        ['shop-2', undefined],
        ['shop-3', { as: 'service', version: '1.7.0' }],
      ],
    );
    assert.equal(described[1]?.certificateEnds, undefined);
    client.close();
  });
});

describe('gateways to the edge', () => {
  it('a cloud node becomes a gateway by an empty label, and an ordinary node again without it', () => {
    const label = 'node-role.alibabacloud.com/cloud-gateway';
    const cloud = node('cloud-1', CLOUD);
    assert.deepEqual(gatewayChanges([cloud], true)[0]?.patch, { metadata: { labels: { [label]: '' } } });
    assert.deepEqual(gatewayChanges([cloud], false)[0]?.patch, { metadata: { labels: { [label]: null } } });
  });

  it('edge nodes, nodes of the control plane and nodes of OpenYurt are refused as gateways, all at once', () => {
    const nodes = [node('a', EDGE), node('m', {}), node('y', { 'openyurt.io/is-edge-worker': 'false' })];
    assert.throws(() => gatewayChanges(nodes, true), { code: 'SETTING_REFUSED', why: /^a: .*\nm: .*\ny: .*Raven/ });
  });

  it('a gateway needs edge-controller-manager 2.1, and one whose version cannot be read is a warning', async () => {
    const path = '/apis/apps/v1/namespaces/kube-system/deployments/edge-controller-manager';
    const controller = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } });
    const check = async (answers: Readonly<Record<string, ApiAnswer>>) => {
      const client = await clientOf(answers);
      return checkGatewayController(client).finally(() => client.close());
    };
    assert.deepEqual(await check({ [path]: controller('r/edge-controller-manager:v2.1.0') }), []);
    await assert.rejects(check({ [path]: controller('r/edge-controller-manager:v2.0.5-a') }), {
      code: 'SETTING_REFUSED',
    });
    assert.equal((await check({})).length, 1);
  });
});
