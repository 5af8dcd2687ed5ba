import type { Bundle } from '../../artifacts/bundle.ts';
import type { BundleStore } from '../../artifacts/bundle-store.ts';
import type { InstalledHub } from '../../edge-hub/releases.ts';
import type { Host } from '../../host/host.ts';
import type { UpgradeNote } from '../../host/journal/entry.ts';
import type { Journal } from '../../host/journal/journal.ts';
import type { NodeSession } from '../../host/node-session.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { DrainPolicy } from '../../kubernetes/drain/pods.ts';
import type { EventSink } from '../../workflow/events.ts';
import type { HubRequest } from '../join/requested-hub.ts';

/** The request of an upgrade. */
export interface UpgradeSpec {
  /** Of the cluster, `1.20.3`; the control plane's if it is not given. */
  readonly targetVersion?: string;
  /** Of the kubelet, if it is to be another than the target. */
  readonly kubeletVersion?: string;
  readonly bundle?: string;
  readonly bundleSha256?: string;
  readonly drain: boolean;
  /** Milliseconds for all pods together. */
  readonly drainTimeoutMs: number;
  readonly drainPolicy?: DrainPolicy;
  /** A kubeconfig on the machine that edgeadm runs on; draining needs it. */
  readonly kubeconfig?: string;
  readonly migrateRuntime: boolean;
  /** What the edge-hub of the node is to be; undefined: what the bundle has. */
  readonly hub?: HubRequest;
}

/** What `upgrade` needs for one node. */
export interface UpgradeOptions {
  readonly spec: UpgradeSpec;
  readonly session: NodeSession;
  /** What users call the host. */
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Shared by all hosts of a command; its owner closes it. */
  readonly bundles: BundleStore;
  /** How long pods have to run after a restart of the kubelet, milliseconds; for tests. */
  readonly steadyMs?: number;
}

/** The versions at hand, each `v1.20.2`. */
export interface Versions {
  /** Of the kubelet before the upgrade. */
  readonly from: string;
  /** Of the kubelet afterwards. */
  readonly to: string;
  /** Of the API server. */
  readonly cluster: string;
}

/** When the kubelet was restarted, in milliseconds since 1970 by the node's clock; 0 if it was not. */
interface Restarted {
  /** Right before: what a kubelet reports later may still be the older one's. */
  before: number;
  /** Right after: what a kubelet reports later is the newer one's. */
  after: number;
}

/** The hub before and after an upgrade; both undefined on a node without one. */
export interface HubsOfUpgrade {
  readonly hub?: InstalledHub;
  readonly hubAfter?: InstalledHub;
  /** True if the request or the bundle says what the hub is to be; it may be that already. */
  readonly namesHub: boolean;
  /** True if the hub is replaced, or moves between static pod and service. */
  readonly changesHub: boolean;
}

/** What the phases of an upgrade work with. */
export interface UpgradeContext extends HubsOfUpgrade {
  readonly spec: UpgradeSpec;
  readonly host: Host;
  readonly journal: Journal;
  readonly nodeName: string;
  readonly versions: Versions;
  /** False if the node is at its target already and nothing is in progress. */
  readonly needed: boolean;
  /** True if the node's pods move from docker to containerd. */
  readonly fromDocker: boolean;
  /** Speaks as the node. */
  readonly client: ApiClient;
  /** Speaks as the administrator; undefined if no kubeconfig was given. */
  readonly admin?: ApiClient;
  readonly bundle?: Bundle;
  /** What restarts leave for the verification. */
  readonly restarted: Restarted;
  /**
   * How long pods have to run after a restart of the kubelet, milliseconds; undefined: as long as it takes to be sure.
   */
  readonly steadyMs?: number;
  /** Writes down that the upgrade begins; once is enough. In a dry run nothing is written. */
  begin(): Promise<void>;
  /** The upgrade in progress; undefined until it has begun. */
  underWay(): UpgradeNote | undefined;
}
