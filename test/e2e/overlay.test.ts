import assert from 'node:assert/strict';
import { installCni, type Node, podCidrOf } from '../testbed/index.ts';
import { freshNode, inWorlds, joinNode, testBed, WITH_HUB } from './support.ts';

const NAMES = ['north', 'south'] as const;
const KUBECONFIG = '/root/admin.conf';
const PACKETS = ['-p', 'udp', '--dport', '8472', '-j', 'DROP'];

interface Judged {
  readonly node: string;
  readonly result: string;
}

inWorlds('guide', 'today')('two nodes with a VXLAN device of the kernel, as Flannel makes it', () => {
  const nodes: Node[] = [];
  const ranges: string[] = [];

  /** What `network check` on the first node says of the second one. */
  const check = async (): Promise<{ exitCode: number; judged: Judged | undefined; output: string }> => {
    const [north] = nodes as [Node];
    const { exitCode, stdout, stderr } = await north.edgeadm([
      ...['network', 'check', '--kubeconfig', KUBECONFIG, '-o', 'json'],
    ]);
    const { hosts } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { hosts: { data?: { nodes: Judged[] } }[] };
    const judged = hosts[0]?.data?.nodes.find(({ node }) => node === NAMES[1]);
    return { exitCode, judged, output: stdout + stderr };
  };
  const must = async (node: Node, file: string, ...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await node.exec(file, ...args);
    assert.equal(exitCode, 0, stderr);
  };

  before(async () => {
    const { cluster } = await testBed();
    for (const name of NAMES) {
      const node = await freshNode(name);
      nodes.push(node);
      await joinNode(node, [...WITH_HUB, '--allowed-cluster-addons', 'kube-proxy']);
      ranges.push(await podCidrOf(cluster, name));
      await installCni(node, ranges.at(-1) ?? '');
    }
    const [north] = nodes as [Node];
    await north.put(cluster.kubeconfig, KUBECONFIG);
  });
  after(() => Promise.all(nodes.map((node) => node.down())));

  it('network check cannot tell before there is a VXLAN device', async () => {
    const { exitCode, judged } = await check();
    assert.deepEqual([exitCode, judged?.result], [0, 'unknown']);
  });

  it('network check finds that packets go both ways', async () => {
    const firsts = ranges.map((range) => range.split('/')[0] ?? '');
    for (const [i, node] of nodes.entries()) {
      const device = [
        'type',
        'vxlan',
        'id',
        '1',
        'local',
        node.address,
        'dev',
        'eth0',
        'dstport',
        '8472',
        'nolearning',
      ];
      await must(node, 'ip', 'link', 'add', 'flannel.1', 'address', mac(i), ...device);
      await must(node, 'ip', 'address', 'add', `${firsts[i]}/32`, 'dev', 'flannel.1');
      await must(node, 'ip', 'link', 'set', 'flannel.1', 'up');
    }
    for (const [i, node] of nodes.entries()) {
      const other = 1 - i;
      const [address = '', range = ''] = [firsts[other], ranges[other]];
      await must(node, 'ip', 'route', 'add', range, 'via', address, 'dev', 'flannel.1', 'onlink');
      await must(node, 'ip', 'neigh', 'add', address, 'lladdr', mac(other), 'dev', 'flannel.1', 'nud', 'permanent');
      await must(node, 'bridge', 'fdb', 'append', mac(other), 'dev', 'flannel.1', 'dst', nodes[other]?.address ?? '');
    }
    const { exitCode, judged, output } = await check();
    assert.deepEqual([exitCode, judged?.result], [0, 'ok'], output);
  });

  for (const chain of ['INPUT', 'OUTPUT'])
    it(`network check finds UDP 8472 blocked in ${chain} of the other node, which is no error between sites of their own`, async () => {
      const [, south] = nodes as [Node, Node];
      await must(south, 'iptables', '-I', chain, ...PACKETS);
      const { exitCode, judged, output } = await check();
      await must(south, 'iptables', '-D', chain, ...PACKETS);
      assert.deepEqual([exitCode, judged?.result], [0, 'failed'], output);
    });
});

const mac = (i: number): string => `02:00:00:00:00:0${i + 1}`;
