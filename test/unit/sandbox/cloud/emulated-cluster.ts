import type { V1Node } from '@kubernetes/client-node';
import { startApiServer } from '../../../../sandbox/api-server/index.ts';
import { type SandboxAccount, sandboxAccount } from '../../../../sandbox/cloud/account.ts';
import { csService } from '../../../../sandbox/cloud/cs.ts';
import { seedCluster, seedClusterObjects } from '../../../../sandbox/cloud/cs-seed.ts';
import type { ClusterRecord } from '../../../../sandbox/cloud/records.ts';
import { startCloud } from '../../../../sandbox/cloud/server.ts';
import type { CloudParts } from '../../../../sandbox/cloud/service.ts';
import type { SandboxPki } from '../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import { localMachine } from '../../../../src/host/local.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { testPki } from '../test-pki.ts';
import { cloudTls } from './emulated-cloud.ts';

export interface EmulatedCluster {
  readonly store: Store;
  readonly pki: SandboxPki;
  readonly account: SandboxAccount;
  readonly cluster: ClusterRecord;
  /** `127.0.0.1:PORT` of the cloud. */
  readonly endpoint: string;
  readonly apiServer: string;
  /** As the cluster's administrator. */
  readonly client: ApiClient;
  /** What points edgeadm's clients at it, but for the CA, which is a file. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * The sandbox's API server and container service over real TLS on free ports, with a store in memory.
 * @param now the clock of the container service
 */
export async function emulatedCluster(
  values: Partial<ClusterRecord> = {},
  now: () => number = Date.now,
  options: Pick<CloudParts, 'retiredActions' | 'slowness'> = {},
): Promise<EmulatedCluster> {
  const store = openStore(':memory:');
  const pki = await testPki();
  const api = await startApiServer({ store, pki, port: 0, version: 'v1.20.2' });
  const parts = { store, now, apiServer: api.url, cloud: '', caPem: pki.caPem, ...options };
  const cluster = seedCluster(store, { version: 'v1.20.2', ...values });
  await seedClusterObjects(parts, pki);
  const cloud = await startCloud({ parts, services: [csService(parts, pki)], port: 0, tls: cloudTls(pki) });
  const account = sandboxAccount(store);
  const machine = localMachine();
  const client = new ApiClient(
    { servers: [api.url], ca: pki.caPem, cert: pki.adminCert, key: pki.adminKey },
    (address, options) => machine.connect(address, options),
  );
  return {
    store,
    pki,
    account,
    cluster,
    endpoint: `127.0.0.1:${cloud.port}`,
    apiServer: api.url,
    client,
    env: {
      ALIBABA_CLOUD_ACCESS_KEY_ID: account.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: account.accessKeySecret,
      EDGEADM_CS_ENDPOINT: cloud.url,
    },
    close: async () => {
      client.close();
      await cloud.close();
      await api.close();
      store.close();
    },
  };
}

/** Makes a Node that is in a pool. */
export async function addNode(
  { client }: EmulatedCluster,
  name: string,
  { pool, arch = 'amd64', ready = true }: { pool: string; arch?: string; ready?: boolean },
): Promise<void> {
  const labels = { 'apps.openyurt.io/desired-nodepool': pool, 'kubernetes.io/arch': arch };
  await client.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  const status: Partial<V1Node['status']> = {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', reason: 'Test', message: '' }],
    addresses: [{ type: 'InternalIP', address: '10.7.0.9' }],
  };
  await client.patch(`/api/v1/nodes/${name}/status`, { status });
}
