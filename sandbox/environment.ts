import { quote } from '../src/host/quote.ts';
import { sandboxAccount } from './cloud/account.ts';
import { requireSandbox, type SandboxFolder } from './folder.ts';
import { openStore } from './store.ts';

/**
 * What points edgeadm and kubectl at a running sandbox: the key of its one account (a secret of the sandbox alone),
 * endpoints, CA and kubeconfig.
 * @throws EdgeadmError SANDBOX_NOT_RUNNING
 */
export async function sandboxEnvironment(
  folder: SandboxFolder,
): Promise<{ variables: Record<string, string>; shell: string }> {
  const { cloud } = await requireSandbox(folder);
  const store = openStore(folder.database);
  const { accessKeyId, accessKeySecret } = sandboxAccount(store);
  store.close();
  const variables = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    EDGEADM_CS_ENDPOINT: cloud,
    EDGEADM_ENS_ENDPOINT: cloud,
    EDGEADM_OPENAPI_ENDPOINT: `${cloud}/edgeadm/v1`,
    EDGEADM_CLOUD_CA: folder.ca,
    KUBECONFIG: folder.kubeconfig,
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  return { variables, shell: lines.join('') };
}
