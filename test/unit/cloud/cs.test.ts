import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addFault } from '../../../sandbox/cloud/faults.ts';
import { KIND } from '../../../sandbox/cloud/records.ts';
import { openContainerService } from '../../../src/cloud/cs.ts';
import { redact } from '../../../src/lib/redact.ts';
import { type CloudUnderTest, cloudUnderTest } from './cloud-under-test.ts';
import { answers, hostileServer } from './hostile-server.ts';

describe("edgeadm's client of the container service", function () {
  this.timeout(20_000);
  let cloud: CloudUnderTest;
  before(async () => {
    cloud = await cloudUnderTest();
  });
  after(() => cloud.close());

  const script = async (): Promise<string> => {
    const [pool] = await cloud.service.nodePools(cloud.cluster.id);
    const nodePoolId = pool?.nodepoolInfo?.nodepoolId ?? '';
    return cloud.service.attachScript(cloud.cluster.id, { nodePoolId, arch: 'amd64', nodeSpec: '{}' });
  };

  it('gives the line that joins a node, whose token is shown nowhere else', async () => {
    const line = await script();
    assert.match(line, /^wget .*; \.\/edgeadm join --openapi-token=\w+ --node-spec="\{\}" --region=cn-hangzhou$/);
    const token = /--openapi-token=(\w+)/.exec(line)?.[1] ?? '';
    assert.ok(!redact(`seen: ${token}`).includes(token));
  });

  it('takes the line that joins a node in quotes too, as the reference prints it', async () => {
    const line = 'wget http://x/edgeadm; ./edgeadm join --openapi-token=abc';
    const quoted = await hostileServer(answers(200, JSON.stringify(`${line}\r\n`)));
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-quoted-'));
    try {
      await writeFile(join(folder, 'ca.crt'), quoted.ca);
      const own = { EDGEADM_CS_ENDPOINT: `https://${quoted.host}`, EDGEADM_CLOUD_CA: join(folder, 'ca.crt') };
      const service = await openContainerService({ region: 'cn-hangzhou', env: { ...cloud.env, ...own } });
      const taken = await service.attachScript('c1', { nodePoolId: 'np1', arch: 'amd64', nodeSpec: '{}' });
      assert.equal(taken, line);
    } finally {
      await quoted.close();
      await rm(folder, { recursive: true });
    }
  });

  it('makes one token for one line, whatever becomes of the answer', async () => {
    const tokens = () => cloud.store.list(KIND.attachToken).length;
    for (const mode of ['timeout-after-effect', 'empty'] as const) {
      const before = tokens();
      addFault(cloud.store, { action: 'DescribeClusterAttachScripts', mode, times: 1 });
      await assert.rejects(script());
      assert.equal(tokens(), before + 1, mode);
    }
  });

  it('tells what the service refuses by its own code', async () => {
    await assert.rejects(cloud.service.cluster('c-other'), { code: 'CLOUD_REFUSED', what: /ErrorClusterNotFound/ });
  });
});
