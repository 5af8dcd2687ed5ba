import assert from 'node:assert/strict';
import { networkError } from '../../../src/cloud/errors.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { adviceOnName, HttpError } from '../../../src/http/index.ts';

const failed = (message: string) =>
  new HttpError({ kind: 'unreachable', address: 'https://cs.example.com', message, sent: false });

describe('the next step of a request that was not sent', () => {
  // Source: Node.js, doc/api/dns.md, error codes of dns.lookup (ENOTFOUND), and libuv's EAI_AGAIN.
  for (const [message, name] of [
    ['getaddrinfo ENOTFOUND k8s.example.com', 'k8s.example.com'],
    ['getaddrinfo EAI_AGAIN cs.example.com', 'cs.example.com'],
    ['connect ECONNREFUSED 10.0.0.1:6443', undefined],
  ] as const)
    it(`${message}: ${name ? 'look the name up' : 'the name is not the cause'}`, () => {
      assert.equal(/getent hosts (\S+)/.exec(adviceOnName(message) ?? '')?.[1], name);
    });

  it('a call of the cloud says how to look its name up, or whether the sandbox is running', () => {
    const nextOf = (message: string) => {
      const error = networkError(failed(message), { endpoint: 'cs.example.com', action: 'ListClusters' });
      assert.ok(error instanceof EdgeadmError);
      return error.next;
    };
    assert.match(nextOf('getaddrinfo ENOTFOUND cs.example.com'), /getent hosts cs\.example\.com/);
    assert.match(nextOf('connect ECONNREFUSED 127.0.0.1:7444'), /^edgeadm sandbox status/);
    assert.match(nextOf('connect ECONNREFUSED 10.0.0.1:443'), /firewall/);
  });
});
