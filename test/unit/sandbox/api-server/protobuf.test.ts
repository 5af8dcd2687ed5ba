import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { parseBody } from '../../../../sandbox/api-server/body.ts';
import { PROTOBUF } from '../../../../sandbox/api-server/protobuf.ts';
import { resourceOf } from '../../../../sandbox/api-server/resources.ts';
import { ApiFailure } from '../../../../sandbox/api-server/status.ts';

describe('protobuf bodies of the sandbox', () => {
  it('bytes that are no message are a bad request, whatever they are', () => {
    const request = { headers: { 'content-type': PROTOBUF } } as unknown as IncomingMessage;
    const type = Buffer.from([10, 9, 10, 2, 118, 49, 18, 3, 80, 111, 100]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isPod) => {
        const raw = Buffer.concat([Buffer.from([18, bytes.length]), bytes]);
        const body = Buffer.concat([Buffer.from('k8s\0'), ...(isPod ? [type, raw] : [bytes])]);
        try {
          parseBody(request, body, 'create', resourceOf('pods'));
        } catch (error) {
          assert.ok(error instanceof ApiFailure && error.code === 400, String(error));
        }
      }),
    );
  });
});
