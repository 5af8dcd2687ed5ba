import assert from 'node:assert/strict';
import { redact } from '../../../src/lib/redact.ts';
import { type CloudUnderTest, cloudUnderTest } from './cloud-under-test.ts';

describe("edgeadm's client of the container service", function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  before(async () => {
    cloud = await cloudUnderTest();
  });
  after(() => cloud.close());

  it('gives the line that joins a node, whose token is shown nowhere else', async () => {
    const [pool] = await cloud.service.nodePools(cloud.cluster.id);
    const nodePoolId = pool?.nodepoolInfo?.nodepoolId ?? '';
    const line = await cloud.service.attachScript(cloud.cluster.id, { nodePoolId, arch: 'amd64', nodeSpec: '{}' });
    assert.match(line, /^wget .*; \.\/edgeadm join --openapi-token=\w+ --node-spec="\{\}" --region=cn-hangzhou$/);
    const token = /--openapi-token=(\w+)/.exec(line)?.[1] ?? '';
    assert.ok(!redact(`seen: ${token}`).includes(token));
  });

  it('tells what the service refuses by its own code', async () => {
    await assert.rejects(cloud.service.cluster('c-other'), { code: 'CLOUD_REFUSED', what: /ErrorClusterNotFound/ });
  });
});
