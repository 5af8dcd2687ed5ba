import { seedCluster } from '../../../sandbox/cloud/cs-seed.ts';
import { type AttachedNode, exchangeService } from '../../../sandbox/cloud/exchange.ts';
import {
  type AttachTokenRecord,
  type ClusterRecord,
  KIND,
  type NodePoolRecord,
} from '../../../sandbox/cloud/records.ts';
import { startCloud } from '../../../sandbox/cloud/server.ts';
import type { CloudParts } from '../../../sandbox/cloud/service.ts';
import { openStore, type Store } from '../../../sandbox/store.ts';
import { exchangeSource } from '../../../src/cloud/exchange.ts';
import type { JoinSource, SourceNode } from '../../../src/cloud/join-source.ts';
import { joinDraft } from '../../../src/config/join-spec.ts';
import { localMachine } from '../../../src/host/local.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';
import { fakeHost } from '../fake-host.ts';
import { type RecordedLog, recordedLog } from '../recorded-log.ts';

export const BOOTSTRAP_TOKEN = 'abcdef.0123456789abcdef';

/** An exchange at work on a free port, with one cluster and its default node pool. */
export interface ExchangeCloud {
  readonly store: Store;
  readonly cluster: ClusterRecord;
  readonly pool: NodePoolRecord;
  readonly endpoint: string;
  readonly caPem: string;
  /** The clock of the service is ahead of ours by so much. */
  aheadMs: number;
  /** Nodes of the cluster. */
  readonly nodes: AttachedNode[];
  /** Changes the node pool. */
  setPool(values: Partial<NodePoolRecord>): void;
  setCluster(values: Partial<ClusterRecord>): void;
  /** Another node pool. */
  addPool(id: string): NodePoolRecord;
  /** A token for the node pool. */
  token(values?: Partial<AttachTokenRecord>): string;
  close(): Promise<void>;
}

export async function exchangeCloud(): Promise<ExchangeCloud> {
  const store = openStore(':memory:');
  const cluster = seedCluster(store, { version: 'v1.20.2' });
  const pool = store.list<NodePoolRecord>(KIND.nodePool)[0]?.document as NodePoolRecord;
  const key = await generateKey();
  const caPem = selfSignedCertificate(key, { commonName: 'test cloud', organizations: [] }, { ips: ['127.0.0.1'] });
  const nodes: AttachedNode[] = [];
  const state = { aheadMs: 0, url: '', tokens: 0 };
  const parts: CloudParts = {
    store,
    now: () => Date.now() + state.aheadMs,
    apiServer: 'https://127.0.0.1:1',
    caPem,
    get cloud() {
      return state.url;
    },
  };
  const inside = { makeBootstrapToken: () => BOOTSTRAP_TOKEN, nodes: () => nodes };
  const cloud = await startCloud({
    parts,
    services: [exchangeService(parts, inside)],
    port: 0,
    tls: { cert: caPem, key: key.privatePem },
  });
  state.url = cloud.url;
  return Object.assign(state, {
    store,
    cluster,
    pool,
    endpoint: `${cloud.url}/edgeadm/v1`,
    caPem,
    nodes,
    setPool: (values: Partial<NodePoolRecord>) => store.put(KIND.nodePool, pool.id, { ...pool, ...values }),
    setCluster: (values: Partial<ClusterRecord>) => store.put(KIND.cluster, cluster.id, { ...cluster, ...values }),
    addPool: (id: string) => {
      const added = { ...pool, id, name: id };
      store.put(KIND.nodePool, id, added);
      return added;
    },
    token: (values: Partial<AttachTokenRecord> = {}) => {
      const token = `token-of-the-console-${++state.tokens}`;
      const record = { clusterId: cluster.id, nodePoolId: pool.id, expires: Date.now() + 60_000, oneTime: false };
      store.put(KIND.attachToken, token, { ...record, ...values });
      return token;
    },
    close: async () => {
      await cloud.close();
      store.close();
    },
  });
}

export function sourceOf(
  cloud: ExchangeCloud,
  token: string,
  values: { ca?: string; endpoint?: string } = {},
): JoinSource {
  const retry = { tries: 4, pauseMs: [5, 20] } as const;
  return exchangeSource({ endpoint: cloud.endpoint, ca: cloud.caPem, token, version: '0.1.0', retry, ...values });
}

/** A node as a source is asked for it, whose network is this machine's. */
export function nodeOf(values: Partial<SourceNode> & { machineId?: string } = {}): SourceNode & { log: RecordedLog } {
  const { machineId = 'a'.repeat(32), ...rest } = values;
  const host = fakeHost({ facts: { machineId }, connect: (address) => localMachine().connect(address) });
  return {
    host,
    name: 'edge-1',
    draft: joinDraft([], { yes: false, timeoutMs: 1000, compatMatrix: [] }),
    dryRun: false,
    signal: new AbortController().signal,
    log: recordedLog(),
    ...rest,
  } as SourceNode & { log: RecordedLog };
}
