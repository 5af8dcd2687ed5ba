import type { V1Node } from '@kubernetes/client-node';
import type { Bundle } from '../../artifacts/bundle.ts';
import type { JoinSpec } from '../../config/spec.ts';
import type { InstalledHub } from '../../edge-hub/releases.ts';
import type { JournalView } from '../../host/journal/record.ts';
import type { ClusterNetworks } from '../../kubernetes/cluster-networks.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** What the first, not yet trusted answer of an API server said. */
export interface FirstAnswer {
  /** `https://host:port` of the server that answered. */
  readonly server: string;
  /** Clock of the server minus clock of the node, milliseconds; undefined if no Date header came. */
  readonly clockDifferenceMs?: number;
}

/** The cluster once its CA is pinned. */
export interface TrustedCluster {
  readonly caPem: string;
  /** Lower-case hex SHA-256 of the CA's SubjectPublicKeyInfo: the identity of the cluster. */
  readonly caHash: string;
  /** Servers to use, the one that answered first. */
  readonly servers: readonly string[];
  /** The servers that were requested and cannot be used, and why; then `servers` is the one that cluster-info names. */
  readonly insteadOf?: { readonly servers: readonly string[]; readonly why: string };
}

/** What may be asked of the cluster; each question is asked once, when its answer is first needed. */
export interface ClusterQuestions {
  /** @throws EdgeadmError API_UNREACHABLE, CLUSTER_INFO_INVALID */
  firstAnswer(): Promise<FirstAnswer>;
  /**
   * Checks the token's signature on cluster-info, and that it lets the node in.
   * @throws EdgeadmError TOKEN_INVALID, TOKEN_UNKNOWN_OR_EXPIRED, TOKEN_REFUSED
   */
  verifyToken(): Promise<void>;
  /** Pins the CA and asks again over verified TLS. @throws EdgeadmError CA_HASH_MISMATCH, ... */
  trusted(): Promise<TrustedCluster>;
  /** `v1.20.2` */
  version(): Promise<string>;
  /** True for the API server of `edgeadm sandbox`. */
  isSandbox(): Promise<boolean>;
  /** undefined if neither the cluster nor the specification tells. */
  networks(): Promise<ClusterNetworks | undefined>;
  /** The KubeletConfiguration that the cluster keeps for its nodes; undefined if it keeps none. */
  kubeletConfiguration(): Promise<Record<string, unknown> | undefined>;
  /** Keys that occur twice in these two: `key kubelet of the ConfigMap kube-system/x: line 7: …`. Kubernetes takes the last. */
  repeatedKeys(): Promise<readonly string[]>;
  /** Which of these two is empty, missing beside the other, or not for the token to read, one sentence each. */
  missingTexts(): Promise<readonly string[]>;
  /**
   * Whether the cluster has a node pool of that name; undefined if it has no node pools, or the token may not read
   * them.
   */
  hasNodePool(name: string): Promise<boolean | undefined>;
  /** Reads a path with the token's rights; any status of HTTP is an answer. */
  status(path: string): Promise<number>;
  /** The Node object of that name, undefined if there is none. */
  node(name: string): Promise<V1Node | 'not readable' | undefined>;
}

/** What an earlier join left on the node. */
export interface Membership {
  readonly caHash: string;
  readonly nodeName: string;
  /** undefined if no join has named one. */
  readonly nodePool?: string;
  /** False if the join was not completed (killed). */
  readonly complete: boolean;
}

/** What is known of the node, resolved from specification and machine; each answer is found once. */
export interface NodeView {
  /** The final node name: override, random choice kept in the journal, or the host name in lower case. */
  name(): Promise<string>;
  /** The address for the kubelet and the NIC that carries it. */
  address(): Promise<{ readonly ip: string; readonly interface: string; readonly second?: string }>;
  /** The address for Flannel to use; undefined if no interface was named: Flannel then finds one itself. */
  flannelAddress(): Promise<string | undefined>;
  bundle(): Promise<Bundle | undefined>;
  /** Version of the kubelet that will run (`v1.20.2`), from bundle or node; undefined if there is none. */
  kubeletVersion(): Promise<string | undefined>;
  /** CRI socket path, without a scheme. */
  criSocket(): Promise<string>;
  /** Edge-hub image and flavour; undefined if no edge-hub is installed. */
  edgeHub(): Promise<InstalledHub | undefined>;
  /** The one that an earlier join put on the node. */
  installedHub(): Promise<InstalledHub | undefined>;
  membership(): Promise<Membership | undefined>;
  /** What edgeadm did to the node. */
  readonly journal: JournalView;
}

/** What a check may ask: nothing in it can change the node or the cluster. */
export interface CheckContext {
  readonly spec: JoinSpec;
  readonly host: ReadOnlyHost;
  readonly cluster: ClusterQuestions;
  readonly node: NodeView;
  /** `https://…` of the service that named the cluster; undefined if the command line did. */
  readonly endpoint?: string;
  readonly signal: AbortSignal;
}
