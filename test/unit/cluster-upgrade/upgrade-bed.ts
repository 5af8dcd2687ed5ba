import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Node } from '@kubernetes/client-node';
import { type RunningApiServer, startApiServer } from '../../../sandbox/api-server/index.ts';
import { openStore } from '../../../sandbox/store.ts';
import { beginPlan } from '../../../src/cluster-upgrade/control/begin.ts';
import type { NodeExecutor } from '../../../src/cluster-upgrade/control/executor.ts';
import { LEASE_TIMES } from '../../../src/cluster-upgrade/control/lease.ts';
import { runController } from '../../../src/cluster-upgrade/control/run-controller.ts';
import { nowSeconds, type Plan, type PlanSpec } from '../../../src/cluster-upgrade/plan/plan.ts';
import { PlanStore } from '../../../src/cluster-upgrade/plan/store.ts';
import { newPlan } from '../../../src/cluster-upgrade/plan/transitions.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { forEachLimited } from '../../../src/lib/for-each.ts';
import { type RecordedLog, recordedLog } from '../recorded-log.ts';
import { testPki } from '../sandbox/test-pki.ts';
import { flowingClock } from '../test-clock.ts';

/** Between two looks of a controller at its plan. */
export const RETRY_INTERVAL_MS = 5;

export const SPEC: PlanSpec = {
  targetVersion: 'v1.20.3',
  executor: 'job',
  image: 'example.com/edgeadm-upgrade:1.20.3',
  drain: false,
  drainTimeoutMs: 1000,
  waitOffline: false,
  startedBy: 'ann@laptop',
};

interface Link {
  readonly client: ApiClient;
  cut(): void;
}

/** A real API server over HTTPS, in this process. */
export interface UpgradeBed {
  readonly client: ApiClient;
  /** Another connection of the administrator, or of somebody without any rights. */
  connect(who?: 'admin' | 'nobody'): ApiClient;
  /** One of the administrator that can be cut. */
  link(): Link;
  addNodes(names: readonly string[], state?: { ready?: boolean; cordoned?: boolean }): Promise<void>;
  setReady(name: string, ready: boolean): Promise<void>;
  /** Takes the API server away, and brings it back with all that it knew. */
  down(): Promise<void>;
  up(): Promise<void>;
  store: PlanStore;
  /** Begins an upgrade of these nodes. */
  begin(names: readonly string[], spec?: Partial<PlanSpec>): Promise<Plan>;
  end(): Promise<void>;
}

export async function upgradeBed(now?: () => number): Promise<UpgradeBed> {
  const ends: (() => unknown)[] = [];
  const store = openStore(':memory:');
  const pki = await testPki();
  let server: RunningApiServer | undefined = await startApiServer({ store, pki, port: 0, version: 'v1.20.2', now });
  const { url, port } = server;
  const link = (who = 'admin'): Link => {
    const own = who === 'admin' ? { cert: pki.adminCert, key: pki.adminKey } : {};
    let isCut = false;
    const client = new ApiClient({ servers: [url], ca: pki.caPem, ...own }, async ({ host, port: at }) => {
      if (isCut) throw new Error('the cable is cut');
      return dial(host, at);
    });
    const cut = (): void => {
      isCut = true;
      client.close();
    };
    ends.push(cut);
    return { client, cut };
  };
  const open = (who = 'admin'): ApiClient => link(who).client;
  const client = open();
  const setReady = async (name: string, ready: boolean): Promise<void> => {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }];
    const nodeInfo = { kubeletVersion: 'v1.20.2', operatingSystem: 'linux' };
    await client.patch(`/api/v1/nodes/${name}/status`, { status: { conditions, nodeInfo } });
  };
  const plans = new PlanStore(client);
  return {
    client,
    connect: open,
    link,
    setReady,
    store: plans,
    addNodes: (names, { ready = true, cordoned } = {}) =>
      forEachLimited(names, 8, async (name) => {
        const node = { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable: cordoned } };
        await client.create<V1Node>('/api/v1/nodes', node);
        await setReady(name, ready);
      }),
    down: async () => {
      await server?.close();
      server = undefined;
    },
    up: async () => {
      server = await startApiServer({ store, pki, port, version: 'v1.20.2', now });
    },
    begin: async (names, spec = {}) => {
      const nodes = names.map((name) => ({ name, pool: '', from: 'v1.20.2' }));
      const plan = newPlan({ ...SPEC, ...spec }, nodes, nowSeconds());
      await beginPlan(client, plan, new AbortController().signal);
      return plan;
    },
    end: async () => {
      for (const end of ends.splice(0)) await end();
      await server?.close();
      store.close();
    },
  };
}

