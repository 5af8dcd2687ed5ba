import type { RequestOptions } from 'node:https';
import { rootCertificates } from 'node:tls';
import { EdgeadmError } from '../../errors/index.ts';
import { ApiClient, type Dial, type PlanWrite } from '../api/client.ts';

/**
 * A client of the cluster that a kubeconfig's current context names. Every way of logging in that kubectl knows (files,
 * tokens, exec plug-ins, OIDC) works; loading the official client for it takes almost a second.
 * @param path a file on the machine that edgeadm runs on
 * @throws EdgeadmError USAGE where the file cannot be read or used
 */
export async function clientFromKubeconfig(path: string, dial: Dial, plan?: PlanWrite): Promise<ApiClient> {
  const unusable = (cause: unknown): never => {
    throw new EdgeadmError({
      code: 'USAGE',
      what: `the kubeconfig ${path} cannot be used`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: `kubectl --kubeconfig ${path} get nodes`,
      cause,
    });
  };
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const options: RequestOptions = {};
  try {
    config.loadFromFile(path);
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    unusable(error);
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) return unusable(`its current context "${config.getCurrentContext()}" names no cluster`);
  const authorization = (options.headers as Record<string, string> | undefined)?.Authorization;
  return new ApiClient(
    {
      servers: [cluster.server],
      ca: cluster.skipTLSVerify ? undefined : (textOf(options.ca) ?? rootCertificates.join('\n')),
      cert: textOf(options.cert),
      key: textOf(options.key),
      token: authorization?.replace(/^Bearer /, ''),
    },
    dial,
    { plan },
  );
}

function textOf(pem: RequestOptions['ca'] | RequestOptions['key']): string | undefined {
  return pem === undefined || pem === null ? undefined : String(pem);
}
