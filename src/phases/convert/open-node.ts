import type { V1Node } from '@kubernetes/client-node';
import type { InstalledHub } from '../../edge-hub/releases.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { Journal } from '../../host/journal/journal.ts';
import { PATHS } from '../../host/node-paths.ts';
import { ApiClient, type ApiConnection, type PlanWrite } from '../../kubernetes/api/client.ts';
import { edgeNames } from '../../kubernetes/edge-names.ts';
import { POOL_LABELS } from '../../kubernetes/pool-labels.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';
import { pinCa } from '../../pki/ca-hash.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { installedHub } from '../join/node-view.ts';
import { requestedHub } from '../join/requested-hub.ts';
import { nodeCredentials } from '../node-credentials.ts';
import type { ConversionContext, ConversionOptions } from './context.ts';
import { conversionRefused } from './refused.ts';

interface OpenOptions extends ConversionOptions {
  readonly host: Host;
  readonly log: PhaseLog;
  readonly plan?: PlanWrite;
}

const [POOL_LABEL] = POOL_LABELS;

/**
 * Finds out what the node is and what it is to become.
 * @throws EdgeadmError CONVERT_REFUSED unless another tool has joined it, API_UNREACHABLE, BUNDLE_INVALID
 */
export async function openConversion(options: OpenOptions): Promise<ConversionContext> {
  const { spec, session, host, plan, signal, confirm, steadyMs } = options;
  const { journal } = session;
  refuseOwnNode(journal);
  const { nodeName, connection } = await credentialsOf(host);
  const client = new ApiClient(connection, (address, more) => host.connect(address, more), { signal, plan });
  try {
    const [node, answer, bundle, hubBefore] = await Promise.all([
      client.get<V1Node>(`/api/v1/nodes/${nodeName}`, { signal }),
      client.request('GET', '/version', { signal }),
      openBundle(options),
      installedHub(host, journal),
    ]);
    const cluster = serverVersionOf(answer.body, answer.server);
    const hub = await hubOf({ ...options, bundle: bundle?.manifest, hubBefore });
    const nodePool = spec.nodePool ?? node.metadata?.labels?.[POOL_LABEL];
    return {
      spec,
      host,
      journal,
      client,
      nodeName,
      node,
      trusted: trustedOf(connection),
      kubelet: node.status?.nodeInfo?.kubeletVersion ?? cluster,
      cluster,
      hub,
      hubBefore,
      nodePool,
      bundle,
      labels: { [edgeNames('openyurt').edgeLabel]: 'true', ...(nodePool && { [POOL_LABEL]: nodePool }) },
      confirm,
      steadyMs,
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** @throws EdgeadmError CONVERT_REFUSED */
function refuseOwnNode({ joined, hasChanges, conversion }: Journal): void {
  if (joined !== undefined)
    throw conversionRefused(
      ['edgeadm joined it, and its join decides whether it has an edge-hub'],
      'edgeadm reset, then edgeadm join with --edge-hub-program FILE or --edge-hub-image IMAGE',
    );
  if (hasChanges && !conversion) throw conversionRefused(['a join of this machine was not completed'], 'edgeadm reset');
}

/** @throws EdgeadmError CONVERT_REFUSED */
async function credentialsOf(host: Host) {
  const credentials = await nodeCredentials(host);
  if (credentials) return credentials;
  const { kubeconfig, clientCertificate } = PATHS.kubelet;
  throw conversionRefused(
    [
      `its kubelet is not set up as by kubeadm: it needs ${PATHS.kubernetes.caCertificate}, ${clientCertificate} and an https server in ${kubeconfig}`,
    ],
    'join the machine first, with edgeadm join (which installs the edge-hub) or kubeadm join',
  );
}

function trustedOf({ ca = '', servers }: ApiConnection): ConversionContext['trusted'] {
  const caPem = String(ca);
  return { caPem, caHash: pinCa(caPem, 'any').hash, servers };
}

async function openBundle({ spec, bundles, host, log, signal }: OpenOptions) {
  if (spec.bundle === undefined) return undefined;
  return bundles.open(spec.bundle, { sha256: spec.bundleSha256, arch: (await host.facts()).arch, log, signal });
}

/** The certificate of the kubelet is what a node of another tool has: there is no token. */
async function hubOf({
  spec,
  host,
  bundle,
  hubBefore,
}: Pick<OpenOptions, 'spec' | 'host'> & {
  readonly bundle?: Parameters<typeof requestedHub>[0]['bundle'];
  readonly hubBefore: InstalledHub | undefined;
}): Promise<InstalledHub> {
  const wanted = { ...spec.hub, edgeHubFlavor: 'openyurt', edgeHubMode: 'kubeletcertificate' } as const;
  const hub = await requestedHub({ spec: wanted, host, bundle, installed: hubBefore });
  if (hub) return { ...hub, flavor: 'openyurt' };
  throw new EdgeadmError({
    code: 'USAGE',
    what: 'no edge-hub is named',
    why: 'neither the command line nor a bundle has a yurthub',
    next: '--edge-hub-program FILE, --edge-hub-image IMAGE, or --bundle with one of them',
  });
}
