import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { V1Pod } from '@kubernetes/client-node';
import { load, YAML11_SCHEMA } from 'js-yaml';
import forge from 'node-forge';
import {
  type EdgeHubOptions,
  edgeHubCertificates,
  edgeHubFiles,
  edgeHubLayouts,
} from '../../../src/edge-hub/edge-hub.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

const CA = '-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n';

const ACK: EdgeHubOptions = {
  flavor: 'ack',
  kubernetesVersion: 'v1.20.2',
  image: 'registry.example.com/acs/edge-hub:v0.18.0',
  nodeName: 'edge-1',
  apiServers: ['https://10.0.0.1:6443'],
  caPem: CA,
};
const OPENYURT: EdgeHubOptions = { ...ACK, flavor: 'openyurt', image: 'openyurt/yurthub:v0.5.0' };

describe('edge-hub manifest', () => {
  const goldens: Record<string, EdgeHubOptions> = {
    ack: { ...ACK, nodePool: 'np0123', enableIptables: true },
    'ack-legacy': { ...ACK, kubernetesVersion: '1.14.8-aliyunedge.1' },
    'ack-1.30': { ...ACK, kubernetesVersion: 'v1.30.1', enableIptables: true },
    openyurt: { ...OPENYURT, nodePool: 'hangzhou', apiServers: ['https://10.0.0.1:6443', 'https://[fd00::1]:6443/'] },
    'openyurt-1.7': {
      ...OPENYURT,
      kubernetesVersion: '1.34.4',
      hubVersion: '1.7.0',
      nodePool: 'hangzhou',
      caHash: '4f1c',
      nodeIp: '10.0.0.5',
    },
    'openyurt-1.4': { ...OPENYURT, kubernetesVersion: '1.24.1', hubVersion: '1.4.0', enableDummyInterface: false },
  };
  for (const [name, options] of Object.entries(goldens)) {
    it(`edge-hub manifest is what golden/${name}.yaml shows`, () => {
      const golden = new URL(`golden/${name}.yaml`, import.meta.url);
      const manifest = contentOf(options, edgeHubFiles(options).manifestPath);
      if (process.env.UPDATE_GOLDEN) writeFileSync(golden, manifest);
      assert.equal(manifest, readFileSync(golden, 'utf8'));
    });
  }

  it('says so if the iptables rules of yurthub are not wanted, since it makes them unasked', () => {
    assert.ok(commandOf(OPENYURT).includes('--enable-iptables=false'));
    assert.ok(!commandOf({ ...OPENYURT, enableIptables: true }).some((flag) => flag.startsWith('--enable-iptables')));
  });

  it('lies where OpenYurt keeps it, by version', () => {
    assert.equal(edgeHubFiles(OPENYURT).manifestPath, '/etc/kubernetes/manifests/yurt-hub.yaml');
    const later = edgeHubFiles({ ...OPENYURT, hubVersion: '1.4.0' });
    assert.equal(later.manifestPath, '/etc/kubernetes/manifests/yurthub.yaml');
  });
});

describe('edge-hub values from outside', () => {
  const hostile = ['a"\n- b: {{x}}', 'a b', 'a,b', '$(NODE_NAME)', '-x', '', '{{x}}', "a'#", 'a\u0000'];
  for (const key of ['nodeName', 'nodePool', 'image'] as const) {
    it(`a hostile ${key} is refused by name`, () => {
      for (const value of hostile.filter((text) => key !== 'nodePool' || text !== '')) {
        assertRefused({ ...ACK, [key]: value }, key);
      }
    });
  }

  it('an API server that is not a plain https address is refused', () => {
    for (const url of [
      'http://10.0.0.1',
      '10.0.0.1:6443',
      'https://a/b',
      'https://u:p@a',
      'https://a,b',
      'https://a\n',
    ]) {
      assertRefused({ ...ACK, apiServers: ['https://10.0.0.1:6443', url] }, 'apiServers');
    }
    assertRefused({ ...ACK, apiServers: [] }, 'apiServers');
  });

  it('all mistakes are told at once', () => {
    const error = errorOf({ ...ACK, nodeName: 'A B', image: '' });
    assert.match(error.why ?? '', /nodeName[\s\S]*image/);
  });

  it('a value that YAML could take for something else stays the same string for every parser', () => {
    for (const value of ['on', 'y', 'null', '1e3', '0x1f', '0777', '2024-01-01', '1.0']) {
      const options = { ...ACK, nodePool: value, image: value };
      const manifest = contentOf(options, edgeHubFiles(options).manifestPath);
      for (const schema of [undefined, YAML11_SCHEMA]) {
        const container = (load(manifest, schema && { schema }) as V1Pod).spec?.containers[0];
        assert.equal(container?.image, value);
        assert.ok(container.command?.includes(`--nodepool-name=${value}`));
        assert.ok(container.command?.every((argument) => typeof argument === 'string'));
      }
    }
  });
});

