import type { Definition } from '../schema/schema.ts';
import type { JsonSchema } from './json-schema.ts';

/** What a CustomResourceDefinition says of a version of its kind. */
export interface Defined {
  readonly rules: JsonSchema;
  /** The part of the rules that OpenAPI shows. */
  readonly schema: Definition;
  readonly columns: readonly PrinterColumn[];
  readonly scale?: ScalePaths;
  /** The warning for clients of this version. */
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

/** The names of a kind. */
export interface Names {
  readonly plural?: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly kind?: string;
  readonly listKind?: string;
  readonly categories?: readonly string[];
}

/** A version of a kind. */
export interface DefinedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: { readonly status?: object; readonly scale?: ScalePaths };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}
