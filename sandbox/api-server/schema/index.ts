import type { Resource } from '../resources.ts';
import kubernetes from './definitions.json' with { type: 'json' };
import { NODE_POOL } from './nodepool.ts';
import type { Definition, Schema } from './schema.ts';

export type { Definition, Numbers, Schema } from './schema.ts';

const NODE_POOL_DEFINITION = 'io.openyurt.apps.v1beta1.NodePool';

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
