import assert from 'node:assert/strict';
import { exchangeSource } from '../../../src/cloud/exchange.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { nodeOf } from '../../unit/cloud/exchange-cloud.ts';
import {
  answers,
  type HostileServer,
  hostileServer,
  NEVER_ENDING,
  NO_ANSWERS,
} from '../../unit/cloud/hostile-server.ts';

const TOKEN = 'tokenOfTheConsole';
/** Its limit is 1 MiB; the rest fits into the buffers of a connection. */
const MOST_BYTES = 16 * 1024 ** 2;

describe('an exchange that does not answer as its contract says', function () {
  this.timeout(20_000);
  let server: HostileServer;
  before(async () => {
    server = await hostileServer(answers(200, '{}'));
  });
  after(() => server.close());

  /** Fails for anything but an error with exit code 5 that names the server and shows no token. */
  async function refuses(endpoint = `https://${server.host}/v1`, timeoutMs = 300): Promise<EdgeadmError> {
    const retry = { tries: 2, pauseMs: [0, 0] as const };
    const source = exchangeSource({ endpoint, token: TOKEN, ca: server.ca, version: '0.0.0', retry, timeoutMs });
    const error = await source.resolve(nodeOf()).then(
      () => assert.fail('it was accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    assert.equal(error.exit, 5, error.message);
    assert.ok(error.message.includes(server.host), error.message);
    assert.ok(!error.message.includes(TOKEN));
    return error;
  }

  for (const [what, misdeed] of Object.entries({ ...NO_ANSWERS, ...NEVER_ENDING })) {
    it(`ends a join with exit code 5, in bounded time, if it ${what}`, async () => {
      server.misdeed = misdeed;
      await refuses();
    });
  }

  it('an exchange that does not answer as its contract says is not read beyond the size limit', async () => {
    const before = server.bytesTaken;
    server.misdeed = NEVER_ENDING['floods its answer'] ?? server.misdeed;
    assert.equal((await refuses(undefined, 10_000)).code, 'CLOUD_ANSWER_INVALID');
    await server.hungUp;
    assert.ok(server.bytesTaken - before < MOST_BYTES);
  });

  /** Refusals whose parts are not texts. */
  for (const body of ['{"code":{"toString":1}}', '{"code":["TOKEN_EXPIRED"],"message":5}', '[]', 'null', '5', '"x"']) {
    it(`ends a join with exit code 5 if it refuses with ${body}`, async () => {
      server.misdeed = answers(403, body);
      await refuses();
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`an exchange that does not answer as its contract says is not followed to another server, which would get the token (${status})`, async () => {
      const other = await hostileServer(answers(200, '{}'));
      try {
        server.misdeed = answers(status, '', { location: `https://${other.host}/` });
        assert.equal((await refuses()).code, 'CLOUD_ANSWER_INVALID');
        assert.deepEqual(other.requests, []);
      } finally {
        await other.close();
      }
    });
  }
});
