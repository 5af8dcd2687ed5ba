import type { JoinSpec } from '../../config/spec.ts';
import type { Host } from '../../host/host.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { ContainerdNeeds } from '../../kubernetes/cri/containerd-config.ts';
import type { ClusterQuestions, NodeView } from '../preflight/context.ts';
import type { Continuation } from './continuation.ts';

/** The cluster as a join uses it: what may be asked, and clients that change something. */
export interface ClusterView extends ClusterQuestions {
  /** A client that speaks with the bootstrap token. */
  bootstrapClient(): Promise<ApiClient>;
  /** A client that speaks as the node. */
  nodeClient(credential: Credential): Promise<ApiClient>;
}

/** A certificate with its key, both PEM. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
  /** True if it was found on the node: its owner renews it, and edgeadm must not write it. */
  readonly onNode: boolean;
}

/** The certificates of the node; each is read from the node if it has a valid one, else requested. */
export interface NodeCertificates {
  /** The kubelet's client certificate; undefined in a dry run if there is none yet. */
  kubelet(): Promise<Credential | undefined>;
  /** The edge-hub's; undefined if no edge-hub is installed. */
  edgeHub(): Promise<{ readonly client?: Credential; readonly serving?: Credential } | undefined>;
  /** A client that speaks as the node; undefined in a dry run. */
  client(): Promise<ApiClient | undefined>;
}

/** The call that tells the container service of a node that has joined. */
export interface Callback {
  /** False if it was reported since the node was last changed. */
  readonly isDue: () => boolean;
  /** In a dry run it only reports what it would do. @throws EdgeadmError of a cloud API */
  send(nodeName: string, signal: AbortSignal): Promise<void>;
}

/** What the phases of join work with. */
export interface JoinContext {
  readonly spec: JoinSpec;
  readonly host: Host;
  readonly cluster: ClusterView;
  readonly node: NodeView;
  readonly credentials: NodeCertificates;
  /** `https://…` of the service that named the cluster; undefined if the command line did. */
  readonly endpoint?: string;
  /** Tells that service of the node; undefined if it does not want to know. */
  readonly callback?: Callback;
  /** Continues the join after a reboot; undefined if the user reboots. */
  readonly continuation?: Continuation;
  /** What the last look at the Node object showed, for the result. */
  readonly seen: {
    ready?: boolean;
    /** Seconds since 1970, by the node's clock, at which the kubelet was started, if the join knows. */
    kubeletSince?: number;
    /** What containerd needs, if it was asked ahead. */
    runtimeNeeds?: Promise<ContainerdNeeds>;
  };
  /** Asks yes or no; absent without a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>;
}
