import { type SandboxAccount, sandboxAccount } from '../../../../sandbox/cloud/account.ts';
import type { CloudTls } from '../../../../sandbox/cloud/certificates.ts';
import { ensService } from '../../../../sandbox/cloud/ens.ts';
import { type Cloud, startCloud } from '../../../../sandbox/cloud/server.ts';
import type { CloudParts, CloudService } from '../../../../sandbox/cloud/service.ts';
import { type SandboxPki, servingCertificateFor } from '../../../../sandbox/pki.ts';
import { openStore, type Store } from '../../../../sandbox/store.ts';
import { testPki } from '../test-pki.ts';

export interface EmulatedCloud extends Cloud {
  readonly store: Store;
  readonly account: SandboxAccount;
  /** PEM of the CA of its certificates. */
  readonly ca: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

/** What an emulated cloud shows of itself, by address and by the names of the vendor. */
export function cloudTls(pki: SandboxPki): CloudTls {
  const certificateFor = (name: string): string => servingCertificateFor(pki, name);
  return { cert: pki.servingCert, key: pki.servingKey, certificateFor };
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
  const pki = await testPki();
  const ca = pki.caPem;
  const parts = { store, now, apiServer: '', cloud: '', caPem: ca };
  const cloud = await startCloud({
    parts,
    services: [...(typeof services === 'function' ? services(parts) : services), ensService(parts)],
    port: 0,
    tls: cloudTls(pki),
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
