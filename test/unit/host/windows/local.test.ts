import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { localWindows } from '../../../../src/host/windows/local.ts';

// What Node.js reads is the same on every platform; the rest of this machine needs Windows or wine (test/winbed).
describe('Windows machine that edgeadm runs on', () => {
  it('lists the interfaces of the machine, and default routes only through an address of one of them', async () => {
    const machine = localWindows();
    try {
      const { interfaces, routes } = await machine.network();
      assert.deepEqual(interfaces.map(({ name }) => name).sort(), Object.keys(networkInterfaces()).sort());
      for (const route of routes) {
        const holder = interfaces.find(({ name }) => name === route.interface);
        const addresses = holder?.addresses.map((cidr) => cidr.split('/')[0]);
        assert.ok(addresses?.includes(route.source ?? ''), JSON.stringify({ route, interfaces }));
      }
    } finally {
      await machine.close();
    }
  });
});
