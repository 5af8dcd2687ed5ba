import type { Host } from '../../../host/host.ts';
import { outputOfList } from './output-of-list.ts';

/** The kubelet's names for the containers it makes through Docker begin with this. */
const KUBELET_PREFIX = 'k8s_';
const OF_PODS = ['--no-trunc', '--filter', `name=^/?${KUBELET_PREFIX}`];
const MAX_GRACE_SECONDS = 60;

/**
 * Ids of the containers, also of those that have ended, that a kubelet (1.23 and older) made in Docker.
 * @throws EdgeadmError COMMAND_FAILED if Docker does not answer
 */
export async function dockerPodContainers(host: Host): Promise<string[]> {
  return (await outputOfList(host, 'docker', ['ps', '--all', '--quiet', ...OF_PODS])).split('\n').filter(Boolean);
}

/**
 * Gives the containers that a kubelet runs in Docker the time that their pods are given to end in, at most a minute.
 * Source of the label: kubelet 1.20, dockershim/naming and kuberuntime/labels.go.
 */
export async function endDockerPods(host: Host): Promise<void> {
  const columns = `{{.ID}} {{.Label "annotation.io.kubernetes.pod.terminationGracePeriod"}}`;
  const listed = await outputOfList(host, 'docker', ['ps', ...OF_PODS, '--format', columns]);
  const byGrace = new Map<number, string[]>();
  for (const [, id = '', seconds] of listed.matchAll(/^(\S+) ?(\d*)$/gm)) {
    // A sandbox does nothing that would need time.
    const grace = Math.min(Number(seconds || 0), MAX_GRACE_SECONDS);
    byGrace.set(grace, [...(byGrace.get(grace) ?? []), id]);
  }
  for (const [grace, ids] of [...byGrace].sort(([a], [b]) => b - a))
    await host.run('docker', ['stop', '--time', String(grace), ...ids]);
}

/** Stops and removes what a kubelet (1.23 and older) runs in Docker; other containers are left alone. */
export async function removeDockerPods(host: Host): Promise<void> {
  const ids = await dockerPodContainers(host);
  if (ids.length === 0) return;
  await host.run('docker', ['stop', '--time', '2', ...ids]);
  await host.run('docker', ['rm', '--force', '--volumes', ...ids]);
}