describe('edge-hub files', () => {
  const pair = selfSigned('system:node:edge-1', new Date('2026-05-01T10:11:12Z'));
  const options = { ...OPENYURT, clientCertPem: pair.cert, clientKeyPem: pair.key };

  it('hold certificate and key together, 0600, behind the symlink that lets the hub renew them', () => {
    const { files } = edgeHubFiles({ ...options, servingCertPem: pair.cert, servingKeyPem: pair.key });
    const pki = '/var/lib/yurthub/pki';
    assert.deepEqual(
      files.map((file) => file.path),
      [
        `${pki}/ca.crt`,
        `${pki}/yurthub-2026-05-01-10-11-12.pem`,
        `${pki}/yurthub-current.pem`,
        `${pki}/yurthub-server-2026-05-01-10-11-12.pem`,
        `${pki}/yurthub-server-current.pem`,
        '/var/lib/yurthub/yurthub.conf',
        '/etc/kubernetes/manifests/yurt-hub.yaml',
      ],
    );
    assert.deepEqual(files[1], {
      path: `${pki}/yurthub-2026-05-01-10-11-12.pem`,
      content: pair.cert + pair.key,
      mode: 0o600,
    });
    assert.deepEqual(files[2], {
      path: `${pki}/yurthub-current.pem`,
      linkTo: `${pki}/yurthub-2026-05-01-10-11-12.pem`,
    });
  });

  it('lead the hub to the first API server with its own certificate', () => {
    const kubeconfig = load(contentOf(ACK, '/var/lib/edge-hub/edge-hub.conf')) as Kubeconfig;
    const pem = '/var/lib/edge-hub/pki/edge-hub-current.pem';
    assert.equal(kubeconfig.clusters[0]?.cluster.server, 'https://10.0.0.1:6443');
    const data = kubeconfig.clusters[0]?.cluster['certificate-authority-data'] ?? '';
    assert.equal(Buffer.from(data, 'base64').toString(), CA);
    assert.deepEqual(kubeconfig.users[0]?.user, { 'client-certificate': pem, 'client-key': pem });
  });

  it('go to the folders of the cluster version', () => {
    const legacy = edgeHubFiles({ ...ACK, kubernetesVersion: '1.14.8' });
    assert.equal(legacy.kubeconfigPath, '/etc/kubernetes/edge-hub/edge-hub.kubeconfig');
    assert.equal(legacy.bootstrapKubeconfigPath, '/etc/kubernetes/edge-hub/bootstrap-edge-hub-current.conf');
    assert.equal(edgeHubFiles(ACK).kubeconfigPath, '/var/lib/edge-hub/edge-hub.conf');
    assert.deepEqual(
      edgeHubLayouts('ack').map((layout) => layout.rootDirectory),
      ['/var/lib/edge-hub', '/etc/kubernetes/edge-hub'],
    );
  });

  it('edge-hub files are readable by root alone if they hold a key, and their folders too', () => {
    const { files, directories } = edgeHubFiles(options);
    for (const file of files) if ('mode' in file && !file.path.endsWith('ca.crt')) assert.equal(file.mode, 0o600);
    for (const directory of directories) assert.equal(directory.mode, 0o700);
  });

  it('hold no token, nor a flag for one', () => {
    for (const candidate of [options, ACK, { ...OPENYURT, hubVersion: '1.5.0' }]) {
      for (const file of edgeHubFiles(candidate).files) assert.doesNotMatch(JSON.stringify(file), /token/i);
    }
  });
});

