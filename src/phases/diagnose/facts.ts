/** What is known of a node; a fact that could not be had is missing. */
export interface Facts {
  readonly kubelet: {
    readonly exists: boolean;
    readonly active: boolean;
    readonly detail: string;
    /** The lines of its log that say why. */
    readonly complaints: string;
  };
  /** systemd calls a kubelet active that dies again and again, each time it is started. */
  readonly kubeletHealth: { readonly healthy: boolean; readonly detail: string };
  readonly kubeletConfigured: boolean;
  readonly runtime: { readonly answers: boolean; readonly detail: string; readonly images: readonly string[] };
  readonly certificates: readonly { readonly path: string; readonly subject: string; readonly validTo: number }[];
  /** Milliseconds since 1970. */
  readonly clock: { readonly node: number; readonly uncertaintyMs: number };
  readonly disks: readonly {
    readonly mount: string;
    readonly what: 'space' | 'inodes';
    readonly usedPercent: number;
  }[];
  /** `date` is that of the answer, milliseconds since 1970, beside the node's own clock at that moment. */
  readonly apiServers: readonly {
    readonly server: string;
    readonly answers: boolean;
    readonly detail: string;
    readonly differenceMs?: number;
  }[];
  readonly hub: {
    readonly manifest: string;
    readonly image?: string;
    readonly healthy: boolean;
    readonly detail: string;
  };
  readonly cniFiles: readonly string[];
  readonly swaps: { readonly devices: readonly string[]; readonly kubeletRefuses: boolean };
}
