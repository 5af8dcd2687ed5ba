import { Reader } from 'protobufjs/minimal.js';
import { type Definition, type Numbers, REFERENCE, resolved, type Schema } from './schema/index.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What a body begins with. Source: k8s.io/apimachinery, pkg/runtime/serializer/protobuf */
const MAGIC = Buffer.from('k8s\0');

/** An object in JSON's shape. */
type Fields = Record<string, unknown>;

/** What a body says of itself: `runtime.Unknown`. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** @throws Error if it is none */
export function readEnvelope(body: Uint8Array): Envelope {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length)))
    throw new Error(`provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]`);
  const parts = lengthDelimited(body.subarray(MAGIC.length));
  const type = lengthDelimited(parts.get(1) ?? new Uint8Array());
  return {
    apiVersion: text(type.get(1)),
    kind: text(type.get(2)),
    raw: parts.get(2) ?? new Uint8Array(),
  };
}

/** The object that a message describes, as the JSON of it would. */
export function decodeMessage(definition: Definition, bytes: Uint8Array): Fields {
  const object: Fields = {};
  readInto(object, definition, definition.numbers ?? {}, bytes);
  return object;
}

function readInto(object: Fields, definition: Definition, numbers: Numbers, bytes: Uint8Array): void {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = numbers[tag >>> 3];
    if (typeof field === 'object') readInto(object, definition, field, reader.bytes());
    else if (field === undefined || !definition.properties?.[field]) reader.skipType(tag & 7);
    else readField(object, field, definition, reader);
  }
}

function readField(object: Fields, field: string, definition: Definition, reader: Reader): void {
  const schema = definition.properties?.[field] ?? {};
  if (schema.items) object[field] = [...((object[field] ?? []) as unknown[]), readValue(schema.items, reader)];
  else if (schema.additionalProperties)
    object[field] = { ...(object[field] as object | undefined), ...readEntry(schema.additionalProperties, reader) };
  else {
    const value = readValue(schema, reader);
    const means = definition.pointers?.includes(field) || definition.required?.includes(field);
    // Go writes every field that is not a pointer, even if it is not set.
    if (value !== null && (means || !['', 0, false].includes(value as string | number | boolean)))
      object[field] = value;
  }
}

/** A pair of a map: key 1, value 2. */
function readEntry(schema: Schema, reader: Reader): Fields {
  const end = reader.uint32() + reader.pos;
  let [key, value]: [string, unknown] = ['', schema.type === 'string' ? '' : undefined];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (schema.items) value = repeated(schema.items, reader.bytes());
    else value = readValue(schema, reader);
  }
  return { [key]: value };
}

/** A list in a map is a message of its own, `items = 1`. */
function repeated(items: Schema, bytes: Uint8Array): unknown[] {
  return (decodeMessage({ properties: { items: { items } }, numbers: { 1: 'items' } }, bytes).items ?? []) as unknown[];
}

const MESSAGES: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': (bytes) => text(lengthDelimited(bytes).get(1)),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': intOrString,
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': (bytes) => time(bytes)?.replace(/\.\d+Z$/, 'Z') ?? null,
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': (bytes) => time(bytes)?.replace(/Z$/, '000Z') ?? null,
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': (bytes) => JSON.parse(text(lengthDelimited(bytes).get(1)) || '{}'),
};

function readValue(schema: Schema, reader: Reader): unknown {
  if (schema.$ref) {
    const special = MESSAGES[schema.$ref.slice(REFERENCE.length)];
    const bytes = reader.bytes();
    return special ? special(bytes) : decodeMessage(resolved(schema) ?? {}, bytes);
  }
  if (schema.type === 'boolean') return reader.bool();
  if (schema.type === 'integer') return Number(reader.int64());
  if (schema.format === 'byte') return Buffer.from(reader.bytes()).toString('base64');
  return reader.string();
}

/** type 1: 0 for the number 2, 1 for the text 3. */
function intOrString(bytes: Uint8Array): string | number {
  const schema = { type: 'integer' };
  const properties = { type: schema, intVal: schema, strVal: { type: 'string' } };
  const found = decodeMessage({ properties, numbers: { 1: 'type', 2: 'intVal', 3: 'strVal' } }, bytes);
  return found.type === 1 ? String(found.strVal ?? '') : Number(found.intVal ?? 0);
}

/** seconds 1, nanoseconds 2; none for the zero of Go. */
function time(bytes: Uint8Array): string | undefined {
  const schema = { type: 'integer' };
  const found = decodeMessage(
    { properties: { seconds: schema, nanos: schema }, numbers: { 1: 'seconds', 2: 'nanos' } },
    bytes,
  );
  if (found.seconds === undefined) return undefined;
  return new Date(Number(found.seconds) * 1000 + Number(found.nanos ?? 0) / 1e6).toISOString();
}

/** The last of each field that has a length. */
function lengthDelimited(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = Reader.create(bytes);
  const found = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 2) found.set(tag >>> 3, reader.bytes());
    else reader.skipType(tag & 7);
  }
  return found;
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
