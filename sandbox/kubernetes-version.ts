import { EdgeadmError } from '../src/errors/index.ts';
import { KNOWN_MINORS, parseVersion } from '../src/kubernetes/version.ts';
import { type ClusterRecord, KIND } from './cloud/records.ts';
import type { Store } from './store.ts';

/** The Kubernetes that a new sandbox says it is. */
export const KUBERNETES_VERSION = 'v1.34.4';

/** What stands for a minor version: releases that edgeadm is tested with. */
const PATCHES: Readonly<Record<number, number>> = { 20: 2, 34: 4, 35: 4, 36: 3, 37: 2 };

/**
 * A whole version: `1.20` and `1.20.2` are `v1.20.2`.
 * @throws EdgeadmError USAGE
 */
export function sandboxVersion(text: string): string {
  const { major, minor, patch } = parseVersion(text);
  const { first, last } = KNOWN_MINORS;
  if (major !== 1 || minor < first || minor > last || /[-+~]/.test(text))
    throw new EdgeadmError({
      code: 'USAGE',
      what: `--kubernetes-version ${text}: the sandbox cannot be this version`,
      next: `Give a release of Kubernetes from 1.${first} to 1.${last}, such as 1.20 or 1.34.4.`,
    });
  const isWhole = /^v?\d+\.\d+\.\d+$/.test(text.trim());
  return `v1.${minor}.${isWhole ? patch : (PATCHES[minor] ?? 0)}`;
}

/** The version of a sandbox: the one that is requested, else the one that it had, else today's. It is kept. */
export function keptVersion(store: Store, requested: string | undefined): string {
  const [cluster] = store.list<ClusterRecord>(KIND.cluster);
  if (!cluster) return requested ?? KUBERNETES_VERSION;
  const { key, document } = cluster;
  if (requested && requested !== document.version) store.put(KIND.cluster, key, { ...document, version: requested });
  return requested ?? document.version;
}
