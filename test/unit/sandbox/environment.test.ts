import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT_SHELLS, sandboxEnvironment } from '../../../sandbox/environment.ts';
import { sandboxFolder } from '../../../sandbox/folder.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/index.ts';

describe('sandbox env', () => {
  let path: string;
  let sandbox: Sandbox;
  before(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'edgeadm-env-')), "it's a folder");
    sandbox = await startSandbox({ folder: sandboxFolder(path), port: 0, log: () => {} });
  });
  after(async () => {
    await sandbox.close();
    await rm(join(path, '..'), { recursive: true, force: true });
  });

  const PATTERNS = {
    bash: /^export KUBECONFIG='.*it'\\''s a folder\/admin\.conf'$/m,
    zsh: /^export KUBECONFIG='.*it'\\''s a folder\/admin\.conf'$/m,
    powershell: /^\$Env:KUBECONFIG = '.*it''s a folder\/admin\.conf'$/m,
    cmd: /^set "KUBECONFIG=.*it's a folder\/admin\.conf"$/m,
    fish: /^set -gx KUBECONFIG '.*it\\'s a folder\/admin\.conf'$/m,
  };
  for (const shell of ENVIRONMENT_SHELLS) {
    it(`sandbox env can be pasted into ${shell}, with a quote in the folder's name too`, async () => {
      assert.match((await sandboxEnvironment(sandboxFolder(path), shell)).shell, PATTERNS[shell]);
    });
  }

  it('sandbox env has region and id of the cluster, so that nodepool commands find it', async () => {
    const { variables } = await sandboxEnvironment(sandboxFolder(path));
    assert.equal(variables.ALIBABA_CLOUD_REGION_ID, sandbox.state.cluster.region);
    assert.equal(variables.EDGEADM_CLUSTER_ID, sandbox.state.cluster.id);
  });
});
