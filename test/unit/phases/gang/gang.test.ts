import assert from 'node:assert/strict';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { type GangGroup, GROUP_NAME, gangGroups, MIN_AVAILABLE } from '../../../../src/phases/gang/groups.ts';
import { labelGang } from '../../../../src/phases/gang/label.ts';

const nodeWith = (name: string, gpus: number): V1Node => ({
  metadata: { name },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    allocatable: { cpu: '8', memory: '16Gi', pods: '110', 'nvidia.com/gpu': String(gpus) },
  },
});

interface Given {
  readonly on?: string;
  readonly min?: string;
  readonly priority?: number;
  readonly gpus?: number;
}

const podOf = (name: string, { on, min = '5', priority, gpus = 2 }: Given = {}): V1Pod => ({
  metadata: { name, namespace: 'default', labels: { [GROUP_NAME]: 'smoke', [MIN_AVAILABLE]: min } },
  spec: {
    nodeName: on,
    priority,
    containers: [{ name: 'a', resources: { limits: { 'nvidia.com/gpu': String(gpus) } } }],
  },
});

/** The guide's job, chapter 5.3.1: one parameter server, four workers with two GPUs each. */
const job = (given: Given = {}): V1Pod[] => [
  podOf('ps-0', { ...given, gpus: 0 }),
  ...[0, 1, 2, 3].map((i) => podOf(`worker-${i}`, given)),
];
/** A group of one. */
function memoryHog(): V1Pod {
  const pod = podOf('x', { min: '1', gpus: 0 });
  const containers = [{ name: 'a', resources: { requests: { memory: '1P' } } }];
  return { ...pod, spec: { containers } };
}
const problemsOf = ([group]: readonly GangGroup[]): string => group?.problems.join('\n') ?? '';

describe('groups of pods that are scheduled as a whole', () => {
  it('a group that is scheduled, and one that waits and has room, are well', () => {
    const nodes = [nodeWith('a', 4), nodeWith('b', 4)];
    assert.equal(problemsOf(gangGroups(job({ on: 'a' }), nodes)), '');
    const [group] = gangGroups(job(), nodes);
    assert.deepEqual([group?.minAvailable, group?.pods, group?.scheduled, group?.problems], [5, 5, 0, []]);
  });

  for (const [name, pods, nodes, problem] of [
    ['four GPUs for eight', job(), [nodeWith('a', 4)], /no node has room for worker-2: it needs 2 nvidia\.com\/gpu/],
    [
      'GPUs on different nodes',
      job(),
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => nodeWith(`n${i}`, 1)),
      /no node has room for worker-0: it needs 2 nvidia/,
    ],
    ['too few pods', job().slice(1), [nodeWith('a', 8)], /it has 4 pods, fewer than the 5/],
    [
      'half of it scheduled',
      [...job({ on: 'a' }).slice(0, 2), ...job().slice(2)],
      [nodeWith('a', 8)],
      /2 pods are scheduled, fewer than 5/,
    ],
    [
      'different numbers',
      [podOf('x', { min: '2' }), podOf('y', { min: '3' })],
      [],
      /different values of min-available: 2, 3/,
    ],
    ...['all', '0', '-1', '1.5', '', '99999999999999999999'].map(
      (min) =>
        [
          `min-available ${min}`,
          [podOf('x', { min })],
          [],
          new RegExp(`min-available is "${min}", not a number`),
        ] as const,
    ),
    ['no nodes', job(), [], /^no node is Ready and takes pods$/],
    ['only a cordoned node', job(), [{ ...nodeWith('a', 8), spec: { unschedulable: true } }], /^no node is Ready/],
    ['only a node that is not Ready', job(), [{ ...nodeWith('a', 8), status: {} }], /^no node is Ready/],
    [
      'more memory than a node has',
      [memoryHog()],
      [nodeWith('a', 8)],
      /no node has room for x: it needs 1000 TB memory$/,
    ],
    [
      'different priorities',
      [...job({ on: 'a' }), podOf('x', { on: 'a', priority: 7 })],
      [],
      /different priorities: 0, 7/,
    ],
  ] as const)
    it(`a group with a problem is reported: ${name}`, () => {
      assert.match(problemsOf(gangGroups(pods, nodes)), problem);
    });

  it('pods that are finished need nothing, and pods without the labels are no group', () => {
    const done = { ...podOf('old', { on: 'a', gpus: 4 }), status: { phase: 'Succeeded' } };
    assert.equal(problemsOf(gangGroups([done, ...job()], [nodeWith('a', 8)])), '');
    assert.deepEqual(gangGroups([{ metadata: { name: 'x' } }], []), []);
  });
});

describe('the labels of a group', () => {
  const template = () => ({ metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'tensorflow' }] } });
  const tfJob = {
    kind: 'TFJob',
    metadata: { name: 'smoke' },
    spec: {
      tfReplicaSpecs: { PS: { replicas: 1, template: template() }, Worker: { replicas: 4, template: template() } },
    },
  };

  it("every role of the guide's TFJob is labelled with all of its pods, and the manifest that was read stays", () => {
    const labelled = labelGang([tfJob], 'smoke');
    assert.deepEqual([labelled.pods, labelled.minAvailable], [5, 5]);
    const [object] = labelled.objects as (typeof tfJob)[];
    const labels = { a: 'b', [GROUP_NAME]: 'smoke', [MIN_AVAILABLE]: '5' };
    assert.deepEqual(object?.spec.tfReplicaSpecs.PS.template.metadata.labels, labels);
    assert.deepEqual(object?.spec.tfReplicaSpecs.Worker.template.metadata.labels, labels);
    assert.deepEqual(tfJob.spec.tfReplicaSpecs.PS.template.metadata.labels, { a: 'b' });
  });

  it('pods, Deployments and jobs are labelled, and what has no pods is left alone', () => {
    const objects = [
      { kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] } },
      { kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 2, template: template() } },
      {
        kind: 'CronJob',
        metadata: { name: 'c' },
        spec: { jobTemplate: { spec: { parallelism: 3, template: template() } } },
      },
      { kind: 'Service', metadata: { name: 's' }, spec: {} },
    ];
    const { pods, templates, objects: after } = labelGang(objects, 'g', 4);
    assert.equal(pods, 6);
    assert.deepEqual(templates, ['Pod/p', 'Deployment/d', 'CronJob/c, spec.jobTemplate.spec']);
    assert.deepEqual(after.at(-1), objects.at(-1));
    assert.match(JSON.stringify(after[0]), /min-available":"4"/);
  });
});
