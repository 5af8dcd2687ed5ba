import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { fromTexts } from '../../../src/cluster-upgrade/plan/text.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { parseOsRelease } from '../../../src/host/os-release.ts';
import { clusterNetworksIn } from '../../../src/kubernetes/cluster-networks.ts';
import { fitContainerdConfig, fitImportedConfig } from '../../../src/kubernetes/cri/containerd-config.ts';
import { connectionOf } from '../../../src/kubernetes/kubeconfig/inline-kubeconfig.ts';
import { serverIn } from '../../../src/kubernetes/kubeconfig/parse.ts';
import { kubeletSettings } from '../../../src/kubernetes/kubelet/settings.ts';
import { imageIn, runtimeSocketIn } from '../../../src/kubernetes/node-files.ts';
import { certificateIn, checkShape, jsonMap, lenientYaml, yamlMap } from '../../../src/lib/check-shape.ts';
import { nodeCredentials } from '../../../src/phases/node-credentials.ts';
import { judgeChecks } from '../../../src/phases/preflight/run-checks.ts';
import { removeAttachments } from '../../../src/phases/reset/teardown/attachments.ts';
import { findRuntime } from '../../../src/phases/reset/teardown/runtime.ts';
import { pinCa } from '../../../src/pki/ca-hash.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';
import { fakeCluster, TOKEN } from '../fake-cluster.ts';
import { type FakeNode, fakeHost } from '../fake-host.ts';
import { assertFinds, contextOf, KUBEADM_CONFIG } from '../phases/preflight/context.ts';

const ORIGIN = { what: '/etc/x.yaml', code: 'API_ERROR' } as const;
const CA = selfSignedCertificate(await generateKey(), { commonName: 'ca', organizations: [] }, {});
const PEM = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const needs = { kubernetesVersion: 'v1.20.2', sandboxImage: 'registry.example.org/pause:3.9' };

const kubeconfig = (user: object, ca = base64(PEM('MIIB'))): string =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': ca } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user }],
    'current-context': 'x',
  });

