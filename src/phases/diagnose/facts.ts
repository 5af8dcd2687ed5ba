import type { DamagedState } from '../../kubernetes/kubelet/damaged-states.ts';
import type { ClusterFacts } from './collectors/cluster-facts.ts';

/** What is known of a node; a fact that could not be collected is missing. */
export interface CollectedFacts {
  readonly system: { readonly hostname: string; readonly description: string };
  readonly kubelet: { readonly active: boolean; readonly detail: string };
  /** The lines of its log that say why it does not do what it should. */
  readonly complaints: string;
  /** Lines of the last minute that say that the cluster does not know the node or does not let it in. */
  readonly refusals: readonly string[];
  /** systemd calls a kubelet active that dies again and again, each time it is started. */
  readonly kubeletHealth: { readonly healthy: boolean; readonly detail: string };
  readonly kubeletConfigured: boolean;
  /** Units of systemd by name, as `containerd.service`, in its own words: `active (running)`. */
  readonly units: Readonly<Record<string, string>>;
  readonly runtime: {
    readonly answers: boolean;
    readonly detail: string;
    readonly unit: string;
    /** Names; missing if unknown. */
    readonly images?: readonly string[];
    /** What the runtime says of the network of pods. */
    readonly network?: { readonly ready: boolean; readonly detail: string };
  };
  readonly certificates: readonly { readonly path: string; readonly subject: string; readonly validTo: number }[];
  /** Files that the kubelet needs and cannot read, each with what is wrong with it. */
  readonly damagedFiles: readonly string[];
  /** Files of the kubelet's state, which it makes again if they are missing. */
  readonly damagedStates: readonly DamagedState[];
  /** Milliseconds since 1970. */
  readonly clock: { readonly node: number; readonly uncertaintyMs: number };
  readonly disks: readonly {
    readonly mount: string;
    readonly what: 'space' | 'inodes';
    readonly usedPercent: number;
  }[];
  /** `date` is that of the answer, milliseconds since 1970; `differenceMs` how much later the node's clock was then. */
  readonly apiServers: readonly {
    readonly server: string;
    readonly answers: boolean;
    readonly detail: string;
    readonly date?: number;
    readonly differenceMs?: number;
  }[];
  readonly hub: {
    /** Path of the manifest, or of the unit of a service. */
    readonly manifest: string;
    readonly image?: string;
    /** True if the kubelet does not look into the folder of the manifest. */
    readonly unread?: boolean;
    readonly service?: { readonly enabled: boolean; readonly detail: string };
    /** Path of what another hub of the other form was set up with. */
    readonly second?: string;
    /** Why pods do not accept the certificate of their endpoint; missing if they do, or the port is closed. */
    readonly refusedByPods?: string;
    readonly healthy: boolean;
    readonly detail: string;
  };
  /** The address of an edge-hub that the kubelet asks, on a node where none is set up. */
  readonly missingHub: string;
  /** Whether kubelet and edge-hub together would bring the pods back after a restart without network. */
  readonly offlineAutonomy: { readonly losesPods: boolean; readonly detail: string };
  /** The end of its log. */
  readonly hubLog: string;
  /** What the kubelet last said of the hub. */
  readonly hubComplaint: string;
  readonly cniFiles: readonly string[];
  readonly swaps: { readonly devices: readonly string[]; readonly kubeletRefuses: boolean };
  /** What the cluster says of the node; missing if it could not be asked. */
  readonly cluster: ClusterFacts;
  /** Why the API server refuses the node's own certificate. */
  readonly refusedNode: string;
  /** Lines of the kubelet's log of the last minutes: it evicts pods; it cannot mount a volume. */
  readonly evictionLines: readonly string[];
  readonly mountLines: readonly string[];
  /** What edgeadm noted on the node. */
  readonly journal: {
    /** The name under which it was joined, and when that join was completed: RFC 3339. */
    readonly joined?: string;
    readonly joinedAt?: string;
    /** The name of a node that another tool has joined and edgeadm has converted. */
    readonly conversion?: string;
    /** A join or an upgrade that was begun and neither ended nor was rolled back, and when. */
    readonly unfinished?: { readonly command: string; readonly time: string };
    readonly unreadable?: string;
  };
  /** Collectors that did not end in time. */
  readonly hanging: readonly string[];
}
