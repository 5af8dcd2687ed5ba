import type { Bundle } from '../../artifacts/bundle.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { JournalView } from '../../host/journal/record.ts';
import { ApiClient } from '../../kubernetes/api/client.ts';
import { usesDockershim } from '../../kubernetes/kubelet/migrations.ts';
import { findKubelet, kubeletVersionOf } from '../../kubernetes/kubelet/program.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { withPlainLists } from '../../kubernetes/kubelet/watch-lists.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';
import { memoize } from '../../lib/memoize.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { installedHub } from '../join/node-view.ts';
import { nodeCredentials } from '../node-credentials.ts';
import type { UpgradeContext, UpgradeOptions } from './context.ts';
import { hubsOfUpgrade, needsPlainLists } from './edge-hub.ts';
import { CRI_SOCKET_ANNOTATION, getNode, readyPods } from './node-health.ts';
import { sameVersion, wantedVersion } from './versions.ts';

export interface OpenOptions extends UpgradeOptions {
  readonly host: Host;
  readonly log: PhaseLog;
  readonly admin?: ApiClient;
}

/**
 * Finds out what the node is and what it is to become.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED if edgeadm has not joined it, API_UNREACHABLE, BUNDLE_INVALID
 */
export async function openNode(options: OpenOptions): Promise<UpgradeContext> {
  const { spec, session, host, admin, signal, dryRun } = options;
  const { journal } = session;
  const credentials = journal.joined && (await nodeCredentials(host));
  if (!credentials) throw notJoined(journal);
  const { nodeName } = credentials;
  const client = new ApiClient(credentials.connection, (address, more) => host.connect(address, more), { signal });
  try {
    const [node, answer, bundle, hub, installed] = await Promise.all([
      getNode({ client, nodeName }, signal),
      client.request('GET', '/version', { signal }),
      openBundle(options),
      installedHub(host, journal),
      findKubelet(host).then((path) => kubeletVersionOf(host, path)),
    ]);
    const cluster = serverVersionOf(answer.body, answer.server);
    const running = node.status?.nodeInfo?.kubeletVersion ?? installed ?? cluster;
    const to = wantedVersion(spec, bundle?.manifest.kubernetesVersion, cluster);
    const from = journal.upgrade?.from ?? running;
    const isThere = sameVersion(running, to) && installed !== undefined && sameVersion(installed, to);
    const settings = await kubeletSettings(host);
    const fromDocker = migratesFromDocker(options, usesDockershim(settings, running));
    const hubs = await hubsOfUpgrade({ spec, host, hub, bundle: bundle?.manifest });
    const losesPods =
      needsPlainLists(hubs, to) && withPlainLists(to, settings.configuration) !== settings.configuration;
    const cordoned = spec.drain === true && node.spec?.unschedulable !== true;
    const docker = fromDocker ? { criSocket: node.metadata?.annotations?.[CRI_SOCKET_ANNOTATION] } : undefined;
    const begin = async (): Promise<void> => {
      if (dryRun || journal.upgrade) return;
      const pods = await readyPods({ client, nodeName }, signal);
      await journal.beginUpgrade({ from, to, cordoned, pods, docker });
    };
    return {
      spec,
      host,
      journal,
      nodeName,
      versions: { from, to, cluster },
      needed: journal.upgrade !== undefined || !isThere || fromDocker || hubs.changesHub || losesPods,
      fromDocker,
      client,
      admin,
      bundle,
      ...hubs,
      restarted: { before: 0, after: 0 },
      steadyMs: options.steadyMs,
      underWay: () => journal.upgrade,
      begin: memoize(begin),
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** What an upgrade has begun it continues. */
function migratesFromDocker({ spec, session, log }: OpenOptions, usesDocker: boolean): boolean {
  const { upgrade } = session.journal;
  if (upgrade) return upgrade.docker !== undefined;
  if (spec.migrateRuntime && !usesDocker)
    log.info('The pods of this node do not run with docker: --migrate-runtime has nothing to do.');
  return spec.migrateRuntime && usesDocker;
}

async function openBundle({ spec, bundles, host, log, signal }: OpenOptions): Promise<Bundle | undefined> {
  if (spec.bundle === undefined) return undefined;
  const { arch, platform } = await host.facts();
  return bundles.open(spec.bundle, { sha256: spec.bundleSha256, arch, os: platform, log, signal });
}

function notJoined({ joined, conversion }: JournalView): EdgeadmError {
  if (conversion)
    return new EdgeadmError({
      code: 'UPGRADE_CHECK_FAILED',
      what: `the node ${conversion.node} was joined with another tool and converted to an edge node`,
      why: 'its kubelet belongs to the tool that joined it',
      next: 'edgeadm revert, upgrade the node with that tool, then edgeadm convert again',
    });
  return new EdgeadmError({
    code: 'UPGRADE_CHECK_FAILED',
    what: 'this machine was not joined with edgeadm',
    why: joined ? 'it no longer has a certificate of its cluster' : 'its journal has no completed join',
    next: 'Run the join command of the cluster: `edgeadm token create --print-join-command` prints it.',
  });
}
