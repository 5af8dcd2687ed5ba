import { EdgeadmError } from '../src/errors/index.ts';
import { KNOWN_MINORS, minorOf } from '../src/kubernetes/version.ts';
import { KIND, sandboxCluster } from './cloud/records.ts';
import type { Store } from './store.ts';

/** The Kubernetes that a new sandbox says it is. */
export const KUBERNETES_VERSION = 'v1.34.4';

/** What stands for a minor version: releases that edgeadm is tested with. */
const PATCHES: Readonly<Record<number, number>> = { 20: 2, 34: 4, 35: 4, 36: 3, 37: 2 };

/** A release of Kubernetes, or of the vendor: `1.20`, `v1.20.2`, `1.20.11-aliyunedge.1`. */
const VERSION = /^v?1\.\d+(\.\d+(-aliyun(edge)?\.\d+)?)?$/;

/**
 * A whole version: `1.20` and `1.20.2` are `v1.20.2`.
 * @throws EdgeadmError USAGE
 */
export function sandboxVersion(text: string): string {
  const { first, last } = KNOWN_MINORS;
  const minor = VERSION.test(text) ? minorOf(text) : 0;
  if (minor < first || minor > last)
    throw new EdgeadmError({
      code: 'USAGE',
      what: `--kubernetes-version ${text}: the sandbox cannot be this version`,
      next: `Give a release from 1.${first} to 1.${last}, such as 1.20, 1.34.4 or 1.20.11-aliyunedge.1.`,
    });
  const isWhole = /\.\d+\./.test(text);
  return `v${text.replace(/^v/, '')}${isWhole ? '' : `.${PATCHES[minor] ?? 0}`}`;
}

/** The version of a sandbox: the one that is requested, else the one that it had, else today's. It is kept. */
export function keptVersion(store: Store, requested: string | undefined): string {
  const cluster = sandboxCluster(store);
  if (!cluster) return requested ?? KUBERNETES_VERSION;
  if (requested && requested !== cluster.version)
    store.put(KIND.cluster, cluster.id, { ...cluster, version: requested });
  return requested ?? cluster.version;
}
