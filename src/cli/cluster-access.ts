import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { EdgeadmError } from '../errors/index.ts';
import { localMachine } from '../host/local.ts';
import { PATHS } from '../host/node-paths.ts';
import type { ApiClient } from '../kubernetes/api/client.ts';
import { kubeconfigFiles } from '../kubernetes/kubeconfig/files.ts';
import { interruptible } from './signals.ts';

/**
 * The one flag for an administrator's kubeconfig, and the one rule: --kubeconfig, else KUBECONFIG, else ~/.kube/config,
 * else that of kubeadm on a control plane. docs/hosts.md says the same.
 * @param purpose what the command uses it for
 */
export function kubeconfigFlagFor(purpose: string) {
  return Flags.string({
    helpValue: 'FILE',
    env: 'KUBECONFIG',
    description: `${purpose}; default: KUBECONFIG, ~/.kube/config or ${PATHS.kubernetes.adminKubeconfig}`,
  });
}

/** For commands that speak to a cluster as its administrator. */
export const kubeconfigFlag = { kubeconfig: kubeconfigFlagFor('kubeconfig of the cluster') };

/**
 * The kubeconfig of a command that needs a cluster.
 * @param given value of the flag, or of KUBECONFIG
 * @throws EdgeadmError USAGE if there is none anywhere
 */
export function requireKubeconfig(given: string | undefined): string {
  const kubeconfig = given || defaultKubeconfig();
  if (given || existsSync(kubeconfig)) return kubeconfig;
  throw new EdgeadmError({
    code: 'USAGE',
    what: 'no kubeconfig: this needs the administrator of a cluster',
    why: `not set: --kubeconfig, KUBECONFIG\nnot found: ~/.kube/config, ${PATHS.kubernetes.adminKubeconfig}`,
    next: 'add --kubeconfig FILE, or set KUBECONFIG',
  });
}

/**
 * The same for a command that can do without a cluster.
 * @returns undefined if there is none anywhere, or the flag is empty: `--kubeconfig ''`
 */
export function optionalKubeconfig(given: string | undefined): string | undefined {
  if (given === '' && process.env.KUBECONFIG !== '') return undefined;
  if (given && isNamed(given)) return given;
  return [given, defaultKubeconfig()].find((file) => file && hasKubeconfig(file));
}

/** True if the kubeconfig was named for this command; else it may be of a cluster that has nothing to do with it. */
export function isNamed(kubeconfig: string): boolean {
  return kubeconfig !== process.env.KUBECONFIG && kubeconfig !== defaultKubeconfig();
}

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
    const client = await clientFromKubeconfig(requireKubeconfig(kubeconfig), localMachine().connect, { signal });
    try {
      return await action(client, signal);
    } finally {
      client.close();
    }
  });
}
