import type { V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../errors/index.ts';
import { loadTemplate, toYaml } from '../templates/yaml.ts';
import { layoutOf } from './edge-hub.ts';
import { type EdgeHubFlagOptions, fitFlags, hasNodePool } from './flags.ts';
import { type EdgeHubRelease, edgeHubRelease, type InstalledHub, nameOfHub, releaseIfKnown } from './releases.ts';
import { serviceDropIn } from './service.ts';

/** How the hub of a node is set up: the pod of its manifest, or the flags of its service. */
export type HubSetup = { readonly pod: V1Pod } | { readonly flags: readonly string[] };

/** The hub on a node, fitted to another version or another form. */
export interface EdgeHubChange {
  /** Where the other version has its manifest. */
  readonly manifestPath: string;
  /** Why the other version cannot run as this one is set up; undefined if it can. */
  refusal(setup: HubSetup): string | undefined;
  /** The manifest: with the image and the flags of the other version; what its owner changed in it stays. */
  pod(setup: HubSetup): string;
  /** The drop-in of the service, likewise. */
  dropIn(setup: HubSetup): string;
}

export interface ChangeOptions extends Pick<EdgeHubFlagOptions, 'caHash' | 'nodeIp'> {
  readonly nodeName: string;
  /** Versions of Kubernetes before and afterwards. */
  readonly versions: { readonly from: string; readonly to: string };
}

const NODE_NAME_FLAG = '--node-name=';

/**
 * What it takes to replace a hub by another version of it, or to move it between static pod and service.
 * @throws EdgeadmError USAGE if the other version does not go with this cluster, is not known, or keeps its
 *   certificates in another place: then a join has to request new ones
 */
export function edgeHubChange(installed: InstalledHub, wanted: InstalledHub, options: ChangeOptions): EdgeHubChange {
  const { versions, nodeName } = options;
  const to = edgeHubRelease({ ...wanted, kubernetesVersion: versions.to });
  const from = releaseIfKnown({ ...installed, kubernetesVersion: versions.from });
  refuseOtherFolder(from, to, { installed, wanted });
  const fitted = (setup: HubSetup): string[] => fitFlags(wordsOf(setup), from, to, options);
  return {
    manifestPath: layoutOf(to).manifestPath,
    refusal: (setup) =>
      to.needsPool && !hasNodePool(wordsOf(setup))
        ? `${nameOfHub(wanted)} does not start without a node pool, and this node was joined without one`
        : undefined,
    pod: (setup) => {
      const pod = 'pod' in setup ? setup.pod : loadTemplate<V1Pod>(to.template);
      const container = pod.spec?.containers?.[0];
      if (!container) return toYaml(pod);
      const [program = to.program] = container.command ?? [];
      container.image = wanted.image;
      container.command = 'pod' in setup ? fitted(setup) : [program, ...withNodeName(fitted(setup), '$(NODE_NAME)')];
      return toYaml(pod);
    },
    dropIn: (setup) => {
      const words = fitted(setup).filter((word) => word.startsWith('-'));
      return serviceDropIn({ version: wanted.hubVersion ?? '', flags: withNodeName(words, nodeName) });
    },
  };
}

function refuseOtherFolder(
  from: EdgeHubRelease | undefined,
  to: EdgeHubRelease,
  { installed, wanted }: Readonly<Record<'installed' | 'wanted', InstalledHub>>,
): void {
  if (!from || (from.rootDirectory === to.rootDirectory && from.program === to.program)) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `the edge-hub ${nameOfHub(wanted)} cannot replace ${nameOfHub(installed)}`,
    why: `it keeps its certificates in ${to.rootDirectory}, the installed one in ${from.rootDirectory}`,
    next: 'edgeadm reset, then join with the new edge-hub; or upgrade with a bundle without edge-hub',
  });
}

function wordsOf(setup: HubSetup): readonly string[] {
  return 'flags' in setup ? setup.flags : (setup.pod.spec?.containers?.[0]?.command ?? []);
}

/** A static pod has its node's name from a variable, a service as it is. */
function withNodeName(words: readonly string[], name: string): string[] {
  return words.map((word) => (word.startsWith(NODE_NAME_FLAG) ? `${NODE_NAME_FLAG}${name}` : word));
}
