import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RunningApiServer, startApiServer } from '../../../sandbox/api-server/index.ts';
import { NodeAgent } from '../../../sandbox/node/agent.ts';
import { createScratchRoot } from '../../../sandbox/node/scratch-root.ts';
import { kernelOf } from '../../../sandbox/node/systems.ts';
import { adminKubeconfig } from '../../../sandbox/pki.ts';
import { openStore } from '../../../sandbox/store.ts';
import type { BundleFile } from '../../../src/artifacts/bundle.ts';
import { BundleStore } from '../../../src/artifacts/bundle-store.ts';
import { renderManifest } from '../../../src/artifacts/manifest.ts';
import { joinSpec } from '../../../src/config/join-spec.ts';
import { localMachine } from '../../../src/host/local.ts';
import type { Machine } from '../../../src/host/machine.ts';
import { type NodeSession, withNode } from '../../../src/host/node-session.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';
import { FAKE_PROGRAM_HEADER } from '../../../src/host/scratch-agent.ts';
import { createToken, randomToken } from '../../../src/kubernetes/api/bootstrap-tokens.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { type ConversionResult, convert } from '../../../src/phases/convert/convert.ts';
import { type ReversionResult, revert } from '../../../src/phases/convert/revert.ts';
import { type JoinResult, join as joinNode } from '../../../src/phases/join/join.ts';
import type { ResetSpec } from '../../../src/phases/reset/context.ts';
import { type ResetResult, reset } from '../../../src/phases/reset/reset.ts';
import type { UpgradeSpec } from '../../../src/phases/upgrade/context.ts';
import { type UpgradeResult, upgrade } from '../../../src/phases/upgrade/upgrade.ts';
import { certificatesOf, publicKeyHash } from '../../../src/pki/ca-hash.ts';
import type { WorkflowEvent } from '../../../src/workflow/events.ts';
import { imageTar, sha256 } from '../../unit/artifacts/fixtures.ts';
import { testPki } from '../../unit/sandbox/test-pki.ts';
import { type Faults, withFaults } from './faults.ts';
import { HostileApi } from './hostile-api.ts';
import { photograph } from './photograph.ts';

/** The cluster's version; nodes begin one patch below. */
export const CLUSTER_VERSION = 'v1.20.2';
export const NODE_VERSION = 'v1.20.1';
const DAY_MS = 86_400_000;
const UNLIMITED: AbortSignal = new AbortController().signal;

