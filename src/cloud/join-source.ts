import type { JoinDraft } from '../config/spec.ts';
import type { Host } from '../host/host.ts';
import type { PhaseLog } from '../workflow/events.ts';

/** The node that is about to join, before anything of it is touched. */
export interface SourceNode {
  readonly host: Host;
  /** The name it will have; a random one is chosen already. */
  readonly name: string;
  /** What was requested. */
  readonly draft: JoinDraft;
  /** The node pool of an earlier join that was not reset. */
  readonly nodePool?: string;
  /** True if nothing may be changed in the cloud either: `preflight` and `--dry-run`. */
  readonly dryRun: boolean;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/** Values of the specification by their keys. */
type Values = Readonly<Record<string, unknown>>;

/** What a callback reports. */
export interface JoinReport {
  readonly nodeName: string;
  readonly status: 'joined';
  /** Of the join, milliseconds. */
  readonly durationMs: number;
}

/** What is known of cluster and node pool. */
export interface SourceAnswer {
  /**
   * `apiServers`, `token`, `caCertHashes` and what else the cluster is; what users say is stronger, but for the pins.
   */
  readonly cluster: Values;
  /** `nodePool`, `labels`, `annotations`, `taints`; stronger than what users say. */
  readonly pool: Values;
  /** Reports that the node has joined. */
  readonly callback?: (report: JoinReport, signal: AbortSignal) => Promise<void>;
}

/** Where a join learns which cluster it is, if not from the command line. One for all hosts of a command. */
export interface JoinSource {
  /** `https://…`, without secrets, for messages. */
  readonly endpoint: string;
  /** How mistakes in its values are named: `the exchange`. */
  readonly name: string;
  /** @throws EdgeadmError of a cloud API, exit code 5 */
  resolve(node: SourceNode): Promise<SourceAnswer>;
  /** Returns what was lent to it: temporary credentials, tokens. */
  close(): Promise<void>;
}
