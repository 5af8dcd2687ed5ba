import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Link } from './link.ts';

/**
 * A channel as an ordinary stream, which ssh2's are not: they never fail, and what is written to a closed one is
 * neither sent nor refused.
 * @param failure asked when the channel closes: what went wrong at its other end, undefined if nothing did
 */
export function duplexOf(link: Link, channel: ClientChannel, failure: () => string | undefined): Duplex {
  const stream = new Duplex({
    read: () => {
      channel.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      channel.write(chunk, done);
    },
    final: (done) => {
      channel.end(done);
    },
    destroy: (error, done) => {
      channel.close();
      channel.resume();
      done(error);
    },
  });
  channel.on('data', (chunk: Buffer) => {
    if (!stream.destroyed && !stream.push(chunk)) channel.pause();
  });
  channel.once('end', () => {
    if (!stream.destroyed) stream.push(null);
  });
  channel.once('close', () => {
    const why = link.broken ? 'the SSH connection was lost' : failure();
    if (why !== undefined) stream.destroy(new Error(why));
    else if (!stream.writableFinished) stream.destroy();
  });
  return stream;
}
