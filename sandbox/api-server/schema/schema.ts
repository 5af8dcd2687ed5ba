import type { Json } from '../json.ts';

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
  readonly default?: Json;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
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
