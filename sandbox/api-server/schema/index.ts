import type { Resource } from '../resources.ts';
import kubernetes from './definitions.json' with { type: 'json' };
import { NODE_POOL } from './nodepool.ts';

/** A schema as OpenAPI has it, as far as Kubernetes uses one. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
}

/** By field number of protobuf: the name in JSON, or the numbers of a message whose fields stand in this one. */
export interface Numbers {
  readonly [number: string]: string | Numbers;
}

/** The schema of a kind, or of a part of one. */
export interface Definition extends Schema {
  readonly numbers?: Numbers;
  /** Fields whose zero is a value. */
  readonly pointers?: readonly string[];
}

export const NODE_POOL_DEFINITION = 'io.openyurt.apps.v1beta1.NodePool';

export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  ...(kubernetes as unknown as Record<string, Definition>),
  [NODE_POOL_DEFINITION]: NODE_POOL,
};

export const REFERENCE = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** `io.k8s.api.core.v1.Pod`. Older versions of a kind have the fields of the newest. */
export function definitionName({ group, kind, custom }: Pick<Resource, 'group' | 'kind' | 'custom'>): string {
  if (custom) return NODE_POOL_DEFINITION;
  if (group === 'meta.k8s.io') return `${META}.${kind}`;
  return `io.k8s.api.${group.split('.')[0] || 'core'}.v1.${kind}`;
}

/** Undefined for a kind that is not served. DeleteOptions belong to every group. */
export function definitionOfKind(apiVersion: string, kind: string): Definition | undefined {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return DEFINITIONS[definitionName({ group: kind === 'DeleteOptions' ? 'meta.k8s.io' : group, kind })];
}

/** The schema itself, if it only names one. */
export function resolved(schema: Schema | undefined): Definition | undefined {
  return schema?.$ref ? DEFINITIONS[schema.$ref.slice(REFERENCE.length)] : schema;
}

/** What a resource's objects look like. */
export function schemaOf(resource: Pick<Resource, 'group' | 'kind' | 'custom'>): Definition {
  return DEFINITIONS[definitionName(resource)] ?? {};
}
