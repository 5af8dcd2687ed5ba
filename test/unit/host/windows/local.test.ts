import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { localDrives } from '../../../../src/host/windows/drive-files.ts';
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

  for (const remove of ['remove', 'removeTree'] as const)
    it(`${remove}: the file of edgeadm itself, which Windows does not remove while it runs, is moved to the temporary files`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'edgeadm-own-'));
      const program = join(folder, 'edgeadm.exe');
      await writeFile(program, 'runs');
      const { ino } = await stat(program);
      await localDrives(program)[remove](remove === 'remove' ? program : folder);
      const moved = (await readdir(tmpdir())).filter((name) => /^edgeadm-[0-9a-f]{16}\.old$/.test(name));
      const found = await Promise.all(moved.map(async (name) => ({ name, ...(await stat(join(tmpdir(), name))) })));
      const own = found.find((each) => each.ino === ino);
      assert.ok(own);
      await rm(join(tmpdir(), own.name));
      await rm(folder, { recursive: true, force: true });
    });
});
