import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { ENVIRONMENT_SHELLS, sandboxEnvironment } from '../../../sandbox/environment.ts';
import { sandboxFolder } from '../../../sandbox/folder.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/index.ts';
import { openCaller } from '../../../src/cloud/caller.ts';
import { openContainerService } from '../../../src/cloud/cs.ts';
import type { CloudProduct } from '../../../src/config/cloud-hosts.ts';
import { powershellGrammar } from '../templates/powershell-grammar.ts';

describe('sandbox env', () => {
  let path: string;
  let sandbox: Sandbox;
  before(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'edgeadm-env-')), "it's ‘a’ $HOME `id` \\ folder");
    sandbox = await startSandbox({ folder: sandboxFolder(path), port: 0, log: () => {} });
  });
  after(async () => {
    await sandbox.close();
    await rm(join(path, '..'), { recursive: true, force: true });
  });

  const PATTERNS = {
    bash: /^export KUBECONFIG='.*it'\\''s ‘a’ \$HOME `id` \\ folder\/admin\.conf'$/m,
    zsh: /^export KUBECONFIG='.*it'\\''s ‘a’ \$HOME `id` \\ folder\/admin\.conf'$/m,
    powershell: /^\$Env:KUBECONFIG = '.*it''s ‘‘a’’ \$HOME `id` \\ folder\/admin\.conf'$/m,
    cmd: /^set "KUBECONFIG=.*it's ‘a’ \$HOME `id` \\ folder\/admin\.conf"$/m,
    fish: /^set -gx KUBECONFIG '.*it\\'s ‘a’ \$HOME `id` \\\\ folder\/admin\.conf'$/m,
  };
  for (const shell of ENVIRONMENT_SHELLS) {
    it(`sandbox env can be pasted into ${shell}, with quotes in the folder's name too`, async () => {
      assert.match((await sandboxEnvironment(sandboxFolder(path), shell)).shell, PATTERNS[shell]);
    });
  }

  it('PowerShell takes every line of sandbox env for one assignment', async () => {
    const isWellFormed = await powershellGrammar();
    const { shell: lines } = await sandboxEnvironment(sandboxFolder(path), 'powershell');
    for (const line of lines.trimEnd().split('\n')) {
      assert.match(line, /^\$Env:[A-Z_]+ = /);
      assert.ok(isWellFormed(line), line);
    }
    assert.ok(isWellFormed(lines));
    assert.ok(isWellFormed('edgeadm sandbox env --shell powershell | Out-String | Invoke-Expression'));
  });

  // As docs/sandbox.md has it.
  for (const [shell, line] of [
    ['bash', 'eval "$(cat lines)"; printf %s "$KUBECONFIG"'],
    ['zsh', 'eval "$(cat lines)"; printf %s "$KUBECONFIG"'],
    ['fish', 'cat lines | source; printf %s "$KUBECONFIG"'],
  ] as const)
    it(`${shell} reads from sandbox env the path of a folder with quotes in its name`, async function () {
      if ((await execa(shell, ['--version'], { reject: false })).failed) return this.skip();
      const lines = (await sandboxEnvironment(sandboxFolder(path), shell)).shell;
      await writeFile(join(path, '../lines'), lines);
      const { stdout } = await execa(shell, ['-c', line], { cwd: join(path, '..') });
      assert.equal(stdout, sandboxFolder(path).kubeconfig);
    });

  it('sandbox env leads edgeadm to the endpoints of the vendor by name, and other clients to two addresses', async () => {
    const { variables } = await sandboxEnvironment(sandboxFolder(path));
    const { cloud, ens } = sandbox.state;
    assert.equal(`https://${variables.EDGEADM_CLOUD_ADDRESS}`, cloud);
    assert.deepEqual([variables.SANDBOX_CS_ENDPOINT, variables.SANDBOX_ENS_ENDPOINT], [cloud, ens]);
    const env = variables;
    const call = async (product: CloudProduct, region: string, action: string) => {
      const caller = await openCaller({ product, region, env });
      return caller.read({ action, parameters: { RegionId: region } }, z.looseObject({}));
    };
    await call('ens', 'cn-hangzhou', 'DescribeInstances');
    await call('vpc', sandbox.state.cluster.region, 'DescribeVpcs');
    const own = { ...env, EDGEADM_VPC_ENDPOINT: cloud, EDGEADM_CLOUD_ADDRESS: '' };
    const caller = await openCaller({ product: 'vpc', region: 'cn-hangzhou', env: own });
    await assert.rejects(caller.read({ action: 'DescribeVpcs' }, z.looseObject({})), /InvalidAction\.NotFound/);
  });

  it('a cluster is unknown at the endpoint of another region', async () => {
    const { variables: env } = await sandboxEnvironment(sandboxFolder(path));
    const { id, region } = sandbox.state.cluster;
    const found = await openContainerService({ region, env });
    assert.equal((await found.cluster(id)).clusterId, id);
    const other = await openContainerService({ region: 'cn-beijing', env });
    await assert.rejects(other.cluster(id), { message: /ErrorClusterNotFound/ });
  });

  it('sandbox env --temporary gives keys that are good with their token, and for some time', async () => {
    const { id, region } = sandbox.state.cluster;
    const temporary = (await sandboxEnvironment(sandboxFolder(path), 'bash', 60_000)).variables;
    assert.match(temporary.ALIBABA_CLOUD_ACCESS_KEY_ID ?? '', /^STS\./);
    await (await openContainerService({ region, env: temporary })).cluster(id);
    const expired = (await sandboxEnvironment(sandboxFolder(path), 'bash', 0)).variables;
    for (const [env, why] of [
      [{ ...temporary, ALIBABA_CLOUD_SECURITY_TOKEN: '' }, /MissingSecurityToken/],
      [{ ...temporary, ALIBABA_CLOUD_SECURITY_TOKEN: 'x' }, /InvalidSecurityToken\.Malformed/],
      [expired, /InvalidSecurityToken\.Expired/],
    ] as const) {
      const service = await openContainerService({ region, env });
      await assert.rejects(service.cluster(id), { code: 'CLOUD_CREDENTIALS', message: why });
    }
  });

  it('sandbox env has region and id of the cluster, so that nodepool commands find it', async () => {
    const { variables } = await sandboxEnvironment(sandboxFolder(path));
    assert.equal(variables.ALIBABA_CLOUD_REGION_ID, sandbox.state.cluster.region);
    assert.equal(variables.EDGEADM_CLUSTER_ID, sandbox.state.cluster.id);
  });
});
