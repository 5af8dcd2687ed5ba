import assert from 'node:assert/strict';
import {
  linksBeforeJoin,
  recordLinksBeforeJoin,
  removeIdleNamespaces,
  removeNetwork,
} from '../../../../../src/phases/reset/teardown/network.ts';
import { type FakeNode, fakeHost } from '../../../fake-host.ts';
import { recordedLog } from '../../../recorded-log.ts';

const links = (...names: string[]) => Object.fromEntries(names.map((name) => [`/sys/class/net/${name}/mtu`, '1500']));
const commands: FakeNode['commands'] = { ip: '', ipvsadm: '', ipset: 'KUBE-CLUSTER-IP\nmine\n', nft: '' };

const KEEPALIVED_AND_KUBE_PROXY = `-A -t 192.168.1.100:80 -s wrr -p 50
-a -t 192.168.1.100:80 -r 192.168.1.11:80 -g -w 3
-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.168.1.2:6443 -m -w 1
`;

describe("removing the cluster's network", () => {
  it('deletes the links of CNI, Flannel and edge-hub, and the veths of pods that are left on the bridge', async () => {
    const host = fakeHost({
      commands: { ip: '' },
      files: {
        ...links('eth0', 'lo', 'docker0', 'flannel.1', 'edge-hub-dummy0'),
        '/sys/class/net/cni0/brif/veth12ab/state': '3',
        '/sys/class/net/cni0/brif/eth9/state': '3',
      },
    });
    await removeNetwork(host, recordedLog());
    assert.deepEqual(host.changes, [
      'run ip link delete veth12ab',
      'run ip link delete cni0',
      'run ip link delete flannel.1',
      'run ip link delete edge-hub-dummy0',
    ]);
  });

  it('leaves links that were there before the join', async () => {
    const host = fakeHost({ commands: { ip: '' }, files: links('eth0', 'cni0') });
    await removeNetwork(host, recordedLog(), ['eth0', 'cni0']);
    assert.deepEqual(host.changes, []);
  });

  it('removes the virtual services of kube-proxy and its sets, and leaves those of keepalived', async () => {
    const without = fakeHost({ commands, files: links('eth0') });
    await removeNetwork(without, recordedLog());
    assert.deepEqual(without.changes, []);
    let restored = '';
    const host = fakeHost({
      files: links('kube-ipvs0'),
      commands: {
        ...commands,
        'ip -oneline address show dev kube-ipvs0': '9: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\n',
        ipvsadm: ([verb], options) => {
          if (verb === '--restore') restored = String(options?.input);
          return restored === '' ? KEEPALIVED_AND_KUBE_PROXY : '';
        },
      },
    });
    await removeNetwork(host, recordedLog());
    assert.equal(restored, '-D -t 10.96.0.1:443\n');
    assert.deepEqual(host.changes, [
      'run ipvsadm --restore',
      'run ipset destroy KUBE-CLUSTER-IP',
      'run ip link delete kube-ipvs0',
    ]);
  });

  it('says so when virtual services of kube-proxy stay', async () => {
    const host = fakeHost({
      files: links('kube-ipvs0'),
      commands: {
        ...commands,
        'ip -oneline address show dev kube-ipvs0': '9: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0\n',
        ipvsadm: KEEPALIVED_AND_KUBE_PROXY,
      },
    });
    await assert.rejects(removeNetwork(host, recordedLog()), { code: 'COMMAND_FAILED', why: '-t 10.96.0.1:443' });
  });

  for (const program of ['nft list tables', 'ipset list -name', 'ipvsadm --save --numeric']) {
    it(`warns that something may be left when ${program} fails`, async () => {
      const failing = { ...commands, [program]: { exitCode: 1, stderr: 'Operation not supported' } };
      const host = fakeHost({ commands: failing, files: links('kube-ipvs0') });
      const log = recordedLog();
      await removeNetwork(host, log);
      assert.match(log.lines.join('\n'), new RegExp(`warning ${program} failed: Operation not supported`));
    });
  }

  it("takes edge-hub's address off the loopback, and kube-proxy's nftables away", async () => {
    const host = fakeHost({
      commands: {
        ip: '1: lo    inet 127.0.0.1/8 scope host lo\n1: lo    inet 169.254.2.1/32 scope global lo\n',
        nft: 'table ip nat\ntable ip kube-proxy\ntable ip6 kube-proxy\ntable inet firewalld\n',
      },
    });
    await removeNetwork(host, recordedLog());
    assert.deepEqual(host.changes, [
      'run nft delete table ip kube-proxy',
      'run nft delete table ip6 kube-proxy',
      'run ip address delete 169.254.2.1/32 dev lo',
    ]);
  });

  it('finds whose CNI rules are whose in the CNI configuration, a damaged file or not', async () => {
    const rule = String.raw`-A POSTROUTING -m comment --comment "name: \"edge\" id: \"1\"" -j CNI-1`;
    const host = fakeHost({
      commands: {
        'iptables-save': `*nat\n:POSTROUTING ACCEPT [0:0]\n:CNI-1 - [0:0]\n${rule}\nCOMMIT\n`,
        'iptables-restore': '',
      },
      files: { '/etc/cni/net.d/10-edge.conflist': '{"name": "edge"}', '/etc/cni/net.d/20-bad.conf': '{"name": ' },
    });
    await removeNetwork(host, recordedLog(), [], '10-edge.conflist');
    assert.deepEqual(host.changes, ['run iptables-restore --noflush']);
  });

  for (const file of ['50-shop-floor.conflist', '100-crio-bridge.conf', '87-podman-bridge.conflist'])
    it(`leaves the rules of a network whose configuration a reset keeps, and those that it shares chains with: ${file}`, async () => {
      const rule = (name: string, n: number) =>
        String.raw`-A POSTROUTING -m comment --comment "name: \"${name}\" id: \"${n}\"" -j CNI-${n}`;
      const host = fakeHost({
        commands: {
          'iptables-save': `*nat\n:POSTROUTING ACCEPT [0:0]\n:CNI-1 - [0:0]\n:CNI-2 - [0:0]\n${rule('cbr0', 1)}\n${rule('theirs', 2)}\nCOMMIT\n`,
          'iptables-restore': '',
        },
        files: {
          '/etc/cni/net.d/10-flannel.conflist': '{"name": "cbr0"}',
          [`/etc/cni/net.d/${file}`]: '{"name": "theirs"}',
        },
      });
      await removeNetwork(host, recordedLog());
      assert.deepEqual(host.changes, []);
    });

  it('touches nothing on a scratch root', async () => {
    const host = fakeHost({ runsPrograms: false, files: links('cni0') });
    await removeNetwork(host, recordedLog());
    assert.deepEqual(host.changes, []);
  });
});

