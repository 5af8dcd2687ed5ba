import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudClusterSpecOf } from '../../../../src/cli/cluster/spec.ts';

const FILE = `apiVersion: edgeadm.io/v1
kind: CloudCluster
name: shops
region: cn-shanghai
vpc: vpc-1
vswitches: [vsw-1]
podCidr: 10.20.0.0/16
workers: { instanceTypes: [ecs.g6.large], keyPair: ops }
`;

describe('the region of a cluster that is created from a file', function () {
  this.timeout(60_000);
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-spec-'));
    await writeFile(join(dir, 'with.yaml'), FILE);
    await writeFile(join(dir, 'without.yaml'), FILE.replace('region: cn-shanghai\n', ''));
  });
  after(() => rm(dir, { recursive: true }));

  const regionOf = async (file: string, region?: string) => {
    const flags = { from: join(dir, file), region, usualRegion: 'cn-hangzhou' };
    return (await cloudClusterSpecOf(undefined, flags, assert.fail))?.region;
  };

  it('the region of a new cluster is that of --region, else that of the file, else that of the environment', async () => {
    assert.equal(await regionOf('with.yaml', 'cn-beijing'), 'cn-beijing');
    assert.equal(await regionOf('with.yaml'), 'cn-shanghai');
    assert.equal(await regionOf('without.yaml'), 'cn-hangzhou');
  });
});