/** A text that somebody's machine or cluster had, and what has to be said of it. */
const NEEDED: readonly {
  readonly source: string;
  readonly read: () => unknown;
  readonly code: string;
  /** The file or object, and the line or key. */
  readonly says: RegExp;
}[] = [
  {
    source: 'kubernetes-sigs/kubespray#3890: a tab in kubeadm-config',
    read: () => clusterNetworksIn('networking:\n  dnsDomain: cluster.local\n\tpodSubnet: 10.244.0.0/16\n'),
    code: 'API_ERROR',
    says: /key ClusterConfiguration of the ConfigMap kube-system\/kubeadm-config is damaged: line 3: it is not YAML/,
  },
  {
    source: 'kubernetes/kubeadm#2491: kubeadm-config that ends in the middle',
    read: () => clusterNetworksIn('networking: {podSubnet: "10.244.0.0/16"'),
    code: 'API_ERROR',
    says: /kubeadm-config is damaged: line 1/,
  },
  {
    source: 'kubernetes/kubeadm#1596: an edited kubeadm-config, a number where a text belongs',
    read: () => clusterNetworksIn('networking:\n  podSubnet: 5\n'),
    code: 'API_ERROR',
    says: /kubeadm-config is damaged: networking\.podSubnet: /,
  },
  {
    source: 'kubernetes/kubernetes#73779: a list in the place of a KubeletConfiguration',
    read: () => yamlMap('- kind: KubeletConfiguration\n', { ...ORIGIN, what: 'key kubelet of the ConfigMap x' }),
    code: 'API_ERROR',
    says: /^key kubelet of the ConfigMap x is damaged: it is not a YAML map$/,
  },
  {
    source: 'containerd/containerd#7174: a table array that is not closed',
    read: () => fitContainerdConfig('version = 2\n[[plugins."io.containerd.grpc.v1.cri"]\n', needs),
    code: 'RUNTIME_FAILED',
    says: /^\/etc\/containerd\/config\.toml is damaged: line 2: it is not TOML/,
  },
  {
    source: 'k3s-io/k3s#9695: a table twice',
    read: () => fitContainerdConfig('version = 2\n[a.b]\nc = 1\n[a.b]\nc = 2\n', needs),
    code: 'RUNTIME_FAILED',
    says: /config\.toml is damaged: line [34]: /,
  },
  {
    source: 'a damaged file that config.toml imports (containerd/containerd#6389 has one that is whole)',
    read: () => fitImportedConfig('version = 2\n[plugins', needs, '/etc/containerd/conf.d/99-nvidia.toml'),
    code: 'RUNTIME_FAILED',
    says: /^\/etc\/containerd\/conf\.d\/99-nvidia\.toml is damaged: line 2: it is not TOML/,
  },
  {
    source: 'kubernetes/kubernetes#39007: a text in UTF-16, as PowerShell writes it',
    read: () => yamlMap(Buffer.from('\ufeffkind: Config\n', 'utf16le').toString('utf8'), ORIGIN),
    code: 'API_ERROR',
    says: /it is not text in UTF-8/,
  },
  {
    source: 'fluxcd/flux2#1126: UTF-16 of the other byte order',
    read: () => yamlMap(Buffer.from('\ufeffkind: Config\n', 'utf16le').swap16().toString('utf8'), ORIGIN),
    code: 'API_ERROR',
    says: /it is not text in UTF-8/,
  },
  {
    source: 'CubeBackup/docker#5: a YAML file full of zeros',
    read: () => yamlMap('\0'.repeat(100), ORIGIN),
    code: 'API_ERROR',
    says: /it holds only zeros/,
  },
  {
    source: 'a YAML text of ten thousand open brackets',
    read: () => yamlMap('['.repeat(10_000), ORIGIN),
    code: 'API_ERROR',
    says: /\/etc\/x\.yaml is damaged/,
  },
  {
    source: 'kubernetes/kubernetes#83253 (CVE-2019-11253): aliases of aliases that stand for billions of values',
    read: () => yamlMap(['a0: &a0 [x]', ...Array.from({ length: 12 }, (_, i) => aliases(i))].join('\n'), ORIGIN),
    code: 'API_ERROR',
    says: /\/etc\/x\.yaml is damaged: its aliases stand for too many values/,
  },
  {
    source: 'a YAML text with an alias within its own anchor',
    read: () => yamlMap('a: &a [*a]', ORIGIN),
    code: 'API_ERROR',
    says: /its aliases stand for too many values/,
  },
  {
    source: 'CubeBackup/docker#5: a file full of zeros after a power cut',
    read: () => fitContainerdConfig('\0\0\0\0\0', needs),
    code: 'RUNTIME_FAILED',
    says: /config\.toml is damaged: line 1: /,
  },
  {
    source: 'kubernetes/kubernetes#69278: the placeholder of a guide in certificate-authority-data',
    read: () => connectionOf(kubeconfig({ token: 't0ken.secret' }, '<base64-encoded-ca-cert>'), 'the service'),
    code: 'CLOUD_FAILED',
    says: /clusters\[0\]\.cluster\.certificate-authority-data: it is not base64/,
  },
  {
    source: 'werf/werf#742: what kubectl config view has left out',
    read: () => connectionOf(kubeconfig({ token: 't0ken.secret' }, 'DATA+OMITTED'), 'the service'),
    code: 'CLOUD_FAILED',
    says: /clusters\[0\]\.cluster\.certificate-authority-data: it was left out by `kubectl config view`.*--raw/,
  },
  {
    source: 'kubemod/kubemod#112: certificate-authority-data that is no PEM block',
    read: () => connectionOf(kubeconfig({ token: 't0ken.secret' }, base64('xyz')), 'the service'),
    code: 'CLOUD_FAILED',
    says: /certificate-authority: it is not a certificate in PEM/,
  },
  {
    source: 'eclipse-che/che#23235: a CA of one line feed',
    read: () => connectionOf(kubeconfig({ token: 't0ken.secret' }, base64('\n')), 'the service'),
    code: 'CLOUD_FAILED',
    says: /certificate-authority: it is not a certificate in PEM/,
  },
  {
    source: 'kubernetes/kubernetes#34956: an issued certificate that is empty',
    read: () => certificateIn('', { what: 'the certificate in csr-1', code: 'API_ERROR' }),
    code: 'API_ERROR',
    says: /^the certificate in csr-1 is damaged: it is empty$/,
  },
  {
    source: 'rancher/rancher#15801: an issued certificate without PEM data',
    read: () => certificateIn('not a certificate', { what: 'the certificate in csr-1', code: 'API_ERROR' }),
    code: 'API_ERROR',
    says: /it is not a certificate in PEM/,
  },
  {
    source: 'kubernetes/kubernetes#98881: a CA in cluster-info that cannot be parsed',
    read: () => pinCa(PEM('AAAA'), 'any'),
    code: 'CLUSTER_INFO_INVALID',
    says: /the CA certificate in cluster-info is damaged/,
  },
  {
    source: 'openyurtio/openyurt#1107: the plan of an upgrade, edited by hand',
    read: () => fromTexts({ 'plan.json': 'null', 'progress.json': '{}', nodes: HEADING }),
    code: 'UPGRADE_STATE_UNREADABLE',
    says: /key plan\.json/,
  },
  {
    source: 'an upgrade whose progress names a phase that there is not',
    read: () =>
      fromTexts({
        'plan.json': '{"targetVersion":"v1.20.3","executor":"job","drain":true,"drainTimeoutMs":1}',
        'progress.json': '{"phase":"Broken","lastBatchSize":0,"batch":0,"started":1}',
        nodes: HEADING,
      }),
    code: 'UPGRADE_STATE_UNREADABLE',
    says: /key progress\.json is damaged: phase: /,
  },
  {
    source: 'an upgrade whose list of nodes was sorted by hand',
    read: () =>
      fromTexts({
        'plan.json': '{"targetVersion":"v1.20.3","executor":"job","drain":true,"drainTimeoutMs":1}',
        'progress.json': '{"phase":"Paused","lastBatchSize":0,"batch":0,"started":1}',
        nodes: `${HEADING}edge1\tpool\tv1.20.2\tbatch\t1\tone\t0\t\n`,
      }),
    code: 'UPGRADE_STATE_UNREADABLE',
    says: /edge1 is in the unknown state "batch"/,
  },
];

