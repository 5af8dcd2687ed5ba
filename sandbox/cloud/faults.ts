import type { Store } from '../store.ts';

/** What can be made to go wrong with a call; {@link FAULT_MODES} says it for people. */
export type FaultMode = keyof typeof FAULT_MODES;

export const FAULT_MODES = {
  'timeout-after-effect': 'the call takes effect, but its answer is lost',
  'timeout-before': 'the call is lost: nothing is changed, and no answer comes',
  '500': 'the cloud answers with an internal error; nothing is changed',
  unavailable: 'the cloud answers 503 ServiceUnavailable; nothing is changed',
  throttle: 'the cloud throttles the call with Throttling.User; nothing is changed',
  'qps-limit': 'the cloud throttles the call with QPS Limit Exceeded; nothing is changed',
  'rejected-throttling': 'the cloud throttles the call with Rejected.Throttling; nothing is changed',
  forbidden: 'the cloud answers 403 Forbidden.RAM, as for a user without permission; nothing is changed',
  'business-code': 'the cloud answers 200 with an error number as Code; nothing is changed',
  'backend-error': 'ENS answers 400 ens.interface.error, a fault behind it; nothing is changed',
  'html-502': 'a proxy answers 502 with a web page; nothing is changed',
  redirect: 'a proxy answers 302 to a login page; nothing is changed',
  'switch-protocols': 'a proxy answers 101; nothing is changed',
  truncated: 'the call takes effect, but half of its answer is missing',
  empty: 'the call takes effect, but its answer is empty',
  slow: 'the call succeeds after two seconds',
} as const;

/** A fault that waits for its call. */
export interface Fault {
  readonly id: string;
  /** `AttachNetworkInterface`; `*` for every action; `UpgradeCluster/node` for a step inside one. */
  readonly action: string;
  readonly mode: FaultMode;
  /** How many more calls it strikes. */
  readonly times: number;
}

const KIND = 'cloud/fault';

/** Makes the next `times` calls of an action go wrong; several faults for one action strike one after the other. */
export function addFault(store: Store, fault: Omit<Fault, 'id'>): Fault {
  const id = String(store.next(KIND)).padStart(6, '0');
  store.put(KIND, id, { id, ...fault });
  return { id, ...fault };
}

/** In the order in which they strike. */
export function listFaults(store: Store): Fault[] {
  return store.list<Fault>(KIND).map(({ document }) => document);
}

/** @returns how many there were */
export function clearFaults(store: Store): number {
  const faults = listFaults(store);
  for (const { id } of faults) store.delete(KIND, id);
  return faults.length;
}

/** The fault that strikes this call, counted down. A step inside an action is named by its own name only. */
export function consumeFault(store: Store, action: string): FaultMode | undefined {
  const isCall = !action.includes('/');
  const fault = listFaults(store).find((each) => each.action === action || (isCall && each.action === '*'));
  if (!fault) return undefined;
  if (fault.times > 1) store.put(KIND, fault.id, { ...fault, times: fault.times - 1 });
  else store.delete(KIND, fault.id);
  return fault.mode;
}
