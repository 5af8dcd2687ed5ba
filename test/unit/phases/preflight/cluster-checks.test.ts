import assert from 'node:assert/strict';
import { caHashes } from '../../../../src/pki/ca-hash.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { assertFinds, assertOk, type Case, KUBEADM_CONFIG } from './context.ts';

const MINUTE = 60_000;
const MACHINE_ID = '0123456789abcdef0123456789abcdef';

describe('APIServer', () => {
  it('shows the server that answered', () => assertOk('APIServer', {}, /https:\/\/10\.0\.0\.1:6443/));

  it('tells the address and what the network said', async () => {
    const verdict = await assertFinds('APIServer', 'error', /10\.0\.0\.1:6443.*refused/, { cluster: 'down' });
    assert.equal(verdict.code, 'API_UNREACHABLE');
  });
});

describe('CAHash', () => {
  const pin = `sha256:${'ab'.repeat(32)}`;

  it('lets the pinned CA pass', () => assertOk('CAHash', {}, /sha256:[0-9a-f]{64}/));

  it('shows the pin and the hash that was found instead', async () => {
    const verdict = await assertFinds('CAHash', 'error', /expected: sha256:abab/, { spec: { caCertHashes: [pin] } });
    assert.equal(verdict.code, 'CA_HASH_MISMATCH');
    assert.match(verdict.found ?? '', /found: sha256:/);
  });

  const certificate = async () =>
    selfSignedCertificate(await generateKey(), { commonName: 'kubernetes', organizations: [] }, {});

  it('CAHash: during a rotation the hash of one of two CAs is enough (kubernetes/kubeadm#1399)', async () => {
    await assertOk('CAHash', { cluster: { otherCa: await certificate() } });
  });

  it('CAHash: a server is not trusted for a CA that only stands beside the pinned one', async () => {
    const otherCa = await certificate();
    const given: Case = {
      cluster: { otherCa },
      spec: { caCertHashes: caHashes(otherCa).map((hash) => `sha256:${hash}`) },
    };
    await assertFinds('CAHash', 'error', /cannot verify the certificate/, given);
  });

  it('warns if the user left the pin out, and still asks the cluster', async () => {
    const given: Case = { spec: { caCertHashes: [], unsafeSkipCaVerification: true } };
    await assertFinds('CAHash', 'warning', /was not verified/, given);
    await assertOk('ClusterVersion', given);
  });
});

describe('Token', () => {
  it('lets the token pass that signed cluster-info', () => assertOk('Token'));

  it('Token: a wrong secret fails', async () => {
    const verdict = await assertFinds('Token', 'error', /abcdef/, { spec: { token: 'abcdef.aaaaaaaaaaaaaaaa' } });
    assert.equal(verdict.code, 'TOKEN_INVALID');
    assert.doesNotMatch(JSON.stringify(verdict), /aaaaaaaaaaaaaaaa/);
  });

  it('unknown or expired: with the measured clock difference, since that is the other cause', async () => {
    const given: Case = { spec: { token: 'fedcba.0123456789abcdef' }, cluster: { aheadMs: 90 * MINUTE } };
    const verdict = await assertFinds('Token', 'error', /90 minutes behind the API server/, given);
    assert.equal(verdict.code, 'TOKEN_UNKNOWN_OR_EXPIRED');
  });
});

describe('TimeSync', () => {
  const ahead = (aheadMs: number): Case => ({ cluster: { aheadMs } });

  it('lets clocks pass that agree', () => assertOk('TimeSync', {}, /agree/));

  it('warns about half a minute', () => assertFinds('TimeSync', 'warning', /3\d s behind/, ahead(30_000)));

  it('refuses a clock that is one day off, either way', async () => {
    await assertFinds('TimeSync', 'error', /24\.0 hours behind/, ahead(24 * 60 * MINUTE));
    await assertFinds('TimeSync', 'error', /24\.0 hours ahead of/, ahead(-24 * 60 * MINUTE));
  });

  it('does not blame the CA for a clock that makes every certificate look wrong', () =>
    assertFinds('CAHash', 'skipped', /TimeSync failed/, ahead(24 * 60 * MINUTE)));

  it('warns if no service keeps the clock, unless the user does it himself', async () => {
    const machine: Case['machine'] = { commands: { systemctl: { exitCode: 3, stdout: 'inactive\nunknown\n' } } };
    await assertFinds('TimeSync', 'warning', /no service keeps the clock of the node/, { machine });
    await assertOk('TimeSync', { machine, spec: { selfHostNtpServer: true } });
  });

  it('refuses a wrong clock even if the user keeps it himself', () =>
    assertFinds('TimeSync', 'error', /behind/, { ...ahead(10 * MINUTE), spec: { selfHostNtpServer: true } }));
});

