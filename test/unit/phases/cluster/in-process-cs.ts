import { csService } from '../../../../sandbox/cloud/cs.ts';
import { type ClusterRecord, KIND } from '../../../../sandbox/cloud/records.ts';
import { CloudFailure, type CloudParts } from '../../../../sandbox/cloud/service.ts';
import { sandboxPki } from '../../../../sandbox/pki.ts';
import { openStore } from '../../../../sandbox/store.ts';
import type { CloudCall } from '../../../../src/cloud/call.ts';
import { type CloudCaller, cloudCaller } from '../../../../src/cloud/caller.ts';
import { HttpError } from '../../../../src/http/index.ts';

/** What happens to a call: a fault of the cloud's, the death of the program before or after the effect, or Ctrl-C. */
export type CallAccident =
  | 'timeout-before'
  | 'timeout-after-effect'
  | 'throttle'
  | '500'
  | 'truncated'
  | 'kill-before'
  | 'kill-after'
  | 'interrupt';

/** Each call takes so long: the emulated service moves on between two looks. Milliseconds. */
const CALL_MS = 350;

/** The caller of one run of the program. */
export interface CsRun {
  readonly caller: CloudCaller;
  /** Settles when the program dies: nothing it does from then on has an effect. */
  readonly killed: Promise<'killed'>;
  readonly signal: AbortSignal;
}

export interface InProcessCs {
  /** In the order in which they were made, also those that were lost on the way; not those refused as one too many. */
  readonly calls: CloudCall[];
  /** How often the service has made a cluster. */
  made(): number;
  clusters(): ClusterRecord[];
  /** `accidents` happen to the calls of a run in turn; undefined is a call that goes well. */
  run(accidents?: readonly (CallAccident | undefined)[]): CsRun;
  close(): void;
}

/** The emulated container service without a network between, whose clock moves with every call. */
export async function inProcessCs(): Promise<InProcessCs> {
  const store = openStore(':memory:');
  let time = Date.now();
  let made = 0;
  const pki = await sandboxPki(store);
  const parts: CloudParts = { store, now: () => time, apiServer: 'https://127.0.0.1:1', cloud: '', caPem: pki.caPem };
  const service = csService(parts, pki);
  const calls: CloudCall[] = [];
  const handle = async (call: CloudCall): Promise<{ status: number; body: unknown }> => {
    const { action, method = 'GET', path = '/', parameters = {}, body } = call;
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
    const sent = body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
    try {
      const request = { method, path, action, parameters: given as Record<string, string>, body: sent, headers: {} };
      const answer = await service.handle(request);
      if (action === 'CreateCluster') made++;
      return { status: 200, body: answer === '' ? undefined : answer };
    } catch (error) {
      if (!(error instanceof CloudFailure)) throw error;
      return { status: error.status, body: { code: error.code, message: error.message } };
    }
  };
  return {
    calls,
    made: () => made,
    clusters: () => store.list<ClusterRecord>(KIND.cluster).map(({ document }) => document),
    run: (accidents = []) => {
      const death = Promise.withResolvers<'killed'>();
      const never = new Promise<never>(() => {});
      const interrupt = new AbortController();
      let dead = false;
      let count = 0;
      const send = async (call: CloudCall) => {
        if (dead) return never;
        time += CALL_MS;
        const accident = accidents[count++];
        if (accident !== 'throttle') calls.push(call);
        if (accident === 'interrupt') interrupt.abort(new Error('interrupted by SIGINT'));
        if (accident === undefined || accident === 'interrupt') return handle(call);
        if (accident === 'throttle') return { status: 400, body: { code: 'Throttling.User', message: 'too many' } };
        if (accident === '500') return { status: 500, body: { code: 'InternalError', message: 'unknown' } };
        if (accident !== 'timeout-before' && accident !== 'kill-before') await handle(call);
        if (accident === 'truncated') return { status: 200, body: undefined, text: '{"clus' };
        if (accident.startsWith('timeout'))
          throw new HttpError({ kind: 'broken', address: 'https://cs', message: 'socket hang up', sent: true });
        dead = true;
        death.resolve('killed');
        return never;
      };
      const caller = cloudCaller({ endpoint: 'cs.test', send }, { pauseMs: [0, 0] });
      return { caller, killed: death.promise, signal: interrupt.signal };
    },
    close: () => store.close(),
  };
}
