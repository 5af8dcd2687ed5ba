import type { InstalledHub } from './releases.ts';

/** Annotation of a node: the version of its hub, if that runs as a service. The cluster has no pod of such a hub. */
export const HUB_SERVICE_VERSION = 'edgeadm.io/edge-hub-service';

/** The annotation for the hub that a node has; null removes it. */
export function hubServiceMark(hub: InstalledHub | undefined): Record<string, string | null> {
  return { [HUB_SERVICE_VERSION]: hub?.hubVersion ?? null };
}
