import assert from 'node:assert/strict';
import { localMachine } from '../../../src/host/local.ts';
import { HttpError, probe } from '../../../src/http/index.ts';
import { hostileServer, MODES } from './hostile-server.ts';

/** Any local user may listen on the port of a kubelet or an edge-hub that is down. */
describe('a health port on which another user listens', () => {
  // Drips and silence end with the time limit, which is their own test in request.test.ts.
  for (const mode of [
    'floods the body',
    'floods the headers',
    'floods interim answers',
    'cuts the body',
    'sends no HTTP',
    'switches protocols',
    'redirects elsewhere',
  ]) {
    it(`counts as unhealthy at once if it ${mode}`, async () => {
      const server = await hostileServer(MODES[mode] ?? (() => {}));
      const target = { host: server.url.hostname, port: Number(server.url.port), path: '/healthz' };
      const signal = new AbortController().signal;
      try {
        await assert.rejects(
          probe((address, options) => localMachine().connect(address, options), target, signal),
          (error) => error instanceof HttpError && error.kind !== 'timeout',
        );
      } finally {
        await server.close();
      }
    });
  }
});
