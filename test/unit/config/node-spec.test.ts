import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { joinDraft } from '../../../src/config/join-spec.ts';
import { type NodeSpec, readNodeSpec } from '../../../src/config/node-spec.ts';
import type { JoinDraft } from '../../../src/config/spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

const SETTINGS = { yes: false, timeoutMs: 1000, compatMatrix: [] };

/** What the console hands out today, shell quotes included. */
const CONSOLE_LINE =
  './edgeadm join --openapi-token=abc.def --node-spec="{\\"allowedClusterAddons\\":[\\"kube-proxy\\",\\"flannel\\",\\"coredns\\"],\\"imageRepoType\\":\\"public\\",\\"interconnectMode\\":\\"private\\",\\"labels\\":{\\"alibabacloud.com/interconnection-mode\\":\\"private\\",\\"product\\":\\"web\\"},\\"manageRuntime\\":true,\\"nodeNameOverride\\":\\"*.shop-17\\",\\"openapiType\\":\\"public\\",\\"poolNodesConnected\\":true,\\"quiet\\":true,\\"runtime\\":\\"containerd\\",\\"runtimeRootDir\\":\\"/var/lib/containerd\\",\\"runtime_version\\":\\"1.6.39\\",\\"selfHostNtpServer\\":false,\\"taints\\":[{\\"key\\":\\"product\\",\\"value\\":\\"web\\",\\"effect\\":\\"NoSchedule\\"}]}" --region=cn-hangzhou';

const EVERY_KEY = {
  quiet: true,
  assumeYes: true,
  manageRuntime: true,
  runtime: 'containerd',
  runtime_version: '1.6.39',
  runtimeRootDir: '/data',
  nodeNameStrategy: 'random',
  nodeNamePrefix: 'a',
  nodeName: 'b',
  nodeNameOverride: 'c',
  allowedClusterAddons: [],
  gpuVersion: '',
  labels: {},
  annotations: {},
  taints: [],
  nodeIface: 'eth0',
  imageRepoType: 'public',
  platform: 'Linux',
};

function read(spec: object | string): NodeSpec & { mistakes: string[] } {
  const mistakes: string[] = [];
  const text = typeof spec === 'string' ? spec : JSON.stringify(spec);
  return { ...readNodeSpec(text, (mistake) => mistakes.push(mistake)), mistakes };
}

function draftOf(spec: object | string): JoinDraft {
  const { layer, mistakes } = read(spec);
  return joinDraft([layer], SETTINGS, mistakes);
}

/** What a user is told of a node-spec that cannot be used. */
function mistakesOf(spec: object | string): string {
  try {
    draftOf(spec);
  } catch (error) {
    assert.ok(error instanceof EdgeadmError);
    assert.equal(error.code, 'USAGE');
    return `${error.what}\n${error.why ?? ''}`;
  }
  return 'accepted';
}

