import { describeActions } from './ens-describe.ts';
import { orderActions } from './ens-orders.ts';
import type { EnsAction } from './ens-parameters.ts';
import { EnsRecords } from './ens-records.ts';
import type { CloudParts, CloudService } from './service.ts';

/** The emulated Edge Node Service: instances, their elastic network interfaces, and what those hang on. RPC style. */
export function ensService({ store, now, slowness }: Pick<CloudParts, 'store' | 'now' | 'slowness'>): CloudService {
  const records = new EnsRecords(store, now, slowness);
  const actions: Readonly<Record<string, EnsAction>> = { ...describeActions, ...orderActions };
  return {
    product: 'ens',
    authentication: 'signature',
    version: '2017-11-10',
    actionOf: (_method, path, { Action }) =>
      path === '/' && Action !== undefined && Object.hasOwn(actions, Action) ? Action : undefined,
    handle: ({ action, parameters }) => store.transaction(() => actions[action]?.(parameters, records) ?? {}),
  };
}
