/**
 * Writes sandbox/api-server/schema/definitions.json: the kinds of Kubernetes that the sandbox serves, and their parts.
 * Fields, types and descriptions come from the models of @kubernetes/client-node, the rest from scripts/kinds/messages.txt.
 * With --check it fails if the file is not current.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { type Message, type MessageField, readMessages } from './kinds/messages.ts';
import { type ModelField, readModel } from './kinds/models.ts';

const path = new URL('../sandbox/api-server/schema/definitions.json', import.meta.url);
const messages = readMessages(await readFile(new URL('kinds/messages.txt', import.meta.url), 'utf8'));

/** Models that are named after more than their message: another group has one of that name. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  'apiextensions/v1.ServiceReference': 'ApiextensionsV1ServiceReference',
  'apiextensions/v1.WebhookClientConfig': 'ApiextensionsV1WebhookClientConfig',
  'authentication/v1.TokenRequest': 'AuthenticationV1TokenRequest',
  'core/v1.Event': 'CoreV1Event',
  'core/v1.EventSeries': 'CoreV1EventSeries',
  'core/v1.EndpointPort': 'CoreV1EndpointPort',
  'core/v1.ResourceClaim': 'CoreV1ResourceClaim',
  'discovery/v1.EndpointPort': 'DiscoveryV1EndpointPort',
  'rbac/v1.Subject': 'RbacV1Subject',
  'storage/v1.TokenRequest': 'StorageV1TokenRequest',
};

const modelName = ({ group, name }: Message): string =>
  MODEL_NAMES[`${group}.${name}`] ?? `${group.split('/')[1]?.toUpperCase()}${name}`;
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const [MICRO_TIME, FIELDS, TIME] = [`${META}.MicroTime`, `${META}.FieldsV1`, `${META}.Time`];

/** Types that are one value in JSON. */
const LEAVES: Readonly<Record<string, object>> = {
  [QUANTITY]: { description: 'A number with an optional unit, as 500m or 2Gi.', type: 'string' },
  [INT_OR_STRING]: { description: 'A number, or a text such as 25%.', type: 'string', format: 'int-or-string' },
  [TIME]: { description: 'A date of RFC 3339, in whole seconds.', type: 'string', format: 'date-time' },
  [MICRO_TIME]: { description: 'A date of RFC 3339, in microseconds.', type: 'string', format: 'date-time' },
  [FIELDS]: { description: 'Fields, as managedFields has them.', type: 'object' },
};

const names = new Map(messages.map((message) => [modelName(message), definitionName(message)]));

function definitionName({ group, name }: Message): string {
  const prefix = group === 'meta/v1' ? 'io.k8s.apimachinery.pkg.apis' : 'io.k8s.api';
  return `${prefix}.${group.replace('/', '.')}.${name}`;
}

function typeOf(type: string, format: string, notes: MessageField['notes']): object {
  const [, items] = /^Array<(.*)>$/.exec(type) ?? [];
  if (items) return { type: 'array', items: typeOf(items, format, notes) };
  const [, values] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
  if (values) return { type: 'object', additionalProperties: typeOf(values, format, notes) };
  if (notes.has('json')) return {};
  const reference = notes.has('quantity') ? QUANTITY : (names.get(type) ?? NAMED[type]);
  if (reference) return { $ref: `#/definitions/${reference}` };
  if (type === 'number') return { type: format === 'double' ? 'number' : 'integer', format };
  if (type === 'any' || type === 'object') return { type: 'object' };
  if (!['string', 'boolean'].includes(type))
    throw new Error(`no message is known for ${type}: scripts/kinds/messages.txt`);
  return { type, ...(format && { format }) };
}

const NAMED: Readonly<Record<string, string>> = { IntOrString: INT_OR_STRING, V1MicroTime: MICRO_TIME, Date: TIME };

/** How kubectl and server-side apply merge it. */
function merging({ notes }: MessageField, isList: boolean): object {
  const keys = notes.get('map');
  const listType = keys ? 'map' : notes.has('set') ? 'set' : notes.has('atomic') ? 'atomic' : undefined;
  const [strategy, mergeKey] = [...notes].find(([name]) => /^(merge|retainKeys)/.test(name)) ?? [];
  return {
    ...(listType && { [isList ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type']: listType }),
    ...(keys && { 'x-kubernetes-list-map-keys': keys }),
    ...(mergeKey?.length && { 'x-kubernetes-patch-merge-key': mergeKey[0] }),
    ...(strategy && { 'x-kubernetes-patch-strategy': strategy.replace('+', ',') }),
  };
}

/** By field number: the name in JSON, or the numbers of a message whose fields stand in this one. */
type Numbers = { [number: string]: string | Numbers };

function numbersOf({ group, fields }: Message): Numbers {
  return Object.fromEntries(
    [...fields].map(([name, { number, notes }]) => {
      const inline = notes.get('inline')?.[0];
      const message = inline && messages.find((one) => one.group === group && one.name === inline);
      return [number, message ? numbersOf(message) : name];
    }),
  );
}

function propertyOf(field: ModelField, message: Message): [string, object] {
  const known = message.fields.get(field.name) ?? { number: 0, notes: new Map() };
  const type =
    field.name === 'fieldsV1' ? { $ref: `#/definitions/${FIELDS}` } : typeOf(field.type, field.format, known.notes);
  const more = {
    ...(field.description && { description: field.description }),
    ...merging(known, field.type.startsWith('Array')),
  };
  return [field.name, { ...more, ...type }];
}

const definitions: Record<string, object> = { ...LEAVES };
for (const message of messages) {
  const model = await readModel(modelName(message));
  if (!model) continue;
  const required = model.fields.filter((field) => field.required).map(({ name }) => name);
  definitions[definitionName(message)] = {
    description: model.description,
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(message.isAtomic && { 'x-kubernetes-map-type': 'atomic' }),
    properties: Object.fromEntries(model.fields.map((field) => propertyOf(field, message))),
    numbers: numbersOf(message),
    pointers: model.fields.map(({ name }) => name).filter((name) => message.fields.get(name)?.notes.has('pointer')),
  };
}
const lines = Object.entries(definitions).map(([name, one]) => `${JSON.stringify(name)}: ${JSON.stringify(one)}`);
const text = `{\n${lines.sort().join(',\n')}\n}\n`;
if (!process.argv.includes('--check')) await writeFile(path, text);
else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
  process.stderr.write('sandbox/api-server/schema/definitions.json is not current: npm run docs\n');
  process.exitCode = 1;
}
