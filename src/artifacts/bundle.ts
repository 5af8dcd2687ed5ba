/** What a file of a bundle is for. */
export type BundleFileKind = 'kubelet' | 'kubectl' | 'cni-plugins' | 'containerd' | 'runc' | 'yurthub' | 'image';

export type BundleOs = 'linux' | 'windows';

export interface BundleFile {
  /** Relative to the bundle's folder; never leaves it. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. Optional; if it is given, nothing larger is ever fetched or written. */
  readonly size?: number;
  readonly kind: BundleFileKind;
  /** For images: the reference it carries, `registry.k8s.io/pause:3.6`. */
  readonly name?: string;
  /**
   * For archives (`cni-plugins`, `containerd`): the programs in it, path to SHA-256. Optional; if it is given, a node
   * that has them all is left alone without fetching or unpacking the archive.
   */
  readonly contents?: Readonly<Record<string, string>>;
}

/** What `bundle.yaml` says. */
export interface BundleManifest {
  /** `v1.20.2` */
  readonly kubernetesVersion: string;
  readonly arch: 'amd64' | 'arm64';
  /** Of the nodes it is for; default Linux. */
  readonly os?: BundleOs;
  readonly files: readonly BundleFile[];
  readonly edgeHubImage?: string;
  readonly edgeHubFlavor?: 'ack' | 'openyurt';
  /** Of the program of kind `yurthub`: `v1.7.0`. */
  readonly edgeHubVersion?: string;
  readonly pauseImage?: string;
}

/** A program out of an archive, in a file of its own on the machine that edgeadm runs on. */
export interface UnpackedFile {
  /** As the archive has it: `bin/containerd`. */
  readonly path: string;
  /** Where its bytes are; removed when the bundle is closed. */
  readonly localPath: string;
  readonly sha256: string;
}

/**
 * An opened bundle: its manifest is checked, its files are checked when they are requested. Callers that ask for the
 * same file share one download; each stops waiting by its own signal (default: the one the bundle was opened with).
 */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** Where it came from, for messages; without credentials and query string. */
  readonly origin: string;
  /** SHA-256 of bundle.yaml: what `--bundle-sha256` pins. */
  readonly sha256: string;
  /**
   * A local path of the file, fetched if need be. A file of a folder is not read here: give path and sum to
   * Host.upload, which checks every byte it copies before the target gets its name.
   * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE
   */
  locate(file: BundleFile, signal?: AbortSignal): Promise<string>;
  /**
   * A local path of the file, fetched if need be, its sum checked: for programs that read it by themselves.
   * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE
   */
  file(file: BundleFile, signal?: AbortSignal): Promise<string>;
  /**
   * The programs (executable regular files) of an archive. The archive is read once, and its sum is checked before
   * anything out of it is handed out.
   * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE
   */
  unpack(file: BundleFile, signal?: AbortSignal): Promise<readonly UnpackedFile[]>;
  /** Removes temporary copies. */
  close(): Promise<void>;
}

/** The files of a bundle that are of one kind. */
export function filesOf(manifest: BundleManifest, kind: BundleFileKind): readonly BundleFile[] {
  return manifest.files.filter((file) => file.kind === kind);
}

/** A file of a bundle for messages: its local copy may lie under a name that says nothing. */
export function nameOf({ path }: BundleFile, origin: string): string {
  return `${path} in ${origin}`;
}