/** Ten times the line before it. */
function aliases(line: number): string {
  return `a${line + 1}: &a${line + 1} [${Array(10).fill(`*a${line}`).join(', ')}]`;
}

const HEADING = `${['name', 'pool', 'from', 'state', 'batch', 'started', 'ended', 'cordoned', 'message'].join('\t')}\n`;

/** Damage on a node that a reset or a diagnosis has to live with. */
const ENDURED: readonly { readonly source: string; readonly files: FakeNode['files'] }[] = [
  {
    source: 'rancher/rancher#33618: an empty client certificate',
    files: { '/var/lib/kubelet/pki/kubelet-client-current.pem': '' },
  },
  {
    source: 'coreos/coreos-kubernetes#549: a certificate of zeros',
    files: { '/var/lib/kubelet/pki/kubelet-client-current.pem': '\0'.repeat(100) },
  },
  {
    source: 'rancher/rancher#13016: a kubeconfig that is not YAML',
    files: { '/etc/kubernetes/kubelet.conf': 'clusters:\n\t- cluster: {' },
  },
  {
    source: 'a kubeconfig whose server is a number',
    files: { '/etc/kubernetes/kubelet.conf': 'clusters: [{cluster: {server: 6443}}]' },
  },
  { source: 'a kubeconfig of nulls', files: { '/etc/kubernetes/kubelet.conf': 'clusters: [null]' } },
  {
    source: 'kubernetes/kubernetes#53288: a kubelet configuration that names its runtime by a map',
    files: { '/var/lib/kubelet/config.yaml': 'containerRuntimeEndpoint: {unix: /run/containerd/containerd.sock}' },
  },
  {
    source: 'bottlerocket-os/bottlerocket#3792: an empty result of a CNI plug-in',
    files: { '/var/lib/cni/results/cbr0-c1-eth0': '' },
  },
  {
    source: 'containernetworking/cni#670: a truncated result of a CNI plug-in',
    files: { '/var/lib/cni/results/cbr0-c1-eth0': '{"kind":"cniCacheV1","containerId":"c1","config":' },
  },
  {
    source: 'a result of a CNI plug-in whose configuration is a number',
    files: {
      '/var/lib/cni/results/cbr0-c1-eth0': '{"kind":"cniCacheV1","containerId":"c1","config":5,"ifName":"eth0"}',
    },
  },
  {
    source: 'containerd/containerd#8662: a network whose plug-ins are a text',
    files: {
      '/var/lib/cni/results/cbr0-c1-eth0': JSON.stringify({
        kind: 'cniCacheV1',
        containerId: 'c1',
        ifName: 'eth0',
        config: base64('{"name":"cbr0","cniVersion":"0.3.1","plugins":"calico"}'),
        capabilityArgs: null,
      }),
    },
  },
];

