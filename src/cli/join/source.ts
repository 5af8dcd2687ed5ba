import type { JoinSource } from '../../cloud/join-source.ts';
import type { JoinSpec } from '../../config/spec.ts';
import type { AskOptions, SourceReply } from '../../phases/join/ask-source.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import type { JoinForm, JoinRequest } from './request.ts';

/**
 * Opens what tells the nodes which cluster they join; undefined if the command line does.
 * @param version of edgeadm
 * @param signal of the command: ends what it asks the cloud
 * @throws EdgeadmError USAGE if EDGEADM_CLOUD_CA cannot be read
 */
export async function openSource(
  form: JoinForm,
  version: string,
  signal: AbortSignal,
): Promise<JoinSource | undefined> {
  if (form.kind === 'kubernetes') return undefined;
  if (form.kind === 'cloud') return openCloudSource(form, signal);
  const [{ exchangeSource }, { readCa }] = await Promise.all([
    import('../../cloud/exchange.ts'),
    import('../../cloud/caller.ts'),
  ]);
  const caFile = process.env.EDGEADM_CLOUD_CA;
  const ca = caFile ? await readCa(caFile) : undefined;
  return exchangeSource({ ...form, ca, version });
}

/** The account's keys, and what they open, stay in this process. */
async function openCloudSource(
  { clusterId, region, nodePool }: JoinForm & { kind: 'cloud' },
  signal: AbortSignal,
): Promise<JoinSource> {
  const [{ openContainerService }, { clusterSource }] = await Promise.all([
    import('../../cloud/cs.ts'),
    import('../../cloud/cluster-access.ts'),
  ]);
  return clusterSource({ service: await openContainerService({ region, signal }), clusterId, nodePool, signal });
}

/** Completes the request of one host, once the host is in hand. */
export async function resolveRequest(
  request: JoinRequest,
  source: JoinSource | undefined,
  run: Omit<AskOptions, 'source' | 'draft'>,
): Promise<{ spec: JoinSpec; reply?: SourceReply }> {
  const log = phaseLog((body) => run.emit({ ...body, host: run.label, phase: 'join', time: now() }));
  for (const warning of request.warnings) log.warning(warning);
  if (!source) return { spec: request.complete() };
  const { askSource } = await import('../../phases/join/ask-source.ts');
  const reply = await askSource({ ...run, source, draft: request.draft });
  return { spec: request.complete(reply), reply };
}
