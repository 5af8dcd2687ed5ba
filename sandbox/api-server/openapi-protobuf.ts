import type { Type } from 'protobufjs';
import { memoize } from '../../src/lib/memoize.ts';

/** What kubectl before 1.27 wants the document of /openapi/v2 as; Go reads no media type with an @. */
const OPENAPI_PROTOBUF = /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
export const OPENAPI_PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export function wantsOpenApiProtobuf(accept: string | undefined): boolean {
  return OPENAPI_PROTOBUF.test(accept ?? '');
}

/**
 * The messages of such a document, as far as it has them here.
 * Numbers and types: github.com/google/gnostic v0.7, openapiv2/OpenAPIv2.proto
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Document: { swagger: 'string = 1', info: 'Info = 2', paths: 'Paths = 8', definitions: 'NamedSchemas = 9' },
  Info: { title: 'string = 1', version: 'string = 2' },
  Paths: { path: 'repeated NamedPath = 2' },
  NamedPath: { name: 'string = 1', value: 'Path = 2' },
  Path: {
    get: 'Operation = 2',
    put: 'Operation = 3',
    post: 'Operation = 4',
    delete: 'Operation = 5',
    patch: 'Operation = 8',
  },
  Operation: {
    tags: 'repeated string = 1',
    parameters: 'repeated ParameterItem = 8',
    extensions: 'repeated NamedAny = 13',
  },
  ParameterItem: { parameter: 'Parameter = 1' },
  Parameter: { body: 'BodyParameter = 1', other: 'OtherParameter = 2' },
  BodyParameter: { name: 'string = 2', in: 'string = 3', required: 'bool = 4', schema: 'Schema = 5' },
  OtherParameter: { query: 'QueryParameter = 3' },
  QueryParameter: { in: 'string = 2', name: 'string = 4', type: 'string = 6', uniqueItems: 'bool = 20' },
  NamedSchemas: { entries: 'repeated NamedSchema = 1' },
  NamedSchema: { name: 'string = 1', value: 'Schema = 2' },
  Schema: {
    ref: 'string = 1',
    format: 'string = 2',
    description: 'string = 4',
    required: 'repeated string = 19',
    enum: 'repeated Any = 20',
    additionalProperties: 'AdditionalProperties = 21',
    type: 'Texts = 22',
    items: 'Schemas = 23',
    properties: 'NamedSchemas = 25',
    extensions: 'repeated NamedAny = 31',
  },
  AdditionalProperties: { schema: 'Schema = 1' },
  Schemas: { schema: 'repeated Schema = 1' },
  Texts: { value: 'repeated string = 1' },
  NamedAny: { name: 'string = 1', value: 'Any = 2' },
  Any: { yaml: 'string = 2' },
};

type Fields = Readonly<Record<string, unknown>>;

/** The document as a message. */
export async function encodeOpenApi(document: Fields): Promise<Buffer> {
  const type = await documentType();
  const { swagger, info, paths, definitions } = document as Record<string, Fields>;
  const path = Object.entries(paths ?? {}).map(([name, value]) => ({ name, value: pathItem(value as Fields) }));
  return Buffer.from(type.encode({ swagger, info, paths: { path }, definitions: namedSchemas(definitions) }).finish());
}

/** Loaded by the first request: the library takes 25 ms. */
const documentType = memoize(async (): Promise<Type> => {
  const { default: protobuf } = await import('protobufjs/light.js');
  const nested = Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: descriptors(fields) }]);
  return protobuf.Root.fromJSON({ nested: Object.fromEntries(nested) }).lookupType('Document');
});

function descriptors(
  fields: Readonly<Record<string, string>>,
): Record<string, { type: string; id: number; rule?: string }> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => {
      const [, rule, type = '', id] = /^(repeated )?(\S+) = (\d+)$/.exec(text) ?? [];
      return [name, { type, id: Number(id), ...(rule && { rule: 'repeated' }) }];
    }),
  );
}

function pathItem(path: Fields): Fields {
  return Object.fromEntries(Object.entries(path).map(([action, value]) => [action, operation(value as Fields)]));
}

function operation(described: Fields): Fields {
  const { tags, parameters } = described as { tags: string[]; parameters: Fields[] };
  return { tags, parameters: parameters.map(parameterItem), extensions: extensions(described) };
}

function parameterItem(parameter: Fields): Fields {
  const body = parameter.in === 'body' && { ...parameter, schema: schemaMessage(parameter.schema as Fields) };
  return { parameter: body ? { body } : { other: { query: parameter } } };
}

function namedSchemas(schemas: Fields | undefined): Fields | undefined {
  const entries = Object.entries(schemas ?? {});
  return { entries: entries.map(([name, value]) => ({ name, value: schemaMessage(value as Fields) })) };
}

function schemaMessage(schema: Fields): Fields {
  const {
    $ref: ref,
    format,
    description,
    required,
    type,
    items,
    additionalProperties,
    properties,
    enum: values,
  } = schema;
  return {
    ref,
    format,
    description,
    required,
    ...(type !== undefined && { type: { value: [type] } }),
    ...(values !== undefined && { enum: (values as unknown[]).map(anyValue) }),
    ...(items !== undefined && { items: { schema: [schemaMessage(items as Fields)] } }),
    ...(additionalProperties !== undefined && {
      additionalProperties: { schema: schemaMessage(additionalProperties as Fields) },
    }),
    ...(properties !== undefined && { properties: namedSchemas(properties as Fields) }),
    extensions: extensions(schema),
  };
}

function extensions(of: Fields): Fields[] {
  const own = Object.entries(of).filter(([name]) => name.startsWith('x-'));
  return own.map(([name, value]) => ({ name, value: anyValue(value) }));
}

/** JSON is YAML. */
function anyValue(value: unknown): Fields {
  return { yaml: JSON.stringify(value) };
}
