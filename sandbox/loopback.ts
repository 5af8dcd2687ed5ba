/** Names that a client of the sandbox calls it by. */
const NAMES = ['127.0.0.1', 'localhost'];

/**
 * True where a request is meant for this machine's loopback address. A web page whose name was made to mean 127.0.0.1
 * (DNS rebinding) still sends its own name, and gets nothing.
 * @param host the `Host` header
 */
export function namesLoopback(host: string | undefined): boolean {
  return host !== undefined && NAMES.includes(host.replace(/:\d+$/, ''));
}
