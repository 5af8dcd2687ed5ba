import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { FakeRuntime } from '../../fake-runtime.ts';
import { assertFinds, assertOk, bundleOf, type Case } from './context.ts';

const withContainerd: Case['node'] = {
  bundle: async () => bundleOf({ files: [{ path: 'containerd.tgz', sha256: '', kind: 'containerd' }] }),
};
const noContainerd: Case['machine'] = { units: { 'containerd.service': { exists: false } } };
const kubelet = (version: string): Case['node'] => ({ kubeletVersion: async () => version });

describe('Runtime', () => {
  it('shows the state of containerd', () => assertOk('Runtime', {}, /active \(running\)/));

  it('says how to get a runtime if there is none', async () => {
    const verdict = await assertFinds('Runtime', 'error', /not installed/, { machine: noContainerd });
    assert.match(verdict.remedy ?? '', /--manage-runtime --bundle/);
  });

  it('takes it from the bundle if edgeadm manages the runtime', () =>
    assertOk(
      'Runtime',
      { machine: noContainerd, node: withContainerd, spec: { manageRuntime: true } },
      /from the bundle/,
    ));

  it('does not take it from the bundle unasked', () =>
    assertFinds('Runtime', 'error', /not installed/, { machine: noContainerd, node: withContainerd }));

  it('says that the bundle has none', () =>
    assertFinds('Runtime', 'error', /no bundle contains it/, { machine: noContainerd, spec: { manageRuntime: true } }));

  it('lets a containerd pass that is merely stopped: the join starts it', async () => {
    const machine: Case['machine'] = { units: { 'containerd.service': { active: false } } };
    await assertOk('Runtime', { machine }, /inactive/);
    await assertFinds('CRI', 'skipped', /the join starts it/, { machine });
  });

  it('refuses one that fails to start', () =>
    assertFinds('Runtime', 'error', /failed \(Result: exit-code\)/, {
      machine: { units: { 'containerd.service': { detail: 'failed (Result: exit-code)' } } },
    }));

  it('takes docker below 1.24 and refuses it from there on', async () => {
    const machine: Case['machine'] = { units: { 'docker.service': { active: true } } };
    const spec: Case['spec'] = { runtime: 'docker' };
    await assertOk('Runtime', { machine, spec, node: kubelet('v1.23.5') });
    await assertFinds('Runtime', 'error', /1\.24 does not support docker/, { machine, spec, node: kubelet('v1.24.0') });
    await assertFinds('Runtime', 'error', /docker\.service is/, { spec });
  });
});

describe('Runtime with the package of Debian', () => {
  const text = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\n  bin_dir = "/usr/lib/cni"\n';
  const machine = { files: { '/etc/containerd/config.toml': text } };

  it('warns that containerd does not look where network add-ons install their plug-ins', () =>
    assertFinds('Runtime', 'warning', /CNI plug-ins in \/usr\/lib\/cni; most network add-ons .*\/opt\/cni\/bin/, {
      machine,
    }));

  it('says nothing of it if one folder is a link to the other', () => {
    const files = { ...machine.files, '/usr/lib/cni/bridge': '', '/opt/cni/bin/bridge': '' };
    return assertOk('Runtime', { machine: { files } });
  });
});

describe('CRI', () => {
  const containerd = (version: string, ...apis: FakeRuntime['apis']): Case => ({
    runtime: { name: 'containerd', version, apis },
  });

  it('shows the runtime that answers', () => assertOk('CRI', {}, /containerd 1\.6\.20/));

  it('tells the socket if nothing answers', () =>
    assertFinds('CRI', 'error', /\/run\/containerd\/containerd\.sock.*refused/, { runtime: 'down' }));

  it('does not blame a runtime that only root may speak to', () => {
    const machine = { facts: { uid: 1000 } };
    return assertFinds('CRI', 'skipped', /root is required/, { runtime: 'closed', machine });
  });

  it('says that the runtime speaks no CRI', () =>
    assertFinds('CRI', 'error', /does not serve CRI/, containerd('1.6.20')));

  it("lets a CRI plug-in pass that Docker's package switched off: the join switches it on", () =>
    assertOk('CRI', {
      ...containerd('1.6.20'),
      machine: { files: { '/etc/containerd/config.toml': '# docker\ndisabled_plugins = ["cri"]\n' } },
    }));

  it('refuses containerd 2 for a kubelet that speaks only v1alpha2', () =>
    assertFinds('CRI', 'error', /containerd v2\.0\.1 .*kubelet 1\.22/, {
      ...containerd('v2.0.1', 'v1'),
      node: kubelet('v1.22.15'),
    }));

  it('takes containerd 2 for a later kubelet', () =>
    assertOk('CRI', { ...containerd('v2.0.1', 'v1'), node: kubelet('v1.23.0') }));

  it('refuses containerd 1.5 for a kubelet that speaks only v1', async () => {
    await assertFinds('CRI', 'error', /v1alpha2.*kubelet 1\.26/, {
      ...containerd('1.5.9', 'v1alpha2'),
      node: kubelet('v1.26.3'),
    });
    await assertOk('CRI', { ...containerd('1.5.9', 'v1alpha2'), node: kubelet('v1.25.3') });
  });

  it('warns that kubelets from 1.38 on want a runtime that says which cgroup driver it uses', async () => {
    await assertFinds('CRI', 'warning', /containerd 1\.7\.24 does not say which cgroup driver/, {
      ...containerd('1.7.24', 'v1'),
      node: kubelet('v1.38.0'),
    });
    await assertOk('CRI', { ...containerd('1.7.24', 'v1'), node: kubelet('v1.37.2') });
    const runtime: FakeRuntime = { name: 'containerd', version: 'v2.4.2', apis: ['v1'], cgroupDriver: 'systemd' };
    await assertOk('CRI', { runtime, node: kubelet('v1.38.0') });
  });

  it('lets another runtime pass that was named and answers', () =>
    assertOk('CRI', {
      runtime: { name: 'cri-o', version: '1.28.1', apis: ['v1'] },
      machine: noContainerd,
      spec: { criSocket: '/run/crio/crio.sock' },
    }));
});

