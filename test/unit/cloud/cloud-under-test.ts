import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterRecord } from '../../../sandbox/cloud/records.ts';
import { type ContainerService, openContainerService } from '../../../src/cloud/cs.ts';
import { type EmulatedCluster, emulatedCluster } from '../sandbox/cloud/emulated-cluster.ts';

export interface CloudUnderTest extends EmulatedCluster {
  readonly service: ContainerService;
}

/** The emulated cluster, with edgeadm's own client of its container service. */
export async function cloudUnderTest(
  values: Partial<ClusterRecord> = {},
  now: () => number = Date.now,
): Promise<CloudUnderTest> {
  const cloud = await emulatedCluster(values, now);
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-cs-'));
  const file = join(folder, 'ca.crt');
  await writeFile(file, cloud.pki.caPem);
  const env = { ...cloud.env, EDGEADM_CLOUD_CA: file };
  const service = await openContainerService({ region: 'cn-hangzhou', env, pauseMs: [10, 20] });
  return {
    ...cloud,
    env,
    service,
    close: async () => {
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