describe('a text by others that cannot be read', () => {
  for (const { source, read, code, says } of NEEDED) {
    it(`a damaged text is named with its file or object and the key or line, as ${code}: ${source}`, () => {
      assert.throws(read, (error: unknown) => {
        assert.ok(error instanceof EdgeadmError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, says);
        assert.notEqual(error.next, '');
        return true;
      });
    });
  }

  it('a damaged /var/lib/kubelet/config.yaml stops an upgrade with its line, instead of being overwritten', async () => {
    const host = fakeHost({ files: { '/var/lib/kubelet/config.yaml': 'kind: KubeletConfiguration\n bad: [\n' } });
    await assert.rejects(kubeletSettings(host), (error: unknown) => {
      assert.ok(error instanceof EdgeadmError && error.code === 'UPGRADE_CHECK_FAILED');
      assert.match(error.message, /^\/var\/lib\/kubelet\/config\.yaml is damaged: line 2/);
      return true;
    });
  });

  it('a key that occurs twice counts as Kubernetes counts it: the last one (deckhouse/deckhouse#10675)', () => {
    const twice = 'networking:\n  podSubnet: 10.1.0.0/16\n  podSubnet: 10.244.0.0/16\n';
    assert.deepEqual(clusterNetworksIn(twice)?.podCidrs, ['10.244.0.0/16']);
  });

  it('a byte order mark and line ends of Windows are no damage (OpenUnison/openunison-k8s#114)', () => {
    const text = '\ufeffkind: Config\r\nclusters: []\r\n';
    assert.deepEqual(yamlMap(text, ORIGIN), { kind: 'Config', clusters: [] });
    assert.deepEqual(jsonMap('\ufeff{"a": 1}\r\n', ORIGIN), { a: 1 });
  });

  it('a YAML text of several documents is read as Kubernetes reads it: the first one counts (kubernetes/kubeadm#3163)', () => {
    for (const text of ['---\nkind: Config\n---\n', 'kind: Config\n---\nkind: Other\n', '---\n---\nkind: Config\n'])
      assert.deepEqual(yamlMap(text, ORIGIN), { kind: 'Config' });
    assert.throws(() => yamlMap('kind: Config\n---\na: 1\n\tb: 2\n', ORIGIN), /line 4: it is not YAML/);
  });

  it('a CA that is in base64 twice, as a Secret has it, is decoded twice (kubernetes/kubectl#1023)', () => {
    const { ca } = connectionOf(kubeconfig({ token: 't0ken.secret' }, base64(base64(CA))), 'the service');
    assert.equal(ca, CA);
  });

  for (const [source, ConfigMap, text, line] of [
    ['deckhouse/deckhouse#10675', 'kubelet-config-1.20', 'kind: KubeletConfiguration\nmaxPods: 20\nmaxPods: 30\n', 3],
    [
      'kubernetes-sigs/kubespray#3890',
      'kubeadm-config',
      'networking:\n  podSubnet: 10.1.0.0/16\n  "podSubnet": 10.2.0.0/16\n',
      3,
    ],
    [
      'in one line',
      'kubeadm-config',
      'networking: {podSubnet: 10.1.0.0/16}\nnetworking: {podSubnet: 10.2.0.0/16}\n',
      2,
    ],
  ] as const) {
    it(`preflight warns of a key that stands twice in ${ConfigMap}, with its line: ${source}`, async () => {
      const key = ConfigMap === 'kubeadm-config' ? 'ClusterConfiguration' : 'kubelet';
      const cluster = { configMaps: { [ConfigMap]: { [key]: text } } };
      const says = new RegExp(
        `key ${key} of the ConfigMap kube-system/${ConfigMap}: line ${line}: the key \\w+ appears twice`,
      );
      await assertFinds('ClusterConfiguration', 'warning', says, { cluster });
    });
  }

  for (const [source, configMaps, says] of [
    [
      'kubermatic/kubermatic#1412, kept as binary data',
      { ...KUBEADM_CONFIG, 'kubelet-config-1.20': {} },
      /kubelet-config-1\.20 has no text under its key kubelet/,
    ],
    [
      'an empty text',
      { ...KUBEADM_CONFIG, 'kubelet-config-1.20': { kubelet: '' } },
      /has no text under its key kubelet/,
    ],
    [
      'kubernetes/kubernetes#94524, clastix/kamaji#320: none of this version',
      KUBEADM_CONFIG,
      /the cluster has no ConfigMap kube-system\/kubelet-config-1\.20\nwithout it, the join uses defaults/,
    ],
    [
      'kubernetes/kubeadm#1596, under another key',
      { 'kubeadm-config': { MasterConfiguration: 'a: 1' } },
      /kubeadm-config has no text under its key ClusterConfiguration/,
    ],
  ] as const) {
    it(`preflight warns of a ConfigMap that is there without what nodes need, instead of passing it over: ${source}`, async () => {
      const { remedy } = await assertFinds('ClusterConfiguration', 'warning', says, { cluster: { configMaps } });
      assert.match(remedy ?? '', /kubeadm init phase upload-config/);
    });
  }

  it('damage of both ConfigMaps is reported once, by one check, with what to do about each (kubernetes-sigs/kubespray#3890)', async () => {
    const text = 'a: 1\n\tb: 2\n';
    const configMaps = { 'kubeadm-config': { ClusterConfiguration: text }, 'kubelet-config-1.20': { kubelet: text } };
    const verdicts = await judgeChecks(await contextOf({ cluster: { configMaps } }));
    const failed = verdicts.filter(({ status }) => status === 'error');
    assert.deepEqual(
      failed.map(({ check }) => check),
      ['ClusterConfiguration'],
    );
    assert.match(
      failed[0]?.found ?? '',
      /kubeadm-config is damaged: line 2.*\n.*kubelet-config-1\.20 is damaged: line 2/,
    );
    assert.match(failed[0]?.remedy ?? '', /configmap kubeadm-config.*\n.*configmap kubelet-config-1\.20/);
  });

  for (const [name, key] of [
    ['kubeadm-config', 'ClusterConfiguration'],
    ['kubelet-config-1.20', 'kubelet'],
  ] as const) {
    it(`preflight names the ConfigMap ${name}, its key and the line, as a fault of the cluster`, async () => {
      const cluster = { configMaps: { [name]: { [key]: 'a: 1\n\tb: 2\n' } } };
      const context = await contextOf({ cluster });
      const asked = name === 'kubeadm-config' ? context.cluster.networks() : context.cluster.kubeletConfiguration();
      await assert.rejects(asked, (error: unknown) => {
        assert.ok(error instanceof EdgeadmError && error.code === 'API_ERROR', String(error));
        assert.match(error.message, new RegExp(`key ${key} of the ConfigMap kube-system/${name} is damaged: line 2`));
        assert.match(error.next, new RegExp(`edit configmap ${name}`));
        return true;
      });
    });
  }
});

