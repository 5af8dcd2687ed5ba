import assert from 'node:assert/strict';
import type { JsonSchema } from '../../../../../sandbox/api-server/custom/json-schema.ts';
import { prune, withDefaults } from '../../../../../sandbox/api-server/custom/prune.ts';
import { schemaCauses } from '../../../../../sandbox/api-server/custom/rules.ts';
import type { Json } from '../../../../../sandbox/api-server/json.ts';

const TEXT: JsonSchema = { type: 'string' };

describe('what the schema of a custom kind says', () => {
  for (const [format, good, bad] of [
    ['date', '2026-11-30', '2026-13-30'],
    ['date-time', '2026-11-30T17:00:00.5+01:00', '2026-11-30'],
    ['duration', '1h2m', '1 hour'],
    ['ipv4', '10.0.0.1', '10.0.0'],
    ['ipv6', 'fd00::1', '10.0.0.1'],
    ['cidr', '10.0.0.0/8', '10.0.0.0/33'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123'],
    ['byte', 'YQ==', 'a'],
    ['mac', '00:11:22:33:44:55', '00:11'],
  ] as const)
    it(`a text of format ${format} is looked at`, () => {
      const schema = { type: 'object', properties: { a: { ...TEXT, format } } };
      assert.deepEqual(schemaCauses({ a: good }, schema), []);
      const message = `Invalid value: "${bad}": a in body must be of type ${format}: "${bad}"`;
      assert.deepEqual(schemaCauses({ a: bad }, schema), [{ field: 'a', reason: 'FieldValueTypeInvalid', message }]);
    });

  it('a text of a format that Kubernetes does not know is taken as it is', () => {
    assert.deepEqual(schemaCauses('x', { ...TEXT, format: 'colour' }, 'a'), []);
  });

  it('a pattern that only Go understands forbids nothing', () => {
    assert.deepEqual(schemaCauses('x', { ...TEXT, pattern: '(?P<year>\\d+)\\z' }, 'a'), []);
    assert.deepEqual(schemaCauses('a-b', { ...TEXT, pattern: '^[a\\-b]+\\-?$' }, 'a'), []);
  });

  it('numbers have their limits, which a rule may leave out', () => {
    const rule = { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true };
    const told = (value: number): string[] => schemaCauses(value, rule, 'a').map(({ message }) => message);
    assert.deepEqual(told(2.5), []);
    assert.deepEqual(told(1), ['Invalid value: 1: a in body should be greater than 1']);
    assert.deepEqual(told(3), ['Invalid value: 3: a in body should be less than 3']);
    const [uneven] = schemaCauses(5, { type: 'integer', multipleOf: 2 }, 'a');
    assert.equal(uneven?.message, 'Invalid value: 5: a in body should be a multiple of 2');
  });

  it('combinations of rules are looked at', () => {
    const [low, high]: JsonSchema[] = [{ maximum: 3 }, { minimum: 2 }];
    const causes = (value: number, schema: JsonSchema): string[] =>
      schemaCauses(value, schema, 'a').map(({ message }) => message);
    assert.deepEqual(causes(2, { allOf: [low ?? {}, high ?? {}] }), []);
    assert.match(causes(2, { oneOf: [low ?? {}, high ?? {}] }).join(), /\(oneOf\)\. Found 2 valid alternatives/);
    assert.match(causes(5, { anyOf: [{ maximum: 3 }, { maximum: 4 }] }).join(), /at least one schema \(anyOf\)/);
    assert.match(causes(2, { not: { maximum: 3 } }).join(), /must not validate the schema \(not\)/);
  });

  it('an embedded object keeps what every object has, and loses what its schema does not have', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
      },
    };
    const unknown: string[] = [];
    const template = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { b: 1 }, other: 2 };
    assert.deepEqual(prune({ template, constructor: 1 }, schema, unknown), {
      template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} },
    });
    assert.deepEqual(unknown, ['template.spec.b', 'template.other', 'constructor']);
  });

  it('defaults are set in what is there, and a null that may not be is nothing', () => {
    const item: JsonSchema = {
      type: 'object',
      properties: { a: { ...TEXT, default: 'x' }, n: { nullable: true, default: 1 } },
    };
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        list: { type: 'array', items: item },
        map: { type: 'object', additionalProperties: item },
        none: item,
      },
    };
    const value: Json = { list: [{ a: null, n: null }], map: { k: {} } };
    assert.deepEqual(withDefaults(value, schema), { list: [{ a: 'x', n: null }], map: { k: { a: 'x', n: 1 } } });
  });
});
