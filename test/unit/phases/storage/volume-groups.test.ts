import assert from 'node:assert/strict';
import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import { volumeGroupOf } from '../../../../src/cli/storage/flags.ts';
import { storageEffect, storageUndo, volumeGroupRows, volumeGroupTable } from '../../../../src/cli/storage/text.ts';
import { changedLabels, labelChanges } from '../../../../src/phases/storage/storage-nodes.ts';
import {
  addVolumeGroup,
  isSelected,
  type VolumeGroup,
  volumeGroupsIn,
} from '../../../../src/phases/storage/volume-groups.ts';

const EDGE = { 'alibabacloud.com/is-edge-worker': 'true' };
const KEY = 'kubernetes.io/storagetype';
const nodeWith = (name: string, labels: Record<string, string> = {}): V1Node => ({
  metadata: { name, labels: { ...EDGE, ...labels } },
});
const group = (more: Partial<VolumeGroup> = {}): VolumeGroup => ({
  ...{
    name: 'volumegroup1',
    key: KEY,
    operator: 'In',
    value: 'lvm',
    type: 'device',
    devices: ['/dev/sdb1', '/dev/sdc'],
  },
  ...more,
});
/** The guide's, chapter 8.3, with a definition of persistent memory, which node-resource-manager also knows. */
const TEXT = `volumegroup:
- name: volumegroup1
  key: kubernetes.io/storagetype
  operator: In
  value: lvm
  topology:
    type: device
    devices:
    - /dev/sdb1
    - /dev/sdc
- name: memory
  key: kubernetes.io/hostname
  operator: In
  value: pmem1
  topology:
    type: pmem
    regions: [region0]
`;
const CONFIG: V1ConfigMap = { metadata: { name: 'node-resource-topo' }, data: { volumegroup: TEXT, quotapath: 'x' } };
const textOf = (patch: object): string => (patch as { data: { volumegroup: string } }).data.volumegroup;

