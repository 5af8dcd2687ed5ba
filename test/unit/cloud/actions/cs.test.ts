import assert from 'node:assert/strict';
import sdk from '@alicloud/cs20151215';
import { z } from 'zod';
import type { CsAction } from '../../../../src/cloud/actions/action.ts';
import { CS } from '../../../../src/cloud/actions/cs.ts';

interface Model {
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, unknown>>;
}

/** What answers of each kind are at the least. */
const EMPTY: Readonly<Record<string, unknown>> = { string: 'wget', array: [] };

type Sent = { readonly method: string; readonly pathname: string; readonly bodyType: string };

/** What the vendor's client would send for an action. */
async function sentBySdk(action: string): Promise<Sent> {
  let sent: Sent | undefined;
  class Client extends sdk.default {
    override async callApi(params: object) {
      sent = params as Sent;
      return { body: EMPTY[sent.bodyType] ?? {}, headers: {}, statusCode: 200 };
    }
  }
  const client = new Client({ endpoint: 'x' } as never) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const method = `${action[0]?.toLowerCase()}${action.slice(1)}WithOptions`;
  assert.ok(client[method], `the SDK has no action ${action}`);
  const path = (CS as Readonly<Record<string, CsAction>>)[action]?.path ?? '';
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const request = (sdk as unknown as Record<string, new (map: object) => object>)[`${action}Request`];
  const more = request ? [new request({})] : [];
  await client[method]?.(...names, ...more, {}, {});
  return sent as Sent;
}

/** Keys that a shape reads and the SDK's model of the answer does not have. */
function unknownKeys(shape: z.ZodType, type: unknown, path: string): string[] {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable || shape instanceof z.ZodDefault)
    return unknownKeys(shape.unwrap() as z.ZodType, type, path);
  if (shape instanceof z.ZodPipe) return unknownKeys(shape.in as z.ZodType, type, path);
  if (shape instanceof z.ZodArray)
    // The body of some answers is a list; the SDK's model is that of its items.
    return unknownKeys(shape.element as z.ZodType, (type as { itemType?: unknown }).itemType ?? type, `${path}[]`);
  if (!(shape instanceof z.ZodObject) || type === 'any') return [];
  const model = type as Model;
  if (typeof model?.names !== 'function') return [];
  const fields = Object.fromEntries(Object.entries(model.names()).map(([field, wire]) => [wire, field]));
  return Object.entries(shape.shape).flatMap(([wire, each]) => {
    const field = fields[wire];
    return field === undefined
      ? [`${path}.${wire}`]
      : unknownKeys(each as z.ZodType, model.types()[field], `${path}.${wire}`);
  });
}

describe('the table of actions of the container service', () => {
  for (const [name, row] of Object.entries(CS) as [string, CsAction][]) {
    it(`${name} has the method, the path and the fields that the vendor's SDK has`, async () => {
      const { method, pathname, bodyType } = await sentBySdk(name);
      assert.equal(`${row.method} ${row.path.replace(/[{}]/g, '')}`, `${method} ${pathname}`);
      assert.equal(row.isText === true, bodyType === 'string');
      const model = (sdk as unknown as Record<string, unknown>)[`${name}ResponseBody`];
      if (model) assert.deepEqual(unknownKeys(row.answer, model, name), []);
    });

    if (row.repeated !== 'none' && !row.isText)
      it(`${name} requires nothing of its answer, since it may be lost`, () => {
        assert.ok(row.answer.safeParse({}).success);
      });
  }

  it('calls an action safe to repeat only if it is a GET, and no GET anything else', () => {
    for (const [name, { method, repeated }] of Object.entries(CS))
      assert.equal(method === 'GET', repeated === 'none', name);
  });
});
