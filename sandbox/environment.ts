import { quote } from '../src/host/quote.ts';
import { fishQuoted, powershellQuoted } from '../src/lib/shell-quotes.ts';
import { sandboxAccount, temporaryKeys } from './cloud/account.ts';
import { requireSandbox, type SandboxFolder } from './folder.ts';
import { openStore } from './store.ts';

export const ENVIRONMENT_SHELLS = ['bash', 'zsh', 'fish', 'powershell', 'cmd'] as const;

export type EnvironmentShell = (typeof ENVIRONMENT_SHELLS)[number];

function exported(name: string, value: string): string {
  return `export ${name}=${quote(value)}`;
}

/** A line that sets and exports a variable. */
const ASSIGNMENTS: Readonly<Record<EnvironmentShell, (name: string, value: string) => string>> = {
  bash: exported,
  zsh: exported,
  powershell: (name, value) => `$Env:${name} = ${powershellQuoted(value)}`,
  // Quotes around the whole assignment are not part of the value. Source: set /?
  cmd: (name, value) => `set "${name}=${value}"`,
  fish: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
};

/**
 * What points edgeadm and kubectl at a running sandbox: the key of its one account (a secret of the sandbox alone),
 * endpoints, CA and kubeconfig.
 * @param temporaryMs in place of that key, keys of a role that are good for so long
 * @throws EdgeadmError SANDBOX_NOT_RUNNING
 */
export async function sandboxEnvironment(
  folder: SandboxFolder,
  shell: EnvironmentShell = 'bash',
  temporaryMs?: number,
): Promise<{ variables: Record<string, string>; shell: string }> {
  const { cloud, ens, cluster } = await requireSandbox(folder);
  const store = openStore(folder.database);
  const keys = temporaryMs === undefined ? undefined : temporaryKeys(store, temporaryMs);
  const { accessKeyId, accessKeySecret } = keys ?? sandboxAccount(store);
  store.close();
  const variables = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    // Empty if there is none: that of an earlier login would not belong to these keys.
    ALIBABA_CLOUD_SECURITY_TOKEN: keys?.securityToken ?? '',
    ALIBABA_CLOUD_REGION_ID: cluster.region,
    EDGEADM_CLUSTER_ID: cluster.id,
    EDGEADM_CLOUD_ADDRESS: new URL(cloud).host,
    SANDBOX_CS_ENDPOINT: cloud,
    ...(ens && { SANDBOX_ENS_ENDPOINT: ens }),
    EDGEADM_OPENAPI_ENDPOINT: `${cloud}/edgeadm/v1`,
    EDGEADM_CLOUD_CA: folder.ca,
    KUBECONFIG: folder.kubeconfig,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${ASSIGNMENTS[shell](name, value)}\n`);
  return { variables, shell: lines.join('') };
}
