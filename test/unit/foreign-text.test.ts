import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseManifest } from '../../src/artifacts/manifest.ts';
import { parseSums } from '../../src/artifacts/own-file.ts';
import { parseExchangeAnswer } from '../../src/cloud/exchange-answer.ts';
import { parseMatrixFile } from '../../src/compat/matrix-file.ts';
import { parseOs } from '../../src/compat/os-argument.ts';
import { parseHostAddress, parseInventory } from '../../src/config/inventory.ts';
import { EdgeadmError } from '../../src/errors/index.ts';
import { refuseMounts } from '../../src/host/mount-guard.ts';
import { parseMountinfo } from '../../src/host/mount-table.ts';
import { parseIpInterfaces, parseIpRoutes } from '../../src/host/network.ts';
import { parseOsRelease } from '../../src/host/os-release.ts';
import { KnownHosts } from '../../src/host/ssh/known-hosts.ts';
import { parseUnitState } from '../../src/host/systemd.ts';
import { parseClusterInfo } from '../../src/kubernetes/api/cluster-info.ts';
import { clusterNetworksIn } from '../../src/kubernetes/cluster-networks.ts';
import {
  cniPluginFoldersIn,
  fitContainerdConfig,
  importsOf,
  keepsCriOff,
} from '../../src/kubernetes/cri/containerd-config.ts';
import { kubeletComplaints, kubeletRefusals, sinceLastStart } from '../../src/kubernetes/kubelet/log.ts';
import { flagsIn } from '../../src/kubernetes/kubelet/settings.ts';
import { certificateIn } from '../../src/lib/check-shape.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { lastJoin } from '../../src/phases/diagnose/timeline.ts';
import { evaluateNftables } from '../../src/phases/preflight/nftables.ts';
import { evaluateChain, type Packet, parseIptables } from '../../src/phases/preflight/packet-filter.ts';
import { parseNameServers } from '../../src/phases/preflight/resolv-conf.ts';
import { deletionOf } from '../../src/phases/reset/teardown/iptables.ts';
import { kubeProxyServices } from '../../src/phases/reset/teardown/ipvs.ts';
import { pinCa } from '../../src/pki/ca-hash.ts';
import { generateKey } from '../../src/pki/certificate-request.ts';
import { parseCertificateRequest } from '../../src/pki/parse-request.ts';
import { selfSignedCertificate } from '../../src/pki/self-signed.ts';

interface Parser {
  /** What it reads, and who writes that. */
  readonly what: string;
  /** One that is right, to start from. */
  readonly sample: string;
  readonly parse: (text: string) => unknown;
}

