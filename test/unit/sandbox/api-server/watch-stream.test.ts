import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Operation } from '../../../../sandbox/api-server/operation.ts';
import { Registry } from '../../../../sandbox/api-server/registry.ts';
import { resourceOf } from '../../../../sandbox/api-server/resources.ts';
import type { Server } from '../../../../sandbox/api-server/server.ts';
import { WatchCache } from '../../../../sandbox/api-server/watch.ts';
import { streamWatch } from '../../../../sandbox/api-server/watch-stream.ts';
import { openStore } from '../../../../sandbox/store.ts';

const resource = resourceOf('configmaps');

describe('a watch of the sandbox whose time is over', () => {
  it('a watch of the sandbox that has ended writes no event that comes before its connection closes', async () => {
    const registry = new Registry(openStore(':memory:'), Date.now);
    const server = { registry, watches: new WatchCache(registry), now: Date.now, version: 'v1.34.4' } as Server;
    const query = new URLSearchParams({ timeoutSeconds: '0.01' });
    const operation = { resource, version: 'v1', namespace: 'default', query } as Operation;
    const errors: Error[] = [];
    const serve = (_: IncomingMessage, response: ServerResponse): void => {
      response.on('error', (error) => errors.push(error));
      response.once('prefinish', () => registry.insert(resource, { metadata: { name: 'late', namespace: 'default' } }));
      streamWatch(
        server,
        operation,
        { resource, version: 'v1', minor: 34, as: 'Object', included: 'Metadata', now: 0 },
        response,
      );
    };
    const http = createServer(serve).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const [answer] = (await once(get({ port: (http.address() as AddressInfo).port }), 'response')) as [IncomingMessage];
    const text = (await answer.setEncoding('utf8').toArray()).join('');
    http.close();
    await once(http, 'close');
    assert.deepEqual([errors, text], [[], '']);
  });
});
