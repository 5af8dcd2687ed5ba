import assert from 'node:assert/strict';
import {
  normaliseServer,
  refuseImage,
  refuseLabelValue,
  refuseNodeAddress,
  refuseNodeLabel,
  refuseNodeName,
  refuseNodeNameRule,
  refuseQualifiedName,
  serverHint,
} from '../../../src/config/grammar.ts';

describe('node names', () => {
  it('accepts names that Kubernetes and a label value accept', () => {
    for (const name of ['a', 'shop-17', 'edge1.berlin', '10-0-0-1', 'a'.repeat(63)])
      assert.equal(refuseNodeName(name), undefined, name);
  });

  it('says why a name is refused, with the name', () => {
    for (const name of [
      '',
      'Shop',
      'a_b',
      '-a',
      'a-',
      'a..b',
      'a.-b',
      'localhost',
      'localhost.edge',
      'a'.repeat(64),
      'a b',
      'ä',
    ]) {
      assert.match(refuseNodeName(name) ?? 'accepted', /invalid nodeName/, name);
    }
  });

  it('takes "*" and "*.SUFFIX" as rules and checks the suffix as part of a name', () => {
    for (const rule of ['', '*', '*.edge', 'plain']) assert.equal(refuseNodeNameRule(rule), undefined, rule);
    for (const rule of ['*x', '**', '*.', '*.UP', `*.${'a'.repeat(60)}`])
      assert.notEqual(refuseNodeNameRule(rule), undefined, rule);
  });
});

describe('labels', () => {
  it('refuses labels that would make the kubelet exit, and lets its own through', () => {
    for (const key of [
      'node-role.kubernetes.io/edge',
      'kubernetes.io/foo',
      'x.k8s.io/y',
      'node-restriction.kubernetes.io/a',
    ]) {
      assert.match(refuseNodeLabel(key) ?? 'accepted', /kubectl label/, key);
    }
    for (const key of [
      'zone',
      'example.com/a',
      'topology.kubernetes.io/zone',
      'node.kubernetes.io/anything',
      'alibabacloud.com/is-edge-worker',
    ]) {
      assert.equal(refuseNodeLabel(key), undefined, key);
    }
  });

  it('checks keys and values as the API server does', () => {
    assert.equal(refuseQualifiedName('example.com/a_b.c-d'), undefined);
    for (const key of ['', '/a', 'a/', 'Exa/mple', 'a b', 'a/b/c', 'x'.repeat(64)])
      assert.notEqual(refuseQualifiedName(key), undefined, key);
    assert.equal(refuseLabelValue(''), undefined);
    for (const value of ['-a', 'a-', 'a b', 'a"b', 'a\nb', 'x'.repeat(64)])
      assert.notEqual(refuseLabelValue(value), undefined, value);
  });
});

describe('API server addresses', () => {
  const cases: [string, string | undefined][] = [
    ['10.0.0.1', 'https://10.0.0.1:6443'],
    ['10.0.0.1:443', 'https://10.0.0.1:443'],
    ['https://API.example.com', 'https://api.example.com:6443'],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443'],
    ['fd00::1', 'https://[fd00::1]:6443'],
    ['2001:db8::1:5', 'https://[2001:db8::1:5]:6443'],
    ['::ffff:10.0.0.1', 'https://[::ffff:10.0.0.1]:6443'],
    // A URL's scheme has no case (RFC 3986), and a line that is pasted ends with a blank.
    ['HTTPS://10.0.0.1:6443', 'https://10.0.0.1:6443'],
    ['10.0.0.1:6443 ', 'https://10.0.0.1:6443'],
    ['https://10.0.0.1:6443/', 'https://10.0.0.1:6443'],
    ['fe80::1%eth0', undefined],
    ['http://10.0.0.1', undefined],
    ['10.0.0.300', undefined],
    ['10.0.0.1:0', undefined],
    ['10.0.0.1:70000', undefined],
    ['a b', undefined],
    ['host/path', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`takes "${text}" for ${expected ?? 'a mistake'}`, () => assert.equal(normaliseServer(text), expected));
  }

  for (const [source, text, hint] of [
    ['kubernetes/kubernetes#48227', '2001:db8::1:6443', /brackets: \[2001:db8::1\]:6443$/],
    ['kubernetes/kubeadm#1212', 'fd00:20::2:443', /brackets: \[fd00:20::2\]:443$/],
    [
      'rancher/rancher#39101',
      'https://2604:a880:800:10::7c6:7001:9345',
      /https:\/\/\[2604:a880:800:10::7c6:7001\]:9345$/,
    ],
    ['eight groups and a port', '2001:db8:1:2:3:4:5:6:6443', /\[2001:db8:1:2:3:4:5:6\]:6443$/],
    ['without TLS', 'http://10.0.0.1:6443', /only https/],
    [
      'an address that was copied from a browser',
      'https://10.0.0.1:6443/api/v1',
      /leave out the path: 10\.0\.0\.1:6443$/,
    ],
  ] as const)
    it(`an API server's address that is nearly right is refused with the right one: ${source}`, () => {
      assert.equal(normaliseServer(text), undefined);
      assert.match(serverHint(text), hint);
    });
});

describe('image references', () => {
  it('accepts what registries use and refuses what could be more than one word', () => {
    for (const image of [
      'pause',
      'registry.k8s.io/pause:3.6',
      'localhost:5000/a/b:v1',
      `a/b@sha256:${'0'.repeat(64)}`,
    ]) {
      assert.equal(refuseImage(image), undefined, image);
    }
    for (const image of ['', 'a b', 'a"b', 'a\nb', '-a', 'a:', '$(x)'])
      assert.notEqual(refuseImage(image), undefined, image);
  });
});

describe('node addresses', () => {
  for (const address of [
    '127.0.0.1',
    '::1',
    '169.254.3.4',
    'fe80::1',
    '224.0.0.1',
    'ff02::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    'fe80::1%eth0',
    'edge-1',
  ])
    it(`node addresses that a kubelet does not accept are refused: ${address} (kubernetes/kubernetes#130409)`, () => {
      assert.notEqual(refuseNodeAddress(address), undefined);
    });

  it('node addresses of networks are accepted, private and public', () => {
    for (const address of ['10.8.0.10', '192.0.2.5', '2001:db8::5', 'fd00::1'])
      assert.equal(refuseNodeAddress(address), undefined, address);
  });
});
