import type { V1Node } from '@kubernetes/client-node';
import { z } from 'zod';
import { PATHS } from '../../host/node-paths.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { effectOf, isPressure, type NodeTrouble, nodeTroubles } from '../../kubernetes/node/troubles.ts';
import { lenientYaml } from '../../lib/check-shape.ts';
import { shownTime } from '../../lib/shown-time.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

type Context = Pick<JoinContext, 'host' | 'spec'> & Pick<PhaseTools, 'log' | 'signal' | 'wet'>;

/**
 * The kubelet's own defaults: with less free space it reports DiskPressure.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds
 */
const FULL_PERCENT = { kubelet: 90, images: 85 };
/** A kubelet looks at its disks after ten seconds, and reports what it saw after ten more. */
const UNTIL_REPORTED_MS = 25_000;

/**
 * Warns of conditions under which a node that is Ready runs no pods, or evicts them. A node whose disk is nearly full
 * is watched for the moment that a kubelet needs to report it; any other is taken at its word.
 * @param shown as the API server had it last
 */
export async function warnOfConditions(context: Context, client: ApiClient, shown: V1Node): Promise<void> {
  const { log } = context;
  let troubles = nodeTroubles(shown);
  const isReported = troubles.some(({ type }) => isPressure(type));
  if (context.wet && !isReported && (await isDiskFull(context))) {
    log.info('The disk is nearly full: waiting until the kubelet reports on it.');
    troubles = (await watchForPressure(context, client, shown)) ?? troubles;
  }
  for (const trouble of troubles) log.warning(describe(trouble));
}

function describe({ type, message, since }: NodeTrouble): string {
  const effect = effectOf(type) && `: ${effectOf(type)}`;
  const began = since && ` since ${shownTime(since)}`;
  return `The node reports ${type}${effect} (${message}${began}). Fix the cause, then check it with \`edgeadm diagnose\`.`;
}

const EVICTION = z.object({ evictionHard: z.record(z.string(), z.unknown()) });

async function isDiskFull({ host, spec }: Context): Promise<boolean> {
  if (!host.runsPrograms) return false;
  const text = await host.read(PATHS.kubelet.configuration).catch(() => undefined);
  // Custom thresholds replace these.
  if (lenientYaml(text, EVICTION)) return false;
  const { systemDrive } = await host.facts();
  if (systemDrive) return (1 - systemDrive.freeBytes / systemDrive.totalBytes) * 100 > FULL_PERCENT.images;
  const images = spec.runtimeRootDir ?? (spec.runtime === 'docker' ? PATHS.docker.data : PATHS.containerd.data);
  const { stdout } = await host.query('df', ['-P', '-k', PATHS.kubelet.directory, images]);
  // Titles, then a line for each folder that is there: of a single one it is not known which it is.
  const used = stdout.split('\n').flatMap((line) => /\s(\d+)%\s+\/\S*\s*$/.exec(line)?.[1] ?? []);
  const limits = used.length === 1 ? [FULL_PERCENT.images] : [FULL_PERCENT.kubelet, FULL_PERCENT.images];
  return used.some((percent, index) => Number(percent) > (limits[index] ?? 100));
}

/** @returns undefined if the kubelet reported none, or the API server does not answer: the join has succeeded */
async function watchForPressure(
  { signal }: Context,
  client: ApiClient,
  { metadata }: V1Node,
): Promise<NodeTrouble[] | undefined> {
  const selector = encodeURIComponent(`metadata.name=${metadata?.name}`);
  const seconds = UNTIL_REPORTED_MS / 1000;
  const path = `/api/v1/nodes?watch=true&timeoutSeconds=${seconds}&fieldSelector=${selector}`;
  const limit = AbortSignal.timeout(UNTIL_REPORTED_MS);
  try {
    for await (const { object } of client.watch<V1Node>(path, AbortSignal.any([signal, limit]))) {
      const troubles = nodeTroubles(object);
      if (troubles.some(({ type }) => isPressure(type))) return troubles;
    }
  } catch {
    signal.throwIfAborted();
  }
  return undefined;
}