describe('a node whose files are damaged', () => {
  for (const { source, files } of ENDURED) {
    it(`a node with a damaged text can be reset all the same: ${source}`, async () => {
      const host = fakeHost({ files });
      await nodeCredentials(host);
      assert.equal((await findRuntime(host)).unit, 'containerd.service');
      await removeAttachments(host, ['c1'], '/opt/cni/bin');
    });
  }

  it('any text: no reader of files on a node makes more of it than nothing or a text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => json.slice(0, -1)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const read of [serverIn, imageIn, runtimeSocketIn])
          assert.match(typeof read(text), /^(string|undefined)$/);
        const { id, name, version } = parseOsRelease(text);
        assert.deepEqual([typeof id, typeof name, typeof version], ['string', 'string', 'string']);
      }),
    );
  });

  it('any text: a required map is a map of the wanted form, or an error that names its origin', () => {
    const schema = z.object({ a: z.string().optional() });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          checkShape(schema, yamlMap(text, ORIGIN), ORIGIN);
        } catch (error) {
          assert.ok(error instanceof EdgeadmError && error.what === '/etc/x.yaml is damaged', String(error));
        }
        lenientYaml(text, schema);
      }),
    );
  });
});

describe('a cluster that answers with something else', () => {
  it('a ConfigMap without data is one that says nothing', async () => {
    const cluster = await fakeCluster({ configMaps: {} });
    assert.ok(cluster);
    const context = await contextOf({ spec: { token: TOKEN } });
    assert.ok(await context.cluster.networks());
  });
});
