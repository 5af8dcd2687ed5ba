import { EdgeadmError } from '../../errors/index.ts';
import { registerSecret } from '../../lib/redact.ts';
import type { ApiConnection } from '../api/client.ts';
import { currentOf, parseKubeconfig, refuseDamagedPem } from './parse.ts';

/**
 * The connection of a kubeconfig that holds all of its credentials itself, as the container service hands them out.
 * Nothing is read from or written to a disk; its key and token are registered as secrets.
 * @param origin for the error
 * @throws EdgeadmError CLOUD_FAILED if it cannot be used
 */
export function connectionOf(kubeconfig: string, origin: string): ApiConnection & { readonly ca: string } {
  const unusable = (why: string): EdgeadmError =>
    new EdgeadmError({ code: 'CLOUD_FAILED', what: `${origin} returned an unusable kubeconfig`, why });
  const { cluster, user } = current(kubeconfig, unusable);
  const { server, 'certificate-authority-data': ca } = cluster;
  if (URL.parse(server ?? '')?.protocol !== 'https:') throw unusable('its current context has no https server');
  if (!ca) throw unusable('it has no certificate-authority-data, so the cluster cannot be verified');
  const { token, 'client-certificate-data': cert, 'client-key-data': key } = user;
  registerSecret(key && Buffer.from(key).toString('base64'));
  registerSecret(key);
  registerSecret(token);
  if (!token && !(cert && key)) throw unusable('it has no credentials');
  attempt(() => refuseDamagedPem({ ca, cert, key }), unusable);
  return { servers: [server ?? ''], ca, cert, key, token };
}

function current(kubeconfig: string, unusable: (why: string) => EdgeadmError): ReturnType<typeof currentOf> {
  return attempt(() => currentOf(parseKubeconfig(kubeconfig)), unusable);
}

function attempt<T>(read: () => T, unusable: (why: string) => EdgeadmError): T {
  try {
    return read();
  } catch (error) {
    throw unusable((error as Error).message);
  }
}
