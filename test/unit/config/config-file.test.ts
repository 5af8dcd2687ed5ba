import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { API_VERSION, readConfigFile } from '../../../src/config/config-file.ts';
import { joinKeys } from '../../../src/config/join-schema.ts';
import { joinSpec } from '../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

describe('A configuration file', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-config-'));
  });
  after(() => rm(dir, { recursive: true }));

  const read = async (text: string) => {
    await writeFile(join(dir, 'join.yaml'), text);
    return readConfigFile(join(dir, 'join.yaml'), 'JoinConfiguration');
  };

  it('A configuration file of another version is refused with what stands in it, also if that is no text', async () => {
    await assert.rejects(read('{apiVersion: {toString: 1}, kind: [a]}'), {
      code: 'USAGE',
      message: /found \{"toString":1\} and \["a"\]/,
    });
    await assert.rejects(read('labels: {}'), {
      code: 'USAGE',
      message: /found none and none/,
      next: 'edgeadm config print-defaults',
    });
  });

  it('A configuration file is refused as a usage error, never as a fault of edgeadm, whatever is in it', async () => {
    const keys = fc.dictionary(
      fc.constantFrom(...Object.keys(joinKeys.shape), 'apiVersion', 'kind', 'toString', '__proto__'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const check = async (text: string): Promise<void> => {
      try {
        joinSpec([await read(text)], { yes: false, timeoutMs: 1, compatMatrix: [] });
      } catch (error) {
        assert.ok(error instanceof EdgeadmError && error.code === 'USAGE', String((error as Error).stack));
      }
    };
    const right = { apiVersion: API_VERSION, kind: 'JoinConfiguration' };
    await fc.assert(fc.asyncProperty(keys, (given) => check(JSON.stringify({ ...right, ...given }))));
    await fc.assert(fc.asyncProperty(fc.string(), check));
  });
});

describe('A configuration file of kubeadm', () => {
  let path: string;
  before(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'edgeadm-kubeadm-')), 'join.yaml');
  });
  after(() => rm(join(path, '..'), { recursive: true }));

  const refusal = async (text: string): Promise<string> => {
    await writeFile(path, text);
    const thrown = await readConfigFile(path, 'JoinConfiguration').then(
      () => assert.fail('it was accepted'),
      (error: unknown) => error,
    );
    assert.ok(thrown instanceof EdgeadmError && thrown.code === 'USAGE', String(thrown));
    return `${thrown.what}\n${thrown.why}`;
  };
  /** The settings that the error shows, as edgeadm reads them. */
  const settings = async (text: string) => {
    const shown = /^apiVersion: edgeadm[\s\S]*?(?=^[\w.-]+: (?:pass|use|edgeadm|the|not) |(?![\s\S]))/m.exec(
      await refusal(text),
    );
    await writeFile(path, shown?.[0] ?? '');
    const { values } = await readConfigFile(path, 'JoinConfiguration');
    return joinSpec([{ nameOf: (key) => key, values: { token: TOKEN, ...values } }], {
      yes: false,
      timeoutMs: 1,
      compatMatrix: [],
    });
  };
  const TOKEN = 'abcdef.0123456789abcdef';
  const HASH = `sha256:${'a'.repeat(64)}`;
  const file = (version: string, args: string): string => `apiVersion: kubeadm.k8s.io/${version}
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: 10.0.0.1:6443
    token: ${TOKEN}
    caCertHashes: ["${HASH}"]
nodeRegistration:
  name: edge1
  criSocket: unix:///run/containerd/containerd.sock
  taints: [{key: edge, value: "yes", effect: NoSchedule}]
  ignorePreflightErrors: [Swap]
  kubeletExtraArgs: ${args}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
`;

  // Source: kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta3 and .v1beta4, JoinConfiguration
  for (const [version, args] of [
    ['v1beta3', '{node-ip: 10.0.0.5, max-pods: "30", node-labels: "zone=north,rack=7"}'],
    [
      'v1beta4',
      '[{name: node-ip, value: 10.0.0.5}, {name: max-pods, value: "30"}, {name: node-labels, value: "zone=north,rack=7"}]',
    ],
  ] as const)
    it(`A configuration file of kubeadm ${version} is answered with the same settings, which edgeadm accepts`, async () => {
      const found = await settings(file(version, args));
      assert.deepEqual(found.apiServers, ['https://10.0.0.1:6443']);
      assert.deepEqual(found.caCertHashes, [HASH]);
      assert.deepEqual([found.nodeName, found.nodeIp, found.maxPods], ['edge1', '10.0.0.5', 30]);
      assert.deepEqual(found.labels, { zone: 'north', rack: '7' });
      assert.deepEqual(found.taints, [{ key: 'edge', value: 'yes', effect: 'NoSchedule' }]);
      assert.deepEqual(found.ignorePreflightErrors, ['Swap']);
    });

  it('A token in a configuration file of kubeadm is not shown; the flag for it is named', async () => {
    const shown = await refusal(file('v1beta4', '[]'));
    assert.doesNotMatch(shown, /0123456789abcdef/);
    assert.match(shown, /^discovery\.bootstrapToken\.token: pass it with --token @FILE$/m);
  });

  it('Labels that no node can set on itself are left out of the settings, which would be refused with them (kubernetes-retired/cluster-api-bootstrap-provider-kubeadm#284)', async () => {
    const args = '{node-labels: "node-role.kubernetes.io/worker=,zone=north"}';
    assert.deepEqual((await settings(file('v1beta2', args))).labels, { zone: 'north' });
    const shown = await refusal(file('v1beta2', args));
    assert.match(
      shown,
      /node-labels: a node cannot set the label node-role\.kubernetes\.io\/worker on itself; set it later/,
    );
    assert.deepEqual((await settings(file('v1beta2', '{node-labels: kubernetes.io/role=edge}'))).labels, {});
  });

  it('Settings of kubeadm that edgeadm does not have are named, with what to do instead', async () => {
    const shown = await refusal(`apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
controlPlane: {localAPIEndpoint: {advertiseAddress: 10.0.0.1}}
patches: {directory: /patches}
nodeRegistration: {imagePullPolicy: Always, kubeletExtraArgs: [{name: v, value: "4"}]}
skipPhases: [preflight]
`);
    assert.match(shown, /^controlPlane: edgeadm joins worker nodes only/m);
    assert.match(shown, /^patches: edgeadm applies no patches/m);
    assert.match(shown, /^nodeRegistration\.imagePullPolicy: edgeadm has no such setting$/m);
    assert.match(shown, /^nodeRegistration\.kubeletExtraArgs\.v: the kubelet configuration comes from the cluster$/m);
    assert.match(shown, /^skipPhases: the phases of edgeadm have other names/m);
  });

  it('The configuration of a control plane is refused, because edgeadm creates none', async () => {
    const shown = await refusal('{apiVersion: kubeadm.k8s.io/v1beta4, kind: ClusterConfiguration}');
    assert.match(
      shown,
      /\(kubeadm\.k8s\.io\/v1beta4, ClusterConfiguration\); edgeadm joins nodes and creates no control plane/,
    );
  });
});
