import type { V1Job, V1JobList, V1Pod, V1PodList } from '@kubernetes/client-node';
import type { EdgeadmError } from '../../errors/index.ts';
import { parseTerminationMessage } from '../../errors/termination-message.ts';
import { type ApiClient, apiErrorOf } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { sha256Of } from '../../lib/sha256.ts';
import { batch, core, NODE_ANNOTATION, ROLE_LABEL } from './names.ts';

/** A node's pod that has failed, for people. */
export interface FailedPod {
  readonly pod: string;
  readonly node: string;
  /** The end of its log. */
  readonly log: string;
}

/** Name of the Job that upgrades a node: short enough for a label, whatever the node is called. */
export function nodeJobName(node: string): string {
  const sum = sha256Of(node).slice(0, 8);
  return `upgrade-${node.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${sum}`;
}

export function findJob(client: ApiClient, name: string, signal?: AbortSignal): Promise<V1Job | undefined> {
  return client.find<V1Job>(batch('jobs', name), { signal });
}

/** Its pods, the newest first; of a Job that was deleted those that still end. */
export async function podsOf(client: ApiClient, job: string, signal?: AbortSignal): Promise<V1Pod[]> {
  const pods = await listWhole<V1Pod>(client, `${core('pods')}?labelSelector=job-name%3D${job}`, signal);
  const time = ({ metadata }: V1Pod): number => Date.parse(String(metadata?.creationTimestamp));
  return pods.sort((one, other) => time(other) - time(one));
}

/** Deletes this very Job and no other of its name; its pods go after it. */
export async function deleteJob(client: ApiClient, { metadata }: V1Job): Promise<void> {
  const preconditions = { uid: metadata?.uid };
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background', preconditions };
  try {
    await client.delete(batch('jobs', metadata?.name), { body });
  } catch (error) {
    if (![404, 409].includes(apiErrorOf(error)?.status ?? 0)) throw error;
  }
}

/** True if it is on its way out: a finalizer keeps it for a while. */
export function isEnding({ metadata }: V1Job): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

/** The Jobs of upgrades: those of nodes, and the controller's. */
export async function listJobs(client: ApiClient): Promise<V1Job[]> {
  const list = await client.find<V1JobList>(`${batch('jobs')}?labelSelector=${encodeURIComponent(ROLE_LABEL)}`);
  return list?.items ?? [];
}

/** The condition of a Job that will not be tried again. */
export function failureOf(job: V1Job): string | undefined {
  const failed = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  return failed && [failed.reason, failed.message].filter(Boolean).join(': ');
}

export function hasSucceeded(job: V1Job): boolean {
  return job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') ?? false;
}

/** What keeps a pod from running, or how it ended; for people. */
export function describePod(pod: V1Pod | undefined): string {
  if (!pod) return 'it has no pod yet';
  const { state, lastState } = pod.status?.containerStatuses?.[0] ?? {};
  const { waiting, terminated } = state ?? {};
  const before = lastState?.terminated?.message?.trim();
  if (waiting && before) return `its pod is waiting: ${waiting.reason}; before, it ended with: ${before}`;
  if (waiting) return [`its pod is waiting: ${waiting.reason}`, waiting.message].filter(Boolean).join(': ');
  if (terminated) return `its pod ended with exit code ${terminated.exitCode}`;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status !== 'True');
  const why = [pod.status?.reason, pod.status?.message, unscheduled?.message].filter(Boolean).join(': ');
  const where = pod.spec?.nodeName ? ` on ${pod.spec.nodeName}` : '';
  return `its pod is ${pod.status?.phase}${where}${why ? `: ${why}` : ''}`;
}

/** The error that edgeadm has ended with in a pod; undefined if it was killed before it could report one. */
export function errorOf(pod: V1Pod): EdgeadmError | undefined {
  return parseTerminationMessage(terminationOf(pod));
}

/** An error of edgeadm as it is in a log. */
export function describeError({ code, what, why, next }: EdgeadmError): string {
  const evidence = why?.split('\n').map((line) => `  ${line}`) ?? [];
  return [what, ...evidence, `next: ${next}`, `(${code})`].join('\n');
}

/** How a pod ended: its error, else the end of its log, which its status keeps if the node cannot be reached. */
export async function podLogTail(client: ApiClient, pod: V1Pod): Promise<string> {
  const error = errorOf(pod);
  if (error) return `error: ${describeError(error)}`;
  const kept = terminationOf(pod);
  if (kept) return kept.trim();
  const log = await client.send<unknown>('GET', `${core('pods', pod.metadata?.name)}/log?tailLines=40`);
  return log.status === 200 && typeof log.body === 'string' ? log.body.trim() : '';
}

function terminationOf(pod: V1Pod): string | undefined {
  return pod.status?.containerStatuses?.[0]?.state?.terminated?.message;
}

/** Pods of nodes that have failed, with the end of their logs. */
export async function failedPods(client: ApiClient): Promise<FailedPod[]> {
  const selector = encodeURIComponent(`${ROLE_LABEL}=node`);
  const list = await client.find<V1PodList>(
    `${core('pods')}?labelSelector=${selector}&fieldSelector=status.phase%3DFailed`,
  );
  return Promise.all(
    (list?.items ?? []).map(async (pod) => ({
      pod: pod.metadata?.name ?? '',
      node: pod.metadata?.annotations?.[NODE_ANNOTATION] ?? pod.spec?.nodeName ?? '',
      log: await podLogTail(client, pod).catch(() => ''),
    })),
  );
}
