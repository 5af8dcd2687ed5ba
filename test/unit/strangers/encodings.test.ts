import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBundle } from '../../../src/artifacts/open-bundle.ts';
import { readSums } from '../../../src/artifacts/own-file.ts';
import { encryptionFor } from '../../../src/cli/diagnose/encryption.ts';
import { flagText } from '../../../src/cli/flags.ts';
import { readDiscoveryFile } from '../../../src/cli/join/discovery-file.ts';
import { manifestsIn } from '../../../src/cli/manifests/read.ts';
import { readCa } from '../../../src/cloud/caller.ts';
import { openCredentials } from '../../../src/cloud/credentials.ts';
import { readMatrixFile } from '../../../src/compat/matrix-file.ts';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { readInventory } from '../../../src/config/inventory.ts';
import { readNodeSpec } from '../../../src/config/node-spec.ts';
import { KnownHosts } from '../../../src/host/ssh/known-hosts.ts';
import { API_LIMITS } from '../../../src/http/limits.ts';
import { jsonOf, sendRequest } from '../../../src/http/request.ts';
import { loadKubeconfig } from '../../../src/kubernetes/kubeconfig/load.ts';
import { currentOf } from '../../../src/kubernetes/kubeconfig/parse.ts';
import { decodeText } from '../../../src/lib/decode-text.ts';
import { certificatesOf } from '../../../src/pki/ca-hash.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';

const windows = (text: string): string => `\ufeff${text.replaceAll('\n', '\r\n')}`;

/** How a text is stored, by the program that wrote it. */
const ENCODINGS: readonly (readonly [by: string, encode: (text: string) => Buffer])[] = [
  ['UTF-8 with a byte order mark: openssl/openssl#6281', (text) => Buffer.from(windows(text))],
  ['> of Windows PowerShell, UTF-16: kubernetes/kubernetes#39007', (text) => Buffer.from(windows(text), 'utf16le')],
  ['UTF-16, big endian: fluxcd/flux2#1126', (text) => Buffer.from(windows(text), 'utf16le').swap16()],
  ['UTF-16 without a mark: bitnami/sealed-secrets#1410', (text) => Buffer.from(text, 'utf16le')],
  ['lines that end with CRLF: actions/checkout#135', (text) => Buffer.from(text.replaceAll('\n', '\r\n'))],
];

const ca = selfSignedCertificate(await generateKey(), { commonName: 'ca', organizations: [] }, {});
const SUM = 'ab'.repeat(32);
const cluster = (authority: string): string =>
  `clusters:\n- name: c\n  cluster:\n    server: https://10.0.0.1:6443\n    ${authority}\n`;
const kubeconfig = (authority: string): string =>
  `${cluster(authority)}contexts:\n- name: x\n  context: {cluster: c, user: u}\nusers:\n- name: u\n  user: {token: t}\ncurrent-context: x\n`;
const refuse = (mistake: string): never => assert.fail(mistake);