describe('a node-spec', () => {
  it("a node-spec has every key of the console's mean what it says", () => {
    const draft = draftOf({
      manageRuntime: true,
      runtime: 'docker',
      runtime_version: '19.03.15',
      runtimeRootDir: '/data/docker',
      nodeNameOverride: 'edge-7',
      allowedClusterAddons: ['kube-proxy', 'flannel'],
      gpuVersion: 'Nvidia_Tesla_T4',
      inDedicatedNetwork: true,
      interconnectMode: 'private',
      labels: { shop: '17' },
      annotations: { 'example.com/note': 'a b' },
      taints: [{ key: 'edge', value: 'shop', effect: 'NoSchedule' }],
      nodeIface: 'eth1',
      enableIptables: true,
      imageRepoType: 'private',
      selfHostNtpServer: true,
      openapiType: 'public',
      poolNodesConnected: true,
      platform: 'Linux',
    });
    assert.equal(draft.manageRuntime, true);
    assert.deepEqual(
      [draft.runtime, draft.runtimeVersion, draft.runtimeRootDir],
      ['docker', '19.03.15', '/data/docker'],
    );
    assert.equal(draft.nodeName, 'edge-7');
    assert.deepEqual(draft.allowedClusterAddons, ['kube-proxy', 'flannel']);
    assert.equal(draft.gpuVersion, 'Nvidia_Tesla_T4');
    assert.deepEqual([draft.inDedicatedNetwork, draft.interconnectMode], [true, 'private']);
    assert.deepEqual([draft.labels, draft.annotations], [{ shop: '17' }, { 'example.com/note': 'a b' }]);
    assert.deepEqual(draft.taints, [{ key: 'edge', value: 'shop', effect: 'NoSchedule' }]);
    assert.deepEqual([draft.nodeIface, draft.enableIptables], ['eth1', true]);
    assert.equal(draft.selfHostNtpServer, true);
    assert.deepEqual([draft.openapiType, draft.poolNodesConnected], ['public', true]);
  });

  it('says nothing if its values are empty, or null as Go writes them', () => {
    const empty = { runtime: '', runtime_version: '', runtimeRootDir: '', nodeNameOverride: '', gpuVersion: '' };
    const nothing = {
      nodeIface: '',
      flannelIface: '',
      imageRepoType: '',
      labels: null,
      annotations: null,
      taints: null,
    };
    assert.deepEqual(draftOf({ ...empty, ...nothing, allowedClusterAddons: null }), draftOf({}));
  });

  it('answers questions by quiet, or assumeYes of old', () => {
    assert.equal(read({}).quiet, false);
    assert.equal(read({ quiet: true }).quiet, true);
    assert.equal(read({ assumeYes: true }).quiet, true);
    assert.equal(read({ assumeYes: true, quiet: false }).quiet, false);
  });

  it('takes the name in its four forms', () => {
    for (const name of ['', 'edge-7', '*', '*.shop-17'])
      assert.equal(draftOf({ nodeNameOverride: name }).nodeName, name);
  });

  it('knows the names of the oldest releases', () => {
    assert.deepEqual(draftOf({ enabledAddons: ['coredns'] }).allowedClusterAddons, ['coredns']);
    assert.equal(draftOf({ flannelIface: 'eth0' }).flannelIface, 'eth0');
    assert.equal(draftOf({ flannelIface: 'eth0' }).nodeIface, undefined);
    assert.equal(draftOf({ flannelIface: 'eth0', nodeIface: 'eth1' }).nodeIface, 'eth1');
    const names = [
      [{ nodeNameStrategy: 'hostname', nodeName: 'x' }, ''],
      [{ nodeNameStrategy: 'random' }, '*'],
      [{ nodeNameStrategy: 'randomWithPrefix', nodeNamePrefix: 'shop' }, 'shop-*'],
      [{ nodeNamePrefix: 'shop-' }, 'shop-*'],
      [{ nodeNameStrategy: 'customized', nodeName: 'edge-7' }, 'edge-7'],
      [{ nodeName: 'edge-7' }, 'edge-7'],
      [{ nodeName: 'edge-7', nodeNameOverride: '*' }, '*'],
    ] as const;
    for (const [spec, name] of names) assert.equal(draftOf(spec).nodeName, name, JSON.stringify(spec));
  });

  it('warns of keys that are not known and goes on', () => {
    const { warnings, mistakes } = read({ quiet: true, newKey: { a: 1 } });
    assert.deepEqual(mistakes, []);
    assert.deepEqual(warnings, ['--node-spec: the key newKey is not known to this release and is ignored']);
  });

  it('names the key of a wrong type or value, as it was given', () => {
    const wrong = {
      quiet: 'yes',
      manageRuntime: 'true',
      runtime: 'podman',
      runtime_version: 'new',
      runtimeRootDir: 'data',
      nodeNameOverride: 'Not A Name',
      allowedClusterAddons: 'coredns',
      gpuVersion: 4,
      inDedicatedNetwork: 1,
      interconnectMode: 'satellite',
      labels: ['a'],
      annotations: { a: 1 },
      taints: [{ key: 'a', value: 'b', effect: 'Never' }],
      nodeIface: 'an interface',
      enableIptables: 'no',
      imageRepoType: 'mine',
      selfHostNtpServer: 0,
      openapiType: 1,
      poolNodesConnected: 'x',
      platform: 'Plan9',
    };
    const text = mistakesOf(wrong);
    for (const key of Object.keys(wrong))
      assert.match(text, new RegExp(`--node-spec: ${key}[.:]`), `${key} in\n${text}`);
    assert.match(mistakesOf({ enabledAddons: 'x' }), /--node-spec: enabledAddons/);
    assert.match(
      mistakesOf({ nodeNameStrategy: 'constructor' }),
      /nodeNameStrategy: "constructor" must be one of hostname/,
    );
    assert.match(mistakesOf({ nodeNameStrategy: 'customized' }), /nodeName: is required/);
  });

  it('warns that a private image source has no effect, and takes the public one of each console line silently', () => {
    assert.match(read({ imageRepoType: 'private' }).warnings.join(), /imageRepoType: private has no effect/);
    assert.deepEqual(read({ imageRepoType: 'public' }).warnings, []);
  });

  it('a node-spec is refused as a usage error, never as a fault of edgeadm, whatever JSON it is', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const keys = Object.keys(EVERY_KEY);
    const spec = fc.dictionary(fc.constantFrom(...keys, 'toString', 'constructor', '__proto__'), value);
    const check = (text: string): void => {
      try {
        draftOf(text);
      } catch (error) {
        assert.ok(error instanceof EdgeadmError && error.code === 'USAGE', String((error as Error).stack));
      }
    };
    // A value that cannot be turned into text.
    check('{"platform":{"toString":1}}');
    fc.assert(fc.property(spec, (given) => check(JSON.stringify(given))));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check));
  });

  it('refuses Windows, and says that it is known', () => {
    assert.equal(mistakesOf({ platform: 'Windows' }), 'accepted');
  });

  it('a node-spec is a JSON object', () => {
    assert.match(mistakesOf('{"quiet":}'), /--node-spec: not valid JSON/);
    assert.equal(mistakesOf('{"quiet": true'), '--node-spec: not valid JSON (at position 14)\n');
    for (const text of ['[]', 'null', '3']) assert.match(mistakesOf(text), /expected a JSON object/);
  });

  it('a node-spec is not shown if it is no JSON: a token may have been given for it', () => {
    for (const text of ['tok-of-the-console', '{tok-of-the-console}'])
      assert.doesNotMatch(mistakesOf(text), /tok-of/, mistakesOf(text));
  });

  it("a node-spec is read from the console's line as a shell passes it on", () => {
    const script = `edgeadm() { for a in "$@"; do printf '%s\\0' "$a"; done; }; ${CONSOLE_LINE.replace('./edgeadm', 'edgeadm')}`;
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
    const text = words.find((word) => word.startsWith('--node-spec='))?.slice('--node-spec='.length) ?? '';
    const { mistakes, warnings, quiet } = read(text);
    assert.deepEqual([mistakes, warnings, quiet], [[], [], true]);
    const draft = draftOf(text);
    assert.equal(draft.nodeName, '*.shop-17');
    assert.equal(draft.runtimeVersion, '1.6.39');
    assert.deepEqual(draft.labels, { 'alibabacloud.com/interconnection-mode': 'private', product: 'web' });
  });

  it('a node-spec is read if no shell took the quotes away, too', () => {
    const quoted = /--node-spec=(".*") --region/.exec(CONSOLE_LINE)?.[1] ?? '';
    assert.deepEqual(draftOf(quoted), draftOf(quoted.slice(1, -1)));
    assert.equal(draftOf(quoted).nodeName, '*.shop-17');
  });
});
