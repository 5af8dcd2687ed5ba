import assert from 'node:assert/strict';
import { parseInventory } from '../../../src/config/inventory.ts';
import { serverIn } from '../../../src/kubernetes/kubeconfig/parse.ts';
import { repeatedKeyIn } from '../../../src/lib/check-shape.ts';
import { kubernetesDocuments } from '../../../src/lib/kubernetes-yaml.ts';

/** What Kubernetes makes of a text, which is neither YAML 1.1 nor 1.2: goyaml.v2/resolve.go in sigs.k8s.io/yaml. */
const READINGS: readonly (readonly [source: string, text: string, value: unknown])[] = [
  ['kubernetes/kubernetes#34146: a text without quotes', 'command: [echo, yes]', { command: ['echo', true] }],
  ['ansible templates write True', 'failSwapOn: True', { failSwapOn: true }],
  ['a switch that is off', 'failSwapOn: off', { failSwapOn: false }],
  ['a quoted text stays a text', 'key: "no"', { key: 'no' }],
  ['a key may be a word of this kind', 'on: 1', { true: 1 }],
  [
    'kubernetes-sigs/kustomize#4144: a merge key',
    '- &web {image: traefik, name: web}\n- {<<: *web, name: other}',
    [
      { image: 'traefik', name: 'web' },
      { image: 'traefik', name: 'other' },
    ],
  ],
  [
    'mikefarah/yq#310: a merge key of a list, whose first map counts more',
    'both: {<<: [{a: 1, b: 1}, {a: 2, c: 2}], b: 3}',
    { both: { a: 1, b: 3, c: 2 } },
  ],
  ['the mode of a volume is octal', 'defaultMode: 0644', { defaultMode: 420 }],
  ['digits may be grouped', 'bytes: 1_048_576', { bytes: 1_048_576 }],
  ['a number of base 60 is a text', 'ports: 22:30', { ports: '22:30' }],
  ['a day is a text', 'day: 2026-11-30', { day: '2026-11-30' }],
];

describe('YAML by others', () => {
  for (const [source, text, value] of READINGS)
    it(`YAML by others is read as the programs of Kubernetes read it: ${source}`, () =>
      assert.deepEqual(kubernetesDocuments(text), [value]));

  it('a kubeconfig whose clusters share their settings by an anchor names its server', () => {
    const shared = '.tls: &tls {insecure-skip-tls-verify: yes, server: "https://10.0.0.1:6443"}';
    assert.equal(serverIn(`${shared}\nclusters:\n- name: a\n  cluster: {<<: *tls}\n`), 'https://10.0.0.1:6443');
  });

  it('a key beside the merge key that brings it too is not there twice', () => {
    assert.equal(repeatedKeyIn('a: &a {b: 1}\nc:\n  <<: *a\n  b: 2\n'), undefined);
    assert.equal(repeatedKeyIn('a: &a {b: 1}\nc:\n  <<: *a\n  b: 2\n  b: 3\n'), 'line 5: the key b appears twice');
  });

  it('an inventory may use merge keys, and a label of it that says no stays a text (stategraph/stategraph#1029)', () => {
    const [, second] = parseInventory(
      'hosts:\n- &first {address: 10.0.0.1, labels: {country: no}}\n- {<<: *first, address: 10.0.0.2}\n',
      'hosts.yaml',
    );
    assert.deepEqual(second?.overrides, { labels: { country: 'no' } });
  });
});
