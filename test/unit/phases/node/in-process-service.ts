import { csService } from '../../../../sandbox/cloud/cs.ts';
import { seedCluster } from '../../../../sandbox/cloud/cs-seed.ts';
import { ECS_INSTANCE, type EcsInstanceRecord } from '../../../../sandbox/cloud/ecs.ts';
import { ensService } from '../../../../sandbox/cloud/ens.ts';
import { seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import type { FaultMode } from '../../../../sandbox/cloud/faults.ts';
import {
  type ClusterRecord,
  KIND,
  type NodePoolRecord,
  poolsOf,
  SANDBOX_VPC,
} from '../../../../sandbox/cloud/records.ts';
import { CloudFailure } from '../../../../sandbox/cloud/service.ts';
import type { SandboxPki } from '../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import type { CloudCall } from '../../../../src/cloud/call.ts';
import { type CloudCaller, cloudCaller } from '../../../../src/cloud/caller.ts';
import { type ContainerService, containerService } from '../../../../src/cloud/cs.ts';
import { type Ens, ens } from '../../../../src/cloud/ens.ts';
import { HttpError } from '../../../../src/http/index.ts';

/** What happens to a call: a fault of the cloud's, or the death of the program before or after the effect. */
export type Accident =
  | Extract<FaultMode, 'timeout-before' | 'timeout-after-effect' | 'throttle' | '500' | 'truncated'>
  | 'kill-before'
  | 'kill-after';

/** Each call takes so long: the emulated services move on between two looks. Milliseconds. */
const CALL_MS = 60;

/** One run of the program. */
export interface ServiceRun {
  readonly service: ContainerService;
  readonly ens: Ens;
  /** Settles when the program dies: nothing it does from then on has an effect. */
  readonly killed: Promise<'killed'>;
}

export interface InProcessService {
  readonly store: Store;
  readonly cluster: ClusterRecord;
  /** Calls that had an effect, in their order. */
  readonly effects: CloudCall[];
  readonly now: () => number;
  /** Lets time pass. @param ms milliseconds */
  pass(ms: number): void;
  pool(type: 'ess' | 'edge'): NodePoolRecord;
  /** `accidents` happen to the calls of a run in turn; undefined is a call that goes well. */
  run(accidents?: readonly (Accident | undefined)[]): ServiceRun;
}

interface Seed {
  /** Names of nodes, by the type of their pool. */
  readonly cloudNodes?: readonly string[];
  readonly edgeNodes?: readonly string[];
  /** Instances that are no nodes yet. */
  readonly ecs?: readonly string[];
  readonly ens?: readonly string[];
}

/** The emulated container service, ECS and ENS without a network between, whose clock moves with every call. */
export function inProcessService({
  cloudNodes = [],
  edgeNodes = [],
  ecs = [],
  ens: ensIds = [],
}: Seed): InProcessService {
  const store = openStore(':memory:');
  let time = 1_700_000_000_000;
  const now = (): number => time;
  const cluster = seedCluster(store, { id: 'c1' });
  const [edge] = poolsOf(store, cluster.id) as [NodePoolRecord];
  const cloud: NodePoolRecord = { ...edge, id: 'np-cloud', name: 'cloud-nodes', type: 'ess', isDefault: false };
  store.put(KIND.nodePool, cloud.id, cloud);
  const workers = [
    ...cloudNodes.map((name) => ({ name, poolId: cloud.id })),
    ...edgeNodes.map((name) => ({ name, poolId: edge.id })),
  ];
  const made = { created: time, vpcId: SANDBOX_VPC, vswitchIds: [], nodeCidrMask: '26', proxyMode: 'ipvs' };
  store.put(KIND.cluster, cluster.id, { ...cluster, made: { ...made, securityGroupId: '', tags: [] } });
  store.put(KIND.workers, cluster.id, workers);
  for (const id of [...ecs, ...cloudNodes.map((name) => name.replace('cn-hangzhou.', ''))])
    store.put(ECS_INSTANCE, id, ecsInstance(id));
  for (const id of ensIds) seedInstance(store, { id });
  const parts = { store, now, apiServer: 'https://127.0.0.1:1', cloud: '', caPem: '' };
  const services = { cs: csService(parts, { caPem: '' } as SandboxPki), ens: ensService(parts) };
  const effects: CloudCall[] = [];
  const handle = async (call: CloudCall): Promise<{ status: number; body: unknown; text?: string }> => {
    const { action, path = '/', method = 'POST', parameters = {}, body } = call;
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const request = { method, path, action, parameters: Object.fromEntries(given) as Record<string, string>, body };
    try {
      const answer = await (call.path ? services.cs : services.ens).handle({ ...request, headers: {} });
      if (method !== 'GET' && !action.startsWith('Describe')) effects.push(call);
      return typeof answer === 'string'
        ? { status: 200, body: undefined, text: answer }
        : { status: 200, body: JSON.parse(JSON.stringify(answer)) };
    } catch (error) {
      if (!(error instanceof CloudFailure)) throw error;
      return { status: error.status, body: { Code: error.code, Message: error.message, RequestId: 'R' } };
    }
  };
  return {
    store,
    cluster,
    effects,
    now,
    pass: (ms) => {
      time += ms;
    },
    pool: (type) => (type === 'ess' ? cloud : edge),
    run: (accidents = []) => {
      const death = Promise.withResolvers<'killed'>();
      const never = new Promise<never>(() => {});
      let dead = false;
      let count = 0;
      const send = async (call: CloudCall) => {
        if (dead) return never;
        time += CALL_MS;
        const accident = accidents[count++];
        if (accident === undefined) return handle(call);
        if (accident === 'throttle') return { status: 400, body: { Code: 'Throttling.User', Message: 'too many' } };
        if (accident === '500') return { status: 500, body: { Code: 'InternalError', Message: 'unknown' } };
        // A text that ends too early is a connection that was cut: HTTP tells its length.
        if (accident === 'truncated' && call.answer !== 'text') {
          await handle(call);
          return { status: 200, body: undefined, text: '{"task_id"' };
        }
        if (accident === 'timeout-after-effect' || accident === 'kill-after') await handle(call);
        if (accident.startsWith('timeout') || accident === 'truncated')
          throw new HttpError({ kind: 'broken', address: 'https://cs', message: 'socket hang up', sent: true });
        dead = true;
        death.resolve('killed');
        return never;
      };
      const caller: CloudCaller = cloudCaller({ endpoint: 'cs.test', send }, { pauseMs: [0, 0] });
      return { service: containerService(caller), ens: ens(caller), killed: death.promise };
    },
  };
}

function ecsInstance(id: string): EcsInstanceRecord {
  return {
    id,
    region: 'cn-hangzhou',
    vpcId: SANDBOX_VPC,
    address: '192.168.0.9',
    status: 'Running',
    osName: 'CentOS 7.6 64 bit',
    charge: 'PostPaid',
  };
}
