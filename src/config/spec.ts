/** A taint as Kubernetes has it. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

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

export type EdgeHubFlavor = 'ack' | 'openyurt';

/**
 * Everything a join was asked for: flags, environment and file in one immutable, validated value.
 * What has to be looked up on the node or in the cluster is not here, see JoinContext.
 */
export interface JoinSpec {
  /** `https://host:port`, in the order given. */
  readonly apiServers: readonly string[];
  /** Bootstrap token `id.secret`. */
  readonly token: string;
  /** `sha256:<hex>` of the CA's SubjectPublicKeyInfo. */
  readonly caCertHashes: readonly string[];
  readonly unsafeSkipCaVerification: boolean;
  /** A name, or `""` host name, `"*"` six random characters, `"*.suffix"`. */
  readonly nodeName: string;
  readonly nodeIp?: string;
  readonly nodeIface?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly nodePool?: string;
  /** undefined: installed if an image is named by flag or bundle; false: never. */
  readonly edgeHub?: boolean;
  readonly edgeHubImage?: string;
  /** undefined: the bundle's, else ack. */
  readonly edgeHubFlavor?: EdgeHubFlavor;
  readonly enableIptables: boolean;
  readonly pauseImage?: string;
  readonly runtime: 'containerd' | 'docker';
  /** The version that the runtime is expected to have; another one is told. */
  readonly runtimeVersion?: string;
  readonly manageRuntime: boolean;
  readonly criSocket?: string;
  readonly runtimeRootDir?: string;
  readonly imageRepoType: '' | 'public' | 'private';
  /** Folder, .tgz or URL. */
  readonly bundle?: string;
  readonly bundleSha256?: string;
  readonly kubernetesVersion?: string;
  readonly gpuVersion: string;
  readonly selfHostNtpServer: boolean;
  readonly allowedClusterAddons: readonly string[];
  readonly interconnectMode: 'basic' | 'private';
  /** Express Connect, for clusters below 1.22. */
  readonly inDedicatedNetwork: boolean;
  readonly region?: string;
  /** undefined: what the cluster's `kubeadm-config` tells. */
  readonly podCidrs?: readonly string[];
  readonly serviceCidrs?: readonly string[];
  /** Name servers of pods; undefined: what the cluster's KubeletConfiguration says. */
  readonly clusterDns?: readonly string[];
  /** Of a console's node-spec; recorded on the node. */
  readonly openapiType?: string;
  readonly poolNodesConnected?: boolean;
  readonly skipPhases: readonly string[];
  /** Check names, lower or upper case, or `all`. */
  readonly ignorePreflightErrors: readonly string[];
  readonly compatMatrix: readonly MatrixRow[];
  readonly rollbackOnFailure: boolean;
  /** Answer every question with yes. */
  readonly yes: boolean;
  /** Milliseconds for the whole command. */
  readonly timeoutMs: number;
}

/** A specification that does not say yet which cluster it is: the container service tells that for each node. */
export type JoinDraft = Omit<JoinSpec, 'apiServers' | 'token'> & Partial<Pick<JoinSpec, 'apiServers' | 'token'>>;
