import { getCACertificates } from 'node:tls';
import { registerSecret } from '../../lib/redact.ts';
import { readUserText } from '../../lib/user-file.ts';
import { ApiClient, type ApiConnection, type ClientOptions, type Dial } from '../api/client.ts';
import type { ImpersonationHeaders } from '../api/connections.ts';
import { execPlugin } from './exec-plugin.ts';
import { loadKubeconfig, unusableKubeconfig } from './load.ts';
import { currentOf, type KubeconfigCluster, KubeconfigFault, type KubeconfigUser, refuseDamagedPem } from './parse.ts';

const PROXIES = ['http:', 'https:', 'socks5:'];

/**
 * A client of the cluster that a kubeconfig's current context names, with every way of logging in that kubectl still
 * has. The official client is not used for it: loading it takes 800 ms and 80 MiB, and it asks an exec plug-in once.
 * @param value a file on the machine that edgeadm runs on, or what the variable KUBECONFIG holds
 * @throws EdgeadmError USAGE if it cannot be read or used
 */
export async function clientFromKubeconfig(value: string, dial: Dial, options?: ClientOptions): Promise<ApiClient> {
  const config = await loadKubeconfig(value);
  try {
    const { cluster, user } = currentOf(config);
    return new ApiClient(await connectionTo(cluster, user), dial, options);
  } catch (error) {
    throw unusableKubeconfig(value, error);
  }
}

async function connectionTo(cluster: KubeconfigCluster, user: KubeconfigUser): Promise<ApiConnection> {
  const { server = '', 'insecure-skip-tls-verify': insecure } = cluster;
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
    throw new KubeconfigFault(`its server is not a URL: ${server}`);
  const given = cluster['certificate-authority-data'] ?? (await pemOf(cluster, 'certificate-authority'));
  if (insecure && given)
    throw new KubeconfigFault('it has both a CA and insecure-skip-tls-verify; use only one of them');
  refuseDamagedPem({ ca: given });
  const ca = insecure ? undefined : (given ?? getCACertificates('default').join('\n'));
  return {
    servers: [server],
    ca,
    serverName: cluster['tls-server-name'],
    proxy: proxyOf(cluster),
    impersonation: impersonationOf(user),
    ...(await credentialsOf(user, cluster, given)),
  };
}

async function credentialsOf(
  user: KubeconfigUser,
  cluster: KubeconfigCluster,
  ca: string | undefined,
): Promise<Partial<ApiConnection>> {
  const { exec, token, tokenFile, username, password = '' } = user;
  const cert = user['client-certificate-data'] ?? (await pemOf(user, 'client-certificate'));
  const key = user['client-key-data'] ?? (await pemOf(user, 'client-key'));
  for (const secret of [key, token, password]) registerSecret(secret);
  refuseDamagedPem({ cert, key });
  if (cert && !key) throw new KubeconfigFault('its user has a client certificate without a key');
  if (tokenFile) return { cert, key, token: () => tokenIn(tokenFile, token) };
  if (token) return { cert, key, token };
  if (username)
    return { cert, key, authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  if (exec) return { cert, key, credentials: execPlugin(exec, cluster, ca) };
  const provider = user['auth-provider']?.name;
  if (provider && !cert)
    throw new KubeconfigFault(
      `its user logs in with the auth-provider ${provider}, which kubectl no longer supports; use exec`,
    );
  return { cert, key };
}

/** As client-go: without a name, the rest does not count. */
function impersonationOf({
  as,
  'as-uid': uid,
  'as-groups': groups,
  'as-user-extra': extra,
}: KubeconfigUser): ImpersonationHeaders | undefined {
  if (!as) return undefined;
  const extras = Object.entries(extra ?? {}).map(
    ([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values] as const,
  );
  return {
    'Impersonate-User': as,
    ...(uid && { 'Impersonate-Uid': uid }),
    ...(groups.length > 0 && { 'Impersonate-Group': groups }),
    ...Object.fromEntries(extras),
  };
}

/** As client-go: the file is read each time, and the token beside it counts if it cannot be. */
async function tokenIn(file: string, otherwise: string | undefined): Promise<string> {
  try {
    const token = (await readUserText(file, { what: 'tokenFile' })).trim();
    registerSecret(token);
    return token;
  } catch (error) {
    if (otherwise) return otherwise;
    throw error;
  }
}

async function pemOf<K extends string>(from: Partial<Record<K, string>>, key: K): Promise<string | undefined> {
  const file = from[key];
  return file === undefined ? undefined : readUserText(file, { what: key });
}

function proxyOf({ 'proxy-url': url }: KubeconfigCluster): URL | undefined {
  if (!url) return undefined;
  const proxy = URL.parse(url);
  registerSecret(proxy?.password || undefined);
  if (proxy && PROXIES.includes(proxy.protocol)) return proxy;
  throw new KubeconfigFault('its proxy-url is not a URL of http, https or socks5');
}