describe('CgroupDriver', () => {
  const crio = (cgroupDriver?: FakeRuntime['cgroupDriver']): Case => ({
    runtime: { name: 'cri-o', version: '1.34.1', apis: ['v1'], cgroupDriver },
    machine: noContainerd,
    spec: { criSocket: '/run/crio/crio.sock' },
  });

  it('believes what the runtime says of itself (CRI RuntimeConfig) before its files', async () => {
    await assertFinds(
      'CgroupDriver',
      'warning',
      /cgroupfs, by CRI RuntimeConfig on \/run\/crio\/crio\.sock/,
      crio('cgroupfs'),
    );
    await assertOk('CgroupDriver', crio('systemd'), /systemd, by CRI RuntimeConfig/);
  });

  it('takes the files of a runtime that does not say it', () => assertOk('CgroupDriver', crio(), /CRI-O's default/));
});

describe('NodeIface', () => {
  it('shows address and interface', () => assertOk('NodeIface', {}, /192\.168\.1\.20 on eth0/));

  it('tells why no address was found', async () => {
    const error = new EdgeadmError({
      code: 'PREFLIGHT_FAILED',
      what: 'the address cannot be told',
      why: 'eth9 does not exist',
    });
    const node = { address: () => Promise.reject(error) };
    await assertFinds('NodeIface', 'error', /eth9 does not exist/, { node });
    // A node of the sandbox has a network, too.
    await assertFinds('NodeIface', 'error', /eth9 does not exist/, { node, machine: { runsPrograms: false } });
  });

  it('refuses an address that is on another interface than the one named', () =>
    assertFinds('NodeIface', 'error', /on eth0, not on eth1/, { spec: { nodeIp: '192.168.1.20', nodeIface: 'eth1' } }));
});

const REJECTING_RULESET =
  'table inet firewalld {\n\tchain filter_INPUT {\n\t\ttype filter hook input priority 10;\n\t\treject with icmpx 13\n\t}\n}\n';

describe('Firewall(8472/udp)', () => {
  const check = 'Firewall(8472/udp)';
  const legacy = (rules: string): Case => ({
    machine: {
      files: { '/proc/net/ip_tables_names': 'filter\n' },
      commands: {
        iptables: 'iptables v1.8.4 (legacy)\n',
        'iptables-save': `*filter\n${rules}COMMIT\n`,
      },
    },
  });
  const nft = (chain: string): Case => ({
    machine: {
      files: { '/proc/modules': 'nf_tables 200000 0 - Live 0x0\nvxlan 1 0 - Live 0x0\niptable_nat 1 0 - Live 0x0\n' },
      commands: {
        nft: `table inet filter {\n\tchain input {\n${chain}\t}\n\tchain output {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n`,
      },
    },
  });

  it('lets a node without a firewall pass, and asks no program that could load one', () => assertOk(check));

  it('warns about firewalld, unless it lets the port in', async () => {
    const machine: Case['machine'] = { units: { 'firewalld.service': { active: true } } };
    await assertFinds(check, 'warning', /firewalld is active/, { machine });
    const commands = { 'firewall-cmd': '22/tcp 8472/udp\n', nft: REJECTING_RULESET };
    await assertOk(
      check,
      { machine: { ...machine, files: { '/sys/module/nf_tables/refcnt': '1' }, commands } },
      /allows it/,
    );
  });

  it('warns about ufw if it is enabled', async () => {
    await assertFinds(check, 'warning', /ufw is active/, {
      machine: { files: { '/etc/ufw/ufw.conf': 'ENABLED=yes\n' } },
    });
    await assertOk(check, { machine: { files: { '/etc/ufw/ufw.conf': 'ENABLED=no\n' } } });
  });

  it('warns about iptables that drop what they do not accept', async () => {
    await assertFinds(check, 'warning', /iptables/, legacy(':INPUT DROP [0:0]\n'));
    await assertFinds(
      check,
      'warning',
      /iptables/,
      legacy(':INPUT ACCEPT [0:0]\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n'),
    );
    await assertOk(check, legacy(':INPUT DROP [0:0]\n-A INPUT -p udp -m udp --dport 8472 -j ACCEPT\n'));
    await assertOk(check, legacy(':INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.9/32 -j DROP\n'));
  });

  it('warns about iptables on nftables if the program nft is missing', () =>
    assertFinds(check, 'warning', /iptables/, {
      machine: {
        files: { '/sys/module/nf_tables/refcnt': '1' },
        commands: {
          iptables: 'iptables v1.8.9 (nf_tables)\n',
          'iptables-save': '*filter\n:INPUT DROP [0:0]\nCOMMIT\n',
        },
      },
    }));

  it('warns about nftables that drop what they do not accept', async () => {
    const head = '\t\ttype filter hook input priority filter;';
    await assertFinds(check, 'warning', /nftables/, nft(`${head} policy drop;\n\t\ttcp dport { 22, 80 } accept\n`));
    await assertFinds(
      check,
      'warning',
      /nftables/,
      nft(`${head} policy accept;\n\t\tct state established accept\n\t\tcounter packets 3 bytes 180 drop\n`),
    );
    await assertOk(check, nft(`${head} policy drop;\n\t\tudp dport { 8472 } accept\n`));
    await assertOk(check, nft(`${head} policy accept;\n`));
  });
});
