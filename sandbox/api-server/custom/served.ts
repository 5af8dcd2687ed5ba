import type { Registry } from '../registry.ts';
import { builtIn, groupResource, type KubeObject, RESOURCES, type Resource, resourceOf } from '../resources.ts';
import { type Definition, OBJECT_META, type Schema } from '../schema/index.ts';
import type { Defined, DefinedVersion } from './defined.ts';
import { definitionSpec, definitionStatus, isEstablished } from './definition.ts';
import type { JsonSchema } from './json-schema.ts';

/** What is served: what the sandbox has built in, and the kinds that CustomResourceDefinitions define. */
export class ServedResources {
  #all: readonly Resource[] = RESOURCES;
  readonly #custom = new Map<string, readonly Resource[]>();

  constructor(registry: Registry) {
    for (const definition of registry.list(resourceOf(DEFINITIONS))) this.#read(definition);
    this.#combine();
    registry.subscribe(({ resource, type, object }) => {
      if (builtIn(resource) !== DEFINITIONS) return;
      if (type === 'DELETED') this.#custom.delete(object.metadata.name ?? '');
      else this.#read(object);
      this.#combine();
    });
  }

  /** A version of a custom kind is a resource of its own. */
  get all(): readonly Resource[] {
    return this.#all;
  }

  #read(definition: KubeObject): void {
    const { name = '' } = definition.metadata;
    this.#custom.delete(name);
    if (!isEstablished(definition) || BUILT_IN.has(name)) return;
    try {
      this.#custom.set(name, resourcesIn(definition));
    } catch (error) {
      // A definition that cannot be read must not take the sandbox with it, now and at each of its starts.
      process.emitWarning(`CustomResourceDefinition ${name} is not served: ${error}`);
    }
  }

  #combine(): void {
    // A kind of OpenYurt that is built in makes room for its own definition.
    const builtIns = RESOURCES.filter((resource) => !this.#custom.has(groupResource(resource)));
    this.#all = [...builtIns, ...[...this.#custom.values()].flat()];
  }
}

const DEFINITIONS = 'customresourcedefinitions';
/** What Kubernetes itself has stays as it is, whatever is defined. */
const BUILT_IN = new Set(RESOURCES.filter(({ custom }) => !custom).map(groupResource));

/** What may have objects: besides what is served, kinds of which no version is served (any more). */
export function resourcesWithObjects(registry: Registry, served: readonly Resource[]): Resource[] {
  const known = new Set(served.map(groupResource));
  const others = registry.list(resourceOf(DEFINITIONS)).flatMap((definition): Resource[] => {
    const { group = '', scope, names: { plural = '', kind = '', singular = '' } = {} } = definitionSpec(definition);
    const namespaced = scope === 'Namespaced';
    const resource = { group, versions: [], kind, plural, singular, shortNames: [], namespaced };
    return [{ ...resource, subresources: [], fields: [], custom: true }];
  });
  return [...served, ...others.filter((resource) => !known.has(groupResource(resource)))];
}

/** The resources that an established CustomResourceDefinition serves. */
function resourcesIn(definition: KubeObject): Resource[] {
  const { group = '', scope, versions = [] } = definitionSpec(definition);
  const {
    plural = '',
    singular = '',
    shortNames = [],
    kind = '',
    categories,
  } = definitionStatus(definition).acceptedNames ?? {};
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      group,
      versions: [version.name],
      kind,
      plural,
      singular,
      shortNames,
      namespaced: scope === 'Namespaced',
      subresources: Object.keys(version.subresources ?? {}).filter((name) => ['status', 'scale'].includes(name)),
      fields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
      custom: true,
      needsResourceVersion: true,
      counted: true,
      ...(categories && { categories }),
      defined: { ...definedBy(version), ...deprecation(version, group, kind) },
    }));
}

function deprecation({ name, deprecated, deprecationWarning }: DefinedVersion, group: string, kind: string): object {
  return deprecated ? { warning: deprecationWarning ?? `${group}/${name} ${kind} is deprecated` } : {};
}

function definedBy({ schema, additionalPrinterColumns = [], subresources }: DefinedVersion): Defined {
  const rules = schema?.openAPIV3Schema ?? {};
  return {
    rules,
    schema: published(rules, true),
    columns: additionalPrinterColumns,
    ...(subresources?.scale && { scale: subresources.scale }),
  };
}

const TEXT: Schema = { type: 'string' };
const OF_EVERY_OBJECT = { apiVersion: TEXT, kind: TEXT, metadata: OBJECT_META };

/** A schema as OpenAPI shows it, and as kubectl can read it: without combinations, with what every object has. */
function published(schema: JsonSchema, isRoot = false): Definition {
  const { type, format, description, required, enum: values, properties, additionalProperties, items } = schema;
  const isWhole = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const isEither = schema['x-kubernetes-int-or-string'] === true;
  const fields = Object.entries(properties ?? {}).map(([name, below]) => [name, published(below)]);
  const texts = values?.filter((value) => typeof value === 'string');
  return {
    ...(description && { description }),
    ...(type && !isEither && { type }),
    ...(format && { format }),
    ...(required && { required }),
    ...limitsOf(schema),
    ...(texts && texts.length === values?.length && { enum: texts }),
    ...((properties || isWhole) && {
      properties: {
        ...(isWhole && OF_EVERY_OBJECT),
        ...Object.fromEntries(fields),
        ...(isWhole && { metadata: OBJECT_META }),
      },
    }),
    ...(additionalProperties && {
      additionalProperties: additionalProperties === true ? {} : published(additionalProperties),
    }),
    ...(items && { items: published(items) }),
    ...extensionsOf(schema),
  };
}

/** What OpenAPI has of a schema's values as it is. */
const LIMITS: readonly (keyof JsonSchema)[] = [
  'default',
  'nullable',
  'pattern',
  'maximum',
  'minimum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'multipleOf',
  'maxLength',
  'minLength',
  'maxItems',
  'minItems',
  'maxProperties',
  'minProperties',
];

function limitsOf(schema: JsonSchema): object {
  return Object.fromEntries(LIMITS.flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]]])));
}

function extensionsOf(schema: JsonSchema): object {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => name.startsWith('x-kubernetes-') && name !== 'x-kubernetes-validations'),
  );
}
