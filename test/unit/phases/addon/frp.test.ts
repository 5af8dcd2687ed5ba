import assert from 'node:assert/strict';
import { frpObjects, removeFrpObjects } from '../../../../src/phases/addon/frp.ts';
import { type CloudUnderTest, cloudUnderTest } from '../../cloud/cloud-under-test.ts';

const FOUND = [
  'daemonset kube-system/frpc',
  'deployment kube-system/frps',
  'deployment kube-system/frps-backup',
  'service kube-system/frps',
];

/** Source: the vendor's user guide, 4.3: what has to go before the tunnel of a cluster of 1.12.6 is upgraded. */
describe('the tunnel of clusters of 1.12.6, frp', function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  afterEach(() => cloud.close());

  const open = async (version: string) => {
    cloud = await cloudUnderTest({ version });
    for (const [kind, name] of [
      ['DaemonSet', 'frpc'],
      ['Deployment', 'frps'],
      ['Deployment', 'frps-backup'],
      ['Deployment', 'frpserver-of-somebody'],
    ] as const) {
      const labels = { app: name };
      const template = { metadata: { labels }, spec: { containers: [{ name, image: 'example/frp' }] } };
      await cloud.client.create(`/apis/apps/v1/namespaces/kube-system/${kind.toLowerCase()}s`, {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name, namespace: 'kube-system' },
        spec: { selector: { matchLabels: labels }, template },
      });
    }
    await cloud.client.create('/api/v1/namespaces/kube-system/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'frps', namespace: 'kube-system' },
      spec: { ports: [{ port: 7000 }] },
    });
    return { service: cloud.service, clusterId: cloud.cluster.id };
  };

  it('the objects of frp are found in a cluster of 1.12.6 and deleted, others stay, and the second time there are none', async () => {
    const frp = await open('1.12.6-aliyunedge.1');
    const found = await frpObjects(frp);
    assert.deepEqual([...found].sort(), FOUND);
    await removeFrpObjects(found, frp);
    assert.deepEqual(await frpObjects(frp), []);
    await removeFrpObjects(found, frp);
    const path = '/apis/apps/v1/namespaces/kube-system/deployments/frpserver-of-somebody';
    assert.ok(await cloud.client.find(path));
  });

  it('the objects of frp are not looked for in a cluster of a later version', async () => {
    assert.deepEqual(await frpObjects(await open('1.14.8-aliyunedge.1')), []);
  });
});
