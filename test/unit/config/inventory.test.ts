import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHostAddress, parseInventory, readInventory } from '../../../src/config/inventory.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

describe('a host on the command line', () => {
  const addresses: [string, string, string | undefined, number | undefined][] = [
    ['10.0.0.5', '10.0.0.5', undefined, undefined],
    ['root@10.0.0.5', '10.0.0.5', 'root', undefined],
    ['root@10.0.0.5:2222', '10.0.0.5', 'root', 2222],
    ['edge-1.example.com:22', 'edge-1.example.com', undefined, 22],
    ['edge_1', 'edge_1', undefined, undefined],
    ['::1', '::1', undefined, undefined],
    ['[::1]', '::1', undefined, undefined],
    ['[::1]:22', '::1', undefined, 22],
    ['admin@[fd00::5]:2222', 'fd00::5', 'admin', 2222],
    ['admin@fd00::5', 'fd00::5', 'admin', undefined],
    ['first.last@host', 'host', 'first.last', undefined],
  ];
  for (const [text, address, user, port] of addresses) {
    it(`a host on the command line: ${text} is understood`, () =>
      assert.deepEqual(parseHostAddress(text), withDefined({ address, user, port })));
  }

  for (const text of [
    ...[
      '',
      '@10.0.0.5',
      'root@',
      'root@:22',
      '10.0.0.5:',
      '10.0.0.5:0',
      '10.0.0.5:65536',
      '10.0.0.5:ssh',
      '10.0.0.5:22:22',
    ],
    ...[
      '[10.0.0.5]',
      '[::1',
      '::1]:22',
      'a b',
      'host/path',
      '-oProxyCommand=x',
      '-l@host',
      'ro ot@host',
      'http://host',
    ],
  ]) {
    it(`a host on the command line: "${text}" is refused`, () => assert.equal(parseHostAddress(text), undefined));
  }

  /** What is not said is there as undefined where an address was split. */
  function withDefined(expected: { address: string; user?: string; port?: number }) {
    return expected.port === undefined ? { address: expected.address, user: expected.user } : expected;
  }
});

