import type { V1Node } from '@kubernetes/client-node';
import { createToken, randomToken } from '../../kubernetes/bootstrap-tokens.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import type { ExchangeInside } from './exchange.ts';

/** Long enough for the slowest download of a bundle. */
const TOKEN_TTL_MS = 3_600_000;

/** The exchange's hands in a cluster: a client of its API server, as the administrator. */
export function insideOf(client: ApiClient): Pick<ExchangeInside, 'makeBootstrapToken' | 'isReady'> {
  return {
    makeBootstrapToken: async () => {
      const token = randomToken();
      await createToken(client, { token, ttlMs: TOKEN_TTL_MS, description: 'edgeadm: exchanged for a console token' });
      return token;
    },
    isReady: async (name) => {
      const node = await client.find<V1Node>(`/api/v1/nodes/${encodeURIComponent(name)}`);
      return node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
    },
  };
}
