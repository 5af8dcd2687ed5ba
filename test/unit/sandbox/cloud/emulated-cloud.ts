import { type SandboxAccount, sandboxAccount } from '../../../../sandbox/cloud/account.ts';
import { ensService } from '../../../../sandbox/cloud/ens.ts';
import { type Cloud, startCloud } from '../../../../sandbox/cloud/server.ts';
import type { CloudParts, CloudService } from '../../../../sandbox/cloud/service.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';

export interface EmulatedCloud extends Cloud {
  readonly store: Store;
  readonly account: SandboxAccount;
  /** PEM of its certificate, which is its own CA. */
  readonly ca: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

/** The emulated cloud over real TLS on a free port, its store in memory unless a file is named. */
export async function emulatedCloud(
  options: {
    readonly now?: () => number;
    readonly services?: readonly CloudService[] | ((parts: CloudParts) => readonly CloudService[]);
    readonly database?: string;
  } = {},
): Promise<EmulatedCloud> {
  const { now = Date.now, services = [], database = ':memory:' } = options;
  const store = openStore(database);
  const key = await generateKey();
  const ca = selfSignedCertificate(key, { commonName: 'edgeadm sandbox', organizations: [] }, { ips: ['127.0.0.1'] });
  const parts = { store, now, apiServer: '', cloud: '', caPem: ca };
  const cloud = await startCloud({
    parts,
    services: [...(typeof services === 'function' ? services(parts) : services), ensService(parts)],
    port: 0,
    tls: { cert: ca, key: key.privatePem },
  });
  return {
    ...cloud,
    store,
    account: sandboxAccount(store),
    ca,
    host: `127.0.0.1:${cloud.port}`,
    close: async () => {
      await cloud.close();
      store.close();
    },
  };
}