describe('an inventory', () => {
  const parse = (text: string) => parseInventory(text, '/site/inventory.yaml');
  const mistakes = (text: string): string => {
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof EdgeadmError);
      assert.equal(error.code, 'USAGE');
      return `${error.what}\n${error.why ?? ''}`;
    }
    assert.fail('it was accepted');
  };

  it('names hosts with all that is their own', () => {
    const [host] = parse(`
hosts:
- address: 10.0.0.5
  user: admin
  port: 2222
  sshKey: keys/edge
  nodeName: edge-1
  nodeIp: 192.168.0.5
  labels: {zone: a}
  annotations: {note: "a, b"}
  taints: [{key: edge, value: "true", effect: NoSchedule}]
  nodePool: hangzhou
`);
    assert.deepEqual(host, {
      address: '10.0.0.5',
      user: 'admin',
      port: 2222,
      sshKey: '/site/keys/edge',
      overrides: {
        nodeName: 'edge-1',
        nodeIp: '192.168.0.5',
        labels: { zone: 'a' },
        annotations: { note: 'a, b' },
        taints: [{ key: 'edge', value: 'true', effect: 'NoSchedule' }],
        nodePool: 'hangzhou',
      },
    });
  });

  it('gives every host what the defaults say, unless it says otherwise; labels key by key', () => {
    const [first, second] = parse(`
apiVersion: edgeadm.io/v1
kind: Inventory
defaults: {user: root, port: 2200, sshKey: ~/.ssh/edge, nodePool: hangzhou, labels: {site: one, zone: a}}
hosts:
- address: 10.0.0.5
- {address: "[fd00::5]", user: admin, port: 22, sshKey: /keys/second, nodePool: beijing, labels: {zone: b}}
`);
    assert.deepEqual(first, {
      address: '10.0.0.5',
      user: 'root',
      port: 2200,
      sshKey: `${homedir()}/.ssh/edge`,
      overrides: { nodePool: 'hangzhou', labels: { site: 'one', zone: 'a' } },
    });
    assert.deepEqual(second, {
      address: 'fd00::5',
      user: 'admin',
      port: 22,
      sshKey: '/keys/second',
      overrides: { nodePool: 'beijing', labels: { site: 'one', zone: 'b' } },
    });
  });

  it('an inventory that names an address alone says nothing else', () => {
    assert.deepEqual(parse('hosts: [{address: edge-1}]'), [
      { address: 'edge-1', user: undefined, port: undefined, sshKey: undefined, overrides: {} },
    ]);
  });

  it('tells all mistakes at once, each with its place', () => {
    const told = mistakes(`
defaults: {user: "a b", nodeName: everyone}
hosts:
- {address: "10.0.0.5:22", port: 70000}
- {adress: 10.0.0.6, labels: {zone: "bad value!"}, taints: [{key: a, effect: Never}]}
- {address: 10.0.0.7, nodeName: Upper, nodeIp: none, labels: {"bad key!": x}}
`);
    for (const place of [
      ...['defaults.user', 'defaults.nodeName: unknown key', 'hosts[0].address', 'hosts[0].port'],
      ...['hosts[1].address', 'hosts[1].adress: unknown key', 'hosts[1].labels.zone', 'hosts[2].labels.bad key!'],
      ...['hosts[1].taints[0].effect', 'hosts[2].nodeName', 'hosts[2].nodeIp'],
    ]) {
      assert.ok(told.includes(`/site/inventory.yaml: ${place}`), `${place} is missing in\n${told}`);
    }
  });

  it('refuses a host or a node name that is there twice', () => {
    const told = mistakes(`
hosts:
- {address: 10.0.0.5, nodeName: edge-1}
- {address: 10.0.0.6, nodeName: edge-1}
- {address: 10.0.0.5, port: 22}
- {address: 10.0.0.5, port: 23, nodeName: "*.edge"}
- {address: 10.0.0.7, nodeName: "*.edge"}
- {address: 10.0.0.8, nodeName: ""}
- {address: 10.0.0.9, nodeName: ""}
`);
    assert.match(told, /hosts\[2\]\.address: the same as that of hosts\[0\]/);
    assert.match(told, /hosts\[1\]\.nodeName: the same as that of hosts\[0\]/);
    assert.equal(told.match(/the same as/g)?.length, 2);
  });

  it('refuses what is no inventory', () => {
    assert.match(mistakes('just text'), /expected a map with the key hosts/);
    assert.match(mistakes('hosts: []'), /hosts: list at least one host/);
    assert.match(mistakes('hosts: [{'), /\/site\/inventory\.yaml: /);
    assert.match(mistakes('kind: JoinConfiguration\nhosts: [{address: a}]'), /kind/);
  });

  it('an inventory is read from a file, and one that is not there is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-inventory-'));
    try {
      await writeFile(join(folder, 'hosts.yaml'), 'hosts: [{address: edge-1, sshKey: key}]');
      assert.equal((await readInventory(join(folder, 'hosts.yaml')))[0]?.sshKey, join(folder, 'key'));
      await assert.rejects(readInventory(join(folder, 'absent.yaml')), {
        code: 'USAGE',
        what: /--inventory: .*absent/,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the keys of an inventory', () => {
  it('a mistyped key in an inventory is answered with the key that was meant, and with what is missing', () => {
    const text = 'hosts:\n  - adress: 10.0.0.1\n    nodeNam: x\ndefaults:\n  sshkey: k\n';
    assert.throws(
      () => parseInventory(text, 'hosts.yaml'),
      (error: EdgeadmError) => {
        assert.deepEqual(error.why?.split('\n').sort(), [
          'hosts.yaml: defaults.sshkey: unknown key; did you mean sshKey?',
          'hosts.yaml: hosts[0].address is required',
          'hosts.yaml: hosts[0].adress: unknown key; did you mean address?',
          'hosts.yaml: hosts[0].nodeNam: unknown key; did you mean nodeName?',
        ]);
        return true;
      },
    );
  });
});
