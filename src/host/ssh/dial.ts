import type { Duplex } from 'node:stream';
import { EdgeadmError } from '../../errors/index.ts';
import { abortable } from '../../lib/abortable.ts';
import { describeAddress } from '../failures.ts';
import type { Address } from '../machine.ts';
import { duplexOf } from './duplex.ts';
import type { Link } from './link.ts';
import type { StartOptions } from './program.ts';
import { relay } from './relay.ts';
import type { Sudo } from './sudo.ts';

export interface DialOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a server answers if its configuration forbids forwarding. */
const PROHIBITED = 1;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Dials from the host: through the SSH server itself, or, if it may not do that or lacks the rights of root,
 * through a program on the host.
 * @throws EdgeadmError API_UNREACHABLE
 */
export function dial(link: Link, address: Address, options: DialOptions, sudo?: Sudo): Promise<Duplex> {
  return dialBy(address, options, (signal) => {
    const how = { sudo, signal };
    return 'socket' in address && sudo ? relay(link, address, how) : forward(link, address, how);
  });
}

/** Waits for a connection, but not for ever. @throws EdgeadmError API_UNREACHABLE */
export async function dialBy(
  address: Address,
  options: DialOptions,
  open: (signal: AbortSignal) => Promise<Duplex>,
): Promise<Duplex> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  const opening = open(signal);
  try {
    return await abortable(opening, signal);
  } catch (error) {
    opening.then((late) => late.destroy()).catch(() => {});
    if (error instanceof EdgeadmError && error !== options.signal?.reason) throw error;
    throw new EdgeadmError({
      code: 'API_UNREACHABLE',
      what: `cannot connect to ${describeAddress(address)}`,
      why: whyNot(error as Error, limit, options.signal, timeoutMs),
      cause: error,
    });
  }
}

function whyNot(error: Error, limit: AbortSignal, signal: AbortSignal | undefined, timeoutMs: number): string {
  if (signal?.aborted) return 'interrupted';
  return limit.aborted ? `no answer within ${timeoutMs / 1000} s` : error.message;
}

async function forward(link: Link, address: Address, options: StartOptions): Promise<Duplex> {
  try {
    return await link.forward(address, (channel) => duplexOf(link, channel, () => undefined));
  } catch (error) {
    const prohibited = (error as { reason?: unknown }).reason === PROHIBITED;
    // For a socket, OpenSSH gives the same error if nothing listens and if forwarding is forbidden. A relay tells
    // which.
    if (!prohibited && !('socket' in address)) throw error;
    if (link.dead) throw error;
    return await relay(link, address, options);
  }
}
