import { EdgeadmError } from '../errors/index.ts';
import { PATHS } from '../host/node-paths.ts';
import { parseVersion } from '../kubernetes/version.ts';

export type EdgeHubFlavor = 'ack' | 'openyurt';

/** What runs a hub: the kubelet, as a static pod, or systemd. */
export type EdgeHubForm = 'pod' | 'service';

/** How a hub gets its client certificate: its own, requested with the join token, or the kubelet's. */
export type EdgeHubMode = 'token' | 'kubeletcertificate';

interface HubOfNode {
  /** Default: `token`. */
  readonly mode?: EdgeHubMode;
}

/** The hub that a join puts, or has put, on the node: a static pod has an image, a service a version. */
export type InstalledHub =
  | (HubOfNode & { readonly flavor: EdgeHubFlavor; readonly image: string; readonly hubVersion?: undefined })
  | (HubOfNode & { readonly flavor: 'openyurt'; readonly image?: undefined; readonly hubVersion: string });

export function hubFormOf({ image }: InstalledHub): EdgeHubForm {
  return image === undefined ? 'service' : 'pod';
}

/** What users call a hub: its image, or the program with its version. */
export function nameOfHub({ image, hubVersion }: InstalledHub): string {
  return image ?? `yurthub ${hubVersion}`;
}

/** Which edge-hub is meant: enough to know its certificates and paths. */
export interface EdgeHubVersion {
  readonly flavor: EdgeHubFlavor;
  /** Of the cluster, for example `v1.20.2` or `1.20.11-aliyunedge.1`. */
  readonly kubernetesVersion: string;
  /**
   * Of yurthub, for example `v0.5.0`. Default: the tag of `image`, else 0.5.0. The ack flavour goes by the cluster's.
   */
  readonly hubVersion?: string;
  readonly image?: string;
}

/** A certificate that is requested with a CSR before the hub is started. */
export interface EdgeHubCertificate {
  readonly cn: string;
  readonly organizations: readonly string[];
  readonly signer: string;
  readonly ipAddresses: readonly string[];
  /** Whose credential creates the request: the approver looks at it. */
  readonly requester: 'bootstrap-token' | 'node';
  /** Who approves it. `administrator`: nothing in the cluster does, so a person must. */
  readonly approver: 'kube-controller-manager' | 'openyurt' | 'administrator';
  /** True if the hub opens no port without it; a self-signed one of the same subject does. */
  readonly needed: boolean;
  /** Where the hub looks for it: a symlink to a file with certificate and key. */
  readonly path: string;
}

export type CertificateRow = Omit<EdgeHubCertificate, 'path' | 'cn' | 'ipAddresses'> & { readonly cn?: string };

export interface EdgeHubRelease {
  readonly flavor: EdgeHubFlavor;
  /**
   * Lowest version, of Kubernetes for ack and of yurthub for openyurt, and the first one that is not meant any more.
   */
  readonly from: string;
  readonly before?: string;
  /** First Kubernetes version the hub does not work with. */
  readonly kubernetesBefore?: string;
  readonly template: string;
  /** Name of the program: prefix of its certificate files. */
  readonly program: string;
  readonly rootDirectory: string;
  readonly kubeconfig: string;
  readonly bootstrapKubeconfig: string;
  readonly manifest: string;
  /** Whether the hub makes its iptables rules by default; undefined: it has no such flag. */
  readonly iptablesByDefault: boolean | undefined;
  /**
   * Whether the hub answers `sendInitialEvents` from its cache while it is offline, as kubelets from 1.35 on need it.
   */
  readonly servesWatchLists: boolean;
  /** True if the hub exits without the name of a node pool. */
  readonly needsPool?: boolean;
  /**
   * The version of NodePool that the hub reads. It answers 503 to everything until it has read them, and the ConfigMap
   * yurt-hub-cfg.
   */
  readonly nodePoolApi?: string;
  /** True if the hub has a flag for its mode. */
  readonly takesMode?: boolean;
  /** True if OpenYurt's own tools run the hub as a service. */
  readonly runsAsService?: boolean;
  /** True if the hub is given the hash of the cluster's CA: newer ones exit without it. */
  readonly pinsCa?: boolean;
  /** True if the hub listens on the node's address too, and has a flag for it. */
  readonly takesNodeIp?: boolean;
  /** Flags that only these versions need. */
  readonly flags: readonly string[];
  readonly client: CertificateRow;
  readonly serving: CertificateRow;
  readonly source: string;
}