describe('ClusterVersion', () => {
  const versions = (cluster: string, kubelet: string | undefined, spec: Case['spec'] = {}): Case => ({
    cluster: { version: cluster },
    node: { kubeletVersion: async () => kubelet },
    spec,
  });

  it('ClusterVersion refuses a real machine that would join a sandbox, and says how to get a node of the sandbox', async () => {
    const sandbox = { cluster: { gitTreeState: 'edgeadm sandbox' } };
    const { code, remedy } = await assertFinds('ClusterVersion', 'error', /sandbox: .*protobuf/, sandbox);
    assert.equal(code, 'CLUSTER_UNSUPPORTED');
    assert.match(remedy ?? '', /edgeadm sandbox node create NAME/);
  });

  it('ClusterVersion shows both versions', () =>
    assertOk('ClusterVersion', {}, /cluster v1\.20\.2, kubelet v1\.20\.2/));

  it('takes the first and the last version that is known', async () => {
    await assertOk('ClusterVersion', versions('v1.16.9-aliyunedge.1', 'v1.16.9'));
    await assertOk('ClusterVersion', versions('v1.37.2', 'v1.37.2'));
  });

  it('ClusterVersion refuses a cluster before 1.16, and another major version', async () => {
    for (const version of ['v1.15.12', 'v2.0.0']) {
      const verdict = await assertFinds(
        'ClusterVersion',
        'error',
        /clusters from Kubernetes 1\.16 on/,
        versions(version, 'v1.20.2'),
      );
      assert.equal(verdict.code, 'CLUSTER_UNSUPPORTED');
    }
  });

  it('refuses a kubelet of another minor version than the cluster', async () => {
    for (const kubelet of ['v1.21.0', 'v1.19.0']) {
      const found = new RegExp(`runs v1\\.20\\.2, the kubelet is ${kubelet}$`);
      await assertFinds('ClusterVersion', 'error', found, versions('v1.20.2', kubelet));
    }
  });

  it('a bundle with an older kubelet is refused with the flag that joins with it, where the cluster allows that', async () => {
    for (const [kubelet, flag] of [
      ['v1.36.3', true],
      ['v1.33.0', false],
      ['v1.38.0', false],
    ] as const) {
      const given = versions('v1.37.2', kubelet, { bundle: '/tmp/bundle' });
      const { remedy = '' } = await assertFinds('ClusterVersion', 'error', /the kubelet is/, given);
      assert.match(remedy, /^Use a bundle with a kubelet 1\.37/);
      assert.equal(remedy.includes(`--kubernetes-version ${kubelet}`), flag, remedy);
    }
  });

  it('takes an older kubelet that was asked for: two minor versions, three from 1.28 on, never a newer one', async () => {
    const asked = (cluster: string, kubelet: string) => versions(cluster, kubelet, { kubernetesVersion: kubelet });
    await assertOk('ClusterVersion', asked('v1.27.0', 'v1.25.0'));
    await assertFinds('ClusterVersion', 'error', /can be 1\.25 to 1\.27/, asked('v1.27.0', 'v1.24.0'));
    await assertOk('ClusterVersion', asked('v1.28.0', 'v1.25.0'));
    await assertFinds('ClusterVersion', 'error', /can be 1\.25 to 1\.28/, asked('v1.28.0', 'v1.24.0'));
    await assertFinds('ClusterVersion', 'error', /can be 1\.18 to 1\.20/, asked('v1.20.2', 'v1.21.0'));
  });

  it('without a bundle, a node without a kubelet of the right version needs one', async () => {
    const verdict = await assertFinds(
      'ClusterVersion',
      'error',
      /the node has no kubelet/,
      versions('v1.20.2', undefined),
    );
    assert.equal(verdict.code, 'BUNDLE_NEEDED');
    assert.match(verdict.remedy ?? '', /--bundle/);
  });

  it('a bundle of the wrong version is a matter of the check itself', async () => {
    const given = versions('v1.20.2', 'v1.26.0', { bundle: '/tmp/bundle' });
    assert.equal((await assertFinds('ClusterVersion', 'error', /v1\.26\.0/, given)).code, undefined);
  });
});

