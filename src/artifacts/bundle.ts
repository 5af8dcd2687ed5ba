/** What a file of a bundle is for. */
export type BundleFileKind = 'kubelet' | 'kubectl' | 'cni-plugins' | 'containerd' | 'runc' | 'image';

export interface BundleFile {
  /** Relative to the bundle's folder; never leaves it. */
  readonly path: string;
  readonly sha256: string;
  readonly kind: BundleFileKind;
  /** For images: the reference it carries, `registry.k8s.io/pause:3.6`. */
  readonly name?: string;
}

/** What `bundle.yaml` says. */
export interface BundleManifest {
  readonly kubernetesVersion: string;
  readonly arch: string;
  readonly files: readonly BundleFile[];
  readonly edgeHubImage?: string;
  readonly pauseImage?: string;
}

/** An opened bundle: its manifest is checked, its files are checked when they are asked for. */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** Where it came from, for messages; without a query string. */
  readonly origin: string;
  /**
   * A local path of the file, fetched if need be, its sum checked.
   * @throws EdgeadmError BUNDLE_INVALID, DOWNLOAD_FAILED, NO_SPACE
   */
  file(file: BundleFile): Promise<string>;
  /** Removes temporary copies. */
  close(): Promise<void>;
}
