import type { Bundle } from './bundle.ts';
import { checkFit } from './manifest.ts';
import { type OpenBundleOptions, openBundle } from './open-bundle.ts';

/** Opens each bundle once for all hosts of a command: eight nodes are one download. */
export class BundleStore {
  readonly #opened = new Map<string, Promise<Bundle>>();

  /**
   * @throws EdgeadmError as openBundle; BUNDLE_INVALID where the bundle is not for this architecture or version
   */
  async open(source: string, { arch, kubernetesVersion, ...options }: OpenBundleOptions): Promise<Bundle> {
    const key = `${source} ${options.sha256 ?? ''}`;
    const opening = this.#opened.get(key) ?? openBundle(source, options);
    this.#opened.set(key, opening);
    const bundle = await opening;
    checkFit(bundle.manifest, bundle.origin, { arch, kubernetesVersion });
    return bundle;
  }

  /** Removes temporary copies of all of them. */
  async close(): Promise<void> {
    for (const opening of this.#opened.values()) await (await opening.catch(() => undefined))?.close();
    this.#opened.clear();
  }
}
