import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createRelay, type Server as Relay } from 'node:net';
import { join, normalize } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { exchangeService } from '../../sandbox/cloud/exchange.ts';
import { attachedNodes } from '../../sandbox/cloud/exchange-cluster.ts';
import { type ClusterRecord, KIND, type NodePoolRecord } from '../../sandbox/cloud/records.ts';
import { type Cloud, startCloud } from '../../sandbox/cloud/server.ts';
import type { CloudParts } from '../../sandbox/cloud/service.ts';
import { openStore, type Store } from '../../sandbox/store.ts';
import { generateKey } from '../../src/pki/certificate-request.ts';
import { type Issuer, issueCertificate } from '../../src/pki/issue-certificate.ts';
import { type Cluster, edgeHubImage, podSubnet, serviceSubnet, subnet, world } from '../testbed/index.ts';
import type { Bed } from './bed.ts';

const DAY_MS = 86_400_000;
/** This machine's own address among the nodes. */
const ADDRESS = `${subnet}.254`;

/** The container service of the test's cluster, where nodes reach it. */
export interface Exchange {
  readonly endpoint: string;
  /** PEM of a CA that signs for nothing else. */
  readonly caPem: string;
  readonly store: Store;
  readonly cluster: ClusterRecord;
  token(pool: NodePoolRecord): string;
  pool(id: string, values?: Partial<NodePoolRecord>): NodePoolRecord;
  close(): Promise<void>;
}

/** The emulated exchange, which tells of a real cluster and of the bundle of the run; nodes reach it over the bridge. */
export async function startExchange({ cluster, bundle, bundleSha256 }: Bed): Promise<Exchange> {
  const store = openStore(':memory:');
  const record = clusterRecord(cluster);
  store.put(KIND.cluster, record.id, record);
  const { caPem, ...tls } = await certificates();
  const web = await serveFolder(bundle);
  const url = { cloud: '' };
  const parts: CloudParts = {
    store,
    now: Date.now,
    apiServer: cluster.server,
    caPem,
    get cloud() {
      return url.cloud;
    },
  };
  const inside = {
    makeBootstrapToken: () => cluster.token(),
    nodes: async () => attachedNodes((await cluster.get<{ items: V1Node[] }>('/api/v1/nodes')) ?? { items: [] }),
    caPem: await readFile(cluster.caFile, 'utf8'),
    software: { edgeHubImage, pauseImage: world.pauseImage, bundle: { url: urlOf(web, 'http'), sha256: bundleSha256 } },
  };
  const cloud = await startCloud({ parts, services: [exchangeService(parts, inside)], port: 0, tls });
  const relay = await relayTo(cloud);
  url.cloud = urlOf(relay, 'https');
  let tokens = 0;
  return {
    endpoint: `${url.cloud}/edgeadm/v1`,
    caPem,
    store,
    cluster: record,
    pool: (id, values = {}) => {
      const pool = { ...poolRecord(id, record.id), ...values };
      store.put(KIND.nodePool, id, pool);
      return pool;
    },
    token: ({ id, clusterId }) => {
      const token = `console-token-of-the-test-${++tokens}`;
      store.put(KIND.attachToken, token, { clusterId, nodePoolId: id, expires: Date.now() + DAY_MS, oneTime: true });
      return token;
    },
    close: async () => {
      for (const server of [relay, web]) server.close();
      await cloud.close();
      store.close();
    },
  };
}

function clusterRecord(cluster: Cluster): ClusterRecord {
  return {
    id: 'c0123456789abcdef',
    name: cluster.name,
    region: 'cn-hangzhou',
    version: cluster.version,
    networkPlugin: 'flannel',
    podCidr: podSubnet,
    serviceCidr: serviceSubnet,
    clusterDns: '10.96.0.53',
    vpcCidr: '192.168.0.0/16',
    nodeQuota: 100,
  };
}

function poolRecord(id: string, clusterId: string): NodePoolRecord {
  return {
    id,
    clusterId,
    name: id,
    interconnectMode: 'basic',
    isDefault: false,
    maxNodes: 10,
    runtime: 'containerd',
    runtimeVersion: '1.6.20',
    labels: {},
    annotations: {},
    taints: [],
    podCidrs: [],
    created: Date.now(),
  };
}

async function certificates(): Promise<{ caPem: string; cert: string; key: string }> {
  const [caKey, key] = await Promise.all([generateKey(), generateKey()]);
  const subject = { commonName: 'test cloud CA', organizations: [] };
  const issuer: Issuer = { subject, privateKey: caKey.privateKey, publicKey: caKey.publicKey };
  const time = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const usages = ['digital signature', 'cert sign'];
  const caPem = issueCertificate(issuer, { ...time, subject, publicKey: caKey.publicKey, usages, isCa: true });
  const cert = issueCertificate(issuer, {
    ...time,
    subject: { commonName: 'test cloud', organizations: [] },
    publicKey: key.publicKey,
    altNames: { ips: [ADDRESS] },
    usages: ['digital signature', 'server auth'],
  });
  return { caPem, cert, key: key.privatePem };
}

/** The emulated cloud listens on the loopback address alone. */
async function relayTo({ port }: Cloud): Promise<Relay> {
  const relay = createRelay((socket) => {
    const onward = connect(port, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, ADDRESS, resolve));
  return relay;
}

/** A plain web server, for files whose sums are known. */
async function serveFolder(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(`/${request.url ?? ''}`));
    if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  return server;
}

function urlOf(server: Relay, scheme: string): string {
  return `${scheme}://${ADDRESS}:${(server.address() as AddressInfo).port}`;
}