const ca = selfSignedCertificate(await generateKey(), { commonName: 'kubernetes', organizations: [] }, {});
const kubeconfig = JSON.stringify({
  clusters: [{ cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': btoa(ca) } }],
});

const PACKET: Packet = { protocol: 'udp', port: 8472, address: '10.0.0.5', interface: 'eth0' };

const PARSERS: readonly Parser[] = [
  {
    what: 'the mount table of the kernel',
    sample: '9 1 0:50 / /var/lib/kubelet/pods/1\\040x rw,relatime shared:1 - tmpfs tmpfs rw,size=64k\n',
    parse: (text) => [parseMountinfo(text), refuseMounts(text, '/nowhere-at-all')],
  },
  {
    what: 'os-release',
    sample: 'ID="centos"\nVERSION_ID="7"\nNAME=\'CentOS\'\nPRETTY_NAME="CentOS \\"7\\""\n',
    parse: (text) => [parseOsRelease(text), parseOsRelease('ID=centos\n', text)],
  },
  {
    what: 'what ip(8) says of links and addresses',
    sample: '2: eth0@if3: <BROADCAST,UP> mtu 1500\n2: eth0    inet 10.0.0.5 peer 10.0.0.1/24 scope global eth0\n',
    parse: (text) => parseIpInterfaces(text, text),
  },
  {
    what: 'what ip(8) says of routes',
    sample: 'default via 10.0.0.1 dev eth0 metric 100\n10.0.0.0/24 dev eth0\n\tnexthop via 10.0.0.2 dev eth1\n',
    parse: (text) => parseIpRoutes(text, text),
  },
  {
    what: 'what systemctl says of a unit',
    sample: 'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nResult=success\n',
    parse: parseUnitState,
  },
  {
    what: "a kubelet's file of flags, as systemd reads it",
    sample: 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5 --v=2" \n',
    parse: (text) => flagsIn(text, 'KUBELET_KUBEADM_ARGS'),
  },
  { what: 'resolv.conf', sample: 'search a b\nnameserver 10.0.0.1 # x\noptions ndots:5\n', parse: parseNameServers },
  {
    what: 'what iptables-save prints',
    sample: '*nat\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -m comment --comment "a \\"b\\"" -j KUBE-SERVICES\nCOMMIT\n',
    parse: (text) => deletionOf(text, { cniNetworks: ['cbr0'] }),
  },
  {
    what: 'what iptables-save prints, as a firewall',
    sample:
      '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p udp -m multiport --dports 53,8000:9000 -m comment --comment "a \\"b\\"" -g nodes\n-A nodes ! -s 10.0.0.0/8 -j RETURN\nCOMMIT\n',
    parse: (text) => evaluateChain(parseIptables(text, PACKET), 'INPUT'),
  },
  {
    what: 'what nft list ruleset prints',
    sample:
      'table inet filter {\n\tset ports {\n\t\ttype inet_service\n\t\telements = { 53, 8000-9000 }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\tct state vmap { established : accept }\n\t\tiifname != "lo" udp dport @ports jump nodes\n\t}\n\n\tchain nodes {\n\t\tip saddr 10.0.0.0/8 accept\n\t}\n}\n',
    parse: (text) => evaluateNftables(text, PACKET),
  },
  {
    what: 'what ipvsadm --save prints',
    sample: '-A -t 10.96.0.1:443 -s rr\n-a -t 10.96.0.1:443 -r 10.0.0.5:6443 -m -w 1\n-A -u [fd00::1]:53 -s rr\n',
    parse: (text) => kubeProxyServices(text, new Set(['10.96.0.1', 'fd00::1'])),
  },
  {
    what: 'what containerd config dump prints',
    sample:
      "disabled_plugins = []\nimports = ['/etc/containerd/config.toml']\nversion = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n  SystemdCgroup = false\n",
    parse: (text) => [fitContainerdConfig(text, {}), keepsCriOff(text), importsOf(text), cniPluginFoldersIn(text)],
  },
  {
    what: "containerd's config.toml",
    sample:
      'version = 2\ndisabled_plugins = ["cri"]\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "a" # b\n',
    parse: (text) => fitContainerdConfig(text, { sandboxImage: 'registry.example.com/pause:3.9' }),
  },
  {
    what: 'the ClusterConfiguration of kubeadm-config',
    sample: 'networking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n',
    parse: clusterNetworksIn,
  },
  {
    what: 'the kubeconfig in cluster-info',
    sample: kubeconfig,
    parse: (text) =>
      pinCa(parseClusterInfo({ status: 200, body: { data: { kubeconfig: text } }, server: 'x' }).caPem, 'any'),
  },
  {
    what: 'a certificate that the API server issued',
    sample: ca,
    parse: (text) => certificateIn(text, { what: 'the certificate', code: 'API_ERROR', next: 'x' }),
  },
  { what: 'a CA bundle', sample: `${ca}${ca}`, parse: (text) => pinCa(text, 'any') },
  {
    what: 'a certificate signing request',
    sample: ca.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'),
    parse: parseCertificateRequest,
  },
  {
    what: 'known_hosts',
    sample:
      '@cert-authority *.example.com,!a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me\n|1|c2FsdA==|aGFzaA== ssh-rsa AA==\n',
    parse: (text) => {
      const known = new KnownHosts([{ path: 'known_hosts', text }]);
      return [known.keysOf('10.0.0.5', 22), known.authoritiesOf('a.example.com', 2222)];
    },
  },
  {
    what: 'an inventory',
    sample: 'hosts:\n- address: 10.0.0.1\n  labels: {a: b}\n',
    parse: (text) => parseInventory(text, 'hosts.yaml'),
  },
  { what: 'a host on the command line', sample: 'root@[fd00::1]:22', parse: parseHostAddress },
  {
    what: 'a compatibility matrix',
    sample: 'rows:\n- {arch: amd64, os: Debian, versions: ["12"], kernel: "6.18", from: "1.12.0", to: "1.34.9"}\n',
    parse: (text) => parseMatrixFile(text, 'matrix.yaml'),
  },
  { what: 'a system on the command line', sample: 'Alibaba Cloud Linux 2.1903', parse: parseOs },
  { what: 'a duration', sample: '1h30m', parse: parseDuration },
  {
    what: 'bundle.yaml',
    sample: `apiVersion: edgeadm.io/v1\nkind: Bundle\nkubernetesVersion: v1.20.2\narch: amd64\nfiles:\n- {path: kubelet, kind: kubelet, sha256: ${'a'.repeat(64)}, size: 1}\n`,
    parse: (text) => parseManifest(text, 'bundle'),
  },
  { what: 'a list of sums', sample: `${'a'.repeat(64)} *edgeadm\n`, parse: parseSums },
  {
    what: "a kubelet's log",
    sample:
      'I0101 00:00:00.000000       1 server.go:1] "Kubelet version" v="1.20"\nF0101 00:00:00.000000 1 a.go:1] unknown flag: --x\n',
    parse: (text) => [kubeletComplaints(text), kubeletRefusals(text), sinceLastStart(text)],
  },
  {
    what: 'a log of edgeadm',
    sample: 'I1129 01:33:19.000000      42 edgeadm] [edgeadm] edgeadm 0.1.0: join on localhost\n',
    parse: (text) => lastJoin(text),
  },
];

/** Any bytes, each as a character. */
const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'));

/** The sample with a few pieces cut out, doubled, or replaced by something else. */
function damaged(sample: string): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(sample.length),
    length: fc.nat(12),
    by: fc.oneof(
      fc.constant(''),
      bytes(6),
      fc.constantFrom(
        '\n',
        '\0',
        '"',
        "'",
        '\\',
        ':',
        '=',
        '[',
        '{',
        '&a',
        '*a',
        '-',
        '\r\n',
        '__proto__',
        '🙂',
        sample,
      ),
    ),
  });
  return fc
    .array(change, { maxLength: 4 })
    .map((changes) =>
      changes.reduce((text, { at, length, by }) => text.slice(0, at) + by + text.slice(at + length), sample),
    );
}

/** Passes what a parser may say of a text: an answer, or an error that tells whoever wrote the text. */
function assertSays(parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof EdgeadmError && error.code !== 'INTERNAL', String((error as Error).stack));
  }
}

describe('a text that others write', () => {
  for (const { what, sample, parse } of PARSERS) {
    it(`a text that others write is read or refused with a code, never a bug of edgeadm: ${what}`, () => {
      parse(sample);
      fc.assert(fc.property(damaged(sample), (text) => assertSays(parse, text)));
      fc.assert(fc.property(bytes(200), (text) => assertSays(parse, text)));
    }).timeout(20_000);
  }

  it('an answer of the exchange is read or refused with a code, never a bug of edgeadm, whatever JSON it is', () => {
    const keys = ['cluster', 'apiServers', 'bootstrapToken', 'callback', 'nodePool', 'bundle', 'toString', '__proto__'];
    const answer = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 })));
    fc.assert(fc.property(answer, (body) => assertSays(() => parseExchangeAnswer(body, 'exchange'), '')));
  });
});
