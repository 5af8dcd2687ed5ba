import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { edgeadm, resultOf } from '../sandbox/program.ts';
import { type Node, opsPassword, type Photograph, photograph } from '../testbed/index.ts';
import { freshNode, inWorlds, joinArgs, testBed, traces, WITH_HUB } from './support.ts';

const NODES = 8;

interface Result {
  readonly ok: boolean;
  readonly hosts: readonly { host: string; ok: boolean; outcome: string; error?: { code: string } }[];
  readonly error?: { code: string };
}

inWorlds('guide')('many nodes from a workstation over SSH', function () {
  this.timeout(600_000);
  let nodes: Node[];
  let photographs: Photograph[];
  let folder: string;
  let inventory: string;
  let knownHosts: string;
  /** What every call adds: where keys are, and no secret of this machine's own. */
  let ssh: string[];

  /** The arguments of a join with the bundle and the matrix as the workstation sees them. */
  async function remoteJoin(...more: string[]): Promise<string[]> {
    const { bundle } = await testBed();
    const args = await joinArgs(...WITH_HUB, ...ssh, ...more);
    return args
      .with(args.indexOf('--bundle') + 1, bundle)
      .with(args.indexOf('--compat-matrix') + 1, join(folder, 'matrix.yaml'));
  }

  async function writeInventory(chosen: readonly Node[], path: string): Promise<string> {
    const hosts = chosen.map(({ address, name }, i) => ({ address, nodeName: name, labels: { seat: String(i) } }));
    await writeFile(path, dump({ defaults: { user: 'root', sshKey: nodes[0]?.sshKey }, hosts }));
    return path;
  }

  before(async () => {
    await testBed();
    nodes = await Promise.all(Array.from({ length: NODES }, (_, i) => freshNode(`ssh${i + 1}`)));
    photographs = await Promise.all(nodes.map(photograph));
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    knownHosts = join(folder, 'known_hosts');
    await writeFile(knownHosts, (await Promise.all(nodes.map((node) => readFile(node.knownHosts, 'utf8')))).join(''));
    await writeFile(join(folder, 'matrix.yaml'), await (nodes[0] as Node).read('/root/matrix.yaml'));
    inventory = await writeInventory(nodes, join(folder, 'hosts.yaml'));
    ssh = ['--ssh-key', (nodes[0] as Node).sshKey, '--known-hosts', knownHosts];
  });
  after(async () => {
    await Promise.all((nodes ?? []).map((node) => node.down()));
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const env = () => ({ HOME: folder });

  it('an unknown host key is refused, with its fingerprint and how to accept it', async () => {
    const [node] = nodes as [Node];
    const args = await remoteJoin('--host', `root@${node.address}`);
    const ended = await edgeadm(args.with(args.indexOf('--known-hosts') + 1, '/dev/null'), { env: env() });
    assert.equal(ended.exitCode, 4, ended.stderr);
    assert.match(ended.stderr, /HOST_KEY_UNKNOWN/);
    assert.match(ended.stderr, /SHA256:[A-Za-z0-9+/]{43}/);
  });

  it('a dry run shows for each host what would be done, and changes nothing', async () => {
    const [one, two] = nodes as [Node, Node];
    const ended = await edgeadm(
      await remoteJoin('--host', `root@${one.address}`, '--host', `admin@${two.address}`, '--dry-run'),
      { env: env() },
    );
    assert.equal(ended.exitCode, 0, ended.stderr);
    for (const part of [
      one.address,
      two.address,
      '/etc/kubernetes/kubelet.conf',
      'start kubelet.service',
      'certificatesigningrequests',
    ]) {
      assert.ok(ended.stdout.includes(part), `${part} in\n${ended.stdout}`);
    }
    for (const [i, node] of [one, two].entries())
      assert.deepEqual(await traces(node, photographs[i] as Photograph), []);
  });

  it('eight nodes join at once from one inventory, each with its own name and label', async () => {
    const { cluster } = await testBed();
    const ended = await edgeadm(await remoteJoin('--inventory', inventory, '-o', 'json'), { env: env() });
    const result = resultOf(ended) as unknown as Result;
    assert.equal(ended.exitCode, 0, `${JSON.stringify(result.hosts)}\n${ended.stderr}`);
    assert.deepEqual(
      result.hosts.map(({ outcome }) => outcome),
      nodes.map(() => 'joined'),
    );
    for (const [i, { name }] of nodes.entries()) {
      const node = await cluster.get<{ metadata: { labels: Record<string, string> } }>(`/api/v1/nodes/${name}`);
      assert.equal(node?.metadata.labels.seat, String(i), name);
    }
  });

  it('a host that cannot be reached fails alone: exit code 6, and a second run of the same line leaves the rest as it is', async () => {
    const [one] = nodes as [Node];
    const hosts = ['--host', `root@${one.address}`, '--host', 'root@127.0.0.1:9'];
    const ended = await edgeadm(await remoteJoin(...hosts, '-o', 'json'), { env: env() });
    const result = resultOf(ended) as unknown as Result;
    assert.equal(ended.exitCode, 6, ended.stderr);
    assert.equal(result.error?.code, 'SOME_HOSTS_FAILED');
    assert.deepEqual(
      result.hosts.map(({ ok }) => ok),
      [true, false],
    );
    assert.equal(result.hosts[1]?.error?.code, 'HOST_UNREACHABLE');
  });

  it('users with sudo, with and without a password, reset what root joined; nothing stays on the nodes', async () => {
    const hosts = nodes.flatMap(({ address }, i) => ['--host', `${['root', 'admin', 'ops'][i % 3]}@${address}`]);
    const ended = await edgeadm(['reset', '--yes', ...ssh, ...hosts, '-o', 'json'], {
      env: { ...env(), EDGEADM_SUDO_PASSWORD: opsPassword },
    });
    const result = resultOf(ended) as unknown as Result;
    assert.equal(ended.exitCode, 0, `${JSON.stringify(result.hosts)}\n${ended.stderr}`);
    const left = await Promise.all(nodes.map((node, i) => traces(node, photographs[i] as Photograph)));
    assert.deepEqual(
      left,
      nodes.map(() => []),
    );
  });

  it('each host has a log of its own on the workstation, and no secret is in it', async () => {
    const logs = join(folder, '.local/state/edgeadm');
    const names = await readdir(logs);
    for (const { address } of nodes)
      assert.ok(
        names.some((name) => name.includes(address)),
        address,
      );
    for (const name of names) {
      const text = await readFile(join(logs, name), 'utf8');
      assert.doesNotMatch(text, /PRIVATE KEY|\b[a-z0-9]{6}\.[a-z0-9]{16}\b/, name);
      assert.ok(!text.includes(opsPassword), name);
    }
  });
});
