import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { EdgeadmError } from '../../errors/index.ts';
import { describeAddress } from '../failures.ts';
import type { Address } from '../machine.ts';
import { duplexOf } from './duplex.ts';
import type { Link } from './link.ts';
import type { Sudo } from './program.ts';
import { relay } from './relay.ts';

export interface DialOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a server answers where its configuration forbids forwarding. */
const PROHIBITED = 1;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Dials from the host: through the SSH server itself, or, where it may not do that or lacks the rights of root,
 * through a program on the host.
 * @throws EdgeadmError API_UNREACHABLE
 */
export async function dial(link: Link, address: Address, options: DialOptions, sudo?: Sudo): Promise<Duplex> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  const opening = 'socket' in address && sudo ? relay(link, address, sudo) : forward(link, address, sudo);
  try {
    return await Promise.race([opening, aborted(signal)]);
  } catch (error) {
    opening.then((late) => late.destroy()).catch(() => {});
    if (error instanceof EdgeadmError) throw error;
    throw new EdgeadmError({
      code: 'API_UNREACHABLE',
      what: `cannot connect to ${describeAddress(address)}`,
      why: limit.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message,
      cause: error,
    });
  }
}

async function forward(link: Link, address: Address, sudo?: Sudo): Promise<Duplex> {
  try {
    return duplexOf(link, await openChannel(link, address), () => undefined);
  } catch (error) {
    const prohibited = (error as { reason?: unknown }).reason === PROHIBITED;
    // Of a socket OpenSSH says the same whether nobody listens or it may not forward. A relay tells which it is.
    if (!prohibited && !('socket' in address)) throw error;
    return await relay(link, address, sudo);
  }
}

function openChannel({ client }: Link, address: Address): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, channel: ClientChannel): void => (error ? reject(error) : resolve(channel));
    if ('socket' in address) client.openssh_forwardOutStreamLocal(address.socket, done as never);
    else client.forwardOut('127.0.0.1', 0, address.host, address.port, done);
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new Error('interrupted'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
