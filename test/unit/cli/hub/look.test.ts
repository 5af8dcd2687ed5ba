import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtNodes } from '../../../../src/cli/hub/look.ts';
import type { Output } from '../../../../src/output/index.ts';

const FOUND = {
  data: { ports: [10261] },
  text: 'PORT\n10261\n',
  wide: 'PORT    FOR\n10261   kubelet\n',
  names: ['port/10261', 'port/10267'],
};

describe('What a command finds on nodes', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-look-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const found = (output: string) => {
    const flags = { output, verbose: false, concurrency: 1, root };
    const shown = { emit: () => {}, hostDone: () => {} } as unknown as Output;
    const host = { openOutput: () => shown, version: '0.1.0', argv: ['hub', 'endpoints'] };
    return lookAtNodes('hub endpoints', flags, host, async () => FOUND);
  };

  for (const [format, text] of [
    ['text', FOUND.text],
    ['wide', FOUND.wide],
    ['name', 'port/10261\nport/10267\n'],
  ] as const)
    it(`what was found on a node is shown with -o ${format}`, async () => {
      assert.equal((await found(format)).text, text);
    });

  it('the result of a node for -o json has all that was found', async () => {
    assert.deepEqual((await found('json')).hosts[0]?.data, FOUND.data);
  });

  it('a list of names from nodes has no table of hosts beside it', async () => {
    assert.deepEqual((await found('name')).hosts, []);
  });
});
