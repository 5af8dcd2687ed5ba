import { load } from 'js-yaml';
import { EdgeadmError } from '../../errors/index.ts';
import { registerSecret } from '../../lib/redact.ts';
import type { ApiConnection } from '../api/client.ts';

interface Named<T> {
  readonly name?: string;
  readonly cluster?: T;
  readonly user?: T;
  readonly context?: T;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly Named<{ readonly cluster?: string; readonly user?: string }>[];
  readonly clusters?: readonly Named<Record<string, string>>[];
  readonly users?: readonly Named<Record<string, string>>[];
}

/**
 * The connection of a kubeconfig that holds all of its credentials itself, as the container service hands them out.
 * Nothing is read from or written to a disk; its key and token are registered as secrets.
 * @param origin for the error
 * @throws EdgeadmError CLOUD_FAILED where it cannot be used
 */
export function connectionOf(kubeconfig: string, origin: string): ApiConnection & { readonly ca: string } {
  const unusable = (why: string): EdgeadmError =>
    new EdgeadmError({ code: 'CLOUD_FAILED', what: `${origin} gave a kubeconfig that cannot be used`, why });
  const config = parse(kubeconfig);
  if (!config) throw unusable('it is no YAML map');
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  if (!cluster?.server?.startsWith('https://')) throw unusable('its current context names no https server');
  const data = (from: Record<string, string> | undefined, key: string): string | undefined => {
    const text = from?.[key];
    return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
  };
  const ca = data(cluster, 'certificate-authority-data');
  if (!ca) throw unusable('it holds no certificate-authority-data: the cluster could not be told from an impostor');
  const connection = {
    servers: [cluster.server],
    ca,
    cert: data(user, 'client-certificate-data'),
    key: data(user, 'client-key-data'),
    token: user?.token,
  };
  registerSecret(user?.['client-key-data']);
  registerSecret(connection.key);
  registerSecret(connection.token);
  if (!connection.token && !(connection.cert && connection.key)) throw unusable('it holds no credentials');
  return connection;
}

function parse(text: string): Kubeconfig | undefined {
  try {
    const parsed = load(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    // The message of the parser would quote the key.
    return undefined;
  }
}
