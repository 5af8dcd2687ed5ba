import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { adminClient } from '../../sandbox/admin-client.ts';
import { sandboxFolder } from '../../sandbox/folder.ts';
import type { JoinSpec } from '../../src/config/spec.ts';
import { localMachine } from '../../src/host/local.ts';
import { NodeHost } from '../../src/host/node-host.ts';
import { createToken, randomToken } from '../../src/kubernetes/api/bootstrap-tokens.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { requestCertificate, requestNameOf } from '../../src/kubernetes/csr/certificate-signing.ts';
import { forEachLimited } from '../../src/lib/for-each.ts';
import { clusterView } from '../../src/phases/join/cluster-view.ts';
import { caHashes } from '../../src/pki/ca-hash.ts';
import { certificateRequest, generateKey } from '../../src/pki/certificate-request.ts';
import { median, say, writeFigures } from './report.ts';

const program = resolve(import.meta.dirname, '../../bin/run.js');
const JOINS = 1000;
const AT_ONCE = 8;
const PORT = 17_650;
const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
const LIMITS = { upMs: 300, growthMiB: 300 };

/** How long `sandbox up` takes, and what a thousand joins do to the memory of its API server. */
export async function benchSandbox(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-bench-'));
  try {
    const first: number[] = [];
    const later: number[] = [];
    const node: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = join(folder, `${round}`);
      node.push(await untilPrinted(['-e', 'console.log("Ready.")']));
      first.push(await up(own));
      later.push(await up(own));
    }
    const [nodeMs, firstMs, laterMs] = [median(node), median(first), median(later)];
    say(`up: ${firstMs.toFixed(0)} ms, again ${laterMs.toFixed(0)} ms, Node alone ${nodeMs.toFixed(0)} ms`);
    const joins = await thousandJoins(join(folder, 'joins'));
    await writeFigures('bench-sandbox', report(rounds, { nodeMs, firstMs, laterMs }, joins));
    if (laterMs - nodeMs > LIMITS.upMs || joins.growthMiB > LIMITS.growthMiB) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds from the start of a process to its line `Ready.`; it is ended then. */
async function untilPrinted(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = start(args);
  await ready(child);
  const took = performance.now() - started;
  await end(child);
  return took;
}

function up(folder: string): Promise<number> {
  return untilPrinted([program, 'sandbox', 'up', '--dir', folder, '--port', String(PORT)]);
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (/^Ready\./m.test(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`it ended before it was ready:\n${text}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
}

interface Joins {
  readonly seconds: number;
  readonly beforeMiB: number;
  readonly growthMiB: number;
  readonly peakMiB: number;
}

async function thousandJoins(path: string): Promise<Joins> {
  const child = start([program, 'sandbox', 'up', '--dir', path, '--port', String(PORT)]);
  try {
    await ready(child);
    const admin = await adminClient(sandboxFolder(path));
    const token = randomToken();
    await createToken(admin, { token, ttlMs: 3_600_000 });
    const ca = await readFile(sandboxFolder(path).ca, 'utf8');
    const spec = {
      token,
      apiServers: [`https://127.0.0.1:${PORT}`],
      caCertHashes: caHashes(ca).map((hash) => `sha256:${hash}`),
    };
    const before = await memory(child.pid);
    const started = performance.now();
    const names = Array.from({ length: JOINS }, (_, i) => `bench-${i}`);
    await forEachLimited(names, AT_ONCE, (name) => joinOnce(spec as unknown as JoinSpec, name));
    const seconds = (performance.now() - started) / 1000;
    const { items } = await admin.get<{ items: V1Node[] }>('/api/v1/nodes');
    if (items.length !== JOINS) throw new Error(`${items.length} of ${JOINS} nodes are there`);
    admin.close();
    const after = await memory(child.pid);
    say(`${JOINS} joins: ${seconds.toFixed(1)} s, ${before.now} MiB before, ${after.now} after, ${after.peak} at most`);
    return { seconds, beforeMiB: before.now, growthMiB: after.peak - before.now, peakMiB: after.peak };
  } finally {
    await end(child);
  }
}

/** The calls of the API that one join makes, its kubelet's first ones included, over connections of its own. */
async function joinOnce(spec: JoinSpec, name: string): Promise<void> {
  const cluster = clusterView(spec, new NodeHost(localMachine()));
  try {
    await cluster.verifyToken();
    await Promise.all([cluster.networks(), cluster.kubeletConfiguration(), cluster.node(name)]);
    const bootstrap = await cluster.bootstrapClient();
    const [kubelet] = await Promise.all([certificate(bootstrap, name), certificate(bootstrap, name)]);
    const client = await cluster.nodeClient({ ...kubelet, onNode: false });
    await registerNode(client, name);
  } finally {
    cluster.close();
  }
}

async function certificate(client: ApiClient, name: string): Promise<{ cert: string; key: string }> {
  const key = await generateKey();
  const subject = { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
  const result = await requestCertificate(client, {
    name: requestNameOf(key.publicKey),
    request: certificateRequest(key, subject),
    signer: SIGNER,
    usage: 'client',
    clusterVersion: 'v1.20.2',
    timeoutMs: 30_000,
    signal: AbortSignal.timeout(60_000),
  });
  return { cert: result?.certificate ?? '', key: key.privatePem };
}

async function registerNode(client: ApiClient, name: string): Promise<void> {
  const path = `/api/v1/nodes/${name}`;
  const created = await client.create<V1Node>('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'alibabacloud.com/is-edge-worker': 'true' } },
  });
  const now = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now };
  await client.patch(`${path}/status`, { status: { conditions: [ready], nodeInfo: { machineID: name } } });
  await client.create('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: now.replace('Z', '000Z') },
  });
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid: created?.metadata?.uid, controller: true };
  const annotations = { 'kubernetes.io/config.mirror': name };
  await client.create('/api/v1/namespaces/kube-system/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `edge-hub-${name}`, namespace: 'kube-system', annotations, ownerReferences: [owner] },
    spec: { nodeName: name, containers: [{ name: 'edge-hub', image: 'edge-hub:bench' }] },
  });
  await client.patch(path, { metadata: { labels: { shop: '17' }, annotations: { bench: 'true' } } });
}

/** Resident memory of a process now and at most, MiB. */
async function memory(pid = 0): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (key: string): number =>
    Math.round(Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024);
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

function report(rounds: number, up: { nodeMs: number; firstMs: number; laterMs: number }, joins: Joins): string {
  const line = (name: string, ms: number) => `| ${name} | ${ms.toFixed(0)} | ${(ms - up.nodeMs).toFixed(0)} |`;
  return [
    `Measured on ${cpus().length} cores with \`npm run bench -- --only sandbox --rounds ${rounds}\`; medians.`,
    '',
    '| `edgeadm sandbox up` | ms from call to its ready line | of these after the start-up of Node |',
    '| --- | --- | --- |',
    line('in an empty folder: CA and certificates are made', up.firstMs),
    line('in a folder that has been used', up.laterMs),
    '',
    `| ${JOINS} joins against one sandbox, ${AT_ONCE} at a time | |`,
    '| --- | --- |',
    `| seconds | ${joins.seconds.toFixed(1)} |`,
    `| memory of the sandbox before, MiB | ${joins.beforeMiB} |`,
    `| its peak, MiB | ${joins.peakMiB} |`,
    `| growth, MiB (limit: ${LIMITS.growthMiB}) | ${joins.growthMiB} |`,
  ].join('\n');
}