describe('NodeExists', () => {
  const existing = (machineID: string, ready: string): Case => ({
    cluster: {
      nodes: {
        'edge-1': {
          status: {
            conditions: [{ type: 'Ready', status: ready }],
            nodeInfo: { machineID } as never,
          },
        },
      },
    },
  });

  it('lets a free name pass', () => assertOk('NodeExists', {}, /edge-1 is free/));

  it('refuses the name of a Ready node on another machine, with both machine-ids', async () => {
    const verdict = await assertFinds('NodeExists', 'error', /ffff.*0123456789abcdef/, existing('ffff', 'True'));
    assert.equal(verdict.code, 'NODE_EXISTS');
    assert.match(verdict.remedy ?? '', /kubectl delete node edge-1/);
  });

  it('takes the name over from a node that is gone', () =>
    assertOk('NodeExists', existing('ffff', 'Unknown'), /takes it over/));

  it('lets this very machine join again', () => assertOk('NodeExists', existing(MACHINE_ID, 'True'), /this machine/));
});

describe('CIDRConflict', () => {
  const eth0 = { destination: '0.0.0.0/0', interface: 'eth0', gateway: '192.168.1.1', metric: 0 };
  const routed = (destination: string, dev: string, more: Case = {}): Case => ({
    cluster: { configMaps: KUBEADM_CONFIG },
    machine: { network: { routes: [eth0, { destination, interface: dev, metric: 0 }] } },
    ...more,
  });

  it('lets routes beside the CIDRs pass', () =>
    assertOk('CIDRConflict', routed('10.112.0.0/16', 'eth1'), /10\.96\.0\.0\/12/));

  it('names the route and the CIDR, whichever of the two is wider', async () => {
    await assertFinds(
      'CIDRConflict',
      'error',
      /route 10\.100\.1\.0\/24 dev eth1 overlaps with the Service CIDR 10\.96\.0\.0\/12/,
      routed('10.100.1.0/24', 'eth1'),
    );
    await assertFinds(
      'CIDRConflict',
      'error',
      /route 10\.0\.0\.0\/8.*Pod CIDR 10\.244\.0\.0\/16/,
      routed('10.0.0.0/8', 'eth1'),
    );
  });

  it('names a name server in a CIDR, also behind the stub of systemd-resolved', async () => {
    const inFile = (path: string): Case => ({ machine: { files: { [path]: 'nameserver 10.96.0.10\n' } } });
    await assertFinds('CIDRConflict', 'error', /name server 10\.96\.0\.10 .*Service CIDR/, inFile('/etc/resolv.conf'));
    await assertFinds('CIDRConflict', 'error', /name server 10\.96\.0\.10/, inFile('/run/systemd/resolve/resolv.conf'));
  });

  it("ignores the node's own pod network on a second join, and only then", async () => {
    const joined: Case = { node: { membership: async () => ({ caHash: 'ab', nodeName: 'edge-1', complete: true }) } };
    await assertOk('CIDRConflict', routed('10.244.3.0/24', 'cni0', joined));
    await assertOk('CIDRConflict', routed('10.244.0.0/24', 'flannel.1', joined));
    await assertFinds('CIDRConflict', 'error', /dev cni0/, routed('10.244.3.0/24', 'cni0'));
    await assertFinds('CIDRConflict', 'error', /dev eth1/, routed('10.244.3.0/24', 'eth1', joined));
  });

  it('compares IPv6 with IPv6 alone', async () => {
    const configMaps = {
      'kubeadm-config': {
        ClusterConfiguration: 'networking: {podSubnet: "fd00:10::/48", serviceSubnet: 10.96.0.0/12}\n',
      },
    };
    await assertOk('CIDRConflict', routed('fe80::/64', 'eth0', { cluster: { configMaps } }));
    await assertFinds(
      'CIDRConflict',
      'error',
      /fd00:10:0:1::\/64/,
      routed('fd00:10:0:1::/64', 'eth1', { cluster: { configMaps } }),
    );
  });

  it('CIDRConflict is skipped with the reason if the cluster does not tell its CIDRs', () =>
    assertFinds('CIDRConflict', 'skipped', /kubeadm-config/, { cluster: {} }));
});
