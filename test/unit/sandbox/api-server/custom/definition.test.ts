import assert from 'node:assert/strict';
import { definitionCauses } from '../../../../../sandbox/api-server/custom/definition.ts';
import type { KubeObject } from '../../../../../sandbox/api-server/resources.ts';

const VERSION = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };

const definition = (spec: object = {}, version: object = {}): KubeObject => ({
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [{ ...VERSION, ...version }],
    ...spec,
  },
});

const told = (object: KubeObject): string[] =>
  definitionCauses(object).map(({ field, message }) => `${field}: ${message}`);
const toldOf = (a: object, root: object = {}): string[] =>
  told(definition({}, { schema: { openAPIV3Schema: { type: 'object', properties: { a }, ...root } } })).map((text) =>
    text.replace('spec.versions[0].schema.openAPIV3Schema', '…'),
  );

const TEXT = { type: 'string' };
const named = (schema: object, item: object = {}): object => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  items: { type: 'object', properties: { name: TEXT }, ...item },
  ...schema,
});

describe('what a CustomResourceDefinition may say', () => {
  it('one that Kubernetes takes is accepted', () => {
    const schema = {
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 20 } } },
        port: {
          'x-kubernetes-int-or-string': true,
          anyOf: [{ type: 'integer' }, { type: 'string' }],
          default: 80,
        },
        list: named({ 'x-kubernetes-list-map-keys': ['name'] }, { required: ['name'] }),
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        either: {
          type: 'object',
          properties: { a: TEXT },
          oneOf: [{ required: ['a'] }, { properties: { a: { minLength: 2 } } }],
        },
        any: { type: 'object', additionalProperties: true },
        spec: { type: 'object', properties: { size: TEXT, replicas: { type: 'integer' } }, default: { size: 'small' } },
      },
    };
    const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
    const version = {
      schema: { openAPIV3Schema: schema },
      subresources: { status: {}, scale },
      additionalPrinterColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size' }],
      selectableFields: [{ jsonPath: '.spec.size' }],
      deprecated: true,
      deprecationWarning: 'use v2',
    };
    const webhook = { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] };
    assert.deepEqual(told(definition({ conversion: { strategy: 'Webhook', webhook } }, version)), []);
  });

  for (const [what, a, expected] of [
    [
      'an unknown type',
      { type: 'float' },
      '….properties[a].type: Unsupported value: "float": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
    [
      'a pattern that Go does not understand',
      { ...TEXT, pattern: '(?=a)' },
      '….properties[a].pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn\'t: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
    [
      'a default of another type',
      { ...TEXT, default: 1 },
      '….properties[a].default: Invalid value: "integer": spec.versions[0].schema.openAPIV3Schema.properties[a].default in body must be of type string: "integer"',
    ],
    [
      'a default with an unknown field',
      { type: 'object', default: { b: 1 } },
      '….properties[a].default: Invalid value: {"b":1}: must not have unknown fields',
    ],
    [
      'unique items',
      { type: 'array', items: TEXT, uniqueItems: true },
      '….properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
    [
      'properties and other properties',
      { type: 'object', properties: { b: TEXT }, additionalProperties: TEXT },
      '….properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
    ],
    [
      'a list by keys without any',
      named({}),
      '….properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
    [
      'a key that may be left out',
      named({ 'x-kubernetes-list-map-keys': ['name'] }),
      '….properties[a].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
    [
      'a key that its items do not have',
      named({ 'x-kubernetes-list-map-keys': ['key'] }),
      '….properties[a].x-kubernetes-list-map-keys: Invalid value: ["key"]: entries must all be names of item properties',
    ],
    [
      'a set of objects that are merged',
      { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
      '….properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
    [
      'a type in a combination',
      { ...TEXT, anyOf: [{ type: 'string' }] },
      '….properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    ['a reference', { ...TEXT, $ref: '#/a' }, '….properties[a].$ref: Forbidden: $ref is not supported'],
    [
      'several schemas of items',
      { type: 'array', items: [TEXT] },
      '….properties[a].items: Forbidden: items must be a schema object and not an array',
    ],
    [
      'an embedded object that is a text',
      { ...TEXT, 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      '….properties[a].type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true',
    ],
  ] as const)
    it(`a schema is refused that has ${what}`, () => assert.deepEqual(toldOf(a), [expected]));

  it('a schema says nothing of metadata but the names', () => {
    const metadata = { type: 'object', properties: { labels: { type: 'object' } } };
    assert.deepEqual(toldOf(TEXT, { properties: { metadata } }), [
      '….properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ]);
    assert.deepEqual(toldOf(TEXT, { nullable: true }), ['….nullable: Forbidden: nullable cannot be true at the root']);
  });

  for (const [what, version, expected] of [
    [
      'a name that is not a label',
      { name: 'V_1' },
      /^spec\.versions\[0\]\.name: Invalid value: "V_1": a DNS-1035 label must consist/,
    ],
    [
      'a column of an unknown type',
      { additionalPrinterColumns: [{ name: 'A', type: 'foo', jsonPath: '.a' }] },
      /additionalPrinterColumns\[0\]\.type: Invalid value: "foo": must be one of boolean,date,integer,number,string$/,
    ],
    [
      'a column without a path',
      { additionalPrinterColumns: [{ name: 'A', type: 'string' }] },
      /additionalPrinterColumns\[0\]\.JSONPath: Required value$/,
    ],
    [
      'a column with a path that does not begin with a dot',
      { additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'nope[' }] },
      /JSONPath: Invalid value: "nope\[": must be a simple json path starting with \.$/,
    ],
    [
      'a scale elsewhere',
      { subresources: { scale: { specReplicasPath: '.a[0]', statusReplicasPath: '.status.n' } } },
      /scale\.specReplicasPath: Invalid value: "\.a\[0\]": should be a json path under \.spec$/,
    ],
    [
      'a scale without a path',
      { subresources: { scale: { specReplicasPath: '.spec.n' } } },
      /scale\.statusReplicasPath: Required value$/,
    ],
    [
      'a selectable field that is not there',
      { selectableFields: [{ jsonPath: '.spec.a' }] },
      /selectableFields\[0\]\.jsonPath: Invalid value: "\.spec\.a": is an invalid path: does not refer to a valid field$/,
    ],
    [
      'a warning without being deprecated',
      { deprecationWarning: 'old' },
      /deprecationWarning: Invalid value: "old": can only be set for deprecated versions$/,
    ],
  ] as const)
    it(`a version is refused that has ${what}`, () => {
      const causes = told(definition({}, version));
      assert.equal(causes.length, 1, causes.join('\n'));
      assert.match(causes[0] ?? '', expected);
    });

  for (const [what, spec, expected] of [
    [
      'a conversion by a webhook that is not named',
      { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } } },
      /^spec\.conversion\.webhookClientConfig: Required value: required when strategy is set to Webhook$/,
    ],
    [
      'a kind with a space',
      { names: { plural: 'things', kind: 'Bad Kind' } },
      /^spec\.names\.kind: Invalid value: "Bad Kind": may have mixed case, but should otherwise match: a DNS-1035/,
    ],
    [
      'a kind that is its own list',
      { names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } },
      /^spec\.names\.listKind: Invalid value: "Thing": kind and listKind may not be the same$/,
    ],
  ] as const)
    it(`a definition is refused that has ${what}`, () => {
      const causes = told(definition(spec));
      assert.equal(causes.length, 1, causes.join('\n'));
      assert.match(causes[0] ?? '', expected);
    });
});
