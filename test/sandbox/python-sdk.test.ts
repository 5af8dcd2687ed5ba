import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ecsService } from '../../sandbox/cloud/ecs.ts';
import { seedInstance } from '../../sandbox/cloud/ens-seed.ts';
import { seedNetworks } from '../../sandbox/cloud/network-records.ts';
import { networkServices } from '../../sandbox/cloud/networks.ts';
import { emulatedCloud } from '../unit/sandbox/cloud/emulated-cloud.ts';
import { emulatedCluster } from '../unit/sandbox/cloud/emulated-cluster.ts';

const PACKAGES = [
  'alibabacloud_cs20151215==7.2.3',
  'alibabacloud_ens20171110==12.1.0',
  'alibabacloud_vpc20160428==7.2.2',
  'alibabacloud_slb20140515==3.3.31',
  'alibabacloud_ecs20140526==7.11.8',
  'alibabacloud_smartag20180313==2.1.2',
  'alibabacloud_cbn20170912==1.4.0',
  'alibabacloud_quotas20200510==1.2.2',
];
const PROGRAM = new URL('python-sdk.py', import.meta.url).pathname;
const INSTALL_MS = 300_000;

/** Python with the SDKs, installed once for this user. @throws if this machine has no way to install them */
async function pythonWithSdks(): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'edgeadm-test', `python-sdk-${PACKAGES.map((each) => each.split('==')[1]).join('-')}`);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return python;
  const options = { timeout: INSTALL_MS };
  await execa('python3', ['-m', 'venv', folder], options);
  await execa(python, ['-m', 'pip', 'install', '--quiet', '--retries', '1', ...PACKAGES], options);
  await writeFile(done, '');
  return python;
}

describe("the sandbox's cloud, for the vendor's SDKs for Python", function () {
  this.timeout(INSTALL_MS + 60_000);
  let python = '';
  let folder = '';
  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-python-'));
    try {
      python = await pythonWithSdks();
    } catch (error) {
      process.stderr.write(`    skipped: the SDKs cannot be installed: ${(error as Error).message.split('\n')[0]}\n`);
      this.skip();
    }
  });
  after(() => rm(folder, { recursive: true }));

  const run = async (
    port: number,
    { ca, account }: { ca: string; account: { accessKeyId: string; accessKeySecret: string } },
    ...args: string[]
  ): Promise<string> => {
    const file = join(folder, 'ca.crt');
    await writeFile(file, ca);
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: account.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: account.accessKeySecret,
      EDGEADM_CLOUD_CA: file,
    };
    return (await execa(python, [PROGRAM, String(port), ...args], { env })).stdout.trim();
  };

  it('answers the SDK of the container service as its models say', async () => {
    const cloud = await emulatedCluster({ version: '1.26.3-aliyun.1' });
    try {
      assert.equal(
        await run(Number(cloud.endpoint.split(':')[1]), { ...cloud, ca: cloud.pki.caPem }, 'cs', cloud.cluster.id),
        '',
      );
    } finally {
      await cloud.close();
    }
  });

  it('answers the SDKs of VPC, SLB, ECS, CEN, Smart Access Gateway and Quota Center as their models say', async () => {
    const cloud = await emulatedCloud({ services: (parts) => [...networkServices(parts), ecsService(parts)] });
    try {
      seedNetworks(cloud.store, 'cn-hangzhou');
      assert.equal(await run(cloud.port, cloud, 'networks', 'cn-hangzhou'), '');
    } finally {
      await cloud.close();
    }
  });

  it('answers the SDK of ENS as its models say', async () => {
    const cloud = await emulatedCloud();
    try {
      const instance = seedInstance(cloud.store);
      assert.equal(await run(cloud.port, cloud, 'ens', instance), '');
    } finally {
      await cloud.close();
    }
  });
});
