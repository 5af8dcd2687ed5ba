import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { localMachine } from '../host/local.ts';
import { PATHS } from '../host/node-paths.ts';
import type { ApiClient } from '../kubernetes/api/client.ts';
import { kubeconfigFiles } from '../kubernetes/kubeconfig/files.ts';
import { interruptible } from './signals.ts';

/** For commands that speak to a cluster as its administrator. */
export const kubeconfigFlag = {
  kubeconfig: Flags.string({
    helpValue: 'FILE',
    env: 'KUBECONFIG',
    description: `default: ~/.kube/config or ${PATHS.kubernetes.adminKubeconfig}`,
  }),
};

/** Where kubectl and kubeadm look: $KUBECONFIG (by the flag), the user's own, the control plane's. */
function defaultKubeconfig(): string {
  const own = join(homedir(), '.kube', 'config');
  return existsSync(own) ? own : PATHS.kubernetes.adminKubeconfig;
}

/** True if a value of --kubeconfig or KUBECONFIG, or where kubectl looks, names a file that exists. */
export function hasKubeconfig(kubeconfig: string | undefined): boolean {
  return kubeconfigFiles(kubeconfig ?? defaultKubeconfig()).some((file) => existsSync(file));
}

/**
 * Opens the cluster of a kubeconfig for one action, from this machine.
 * @param action is given the command's signal, which ends every request of the client as well
 * @throws EdgeadmError INTERRUPTED if a signal has ended it
 */
export async function withCluster<T>(
  kubeconfig: string | undefined,
  action: (client: ApiClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clientFromKubeconfig } = await import('../kubernetes/kubeconfig/kubeconfig.ts');
  return interruptible(async (signal) => {
    const client = await clientFromKubeconfig(kubeconfig ?? defaultKubeconfig(), localMachine().connect, { signal });
    try {
      return await action(client, signal);
    } finally {
      client.close();
    }
  });
}