/** The kubelet's own kind of certificate: the controller-manager approves it for a bootstrap token at once. */
const NODE_CLIENT: CertificateRow = {
  organizations: ['system:nodes'],
  signer: 'kubernetes.io/kube-apiserver-client-kubelet',
  requester: 'bootstrap-token',
  approver: 'kube-controller-manager',
  needed: true,
};

/** The signer accepts it from the node itself alone, and no controller of Kubernetes approves it. */
const NODE_SERVING: CertificateRow = {
  organizations: ['system:nodes'],
  signer: 'kubernetes.io/kubelet-serving',
  requester: 'node',
  approver: 'administrator',
  needed: false,
};

const ACK = {
  flavor: 'ack',
  program: 'edge-hub',
  manifest: 'edge-hub.yaml',
  servesWatchLists: false,
  flags: [],
  client: NODE_CLIENT,
  serving: NODE_SERVING,
} as const;

const OPENYURT = {
  flavor: 'openyurt',
  template: 'edge-hub/openyurt.yaml',
  program: 'yurthub',
  rootDirectory: PATHS.edgeHub.openYurtDirectory,
  kubeconfig: 'yurthub.conf',
  bootstrapKubeconfig: 'bootstrap-hub.conf',
  servesWatchLists: false,
} as const;

const OPENYURT_CLIENT: CertificateRow = {
  ...NODE_CLIENT,
  organizations: ['openyurt:yurthub', 'system:nodes'],
  signer: 'kubernetes.io/kube-apiserver-client',
  approver: 'openyurt',
};

/** The first that starts from its certificates without a token. */
const OPENYURT_1_3 = {
  ...OPENYURT,
  manifest: 'yurthub.yaml',
  iptablesByDefault: false,
  flags: [`--bootstrap-file=${PATHS.edgeHub.openYurtDirectory}/bootstrap-hub.conf`],
  client: OPENYURT_CLIENT,
  serving: { ...NODE_SERVING, needed: true },
} as const;

/** What differs between hubs, newest last; every fact and where it is from is in docs/edge-hub.md. */
export const EDGE_HUB_RELEASES: readonly EdgeHubRelease[] = [
  {
    ...ACK,
    from: '1.0',
    before: '1.16',
    template: 'edge-hub/ack-legacy.yaml',
    rootDirectory: PATHS.edgeHub.legacyDirectory,
    kubeconfig: 'edge-hub.kubeconfig',
    bootstrapKubeconfig: 'bootstrap-edge-hub-current.conf',
    iptablesByDefault: false,
    source: 'vendor: release notes of 1.16 (paths); flags are our own',
  },
  {
    ...ACK,
    from: '1.16',
    before: '1.22',
    template: 'edge-hub/ack.yaml',
    rootDirectory: PATHS.edgeHub.directory,
    kubeconfig: 'edge-hub.conf',
    bootstrapKubeconfig: 'bootstrap-hub.conf',
    iptablesByDefault: false,
    source: 'vendor: release notes of 1.16 (paths); flags are our own',
  },
  {
    ...ACK,
    from: '1.22',
    template: 'edge-hub/ack.yaml',
    rootDirectory: PATHS.edgeHub.directory,
    kubeconfig: 'edge-hub.conf',
    bootstrapKubeconfig: 'bootstrap-hub.conf',
    iptablesByDefault: undefined,
    source: 'vendor: node-spec, enableIptables is ignored from 1.22 on',
  },
  {
    ...OPENYURT,
    from: '0.5',
    before: '0.7',
    kubernetesBefore: '1.22',
    manifest: 'yurt-hub.yaml',
    iptablesByDefault: true,
    flags: [],
    client: NODE_CLIENT,
    serving: {
      cn: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters', 'openyurt:yurthub'],
      signer: 'kubernetes.io/legacy-unknown',
      requester: 'node',
      approver: 'openyurt',
      needed: true,
    },
    source: 'openyurt v0.5.0: pkg/yurthub/certificate/{hubself/cert_mgr.go,server/certmanager.go}',
  },
  {
    ...OPENYURT,
    from: '0.7',
    before: '1.2',
    manifest: 'yurt-hub.yaml',
    iptablesByDefault: true,
    flags: [],
    client: OPENYURT_CLIENT,
    serving: { ...NODE_SERVING, needed: true },
    source: 'openyurt v0.7.0: pkg/util/certmanager/certmanager.go',
  },
  {
    ...OPENYURT_1_3,
    from: '1.3',
    before: '1.4',
    source: 'openyurt v1.3.4: pkg/yurthub/certificate/token/token.go, cmd/yurthub/app/options/options.go',
  },
  {
    ...OPENYURT_1_3,
    from: '1.4',
    before: '1.6',
    takesMode: true,
    source: 'openyurt v1.4.4, v1.5.1: cmd/yurthub/app/options/options.go, pkg/yurthub/certificate/kubeletcertificate',
  },
  {
    ...OPENYURT_1_3,
    from: '1.6',
    before: '1.7',
    takesMode: true,
    runsAsService: true,
    nodePoolApi: 'v1beta1',
    source:
      'openyurt v1.6.1: cmd/yurthub/app/config/config.go (ReadinessCheck), pkg/yurthub/filter/initializer/nodes_initializer.go; v1.7.0: pkg/yurtadm/constants/constants.go (YurthubVersion, the program it installs)',
  },
  {
    ...OPENYURT_1_3,
    from: '1.7',
    takesMode: true,
    runsAsService: true,
    needsPool: true,
    nodePoolApi: 'v1beta2',
    pinsCa: true,
    takesNodeIp: true,
    source:
      'openyurt v1.7.0 (the CA hash: demanded on the branch since 2026-07): cmd/yurthub/app/options/options.go, pkg/yurthub/filter/initializer/nodes_initializer.go',
  },
];