describe('noting links before a join', () => {
  it('keeps what it saw first, through later joins', async () => {
    const host = fakeHost({ files: links('eth0', 'lo') });
    assert.deepEqual(await recordLinksBeforeJoin(host), ['eth0', 'lo']);
    const kept = await host.choose('linksBefore', () => 'something newer');
    assert.deepEqual(
      linksBeforeJoin((key) => (key === 'linksBefore' ? kept : undefined)),
      ['eth0', 'lo'],
    );
  });

  it('knows of none if no join noted any', () => {
    assert.deepEqual(
      linksBeforeJoin(() => undefined),
      [],
    );
  });
});

describe('network namespaces of dead pods', () => {
  it('network namespaces of dead pods are removed unless a process lives in them', async () => {
    const host = fakeHost({
      files: { '/run/netns/cni-1': '', '/run/netns/cni-2': '', '/run/netns/vpn': '' },
      commands: { 'ip netns pids cni-1': '', 'ip netns pids cni-2': '4711\n', 'ip netns delete cni-1': '' },
    });
    await removeIdleNamespaces(host);
    assert.deepEqual(host.changes, ['run ip netns delete cni-1']);
  });

  it("network namespaces of podman's networks are left, even if no process lives in them", async () => {
    const [podman, pod] = ['cni-11111111-1111-1111-1111-111111111111', 'cni-22222222-2222-2222-2222-222222222222'];
    const attachment = (networkName: string, namespace: string) =>
      JSON.stringify({
        kind: 'cniCacheV1',
        networkName,
        result: { interfaces: [{ name: 'eth0', sandbox: `/var/run/netns/${namespace}` }] },
      });
    const host = fakeHost({
      files: {
        [`/run/netns/${podman}`]: '',
        [`/run/netns/${pod}`]: '',
        '/var/lib/cni/cache/results/podman-a-eth0': attachment('podman', podman),
        '/var/lib/cni/cache/results/cbr0-b-eth0': attachment('cbr0', pod),
      },
      commands: { ip: '' },
    });
    await removeIdleNamespaces(host);
    assert.deepEqual(host.changes, [`run ip netns delete ${pod}`]);
  });

  for (const [what, answer] of [
    ['fails', { exitCode: 1, stderr: 'Cannot open network namespace' }],
    ['times out', { exitCode: 124, timedOut: true }],
  ] as const) {
    it(`network namespaces of dead pods are left if the question for their processes ${what}: they may be in use`, async () => {
      const host = fakeHost({ files: { '/run/netns/cni-1': '' }, commands: { 'ip netns pids cni-1': answer } });
      await removeIdleNamespaces(host);
      assert.deepEqual(host.changes, []);
    });
  }
});
