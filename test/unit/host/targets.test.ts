import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { targetsOf } from '../../../src/host/targets.ts';

describe('the machines a command works on', () => {
  let folder: string;
  let inventory: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-targets-'));
    inventory = join(folder, 'inventory.yaml');
    await writeFile(inventory, 'hosts: [{address: 10.0.0.5, user: root, nodeName: edge-1}, {address: edge-2}]');
  });
  after(() => rm(folder, { recursive: true }));
  const labels = async (options: Parameters<typeof targetsOf>[0]): Promise<string[]> =>
    (await targetsOf(options)).map(({ label }) => label);

  it('the machines a command works on are this one unless others are named', async () => {
    const [target, ...more] = await targetsOf({ hosts: [] });
    assert.deepEqual([target?.label, more], ['localhost', []]);
    assert.equal((await target?.open())?.name, 'localhost');
  });

  it('the machine a command works on is a scratch root if one is named', async () => {
    const [target] = await targetsOf({ hosts: [], root: folder });
    const machine = await target?.open();
    assert.deepEqual([machine?.name, machine?.runsPrograms], [folder, false]);
  });

  it('the machines a command works on are hosts from flags or an inventory, each under its name and with what is its own', async () => {
    assert.deepEqual(await labels({ hosts: ['root@10.0.0.7:2222', '[fd00::8]:23'] }), [
      'root@10.0.0.7:2222',
      '[fd00::8]:23',
    ]);
    assert.deepEqual(await labels({ hosts: [], inventory }), ['root@10.0.0.5', 'edge-2']);
    const [first, second] = await targetsOf({ hosts: [], inventory });
    assert.deepEqual([first?.overrides, second?.overrides], [{ nodeName: 'edge-1' }, {}]);
  });

  it('the machines a command works on are those hosts of an inventory that are named as well, by address or by the name of the node', async () => {
    const chosen = await targetsOf({ hosts: ['edge-1'], inventory });
    assert.deepEqual(
      chosen.map(({ label, overrides }) => [label, overrides]),
      [['root@10.0.0.5', { nodeName: 'edge-1' }]],
    );
    assert.deepEqual(await labels({ hosts: ['edge-2', 'root@10.0.0.5:22'], inventory }), ['root@10.0.0.5', 'edge-2']);
    for (const host of ['10.0.0.6', 'admin@10.0.0.5', '10.0.0.5:2222']) {
      const why = new RegExp(`${host} is not in .*inventory.yaml`);
      await assert.rejects(targetsOf({ hosts: [host], inventory }), { code: 'USAGE', what: why });
    }
  });

  it('a scratch root that does not exist, or is a file, is a mistake of the command line', async () => {
    for (const root of [join(folder, 'none'), inventory]) {
      const [target] = await targetsOf({ hosts: [], root });
      await assert.rejects(target?.open() ?? assert.fail(), {
        code: 'USAGE',
        what: `--root: the folder ${root} does not exist`,
      });
    }
  });

  it('the machines a command works on cannot be a scratch root and hosts', async () => {
    for (const options of [{ hosts: ['10.0.0.5'] }, { hosts: [], inventory }]) {
      await assert.rejects(targetsOf({ ...options, root: folder }), { code: 'USAGE', what: /--root/ });
    }
  });

  it('must be named properly; all mistakes are told', async () => {
    await assert.rejects(targetsOf({ hosts: ['a b', '10.0.0.5', ':22'] }), { code: 'USAGE', why: /"a b".*\n.*":22"/ });
  });

  it('must be named once', async () => {
    await assert.rejects(targetsOf({ hosts: ['root@10.0.0.5', 'admin@10.0.0.5:22'] }), {
      code: 'USAGE',
      what: /twice/,
    });
  });
});