describe('volume groups of local disks', () => {
  it("the guide's ConfigMap is read, and a damaged one is refused with its key", () => {
    const [first, second] = volumeGroupsIn(CONFIG);
    assert.deepEqual(first, group());
    assert.deepEqual([second?.type, second?.devices], ['pmem', []]);
    assert.deepEqual(volumeGroupsIn(undefined), []);
    assert.throws(() => volumeGroupsIn({ data: { volumegroup: 'volumegroup: [{key: a}]' } }), {
      code: 'SETTING_REFUSED',
    });
  });

  it('a new definition is added to the others, which keep all that they have', () => {
    const fresh = group({ name: 'fast', value: 'nvme', devices: ['/dev/nvme0n1'] });
    const text = textOf(addVolumeGroup(CONFIG, fresh, []).patch);
    assert.match(text, /regions: \[region0\]/);
    assert.deepEqual(volumeGroupsIn({ data: { volumegroup: text } }).at(-1), fresh);
    const { patch, before } = addVolumeGroup(undefined, fresh, []);
    assert.equal(before, undefined);
    assert.equal((patch as { metadata: { namespace: string } }).metadata.namespace, 'kube-system');
  });

  // How administrators write the ConfigMap by hand: kubectl edit, kubectl create --from-file.
  const NEW = group({ name: 'fast', value: 'nvme', devices: ['/dev/nvme0n1'] });
  const COMMENTS = '\n# x\n'.repeat(2 ** 20 / 5);
  for (const [written, text, after] of [
    [
      'a list with comments',
      `# disks\n${TEXT}    # - region1\n\n# end\n`,
      /^# disks\n.*# - region1\n- name: fast\n.*\n\n# end\n$/s,
    ],
    [
      'a list before another key',
      'volumegroup:\n  # one\n  - name: a\n# two\nb: 1',
      /# one\n {2}- name: a\n {2}- name: fast\n.*\n# two\nb: 1$/s,
    ],
    ['a list in brackets', '{"volumegroup": [{"name": "a"}]} # c', /\[\{name: fast, .*\}, \{"name": "a"\}\]\} # c$/],
    ['an empty list', 'volumegroup: [] # none', /^volumegroup: \[\{name: fast, .*\}\] # none$/],
    ['a key without value', 'volumegroup: # none\nb: 1 # c', /^volumegroup: # none\n- name: fast\n.*\nb: 1 # c$/s],
    ['null', 'volumegroup: ~ # none', /^volumegroup: \[\{name: fast, .*\}\] # none$/],
    ['no such key', '# c\nb: 1', /^# c\nb: 1\nvolumegroup:\n {2}- name: fast/],
    ['nothing but a comment', '# c', /^# c\nvolumegroup:\n {2}- name: fast/],
    [
      'a list before another key, in lines of Windows',
      'volumegroup:\r\n- name: a\r\n# two\r\nb: 1\r\n',
      /^volumegroup:\r\n- name: a\r\n- name: fast\n.*\n# two\r\nb: 1\r\n$/s,
    ],
    [
      'a list before a megabyte of comments',
      `volumegroup:\n- name: a\n${COMMENTS}b: 1\n`,
      /^.*\n- name: a\n- name: fast\n/,
    ],
    [
      'a list with a megabyte of comments',
      `volumegroup:\n- name: a\n${COMMENTS}- name: b\n`,
      /# x\n- name: b\n- name: fast\n/,
    ],
    ['a text in several lines at the end', 'volumegroup:\n- name: a\n  x: |\n    # y\n', /# y\n- name: fast/],
    ['lines of Windows', 'volumegroup:\r\n- name: a # c\r\n', /name: a # c\r\n- name: fast/],
  ] as const)
    it(`comments of the ConfigMap stay when a volume group is added to ${written}`, () => {
      const { patch, losesComments } = addVolumeGroup({ data: { volumegroup: text } }, NEW, []);
      const edited = textOf(patch);
      assert.ok(after.test(edited), edited.slice(-2000));
      assert.equal(losesComments, false);
      const names = volumeGroupsIn({ data: { volumegroup: edited } }).map(({ name }) => name);
      const before = volumeGroupsIn({ data: { volumegroup: text } }).map(({ name }) => name);
      assert.deepEqual(names.toSorted(), [...before, 'fast'].toSorted());
    });

  it('a volume group is added to a list behind an alias', () => {
    const text = 'b: &l [{name: a}]\nvolumegroup: *l';
    const edited = textOf(addVolumeGroup({ data: { volumegroup: text } }, NEW, []).patch);
    assert.deepEqual(
      volumeGroupsIn({ data: { volumegroup: edited } }).map(({ name }) => name),
      ['a', 'fast'],
    );
  });

  for (const [written, text, losesComments] of [
    ['a list behind an alias', 'b: &l [{name: a}] # c\nvolumegroup: *l', true],
    ['a list behind an alias, without comments', 'b: &l [{name: "a#b"}]\nvolumegroup: *l', false],
    ['JSON in one line, without the key', '# c\n{"b": 1}', true],
  ] as const)
    it(`a warning says whether comments are lost when a volume group is added to ${written}`, () => {
      const change = addVolumeGroup({ data: { volumegroup: text } }, NEW, []);
      assert.equal(textOf(change.patch).includes('# c'), false);
      assert.equal(
        storageEffect(NEW, [], [], change).some((line) => /rewritten without its comments/.test(line)),
        losesComments,
      );
    });

  it('the same definition changes nothing, and a changed one is refused, because volume groups are never deleted', () => {
    const same = group({ devices: ['/dev/sdc', '/dev/sdb1'] });
    assert.equal(textOf(addVolumeGroup(CONFIG, same, []).patch), TEXT);
    assert.throws(() => addVolumeGroup(CONFIG, group({ devices: ['/dev/sdb1'] }), []), {
      code: 'SETTING_REFUSED',
      why: /defined as device \/dev\/sdb1, \/dev\/sdc, not device \/dev\/sdb1;.*never delete/,
    });
  });

  it('a node gets no two definitions of one name, and no disk belongs to two groups', () => {
    const nodes = [nodeWith('a', { [KEY]: 'lvm', big: 'yes' })];
    const twice = group({ key: 'big', operator: 'Exists', value: undefined, devices: ['/dev/sdd'] });
    assert.throws(() => addVolumeGroup(CONFIG, twice, nodes), { why: /selects a as well/ });
    const shared = group({ name: 'other', key: 'big', value: 'yes', devices: ['/dev/sdc'] });
    assert.throws(() => addVolumeGroup(CONFIG, shared, nodes), {
      why: /\/dev\/sdc of a already belong to volumegroup1/,
    });
    addVolumeGroup(CONFIG, shared, []);
  });

  // Source: openyurtio/node-resource-manager, pkg/utils/utils.go, NodeFilter.
  it('operators select nodes as node-resource-manager does', () => {
    const [with_, without] = [nodeWith('a', { [KEY]: 'lvm' }), nodeWith('b')];
    const selected = (operator: VolumeGroup['operator']) =>
      [with_, without].map((node) => isSelected(group({ operator }), node));
    assert.deepEqual(selected('In'), [true, false]);
    assert.deepEqual(selected('NotIn'), [false, true]);
    assert.deepEqual(selected('Exists'), [true, false]);
    assert.deepEqual(selected('DoesNotExist'), [false, true]);
  });
});

describe('volume groups of other people', () => {
  const textOfGroup = (value: string, more = ''): VolumeGroup | undefined =>
    volumeGroupsIn({ data: { volumegroup: `volumegroup: [{name: a, key: k, value: ${value}${more}}]` } })[0];
  for (const [written, value] of [
    ['lvm', 'lvm'],
    ['true', 'true'],
    ['1', '1'],
    ['null', undefined],
    ['', undefined],
  ])
    it(`a volume group whose value is written as "${written}" is read`, () => {
      assert.equal(textOfGroup(written ?? '')?.value, value);
    });

  it('a volume group without disks shows none, and one of another type shows its type', () => {
    const rows = volumeGroupRows(
      [
        textOfGroup('a', ', topology: {type: device, devices: null}'),
        textOfGroup('b', ', topology: {type: pmem}'),
      ].filter((each) => each !== undefined),
      [],
    );
    const [, first = '', second = ''] = volumeGroupTable(rows).split('\n');
    assert.match(first, / - +none/);
    assert.match(second, / pmem +none/);
  });

  // Every object of JavaScript has these, without having them as labels.
  for (const key of ['constructor', 'toString', '__proto__'])
    it(`a volume group for the label ${key} is not that of nodes without it`, () => {
      assert.equal(isSelected(group({ key, operator: 'Exists', value: undefined }), nodeWith('a')), false);
      assert.equal(isSelected(group({ key, operator: 'DoesNotExist', value: undefined }), nodeWith('a')), true);
    });
});

describe('the label of a volume group on the command line', () => {
  const given = (label: string, operator: VolumeGroup['operator'] = 'In') =>
    volumeGroupOf('vg', { label, operator, device: ['/dev/sdb'] });
  it('a label with a value, and a key alone for operators without one, are taken', () => {
    assert.deepEqual([given('a.example/b=c').key, given('a.example/b=c').value], ['a.example/b', 'c']);
    assert.deepEqual([given('a', 'Exists').key, given('a', 'Exists').value], ['a', undefined]);
  });

  for (const [label, operator, why] of [
    ['a=b=c', 'In', /"b=c" is not a valid label value/],
    ['a b=c', 'In', /"a b": the name has 1 to 63/],
    ['=c', 'In', /"": the name has/],
    ['a=', 'In', /has no value/],
    ['a=b', 'Exists', /compares no value/],
    [`a=${'x'.repeat(64)}`, 'In', /is not a valid label value/],
  ] as const)
    it(`the label ${label.slice(0, 9)} with ${operator} is refused before anything is written`, () => {
      assert.throws(() => given(label, operator), { code: 'USAGE', message: why });
    });
});

describe('nodes with local storage', () => {
  it('a node keeps a label of which any value will do, and the undo restores the labels that are changed', () => {
    const exists = group({ operator: 'Exists', value: undefined });
    const node = nodeWith('a', { [KEY]: 'nvme', 'alibabacloud.com/edge-enable-localstorage': 'false' });
    const [change] = labelChanges(exists, [node]);
    const labels = { [KEY]: 'nvme', 'alibabacloud.com/edge-enable-localstorage': 'true' };
    assert.deepEqual(change?.patch, { metadata: { labels } });
    const undo = storageUndo(exists, undefined, [node, nodeWith('b')]);
    assert.deepEqual(undo.slice(1), [
      'kubectl label --overwrite node a alibabacloud.com/edge-enable-localstorage=false',
      `kubectl label node b ${KEY}- alibabacloud.com/edge-enable-localstorage-`,
    ]);
  });

  it('a node gets the label of the definition and the one of the scheduler, without touching others', () => {
    const [change] = labelChanges(group(), [nodeWith('a')]);
    const labels = { [KEY]: 'lvm', 'alibabacloud.com/edge-enable-localstorage': 'true' };
    assert.deepEqual(change?.patch, { metadata: { labels } });
    assert.deepEqual(changedLabels(group(), nodeWith('a', { [KEY]: 'lvm' })), [
      { key: 'alibabacloud.com/edge-enable-localstorage', before: undefined },
    ]);
  });

  it('cloud nodes, and nodes whose label says something else, are refused together', () => {
    const cloud: V1Node = { metadata: { name: 'c', labels: { 'alibabacloud.com/is-edge-worker': 'false' } } };
    assert.throws(() => labelChanges(group(), [nodeWith('a', { [KEY]: 'ssd' }), cloud]), {
      code: 'SETTING_REFUSED',
      why: /^a: its label .* is ssd, not lvm.*\nc: not an edge node$/,
    });
    assert.throws(() => labelChanges(group({ operator: 'NotIn' }), [nodeWith('a', { [KEY]: 'lvm' })]), {
      why: /a: its label .* excludes it/,
    });
  });
});