describe('edge-hub certificates', () => {
  it('edge-hub certificates of the ack flavour: the kubelet signer gives the client certificate to a bootstrap token', () => {
    const { client, serving } = edgeHubCertificates(ACK);
    assert.equal(client.cn, 'system:node:edge-1');
    assert.deepEqual(client.organizations, ['system:nodes']);
    assert.equal(client.signer, 'kubernetes.io/kube-apiserver-client-kubelet');
    assert.equal(client.requester, 'bootstrap-token');
    assert.equal(serving.needed, false);
  });

  it('edge-hub certificates of yurthub 0.5.0: a serving certificate of the legacy signer, without which no port opens', () => {
    const { serving } = edgeHubCertificates(OPENYURT);
    assert.equal(serving.cn, 'kube-apiserver-kubelet-client');
    assert.deepEqual(serving.organizations, ['system:masters', 'openyurt:yurthub']);
    assert.equal(serving.signer, 'kubernetes.io/legacy-unknown');
    assert.deepEqual(serving.ipAddresses, ['127.0.0.1', '169.254.2.1']);
    assert.equal(serving.needed, true);
  });

  it('edge-hub certificates of yurthub 0.7.0: both as the node, for the signers that Kubernetes still has', () => {
    const { client, serving } = edgeHubCertificates({
      ...OPENYURT,
      image: 'r:5000/yurthub:v0.7.0',
      kubernetesVersion: '1.22.3',
    });
    assert.deepEqual(client.organizations, ['openyurt:yurthub', 'system:nodes']);
    assert.equal(client.signer, 'kubernetes.io/kube-apiserver-client');
    assert.equal(serving.signer, 'kubernetes.io/kubelet-serving');
  });

  it('a yurthub that cannot work with the cluster, or is not known, is refused with the way out', () => {
    const old = errorOf({ ...OPENYURT, kubernetesVersion: '1.22.0' });
    assert.match(old.next, /0\.7\.0/);
    assert.match(errorOf({ ...OPENYURT, hubVersion: '1.2.0' }).why ?? '', /1\.3 and newer/);
    assert.match(errorOf({ ...OPENYURT, hubVersion: 'latest' }).what, /latest/);
  });
});

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: Record<string, string> }[];
}

function contentOf(options: EdgeHubOptions, path: string): string {
  const file = edgeHubFiles(options).files.find((candidate) => candidate.path === path);
  assert.ok(file && 'content' in file, `${path} is not among the files`);
  return file.content;
}

function commandOf(options: EdgeHubOptions): string[] {
  const pod = load(contentOf(options, edgeHubFiles(options).manifestPath)) as V1Pod;
  return pod.spec?.containers[0]?.command ?? [];
}

function errorOf(options: EdgeHubOptions): EdgeadmError {
  try {
    edgeHubFiles(options);
  } catch (error) {
    if (error instanceof EdgeadmError) return error;
    throw error;
  }
  return assert.fail('it was accepted');
}

function assertRefused(options: EdgeHubOptions, key: string): void {
  const error = errorOf(options);
  assert.equal(error.code, 'USAGE');
  assert.match(error.why ?? '', new RegExp(`^${key}: `));
}

function selfSigned(cn: string, notBefore: Date): { cert: string; key: string } {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  certificate.validity.notBefore = notBefore;
  certificate.validity.notAfter = new Date(notBefore.getTime() + 365 * 24 * 3600 * 1000);
  certificate.setSubject([{ name: 'commonName', value: cn }]);
  certificate.setIssuer([{ name: 'commonName', value: cn }]);
  certificate.sign(forge.pki.privateKeyFromPem(keys.privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate).replaceAll('\r', ''), key: keys.privateKey };
}
