import type { Definition } from '../schema/schema.ts';
import type { JsonSchema } from './json-schema.ts';

/** What a CustomResourceDefinition says of a version of its kind. */
export interface Defined {
  readonly rules: JsonSchema;
  /** The part of the rules that OpenAPI shows. */
  readonly schema: Definition;
  readonly columns: readonly PrinterColumn[];
  readonly scale?: ScalePaths;
  /** What a client is told that uses this version. */
  readonly warning?: string;
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

/** Where a kind has its number of replicas: `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}
