import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { EdgeadmError } from '../errors/index.ts';
import { describeAddress } from './failures.ts';
import type { Address } from './machine.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Dials from this machine.
 * @throws EdgeadmError API_UNREACHABLE
 */
export async function dialLocally(
  address: Address,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Socket> {
  // once() takes its listeners away again: a command dials hundreds of times under one signal.
  const stop = new AbortController();
  const abort = (): void => stop.abort(new Error('interrupted'));
  const timer = setTimeout(() => stop.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const socket = createConnection(
    'socket' in address ? { path: address.socket } : { ...address, autoSelectFamily: true },
  );
  try {
    await once(socket, 'connect', { signal: stop.signal });
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw new EdgeadmError({
      code: 'API_UNREACHABLE',
      what: `cannot connect to ${describeAddress(address)}`,
      why: ((stop.signal.reason ?? error) as Error).message,
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
