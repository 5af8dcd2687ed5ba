import type { Registry } from '../registry.ts';
import { groupResource, type KubeObject, RESOURCES, type Resource, resourceOf } from '../resources.ts';
import { type Definition, OBJECT_META, type Schema } from '../schema/index.ts';
import type { Defined } from './defined.ts';
import { type DefinedVersion, definitionSpec, definitionStatus, isEstablished } from './definition.ts';
import type { JsonSchema } from './json-schema.ts';

/** What is served: what the sandbox has built in, and the kinds that CustomResourceDefinitions define. */
export class ServedResources {
  #all: readonly Resource[] = RESOURCES;

  constructor(registry: Registry) {
    this.#read(registry);
    registry.subscribe(({ resource }) => {
      if (resource.plural === DEFINITIONS && !resource.custom) this.#read(registry);
    });
  }

  /** A version of a custom kind is a resource of its own. */
  get all(): readonly Resource[] {
    return this.#all;
  }

  #read(registry: Registry): void {
    const custom = registry.list(resourceOf(DEFINITIONS)).filter(isEstablished).flatMap(resourcesIn);
    const defined = new Set(custom.map(groupResource));
    // A kind of OpenYurt that is built in makes room for its own definition.
    this.#all = [...RESOURCES.filter((resource) => !defined.has(groupResource(resource))), ...custom];
  }
}

const DEFINITIONS = 'customresourcedefinitions';

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
      defined: definedBy(version),
    }));
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

function extensionsOf(schema: JsonSchema): object {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => name.startsWith('x-kubernetes-') && name !== 'x-kubernetes-validations'),
  );
}
