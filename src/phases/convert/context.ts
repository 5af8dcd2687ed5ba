import type { V1Node } from '@kubernetes/client-node';
import type { Bundle } from '../../artifacts/bundle.ts';
import type { BundleStore } from '../../artifacts/bundle-store.ts';
import type { InstalledHub } from '../../edge-hub/releases.ts';
import type { Host } from '../../host/host.ts';
import type { Journal } from '../../host/journal/journal.ts';
import type { NodeSession } from '../../host/node-session.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { EventSink } from '../../workflow/events.ts';
import type { HubRequest } from '../join/requested-hub.ts';
import type { TrustedCluster } from '../preflight/context.ts';

/** The request of a conversion. */
export interface ConversionSpec {
  readonly hub: Pick<HubRequest, 'edgeHubAs' | 'edgeHubImage' | 'edgeHubProgram' | 'edgeHubVersion'>;
  /** The node pool; default: the one that the node's label names. */
  readonly nodePool?: string;
  readonly bundle?: string;
  readonly bundleSha256?: string;
}

/** What converting and reverting need for one node. */
export interface NodeOptions {
  readonly session: NodeSession;
  /** What users call the host. */
  readonly label: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Asks before the node that is described is changed; rejects if the answer is no. */
  readonly confirm?: (node: string) => Promise<void>;
  /** How long pods have to run after a restart of the kubelet, milliseconds; for tests. */
  readonly steadyMs?: number;
}

export interface ConversionOptions extends NodeOptions {
  readonly spec: ConversionSpec;
  /** Shared by all hosts of a command; its owner closes it. */
  readonly bundles: BundleStore;
}

/** What is known of a node and its cluster before it is converted. */
export interface ConversionContext {
  readonly spec: ConversionSpec;
  readonly host: Host;
  readonly journal: Journal;
  /** Speaks as the node, with the API server itself. */
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly node: V1Node;
  readonly trusted: TrustedCluster;
  /** Of the kubelet and of the API server, `v1.34.2`. */
  readonly kubelet: string;
  readonly cluster: string;
  readonly hub: InstalledHub;
  /** The one of an earlier run. */
  readonly hubBefore: InstalledHub | undefined;
  readonly nodePool: string | undefined;
  readonly bundle?: Bundle;
  /** Labels of an edge node, of the node pool too. */
  readonly labels: Readonly<Record<string, string>>;
  readonly confirm?: NodeOptions['confirm'];
  readonly steadyMs?: number;
}

/** The address that the kubelet has reported. */
export function internalAddressOf({ status }: V1Node): string | undefined {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}
