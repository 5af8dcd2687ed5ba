import { Shared } from '../lib/shared.ts';
import type { Bundle } from './bundle.ts';
import { checkFit } from './manifest.ts';
import type { OpenBundleOptions } from './open-bundle.ts';

/** Opens each bundle once for all hosts of a command: eight nodes are one download. */
export class BundleStore {
  readonly #opened = new Map<string, Shared<Bundle>>();

  /**
   * A bundle whose methods end by the caller's own signal, whichever caller opened it first.
   * @throws EdgeadmError as openBundle; BUNDLE_INVALID if the bundle is not for this architecture or version
   */
  async open(source: string, { arch, os, kubernetesVersion, signal, ...options }: OpenBundleOptions): Promise<Bundle> {
    const key = `${source} ${options.sha256 ?? ''}`;
    const shared =
      this.#opened.get(key) ??
      new Shared(async (own) => {
        // Its archives and downloads take 8 ms to load, and many a command opens no bundle.
        const { openBundle } = await import('./open-bundle.ts');
        return openBundle(source, { ...options, signal: own });
      });
    this.#opened.set(key, shared);
    const bundle = await shared.get(signal);
    checkFit(bundle.manifest, bundle.origin, { arch, os, kubernetesVersion });
    return withSignal(bundle, signal);
  }

  /** Removes temporary copies of all of them. */
  async close(): Promise<void> {
    for (const shared of this.#opened.values()) await (await shared.settled())?.close();
    this.#opened.clear();
  }
}

function withSignal(bundle: Bundle, signal: AbortSignal | undefined): Bundle {
  const { manifest, origin, sha256 } = bundle;
  return {
    manifest,
    origin,
    sha256,
    locate: (file) => bundle.locate(file, signal),
    file: (file) => bundle.file(file, signal),
    unpack: (file) => bundle.unpack(file, signal),
    close: () => bundle.close(),
  };
}
