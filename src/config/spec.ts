import type { z } from 'zod';
import type { draftKeys, joinKeys, taint } from './join-schema.ts';

type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** A taint as Kubernetes has it. */
export type Taint = Immutable<z.output<typeof taint>>;

/** One row of the compatibility matrix, built in or added by `--compat-matrix`. */
export interface MatrixRow {
  readonly arch: string;
  /** Compared with the distribution's name and with its ID. */
  readonly os: string;
  readonly versions: readonly string[];
  /** First two numbers of the kernel version; Windows rows carry the build. */
  readonly kernel: string;
  /** First and last cluster version; an absent bound is open. */
  readonly from?: string;
  readonly to?: string;
  readonly source: string;
}

/** What is not a key of the configuration but part of every join. */
export interface CommonSettings {
  /** Answer every question with yes. */
  readonly yes: boolean;
  /** Milliseconds for the whole command. */
  readonly timeoutMs: number;
  readonly compatMatrix: readonly MatrixRow[];
}

/**
 * The whole request of a join: flags, environment and file in one immutable, validated value.
 * What has to be looked up on the node or in the cluster is not here, see JoinContext.
 */
export type JoinSpec = Immutable<z.output<typeof joinKeys>> & CommonSettings;

/** A specification that does not say yet which cluster it is: the container service tells that for each node. */
export type JoinDraft = Immutable<z.output<typeof draftKeys>> & CommonSettings;
