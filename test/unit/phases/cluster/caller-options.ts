import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmulatedCloud } from '../../sandbox/cloud/emulated-cloud.ts';

/** What opens callers of every product at an emulated cloud. */
export async function callerOptions({ url, ca, account }: EmulatedCloud) {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-cloud-'));
  const file = join(folder, 'ca.crt');
  await writeFile(file, ca);
  const products = ['CS', 'ENS', 'ECS', 'VPC', 'SLB', 'CBN', 'SMARTAG', 'QUOTAS', 'KMS'];
  const endpoints = Object.fromEntries(products.map((product) => [`EDGEADM_${product}_ENDPOINT`, url]));
  return {
    options: {
      credentials: { accessKeyId: account.accessKeyId, accessKeySecret: account.accessKeySecret },
      env: { ...endpoints, EDGEADM_CLOUD_CA: file },
      pauseMs: [0, 0] as const,
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
