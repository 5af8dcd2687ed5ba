import type { SandboxPki } from '../pki.ts';
import type { ServedResources } from './custom/served.ts';
import type { Registry } from './registry.ts';
import type { WatchCache } from './watch.ts';

/** What a request is answered from. */
export interface Server {
  readonly registry: Registry;
  readonly watches: WatchCache;
  readonly served: ServedResources;
  readonly pki: SandboxPki;
  readonly now: () => number;
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
}