/** How a workflow is run. */
interface RunOptions {
  readonly signal?: AbortSignal;
  readonly dryRun?: boolean;
  /** Keys of the join's configuration; parts of the other two's specification. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly only?: string;
}

/** A machine of the bed, and the workflows on it: each call is a process of its own, as far as the node can tell. */
export interface BedNode {
  readonly name: string;
  readonly root: string;
  readonly faults: Faults;
  /** Of the last workflow. */
  readonly events: readonly WorkflowEvent[];
  /** A new look at the machine, without faults. */
  machine(): Machine;
  join(options?: RunOptions): Promise<JoinResult>;
  upgrade(options?: RunOptions): Promise<UpgradeResult>;
  reset(options?: RunOptions): Promise<ResetResult>;
  convert(options?: RunOptions): Promise<ConversionResult>;
  revert(options?: RunOptions): Promise<ReversionResult>;
  photograph(): Promise<Record<string, string>>;
  text(path: string): Promise<string>;
  put(path: string, text: string): Promise<void>;
  /** Takes the machine away as if its power were cut. */
  remove(): Promise<void>;
}

interface BundleExtras {
  readonly kubelet?: string;
  readonly edgeHubImage?: string;
  /** Version of a yurthub program. */
  readonly yurthub?: string;
}

/** A cluster in this process. */
export interface WorkflowBed {
  readonly api: RunningApiServer;
  readonly admin: ApiClient;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Words of `edgeadm join` for this cluster. */
  readonly joinWords: readonly string[];
  /** A machine that was just installed, with a kubelet of that version. */
  node(version?: string, os?: string): Promise<BedNode>;
  /** A bundle with a kubelet of that version. @returns its folder */
  bundle(version: string, more?: BundleExtras): Promise<string>;
  /** A way to the API server on which a request can go wrong. */
  hostileApi(): Promise<HostileApi>;
  close(): Promise<void>;
}

/**
 * The real phases on the real host, over scratch roots, against the sandbox's API server and its kubelets, all in this
 * process: what a user's command does, in a part of a second, without root.
 */
export async function workflowBed(version = CLUSTER_VERSION): Promise<WorkflowBed> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-bed-'));
  const store = openStore(':memory:');
  const pki = await testPki();
  const ways = new Set<HostileApi>();
  const takes = (request: IncomingMessage): boolean => [...ways].some((way) => way.takes(request));
  const api = await startApiServer({ store, pki, port: 0, version, takes });
  const connection = { servers: [api.url], ca: pki.caPem, cert: pki.adminCert, key: pki.adminKey };
  const admin = new ApiClient(connection, (address, options) => localMachine().connect(address, options));
  const token = randomToken();
  await createToken(admin, { token, ttlMs: DAY_MS, description: 'test bed' });
  const kubeconfig = join(folder, 'admin.conf');
  await writeFile(kubeconfig, adminKubeconfig(pki, api.url), { mode: 0o600 });
  const cluster = {
    apiServers: [api.url],
    token,
    caCertHashes: certificatesOf(pki.caPem).map((ca) => `sha256:${publicKeyHash(ca)}`),
  };
  const agents = new Set<NodeAgent>();
  let nodes = 0;
  return {
    api,
    admin,
    kubeconfig,
    joinWords: [api.url, '--token', token, '--discovery-token-ca-cert-hash', cluster.caCertHashes.join()],
    node: async (kubeletVersion = NODE_VERSION, os = 'Ubuntu 20.04') => {
      nodes += 1;
      const name = `edge${nodes}`;
      const root = join(folder, name);
      await createScratchRoot(root, { name, os, kernel: kernelOf(os), arch: 'amd64', kubeletVersion });
      const agent = new NodeAgent(root, { sockets: folder, clusterVersion: version });
      agents.add(agent);
      await agent.attend();
      return {
        ...bedNode(root, name, cluster),
        remove: async () => {
          agents.delete(agent);
          await agent.leave();
          await rm(root, { recursive: true, force: true, maxRetries: 3 });
        },
      };
    },
    bundle: async (version, more = {}) => writeBundle(await mkdtemp(join(folder, 'bundle-')), version, more),
    hostileApi: async () => {
      const way = await HostileApi.open(api.port);
      ways.add(way);
      return way;
    },
    close: async () => {
      for (const way of ways) way.close();
      await Promise.all([...agents].map((agent) => agent.leave()));
      admin.close();
      await api.close();
      store.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function bedNode(root: string, name: string, cluster: Readonly<Record<string, unknown>>): Omit<BedNode, 'remove'> {
  const faults: Faults = {};
  const events: WorkflowEvent[] = [];
  const machine = () => scratchMachine(root);
  const run = async <T>(command: string, options: RunOptions, work: (run: Session) => Promise<T>): Promise<T> => {
    events.length = 0;
    const bundles = new BundleStore();
    const { signal = UNLIMITED, dryRun = false, only } = options;
    const emit = (event: WorkflowEvent): void => void events.push(event);
    try {
      return await withNode(
        withFaults(machine(), faults),
        { command, version: '0.0.0-test', changes: !dryRun },
        (session) => work({ session, label: name, emit, signal, dryRun, bundles, only }),
      );
    } finally {
      await bundles.close();
    }
  };
  return {
    name,
    root,
    faults,
    events,
    machine,
    join: (options = {}) => {
      const values = { ...cluster, edgeHub: false, ...options.spec };
      const settings = { yes: true, timeoutMs: 60_000, compatMatrix: [] };
      const spec = joinSpec([{ nameOf: (key) => key, values }], settings);
      return run('join', options, (session) => joinNode({ ...session, spec }));
    },
    upgrade: (options = {}) =>
      run('upgrade', options, (session) => upgrade({ ...session, steadyMs: 0, spec: { ...UPGRADE, ...options.spec } })),
    reset: (options = {}) =>
      run('reset', options, (session) => reset({ ...session, spec: { ...RESET, ...options.spec } })),
    convert: ({ spec, ...options } = {}) =>
      run('convert', options, (session) => convert({ ...session, steadyMs: 0, spec: { hub: {}, ...spec } })),
    revert: (options = {}) => run('revert', options, (session) => revert({ ...session, steadyMs: 0 })),
    photograph: () => photograph(root),
    text: (path) => readFile(join(root, path), 'utf8'),
    put: async (path, text) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
  };
}

interface Session {
  readonly session: NodeSession;
  readonly label: string;
  readonly emit: (event: WorkflowEvent) => void;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly bundles: BundleStore;
  readonly only?: string;
}

const UPGRADE: UpgradeSpec = { drain: false, drainTimeoutMs: 10_000, migrateRuntime: false };
const RESET: ResetSpec = { force: true, keepRuntime: false, cleanupImages: false, drain: false, deleteNode: false };

async function writeBundle(
  folder: string,
  version: string,
  { kubelet = version, edgeHubImage, yurthub }: BundleExtras,
): Promise<string> {
  const text = `${FAKE_PROGRAM_HEADER}\nKubernetes ${kubelet}\n`;
  const contents: { kind: BundleFile['kind']; name?: string; data: Buffer }[] = [
    { kind: 'kubelet', data: Buffer.from(text) },
  ];
  if (yurthub) contents.push({ kind: 'yurthub', data: Buffer.from(`${FAKE_PROGRAM_HEADER}\nyurthub ${yurthub}\n`) });
  if (edgeHubImage) contents.push({ kind: 'image', name: edgeHubImage, data: imageTar([edgeHubImage]) });
  const files: BundleFile[] = [];
  for (const { kind, name, data } of contents) {
    await writeFile(join(folder, kind), data);
    files.push({ path: kind, kind, ...(name && { name }), sha256: sha256(data), size: data.length });
  }
  const named = { ...(edgeHubImage && { edgeHubImage }), ...(yurthub && { edgeHubVersion: yurthub }) };
  const manifest = { kubernetesVersion: version, arch: 'amd64', files, ...named } as const;
  await writeFile(join(folder, 'bundle.yaml'), renderManifest(manifest));
  return folder;
}
