import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNamed, optionalKubeconfig, requireKubeconfig } from '../../../src/cli/cluster-access.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { PATHS } from '../../../src/host/node-paths.ts';

describe('where a kubeconfig is looked for', () => {
  let home: string;
  const before = { HOME: process.env.HOME, KUBECONFIG: process.env.KUBECONFIG };
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'edgeadm-home-'));
    process.env.HOME = home;
    delete process.env.KUBECONFIG;
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await rm(home, { recursive: true });
  });

  it('what was given comes first, then the one of the home folder', async () => {
    const own = join(home, '.kube', 'config');
    await mkdir(join(home, '.kube'));
    await writeFile(own, '');
    assert.equal(requireKubeconfig('/given'), '/given');
    assert.equal(requireKubeconfig(undefined), own);
    assert.equal(requireKubeconfig(''), own);
  });

  it('if there is none, the error says where it was looked for and what to set', () => {
    // On a control plane there is one.
    assert.throws(
      () => requireKubeconfig(undefined),
      (error: unknown) => {
        assert.ok(error instanceof EdgeadmError && error.code === 'USAGE');
        for (const place of ['--kubeconfig', 'KUBECONFIG', '~/.kube/config', PATHS.kubernetes.adminKubeconfig])
          assert.ok(error.why?.includes(place), place);
        assert.match(error.next, /--kubeconfig FILE.*KUBECONFIG/);
        return true;
      },
    );
  });

  it('a command that can do without a cluster looks in the same places, and takes no file that is gone', async () => {
    const own = join(home, '.kube', 'config');
    const gone = join(home, 'gone');
    assert.equal(optionalKubeconfig('/given'), '/given');
    process.env.KUBECONFIG = gone;
    const without = optionalKubeconfig(gone);
    assert.ok(without === undefined || without === PATHS.kubernetes.adminKubeconfig);
    await mkdir(join(home, '.kube'));
    await writeFile(own, '');
    assert.equal(optionalKubeconfig(gone), own);
    assert.equal(optionalKubeconfig(undefined), own);
    assert.equal(optionalKubeconfig(''), undefined);
  });

  it('only a kubeconfig of the flag was named for the command', () => {
    process.env.KUBECONFIG = '/of-the-shell';
    assert.deepEqual(['/given', '/of-the-shell', join(home, '.kube', 'config')].map(isNamed), [true, false, true]);
    mkdirSync(join(home, '.kube'));
    writeFileSync(join(home, '.kube', 'config'), '');
    assert.equal(isNamed(join(home, '.kube', 'config')), false);
  });
});
