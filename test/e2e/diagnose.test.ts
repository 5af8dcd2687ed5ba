import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { edgeadm, resultOf } from '../sandbox/program.ts';
import { difference, type Node, photograph } from '../testbed/index.ts';
import { freshNode, joinNode } from './support.ts';

interface Result {
  readonly hosts: readonly { readonly data: { readonly findings: readonly Finding[] } }[];
}

interface Finding {
  readonly rule: string;
  readonly severity: string;
}

describe('a diagnosis over SSH', function () {
  this.timeout(300_000);
  let node: Node;
  let folder: string;
  const secret = 'abcdef.0123456789abcdef';

  /** Diagnoses the node from this machine and gives the rules of the errors found. */
  async function errorsFound(archive: string): Promise<string[]> {
    const ssh = ['--host', `root@${node.address}`, '--ssh-key', node.sshKey, '--known-hosts', node.knownHosts];
    const ended = await edgeadm(['diagnose', ...ssh, '-o', 'json', '--output', archive]);
    assert.equal(ended.exitCode, 0, ended.stderr);
    const [host] = (resultOf(ended) as unknown as Result).hosts;
    assert.ok(host, ended.stdout);
    return host.data.findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    node = await freshNode('diagnose');
    await joinNode(node);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await node.down();
  });

  it('finds no error on a node that works, and leaves the node as it was', async () => {
    const before = await photograph(node);
    assert.deepEqual(await errorsFound(join(folder, 'good.tgz')), []);
    const changed = difference(before, await photograph(node), ['/var/log/edgeadm.log']);
    // The kubelet and its hub go on with their work meanwhile.
    assert.deepEqual(
      changed.filter((line) => !line.includes(' /etc/kubernetes/cache/')),
      [],
    );
  });

  it('names the kubelet first where it is broken, and no secret is in the archive', async () => {
    await node.write('/etc/default/kubelet', `# token ${secret}\n`, 0o644);
    await node.write('/var/lib/kubelet/config.yaml', 'kind: NoSuchKind\n', 0o644);
    await node.exec('systemctl', 'restart', 'kubelet.service');
    const archive = join(folder, 'bad.tgz');
    assert.equal((await errorsFound(archive))[0], 'Kubelet');
    assert.equal((await stat(archive)).mode & 0o777, 0o600);
    await execa('tar', ['-xzf', archive, '-C', folder]);
    const pattern = '0123456789abcdef$|BEGIN [A-Z ]*PRIVATE KEY-----[^*]';
    const { stdout } = await execa('grep', ['-rlE', pattern, folder, '--exclude=*.tgz'], { reject: false });
    assert.equal(stdout, '');
    const { stdout: page } = await execa('cat', [join(folder, 'diagnosis.html')]);
    assert.match(page, /Likely cause:<\/strong> the kubelet does not run/);
  });
});
