import { readFileSync } from 'node:fs';
import { EdgeadmError } from '../../errors/index.ts';
import { registerSecret } from '../../lib/redact.ts';
import { ApiClient, type ClientOptions, type Dial } from '../api/client.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * A client for a pod, with the token of its service account. The addresses of EDGEADM_API_SERVERS are tried before that
 * of the service, which an edge node may not route.
 * @param account the folder of its service account
 * @throws EdgeadmError USAGE if this is not a pod
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function clientInCluster(
  dial: Dial,
  options: ClientOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  account = ACCOUNT,
): ApiClient {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, EDGEADM_API_SERVERS: others } = env;
  const service = host && `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const servers = [...(others ?? '').split(','), service ?? ''].filter(Boolean);
  try {
    const ca = readFileSync(`${account}/ca.crt`, 'utf8');
    return new ApiClient({ servers, ca, token: () => accountToken(account) }, dial, options);
  } catch (error) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: 'this command runs only in a pod of the cluster',
      why: (error as Error).message,
      next: 'edgeadm cluster upgrade start',
    });
  }
}

/** The kubelet replaces it now and then. */
function accountToken(account: string): string {
  const token = readFileSync(`${account}/token`, 'utf8').trim();
  registerSecret(token);
  return token;
}
