import { startApiServer } from '../../sandbox/api-server/index.ts';
import { sandboxPki } from '../../sandbox/pki.ts';
import { openStore } from '../../sandbox/store.ts';
import { apiServerContract } from '../contract/api-server.ts';

const NEWEST = 'v1.37.2';

for (const version of ['v1.20.2', 'v1.34.4', NEWEST])
  describe(`the sandbox's API server of Kubernetes ${version} keeps the contract`, () => {
    const ends: (() => void | Promise<void>)[] = [];
    after(async () => {
      for (const end of ends.reverse()) await end();
    });
    const open = async () => {
      const store = openStore(':memory:');
      ends.push(() => store.close());
      const pki = await sandboxPki(store);
      const { url, close } = await startApiServer({ store, pki, port: 0, version });
      ends.push(close);
      return { server: url, ca: pki.caPem, admin: { cert: pki.adminCert, key: pki.adminKey }, version };
    };
    apiServerContract(open, { withCommands: version === NEWEST });
  });
