import { sandboxAccount } from '../../sandbox/cloud/account.ts';
import { csService } from '../../sandbox/cloud/cs.ts';
import { seedCluster } from '../../sandbox/cloud/cs-seed.ts';
import { KIND, type NodePoolRecord, poolsOf } from '../../sandbox/cloud/records.ts';
import { startCloud } from '../../sandbox/cloud/server.ts';
import { CloudFailure, type CloudService } from '../../sandbox/cloud/service.ts';
import { sandboxPki } from '../../sandbox/pki.ts';
import { openStore } from '../../sandbox/store.ts';

const POOLS = 1000;
const NODES = 10_000;

/** Where the service of this process is. */
export interface Served {
  readonly env: Readonly<Record<string, string>>;
  readonly ca: string;
  readonly cluster: string;
}

/** The emulated service with a cluster of records alone, since no API server is measured. */
async function serve(): Promise<void> {
  const store = openStore(':memory:');
  const pki = await sandboxPki(store);
  const cluster = seedCluster(store);
  const [first] = poolsOf(store, cluster.id) as [NodePoolRecord];
  const ids = Array.from({ length: POOLS }, (_, index) => `np${String(index).padStart(32, '0')}`);
  for (const [index, id] of ids.entries())
    store.put(KIND.nodePool, id, { ...first, id, name: `pool-${index}`, isDefault: false });
  const workers = Array.from({ length: NODES }, (_, index) => ({
    name: `edge-${index}`,
    poolId: ids[index % POOLS] ?? '',
  }));
  const made = {
    created: 0,
    vpcId: '',
    vswitchIds: [],
    nodeCidrMask: '26',
    proxyMode: 'ipvs',
    securityGroupId: '',
    tags: [],
  };
  store.put(KIND.cluster, cluster.id, { ...cluster, made });
  store.put(KIND.workers, cluster.id, workers);
  const parts = { store, now: Date.now, apiServer: 'https://127.0.0.1:1', cloud: '', caPem: pki.caPem };
  const limit = limited(csService(parts, pki));
  const tls = { cert: pki.servingCert, key: pki.servingKey };
  const cloud = await startCloud({ parts, services: [limit.service], port: 0, tls });
  process.on('message', (message) => {
    if (message === 'calls') process.send?.(limit.calls());
    else limit.set(Number(message));
  });
  const { accessKeyId, accessKeySecret } = sandboxAccount(store);
  const env = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    EDGEADM_CS_ENDPOINT: cloud.url,
  };
  process.send?.({ env, ca: pki.caPem, cluster: cluster.id } satisfies Served);
}

/** A service that takes so many calls a second, and counts them. */
function limited(service: CloudService) {
  let perSecond = Infinity;
  let calls = 0;
  let recent: number[] = [];
  return {
    calls: () => {
      const made = calls;
      calls = 0;
      return made;
    },
    set: (value: number) => {
      perSecond = value;
    },
    service: {
      ...service,
      handle: (request) => {
        calls++;
        const now = Date.now();
        recent = recent.filter((time) => now - time < 1000);
        if (recent.length >= perSecond)
          throw new CloudFailure(400, 'Throttling.User', 'Request was denied due to user flow control.');
        recent.push(now);
        return service.handle(request);
      },
    } satisfies CloudService,
  };
}

await serve();
