import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls';
import { isVendorHost, placeAt } from './hosts.ts';

/** The key of the listeners, and certificates that belong to it. All texts are PEM. */
export interface CloudTls {
  /** For the addresses of this machine. */
  readonly cert: string;
  readonly key: string;
  /** For an endpoint of the vendor, by its name; undefined: only addresses are served. */
  readonly certificateFor?: (name: string) => string;
}

/** More names than all products have in the regions that anyone tries. */
const KEPT_NAMES = 100;

/**
 * Shows each endpoint its own certificate. A name of the vendor's domain that no API has is refused during the handshake:
 * in the world it leads nowhere.
 */
export function tlsOf({ cert, key, certificateFor }: CloudTls): TlsOptions {
  if (!certificateFor) return { cert, key };
  const made = new Map<string, SecureContext>();
  const contextFor = (name: string): SecureContext => {
    const kept = made.get(name);
    if (kept) return kept;
    if (made.size >= KEPT_NAMES) made.clear();
    const context = createSecureContext({ cert: certificateFor(name), key });
    made.set(name, context);
    return context;
  };
  return {
    cert,
    key,
    SNICallback: (name, done) => {
      if (!isVendorHost(name)) done(null);
      else if (placeAt(name)) done(null, contextFor(name));
      else done(new Error(`unrecognized name ${name}`));
    },
  };
}
