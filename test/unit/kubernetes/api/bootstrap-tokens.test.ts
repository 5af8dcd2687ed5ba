import assert from 'node:assert/strict';
import { deleteToken } from '../../../../src/kubernetes/api/bootstrap-tokens.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { apiServer } from '../api-server.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';

describe('a bootstrap token', () => {
  it('a bootstrap token is deleted by its id or as a whole; one that is not there is named', async () => {
    const server = await apiServer(({ path }) => (path === `${SECRETS}/bootstrap-token-abcdef` ? {} : undefined));
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    assert.equal(await deleteToken(client, 'abcdef'), 'abcdef');
    assert.equal(await deleteToken(client, 'abcdef.0123456789abcdef'), 'abcdef');
    assert.equal(server.requests.filter(({ method }) => method === 'DELETE').length, 2);
    await assert.rejects(deleteToken(client, 'aaaaaa'), {
      code: 'TOKEN_UNKNOWN_OR_EXPIRED',
      what: 'token aaaaaa not found',
    });
  });
});
