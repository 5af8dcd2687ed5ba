import { ensService } from '../../../../sandbox/cloud/ens.ts';
import { EnsRecords, type InterfaceRecord } from '../../../../sandbox/cloud/ens-records.ts';
import { type InstanceSeed, seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import type { FaultMode } from '../../../../sandbox/cloud/faults.ts';
import { CloudFailure } from '../../../../sandbox/cloud/service.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import type { CloudCall } from '../../../../src/cloud/call.ts';
import { type CloudCaller, cloudCaller } from '../../../../src/cloud/caller.ts';
import { HttpError } from '../../../../src/http/index.ts';
import type { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import type { BindSpec } from '../../../../src/phases/eni/context.ts';
import { bind, type EniOptions } from '../../../../src/phases/eni/run.ts';
import type { WorkflowEvent } from '../../../../src/workflow/events.ts';

/** What happens to a call: a fault of the cloud's, the death of the program before or after the effect, or Ctrl-C. */
export type Accident =
  | Extract<FaultMode, 'timeout-before' | 'timeout-after-effect' | 'throttle' | '500' | 'business-code' | 'slow'>
  | 'backend-fault'
  | 'kill-before'
  | 'kill-after'
  | 'interrupt';

/** Each call takes so long: the emulated ENS moves on between two looks. Milliseconds. */
const CALL_MS = 350;

export const INSTANCE = 'i-sandbox';

/** The caller of one run of the program. */
interface RunCaller extends CloudCaller {
  /** Settles when the program dies: nothing it does from then on has an effect. */
  readonly killed: Promise<'killed'>;
  readonly signal: AbortSignal;
}

export interface InProcessEns {
  readonly store: Store;
  readonly records: EnsRecords;
  /** In the order in which they were made. */
  readonly calls: CloudCall[];
  readonly now: () => number;
  /** `accidents` happen to the calls of a run in turn; undefined is a call that goes well. */
  caller(accidents?: readonly (Accident | undefined)[]): RunCaller;
  instanceStatus(): string | undefined;
  secondaries(): InterfaceRecord[];
}

/** The emulated ENS without a network between, whose clock moves with every call. */
export function inProcessEns(seed: InstanceSeed = {}): InProcessEns {
  const store = openStore(':memory:');
  let time = 1_700_000_000_000;
  const now = (): number => time;
  seedInstance(store, seed);
  const service = ensService({ store, now });
  const records = new EnsRecords(store, now);
  const calls: CloudCall[] = [];
  const handle = async ({ action, parameters = {} }: CloudCall): Promise<{ status: number; body: unknown }> => {
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
    const request = { method: 'POST', path: '/', action, parameters: given as Record<string, string>, headers: {} };
    try {
      return { status: 200, body: await service.handle({ ...request, body: undefined }) };
    } catch (error) {
      if (!(error instanceof CloudFailure)) throw error;
      return { status: error.status, body: { Code: error.code, Message: error.message, RequestId: 'R' } };
    }
  };
  return {
    store,
    records,
    calls,
    now,
    caller: (accidents = []) => {
      const death = Promise.withResolvers<'killed'>();
      const never = new Promise<never>(() => {});
      const interrupt = new AbortController();
      let dead = false;
      let count = 0;
      const send = async (call: CloudCall) => {
        if (dead) return never;
        calls.push(call);
        time += CALL_MS;
        const accident = accidents[count++];
        if (accident === undefined || accident === 'slow') return handle(call);
        if (accident === 'interrupt') {
          interrupt.abort(new Error('interrupted by SIGINT'));
          return handle(call);
        }
        if (accident === 'throttle') return { status: 400, body: { Code: 'Throttling.User', Message: 'too many' } };
        if (accident === 'backend-fault')
          return {
            status: 400,
            body: { Code: 'ens.interface.error', Message: 'An error occurred while call the API' },
          };
        if (accident === 'business-code') return { status: 200, body: { Code: 1002, Message: 'system error' } };
        if (accident === '500') return { status: 500, body: { Code: 'InternalError', Message: 'unknown' } };
        if (accident.endsWith('after-effect') || accident === 'kill-after') await handle(call);
        if (accident.startsWith('timeout'))
          throw new HttpError({ kind: 'broken', address: 'https://ens', message: 'socket hang up', sent: true });
        dead = true;
        death.resolve('killed');
        return never;
      };
      const caller = cloudCaller({ endpoint: 'ens.test', send }, { pauseMs: [0, 0] });
      return { ...caller, killed: death.promise, signal: interrupt.signal };
    },
    instanceStatus: () => records.instance(INSTANCE)?.status,
    secondaries: () => records.interfaces().filter(({ type }) => type === 'Secondary'),
  };
}

export interface BindRun {
  readonly spec?: Partial<BindSpec>;
  readonly caller: RunCaller;
  readonly cluster?: ApiClient;
  readonly options?: Partial<EniOptions<BindSpec>>;
}

/** Runs `eni bind` with `--yes` and without pauses. */
export async function runBind(cloud: Pick<InProcessEns, 'now'>, { spec, caller, cluster, options }: BindRun) {
  const events: WorkflowEvent[] = [];
  const result = bind({
    spec: {
      instanceId: INSTANCE,
      region: 'ap-southeast-1',
      eniNumber: 2,
      reuseAvailable: false,
      forceStop: false,
      ...spec,
    },
    caller,
    cluster,
    emit: (event) => events.push(event),
    signal: caller.signal,
    dryRun: false,
    assumeYes: true,
    now: cloud.now,
    paceMs: [0, 0],
    listDelayMs: 0,
    ...options,
  });
  const said = () => events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
  return { result, events, said };
}
