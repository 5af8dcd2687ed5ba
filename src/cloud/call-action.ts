import type { z } from 'zod';
import { EdgeadmError } from '../errors/index.ts';
import type { CsAction, PathNames } from './actions/action.ts';
import { CS, type CsActionName } from './actions/cs.ts';
import type { CloudCall } from './call.ts';
import type { CloudCaller } from './caller.ts';

type Row<Name extends CsActionName> = (typeof CS)[Name];
/** What an action answers. */
export type AnswerOf<Name extends CsActionName> = z.output<Row<Name>['answer']>;
type BodyOf<Name extends CsActionName> = Exclude<Row<Name>['body'], undefined>;

/** What a call gives: the names in its path, its query, its body as the service spells it. */
type Given<Name extends CsActionName> = Readonly<Record<PathNames<Row<Name>['path']>, string>> & {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
} & ([BodyOf<Name>] extends [never] ? { readonly body?: never } : { readonly body: BodyOf<Name> });

interface Loose {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
}

/** Calls actions of the container service by name. */
export type CallAction = <Name extends CsActionName>(name: Name, given: Given<Name>) => Promise<AnswerOf<Name>>;

/**
 * Reads are tried again if that may help, orders never: see {@link CloudCaller}.
 * @param signal ends reads
 */
export function actionCaller(caller: CloudCaller, signal?: AbortSignal): CallAction {
  return async (name, given) => {
    const row: CsAction = CS[name];
    const { query = {}, body, ...names } = given as Loose;
    const call: CloudCall = {
      action: name,
      method: row.method,
      path: pathOf(row.path, names as Readonly<Record<string, string>>),
      parameters: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, value?.toString()])),
      body,
    };
    if (row.repeated === 'none') return caller.read({ ...call, signal }, row.answer) as never;
    if (row.isText) return caller.read({ ...call, signal, answer: 'text', makes: true }, row.answer) as never;
    // Whether an order was carried out is looked up, so nothing is required of its answer.
    const told = row.answer.safeParse(await caller.order(call));
    return (told.success ? told.data : row.answer.parse({})) as never;
  };
}

/** @throws EdgeadmError INTERNAL if a name is empty: it would be the path of another action */
function pathOf(path: string, names: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = names[name];
    if (value) return encodeURIComponent(value);
    throw new EdgeadmError({ code: 'INTERNAL', what: `${name} of ${path} is empty` });
  });
}
