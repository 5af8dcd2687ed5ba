import { isIP } from 'node:net';

/**
 * True if a request is meant for this machine's loopback address. A web page whose name was made to mean 127.0.0.1
 * (DNS rebinding) still sends its own name, and gets nothing; an address is not a name.
 * @param host the `Host` header
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') ?? '';
  return name === 'localhost' || isIP(name) > 0;
}