/** Every kind of file that a person hands over: its text, and what has to be read from it. */
const FILES: readonly {
  readonly what: string;
  readonly text: string;
  readonly read: (path: string) => unknown;
  readonly found: unknown;
}[] = [
  {
    what: 'a kubeconfig',
    text: kubeconfig('insecure-skip-tls-verify: true'),
    read: async (path) => currentOf(await loadKubeconfig(path)).cluster.server,
    found: 'https://10.0.0.1:6443',
  },
  {
    what: 'a discovery file',
    text: cluster(`certificate-authority-data: ${Buffer.from(ca).toString('base64')}`),
    read: async (path) => (await readDiscoveryFile(path)).values.apiServers,
    found: ['https://10.0.0.1:6443'],
  },
  {
    what: 'a file with a token',
    text: 'abcdef.0123456789abcdef\n',
    read: (path) => flagText(`@${path}`, '--token'),
    found: 'abcdef.0123456789abcdef',
  },
  {
    what: 'a configuration file',
    text: 'apiVersion: edgeadm.io/v1\nkind: JoinConfiguration\nnodeName: edge-1\n',
    read: async (path) => (await readConfigFile(path, 'JoinConfiguration')).values,
    found: { nodeName: 'edge-1' },
  },
  {
    what: 'a node specification',
    text: '{\n "nodeNameOverride": "edge-1"\n}\n',
    read: async (path) => readNodeSpec(await flagText(`@${path}`, '--node-spec'), refuse).given,
    found: { nodeNameOverride: 'edge-1' },
  },
  {
    what: 'a list of hosts',
    text: 'hosts:\n- address: 10.0.0.5\n',
    read: async (path) => (await readInventory(path)).map(({ address }) => address),
    found: ['10.0.0.5'],
  },
  {
    what: 'a compatibility matrix',
    text: 'rows:\n- {arch: amd64, os: Debian, versions: ["12"], kernel: "6.18"}\n',
    read: async (path) => (await readMatrixFile(path)).map(({ os }) => os),
    found: ['Debian'],
  },
  { what: 'the CA of a cloud', text: ca, read: async (path) => certificatesOf(await readCa(path)).length, found: 1 },
  {
    what: 'the profile of an account',
    text: '{"AccessKey": "id", "SecretKey": "secret"}\n',
    read: async (path) => (await openCredentials({ profile: path }))(),
    found: { accessKeyId: 'id', accessKeySecret: 'secret' },
  },
  {
    what: 'a list of sums',
    text: `${SUM}  edgeadm-linux-amd64\n`,
    read: async (path) => [...(await readSums(path))],
    found: [[SUM, 'edgeadm-linux-amd64']],
  },
  {
    what: 'known hosts, PowerShell/Win32-OpenSSH#939',
    text: `10.0.0.5 ssh-ed25519 ${Buffer.from('key').toString('base64')}\n`,
    read: async (path) => (await KnownHosts.read([path])).keysOf('10.0.0.5', 22).map(({ type }) => type),
    found: ['ssh-ed25519'],
  },
  {
    what: 'manifests, kubernetes/kubectl#679',
    text: 'kind: Pod\n---\nkind: Service\n',
    read: async (path) => (await manifestsIn(path)).map(({ kind }) => kind),
    found: ['Pod', 'Service'],
  },
  {
    what: 'those whom an archive is encrypted for',
    text: '# operators\nage1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n',
    read: async (path) => typeof (await encryptionFor([`@${path}`], refuse)),
    found: 'function',
  },
];

describe('a file that somebody wrote on another system', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-encodings-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const { what, text, read, found } of FILES)
    for (const [by, encode] of ENCODINGS)
      it(`${what} is read as its author meant it: ${by}`, async () => {
        const path = join(folder, 'file');
        await writeFile(path, encode(text));
        assert.deepEqual(await read(path), found);
      });

  for (const [by, encode] of ENCODINGS) {
    it(`the manifest of a bundle is read as its author meant it: ${by}`, async () => {
      await mkdir(join(folder, 'bundle'), { recursive: true });
      const files = `files:\n- {path: kubelet, kind: kubelet, sha256: ${SUM}}\n`;
      const text = `apiVersion: edgeadm.io/v1\nkind: Bundle\nkubernetesVersion: v1.20.2\narch: amd64\n${files}`;
      await writeFile(join(folder, 'bundle/bundle.yaml'), encode(text));
      const bundle = await openBundle(join(folder, 'bundle'));
      assert.equal(bundle.manifest.kubernetesVersion, 'v1.20.2');
      await bundle.close();
    });

    it(`the CA in a kubeconfig is read as its author meant it, as a file and in base64: ${by}`, async () => {
      await writeFile(join(folder, 'ca.crt'), encode(ca));
      const inBase64 = `certificate-authority-data: ${encode(ca).toString('base64')}`;
      for (const authority of ['certificate-authority: ca.crt', inBase64]) {
        await writeFile(join(folder, 'discovery.conf'), cluster(authority));
        assert.equal(((await readDiscoveryFile(join(folder, 'discovery.conf'))).values.caCertHashes as []).length, 1);
      }
    });
  }
});

describe('an answer of a service behind a program of Windows', () => {
  for (const [by, encode] of ENCODINGS)
    it(`a JSON answer is read as its author meant it (jqlang/jq#45): ${by}`, async () => {
      const server = createServer((_request, response) => response.end(encode('{\n "state": "running"\n}\n')));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        const { text } = await sendRequest({ url, limits: API_LIMITS });
        assert.deepEqual(jsonOf(text, url), { state: 'running' });
      } finally {
        server.close();
      }
    });
});

describe('the encoding of a text', () => {
  for (const text of ['', '5', 'é', '中文', 'token', '\0', '{}'])
    it(`${JSON.stringify(text)} in UTF-8 stays what it is`, () => assert.equal(decodeText(Buffer.from(text)), text));
});
