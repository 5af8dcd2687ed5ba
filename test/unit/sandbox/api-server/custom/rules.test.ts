import assert from 'node:assert/strict';
import type { JsonSchema } from '../../../../../sandbox/api-server/custom/json-schema.ts';
import { prune, withDefaults } from '../../../../../sandbox/api-server/custom/prune.ts';
import { schemaCauses } from '../../../../../sandbox/api-server/custom/rules.ts';
import type { Json } from '../../../../../sandbox/api-server/json.ts';

const TEXT: JsonSchema = { type: 'string' };

describe('what the schema of a custom kind says', () => {
  for (const [format, good, bad] of [
    ['bsonobjectid', '507f1f77bcf86cd799439011', '507f'],
    ['creditcard', '4111 1111 1111 1111', '4111 1111 1111 1112'],
    ['date', '2026-11-30', '2026-13-30'],
    ['date', '2028-02-29', '2026-02-30'],
    ['date-time', '2026-11-30T17:00:00.5+01:00', '2026-11-30'],
    ['datetime', '2026-11-30t17:00:00z', '2026-11-30T24:00:00Z'],
    ['duration', '1h2m', 'soon'],
    ['duration', '1 hour', '1 year'],
    ['duration', '3 days', '3'],
    ['email', 'a@example.com', 'example.com'],
    ['hexcolor', '#FFF', '#FFFF'],
    ['hostname', 'a.example.com', 'a..example.com'],
    ['ipv4', '010.0.0.1', '10.0.0.256'],
    ['ipv6', '::1', 'fe80::1%eth0'],
    ['isbn', '978-0321751041', '978-0321751042'],
    ['isbn10', '0321751043', '0321751044'],
    ['isbn13', '978-0321751041', '0321751043'],
    ['k8s-long-name', 'a.b', 'a.B'],
    ['k8s-short-name', 'a-b', 'a.b'],
    ['mac', '0123.4567.89ab', '0123.4567'],
    ['rgbcolor', 'rgb(255, 0, 1)', 'rgb(256,0,1)'],
    ['ssn', '111-11-1111', '111-11-111'],
    ['uri', 'https://example.com/a', 'a b'],
    ['uuid3', 'bcd02e22-68f0-3046-a512-327cca9def8f', 'bcd02e22-68f0-4046-a512-327cca9def8f'],
    ['uuid4', '025b0d74-00a2-4048-bf57-227c5111bb34', '025b0d74-00a2-3048-bf57-227c5111bb34'],
    ['uuid5', '886313e1-3b8a-5372-9b90-0c9aee199e5d', '886313e1-3b8a-4372-9b90-0c9aee199e5d'],
    ['ipv4', '10.0.0.1', '10.0.0'],
    ['ipv6', 'fd00::1', '10.0.0.1'],
    ['cidr', '10.0.0.0/8', '10.0.0.0/33'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123'],
    ['byte', 'YQ==', 'a'],
    ['mac', '00:11:22:33:44:55', '00:11'],
  ] as const)
    it(`a text of format ${format} is looked at: ${good}, ${bad}`, () => {
      const schema = { type: 'object', properties: { a: { ...TEXT, format } } };
      assert.deepEqual(schemaCauses({ a: good }, schema), []);
      const message = `Invalid value: "${bad}": a in body must be of type ${format}: "${bad}"`;
      assert.deepEqual(schemaCauses({ a: bad }, schema), [{ field: 'a', reason: 'FieldValueTypeInvalid', message }]);
    });

  it('a text of a format that Kubernetes does not know is taken as it is', () => {
    for (const format of ['colour', '__proto__', 'constructor'])
      assert.deepEqual(schemaCauses('x', { ...TEXT, format }, 'a'), []);
  });

  it('patterns are those of Go', () => {
    for (const [pattern, good, bad] of [
      ['^[[:alnum:]]+$', 'a1', 'a-1'],
      ['\\Afoo\\z', 'foo', 'foo\n'],
      ['^\\pL+$', 'äb', 'ä1'],
      ['^\\x{41}$', 'A', 'B'],
      ['^\\Qa.b\\E$', 'a.b', 'axb'],
      ['(?P<year>\\d+)\\z', 'in 2026', 'x'],
      ['^[a\\-b]+\\-?$', 'a-b', 'c'],
    ] as const) {
      assert.deepEqual(schemaCauses(good, { ...TEXT, pattern }, 'a'), [], pattern);
      const rule = `a in body should match '${pattern}'`;
      assert.equal(
        schemaCauses(bad, { ...TEXT, pattern }, 'a')[0]?.message,
        `Invalid value: ${JSON.stringify(bad)}: ${rule}`,
      );
    }
  });

  it('a pattern that JavaScript would try for ages is answered', () => {
    const [cause] = schemaCauses(`${'a'.repeat(60)}!`, { ...TEXT, pattern: '^([a-z]+)*$' }, 'a');
    assert.match(cause?.message ?? '', /should match/);
  });

  it('what has not changed is allowed, even by a rule that is newer', () => {
    const limited: JsonSchema = { type: 'integer', maximum: 5 };
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        a: limited,
        map: { type: 'object', additionalProperties: limited },
        list: { type: 'array', items: limited },
        named: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: TEXT, n: limited } },
        },
      },
    };
    const fields = (value: Json, before: Json): string[] =>
      schemaCauses(value, schema, '', before).map(({ field }) => field);
    assert.deepEqual(fields({ a: 50, b: 1 }, { a: 50 }), []);
    assert.deepEqual(fields({ a: 51 }, { a: 50 }), ['a']);
    assert.deepEqual(fields({ map: { k: 9, l: 9 } }, { map: { k: 9 } }), ['map.l']);
    assert.deepEqual(fields({ list: [9], a: 1 }, { list: [9] }), []);
    assert.deepEqual(fields({ list: [9, 1] }, { list: [9] }), ['list[0]']);
    const [one, other] = [
      { name: 'a', n: 9 },
      { name: 'b', n: 9 },
    ];
    assert.deepEqual(fields({ named: [other ?? {}, one ?? {}] }, { named: [one ?? {}] }), ['named[0].n']);
  });

  it('an embedded object needs its version and kind', () => {
    const schema: JsonSchema = { type: 'object', 'x-kubernetes-embedded-resource': true };
    const told = (value: Json): string[] => schemaCauses(value, schema, 'a').map(({ field, reason }) => field + reason);
    assert.deepEqual(told({}), ['a.apiVersionFieldValueRequired', 'a.kindFieldValueRequired']);
    assert.deepEqual(told({ apiVersion: 'v1', kind: '' }), ['a.kindFieldValueInvalid']);
  });

  it('a rule for the name of an object is kept', () => {
    const schema: JsonSchema = { properties: { metadata: { properties: { name: { maxLength: 3 } } } } };
    assert.equal(schemaCauses({ metadata: { name: 'long' } }, schema)[0]?.field, 'metadata.name');
  });

  it('numbers have their limits, which a rule may leave out', () => {
    const rule = { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true };
    const told = (value: number): string[] => schemaCauses(value, rule, 'a').map(({ message }) => message);
    assert.deepEqual(told(2.5), []);
    assert.deepEqual(told(1), ['Invalid value: 1: a in body should be greater than 1']);
    assert.deepEqual(told(3), ['Invalid value: 3: a in body should be less than 3']);
    const [uneven] = schemaCauses(5, { type: 'integer', multipleOf: 2 }, 'a');
    assert.equal(uneven?.message, 'Invalid value: 5: a in body should be a multiple of 2');
    for (const [value, multipleOf] of [
      [0.3, 0.1],
      [0.07, 0.01],
    ] as const)
      assert.deepEqual(schemaCauses(value, { multipleOf }, 'a'), []);
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

  it('a null that may not be and has no default is left out of an object, and stays in a list', () => {
    const object: JsonSchema = { type: 'object', properties: { a: TEXT } };
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        a: TEXT,
        list: { type: 'array', items: object },
        map: { type: 'object', additionalProperties: TEXT },
        texts: { type: 'array', items: TEXT },
        filled: { type: 'array', items: { ...TEXT, default: 'x' } },
      },
    };
    const value: Json = { a: null, list: [{ a: null }], map: { k: null }, texts: [null], filled: [null], other: null };
    assert.deepEqual(withDefaults(value, schema), { list: [{}], map: {}, texts: [null], filled: ['x'], other: null });
  });

  it('what additionalProperties: true lets in has no fields of its own', () => {
    const unknown: string[] = [];
    const schema: JsonSchema = { type: 'object', properties: { a: { type: 'object', additionalProperties: true } } };
    assert.deepEqual(prune({ a: { text: 'x', object: { b: 1 } } }, schema, unknown), { a: { text: 'x', object: {} } });
    assert.deepEqual(unknown, ['a.object.b']);
  });
});
