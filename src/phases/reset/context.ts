import type { Host } from '../../host/host.ts';
import type { Journal } from '../../host/journal/journal.ts';
import type { ApiClient, PlanWrite } from '../../kubernetes/api/client.ts';
import type { NodeTraces } from './node-traces.ts';

/** The request of a reset. */
export interface ResetSpec {
  /**
   * Does not ask, drains whatever would be lost, and continues if a pod or a volume cannot be released cleanly.
   */
  readonly force: boolean;
  /** What the join did to the container runtime stays, and stays in the journal. */
  readonly keepRuntime: boolean;
  /** Removes all images, not only those that the join loaded. */
  readonly cleanupImages: boolean;
  /** A kubeconfig on the machine that edgeadm runs on, with rights that a node does not have. */
  readonly kubeconfig?: string;
  /** Both need the kubeconfig. */
  readonly drain: boolean;
  /** Lets the drain evict pods with emptyDir volumes. */
  readonly deleteEmptyDirData?: boolean;
  readonly deleteNode: boolean;
}

/** What the phases of reset work with. */
export interface ResetContext {
  readonly spec: ResetSpec;
  /** Without a journal: a reset cannot be rolled back. */
  readonly host: Host;
  readonly journal: Journal;
  readonly node: NodeTraces;
  /** Of the administrator, if a kubeconfig was given. */
  readonly admin?: ApiClient;
  /** Asks before anything is removed from the node that is described; rejects if the answer is no. */
  readonly confirm?: (node: string) => Promise<void>;
  /** Tells writes to the cluster instead of doing them (dry run). */
  readonly planWrite?: PlanWrite;
}
