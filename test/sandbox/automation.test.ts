import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { adminClient } from '../../sandbox/admin-client.ts';
import { sandboxFolder } from '../../sandbox/folder.ts';
import { imageTar, program, tgz } from '../unit/artifacts/fixtures.ts';
import { resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

const page = await readFile(new URL('../../docs/automation.md', import.meta.url), 'utf8');
const IMAGE = ['--image', 'registry.example.com/edgeadm-upgrade:1.20.2'];
const ANYWAY = ['--ignore-preflight-errors', 'all'];
const JOB = '/apis/batch/v1/namespaces/kube-upgrade/jobs/edgeadm-upgrade-controller';
/** Their own tests run them: the sandbox has no pods that come back, and no node of kubeadm. */
const ON_REAL_NODES = ['convert', 'node drill', 'revert'];

interface Key {
  readonly name: string;
  readonly nested: readonly string[];
}

/** What the page promises for each command: keys before the first semicolon, with those in parentheses. */
function promises(): Map<string, Key[]> {
  const rows = new Map<string, Key[]>();
  const [, table = ''] = page.split('| command | `data` |');
  for (const [, commands = '', cell = ''] of table.matchAll(/^\| (`.*?`) \| (.*) \|$/gm)) {
    const keys = [...(cell.split(';')[0] ?? '').matchAll(/`(\w+)`(?: \(([^)]*)\))?/g)].map(
      ([, name = '', nested = '']) => ({ name, nested: [...nested.matchAll(/`(\w+)`/g)].map(([, key = '']) => key) }),
    );
    for (const [, command = ''] of commands.matchAll(/`([^`]+)`/g)) rows.set(command, keys);
    if (commands.includes('`sandbox env`')) break;
  }
  return rows;
}

const first = (value: unknown): object => ((Array.isArray(value) ? value[0] : value) ?? {}) as object;

describe('the page for automation', function () {
  this.timeout(400_000);
  let bed: SandboxBed;
  let joinFlags: string[] = [];
  let root = '';
  const file = (name: string) => join(bed.dir, '..', name);

  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up('--cloud-nodes', '1');
    assert.equal(up.exitCode, 0, up.stderr);
    const made = resultOf(await bed.sandbox('node', 'create', 'edge1', '-o', 'json')).data as Record<string, string>;
    root = made.root ?? '';
    joinFlags = (made.joinLine ?? '').split(' ').slice(2);
    assert.equal((await bed.run('join', ...joinFlags)).exitCode, 0);
    await bed.sandbox('node', 'create', 'edge2');
    await addObjects(bed);
    await writeFile(file('kubelet'), program('amd64', 'kubelet'));
    await writeFile(file('cni.tgz'), tgz([{ path: 'loopback', data: program('amd64') }]));
    await writeFile(file('pause.tar'), imageTar(['registry.k8s.io/pause:3.6']));
  });
  after(() => bed.remove());

  /** How each command of the page is run here, in this order. */
  const commands: Record<string, () => readonly string[]> = {
    'preflight …': () => ['preflight', ...joinFlags],
    'join …': () => ['join', ...joinFlags],
    'join phases': () => ['join', 'phases'],
    'diagnose --output FILE.tgz': () => ['diagnose', '--root', `${root}/../edge2`, '--output', file('edge2.tgz')],
    'explain CODE': () => ['explain', 'TOKEN_INVALID'],
    'explain CHECK': () => ['explain', 'Swap'],
    compat: () => ['compat'],
    'token create': () => ['token', 'create'],
    'token create --print-join-command': () => ['token', 'create', '--print-join-command'],
    'token list': () => ['token', 'list'],
    'bundle create DIR --tgz FILE …': () => [
      ...['bundle', 'create', file('bundle'), '--kubernetes-version', 'v1.20.2', '--arch', 'amd64'],
      ...['--kubelet', file('kubelet'), '--cni-plugins', file('cni.tgz'), '--image', file('pause.tar')],
      ...['--tgz', file('bundle.tgz')],
    ],
    'bundle verify DIR': () => ['bundle', 'verify', file('bundle')],
    'nodepool list': () => ['nodepool', 'list'],
    'nodepool get NAME': () => ['nodepool', 'get', 'default-nodepool'],
    'nodepool attach-script NAME': () => ['nodepool', 'attach-script', 'default-nodepool'],
    'node list': () => ['node', 'list'],
    'node list --cluster-id ID': () => ['node', 'list', '--cluster-id', bed.cluster],
    'node autonomy show': () => ['node', 'autonomy', 'show'],
    'node autonomy enable NAME': () => ['node', 'autonomy', 'enable', 'edge1'],
    'hub cache list': () => ['hub', 'cache', 'list'],
    'service topology show': () => ['service', 'topology', 'show'],
    'addon list': () => ['addon', 'list'],
    'addon show NAME': () => ['addon', 'show', 'coredns'],
    'cluster list': () => ['cluster', 'list'],
    'cluster show NAME': () => ['cluster', 'show', bed.cluster],
    'cluster check NAME': () => ['cluster', 'check', bed.cluster],
    'eni list --instance ID': () => ['eni', 'list', '--instance', 'i-sandbox'],
    'eni bind --instance ID --dry-run': () => ['eni', 'bind', '--instance', 'i-sandbox', '--dry-run'],
    'cluster upgrade plan': () => ['cluster', 'upgrade', 'plan'],
    'cluster upgrade start --dry-run': () => ['cluster', 'upgrade', 'start', '--dry-run', ...IMAGE, ...ANYWAY],
    'cluster upgrade status': () => ['cluster', 'upgrade', 'status'],
    'upgrade --target-version V': () => ['upgrade', '--target-version', 'v1.20.2', '--root', root],
    reset: () => ['reset', '--root', root, '--yes'],
    'sandbox status': () => ['sandbox', 'status', '--dir', bed.dir],
    'sandbox get nodes': () => ['sandbox', 'get', 'nodes', '--dir', bed.dir],
    'sandbox get node NAME': () => ['sandbox', 'get', 'node', 'edge1', '--dir', bed.dir],
    'sandbox node create NAME': () => ['sandbox', 'node', 'create', 'edge3', '--dir', bed.dir],
    'sandbox node list': () => ['sandbox', 'node', 'list', '--dir', bed.dir],
    'sandbox env': () => ['sandbox', 'env', '--dir', bed.dir],
  };

  it('every row of docs/automation.md is held by a test below', () => {
    assert.deepEqual([...promises().keys()].sort(), [...Object.keys(commands), ...ON_REAL_NODES].sort());
  });

  for (const [command, words] of Object.entries(commands))
    it(`edgeadm ${command} -o json has the keys that docs/automation.md names`, async () => {
      if (command === 'cluster upgrade status') await startUpgrade(bed);
      const ended = await bed.run(...words(), '-o', 'json');
      const { data, hosts } = resultOf(ended) as { data?: unknown; hosts?: readonly { data: unknown }[] };
      const shown = first(data ?? hosts?.map((host) => host.data));
      const keys = promises().get(command) ?? [];
      assert.notEqual(keys.length, 0);
      for (const { name, nested } of keys) {
        assert.ok(name in shown, `${name} is not in ${JSON.stringify(shown)} ${ended.stderr}`);
        const inner = first((shown as Record<string, unknown>)[name]);
        for (const key of nested) assert.ok(key in inner, `${name}.${key} is not in ${JSON.stringify(inner)}`);
      }
    });
});

/** A Service, and a node behind the control plane that an upgrade would upgrade. */
async function addObjects(bed: SandboxBed): Promise<void> {
  const admin = await adminClient(sandboxFolder(bed.dir));
  await admin.create('/api/v1/namespaces/default/services', {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'old' } });
  const nodeInfo = { kubeletVersion: 'v1.20.1', operatingSystem: 'linux', architecture: 'amd64' };
  await admin.patch('/api/v1/nodes/old/status', {
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo },
  });
  admin.close();
}

/** The sandbox runs no controller, so that the upgrade stays where it begins. */
async function startUpgrade(bed: SandboxBed): Promise<void> {
  const admin = await adminClient(sandboxFolder(bed.dir));
  const env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
  const words = ['cluster', 'upgrade', 'start', ...IMAGE, ...ANYWAY, '--yes'];
  const upgrade = startEdgeadm(words, { env });
  while (!(await admin.find(JOB))) await delay(50);
  upgrade.kill('SIGINT');
  await upgrade;
  admin.close();
}
