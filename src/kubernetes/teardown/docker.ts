import type { Host } from '../../host/host.ts';

/** The kubelet's names for the containers it makes through Docker begin with this. */
const KUBELET_PREFIX = 'k8s_';

/** Stops and removes what a kubelet (1.23 and older) runs in Docker; other containers are left alone. */
export async function removeDockerPods(host: Host): Promise<void> {
  const list = ['ps', '--all', '--quiet', '--filter', `name=^/?${KUBELET_PREFIX}`];
  const { stdout } = await host.query('docker', list);
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return;
  await host.run('docker', ['stop', '--time', '2', ...ids]);
  await host.run('docker', ['rm', '--force', '--volumes', ...ids]);
}