const DEFAULT_YURTHUB = '0.5.0';

/**
 * The row of the table that fits.
 *
 * @throws EdgeadmError USAGE if this hub does not go with this cluster, or its version is not known
 */
export function edgeHubRelease({ flavor, kubernetesVersion, hubVersion, image }: EdgeHubVersion): EdgeHubRelease {
  const version = flavor === 'ack' ? kubernetesVersion : (hubVersion ?? versionOfImage(image) ?? DEFAULT_YURTHUB);
  const release = EDGE_HUB_RELEASES.find(
    (row) => row.flavor === flavor && !isBefore(version, row.from) && (!row.before || isBefore(version, row.before)),
  );
  if (!release) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `this release of edgeadm does not support the edge-hub variant ${flavor} in version ${version}`,
      why: `supported: ${EDGE_HUB_RELEASES.filter((row) => row.flavor === flavor)
        .map(rangeOf)
        .join('; ')}`,
    });
  }
  if (release.kubernetesBefore && !isBefore(kubernetesVersion, release.kubernetesBefore)) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `yurthub ${version} does not work with Kubernetes ${kubernetesVersion}`,
      why: `it renews its certificates through certificates.k8s.io/v1beta1, which Kubernetes ${release.kubernetesBefore} removed`,
      next: 'Use a newer yurthub image (0.7.0 or later): --edge-hub-image.',
    });
  }
  return release;
}

/**
 * The row of a hub as it is to run on a node.
 *
 * @throws EdgeadmError USAGE as {@link edgeHubRelease}, or if this release cannot run in this form or mode
 */
export function releaseOfHub(hub: InstalledHub, kubernetesVersion: string): EdgeHubRelease {
  const release = edgeHubRelease({ ...hub, kubernetesVersion });
  if (hub.image === undefined && !release.runsAsService) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `${nameOfHub(hub)} is not supported as a service`,
      why: "OpenYurt's tools run yurthub as a service from 1.6 on",
      next: 'use yurthub 1.6 or newer, or on Linux run it as a static pod: --edge-hub-as pod --edge-hub-image IMAGE',
    });
  }
  if (hub.mode === 'kubeletcertificate' && !release.takesMode) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `${nameOfHub(hub)} has no mode kubeletcertificate`,
      why: 'yurthub has it from 1.4 on; the ack variant does not have it',
      next: 'leave out --edge-hub-mode: the edge-hub then gets a certificate of its own',
    });
  }
  return release;
}

/** As {@link edgeHubRelease}; undefined for one that is not known. */
export function releaseIfKnown(version: EdgeHubVersion): EdgeHubRelease | undefined {
  try {
    return edgeHubRelease(version);
  } catch {
    return undefined;
  }
}

/** False for a hub that is not known: pods that do not come back are worse than a list that costs more. */
export function servesWatchLists(version: EdgeHubVersion): boolean {
  return releaseIfKnown(version)?.servesWatchLists ?? false;
}

function rangeOf({ from, before }: EdgeHubRelease): string {
  return before ? `${from} and newer, before ${before}` : `${from} and newer`;
}

/** A tag like `v0.5.0`; a digest, `latest` or a build number says nothing about the version. */
function versionOfImage(image: string | undefined): string | undefined {
  return image?.match(/:v?(\d+\.\d+(\.\d+)?)[^/@]*(@|$)/)?.[1];
}

/** Compares major and minor. @throws EdgeadmError USAGE if there are none */
function isBefore(version: string, limit: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(limit)];
  return a.major !== b.major ? a.major < b.major : a.minor < b.minor;
}
