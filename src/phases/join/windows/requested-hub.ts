import type { InstalledHub } from '../../../edge-hub/releases.ts';
import { type HubSources, requestedHub } from '../requested-hub.ts';

/**
 * The hub that a Windows node is to have: the service of a program that is given, or was. Neither the vendor nor
 * OpenYurt publishes an edge-hub for Windows, as an image or in a bundle.
 */
export async function requestedWindowsHub({ spec, host, installed }: HubSources): Promise<InstalledHub | undefined> {
  if (!spec.edgeHubProgram && !installed) return undefined;
  return requestedHub({ spec: { ...spec, edgeHubAs: 'service', edgeHubImage: undefined }, host, installed });
}