/** As the dialer of this machine says it. */
function dial(host: string, port: number): Promise<ReturnType<typeof connect>> {
  const socket = connect(port, host);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** An executor of nodes that exist only as names: it says what was begun and how many at the same time. */
export interface Simulated extends NodeExecutor {
  /** Names in the order in which they were begun. */
  readonly begun: string[];
  readonly ended: string[];
  /** How many were under way when each was begun. */
  readonly together: number[];
  /** Nodes whose next tries fail, with what. */
  readonly failures: Map<string, string>;
  /** Nodes that are under way until they are taken out. */
  readonly held: Set<string>;
  readonly twice: string[];
}

export function simulated({ tookMs = 1 }: { tookMs?: number } = {}): Simulated {
  const now = new Set<string>();
  const self: Simulated = {
    begun: [],
    ended: [],
    together: [],
    failures: new Map(),
    held: new Set(),
    twice: [],
    async upgrade({ name }, signal) {
      if (now.has(name)) self.twice.push(name);
      now.add(name);
      self.begun.push(name);
      self.together.push(now.size);
      try {
        await delay(tookMs, undefined, { signal });
        while (self.held.has(name)) await delay(2, undefined, { signal });
      } finally {
        now.delete(name);
      }
      const why = self.failures.get(name);
      self.failures.delete(name);
      if (why !== undefined)
        throw new EdgeadmError({ code: 'UPGRADE_NODE_FAILED', what: `node ${name} was not upgraded`, why });
      self.ended.push(name);
    },
  };
  return self;
}

export interface Controller {
  readonly log: RecordedLog;
  /** How it ended; a rejection is its error. */
  readonly ended: Promise<Plan>;
  /** As a kill does: nothing is said to anybody. */
  stop(): void;
}

/** A controller as a process of its own would be. */
export function startController(
  client: ApiClient,
  executor: NodeExecutor,
  identity = 'controller-1',
  clock?: Clock,
): Controller {
  const stop = new AbortController();
  const log = recordedLog();
  const { signal } = stop;
  const ended = runController({
    client,
    identity,
    executor: () => executor,
    log,
    signal,
    retryIntervalMs: RETRY_INTERVAL_MS,
    clock,
  });
  ended.catch(() => {});
  return { log, ended, stop: () => stop.abort(new Error('stopped')) };
}

/** One that follows another that died: the time for which that one's lease lasts is over at once. */
export async function startSuccessor(client: ApiClient, executor: NodeExecutor): Promise<Controller> {
  const clock = flowingClock();
  const looked = clock.sleptAgain(1, LEASE_TIMES.retryIntervalMs);
  const controller = startController(client, executor, 'controller-2', clock);
  await looked;
  clock.skip(LEASE_TIMES.lastsMs);
  return controller;
}

/** Waits until something is so. */
export async function until(is: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const started = performance.now();
  while (!(await is())) {
    if (performance.now() - started > 10_000) throw new Error(`it never came to be: ${what}`);
    await delay(3);
  }
}

export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `edge-${index + 1}`);

/** Sizes of the batches of a plan, in their order. */
export function sizesOf({ nodes }: Plan): number[] {
  const sizes = new Map<number, number>();
  for (const { batch } of nodes) sizes.set(batch, (sizes.get(batch) ?? 0) + 1);
  return [...sizes].sort(([one], [other]) => one - other).map(([, size]) => size);
}

export function stateOf({ nodes }: Plan, name: string): string | undefined {
  return nodes.find((node) => node.name === name)?.state;
}
