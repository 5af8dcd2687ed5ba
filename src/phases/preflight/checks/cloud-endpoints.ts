import { nodeHosts } from '../../../config/cloud-hosts.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const CONNECT_TIMEOUT_MS = 5_000;

export const cloudEndpoints: Check = {
  name: 'CloudEndpoints',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The endpoint of the container service answers the node, and the hosts that nodes of its clusters talk to (`cs-anony` and others) take connections on port 443; a host that does not is a warning. A join with a bootstrap token does not use them.',
  remedy: 'Allow the node to reach these hosts on port 443, unless the node pool uses a leased line.',
  run: async ({ endpoint, host }) => {
    if (endpoint === undefined) return skip('a join with a bootstrap token does not use the container service');
    const hosts = nodeHosts(endpoint);
    const reached = await Promise.all(hosts.map((name) => isReached(host, name)));
    const missing = hosts.filter((_, index) => !reached[index]);
    if (missing.length === 0) return pass([endpoint, ...hosts].join(', '));
    return fail(`the node cannot connect to ${missing.join(', ')}`, { severity: 'warning' });
  },
};

async function isReached(host: ReadOnlyHost, name: string): Promise<boolean> {
  return host.connect({ host: name, port: 443 }, { timeoutMs: CONNECT_TIMEOUT_MS }).then(
    (connection) => {
      connection.destroy();
      return true;
    },
    () => false,
  );
}
