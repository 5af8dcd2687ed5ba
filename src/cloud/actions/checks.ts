import { z } from 'zod';
import { csAction, csActionWithBody, text, wire } from './action.ts';

/** The keys of an item are not documented, and differ from check to check. */
const checkItems = z.record(z.string(), z.array(z.record(z.string(), z.unknown())).nullable());

const shape = {
  check_id: z.string().min(1),
  type: text,
  status: text,
  message: text,
  created_at: text,
  finished_at: text,
};
const listedCheck = wire(shape);
const check = wire({ ...shape, check_items: checkItems.nullish() });

/** Checks of a cluster before it is changed. */
export const CHECK_ACTIONS = {
  RunClusterCheck: csActionWithBody<{
    readonly type: string;
    readonly target?: string;
    readonly options?: Readonly<Record<string, string>>;
  }>()('POST', '/clusters/{clusterId}/checks', { repeated: 'another', answer: wire({ check_id: text }) }),
  GetClusterCheck: csAction('GET', '/clusters/{clusterId}/checks/{checkId}', { repeated: 'none', answer: check }),
  ListClusterChecks: csAction('GET', '/clusters/{clusterId}/checks', {
    repeated: 'none',
    answer: wire({ checks: z.array(listedCheck).nullable() }),
  }),
} as const;

export type CloudCheck = z.output<typeof check>;
export type ListedCheck = z.output<typeof listedCheck>;
