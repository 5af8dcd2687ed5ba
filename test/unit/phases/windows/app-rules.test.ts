import assert from 'node:assert/strict';
import type { PodTemplateSpec } from '../../../../src/kubernetes/pod-templates.ts';
import { windowsAppOf } from '../../../../src/phases/windows/app-rules.ts';

const TOLERATION = { key: 'os', value: 'windows' };
const AFFINITY = (...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values }] }],
    },
  },
});
/** Terms are alternatives: a node that fits one of them is taken. */
const EITHER = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['windows'] }] },
        { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
      ],
    },
  },
};
/** The guide's Deployment web-windows, chapter 10.2. */
const GUIDE: PodTemplateSpec = {
  containers: [{}],
  hostNetwork: true,
  tolerations: [TOLERATION],
  affinity: AFFINITY('windows'),
};
const problemsOf = (spec: PodTemplateSpec): string | undefined =>
  windowsAppOf({ where: 'Deployment/web', template: { spec }, replicas: 1 })?.problems.join('; ');

describe('workloads for Windows nodes', () => {
  it("the guide's manifest runs, and so does one with a node selector", () => {
    assert.equal(problemsOf(GUIDE), '');
    const { affinity: _, ...rest } = GUIDE;
    assert.equal(problemsOf({ ...rest, nodeSelector: { 'kubernetes.io/os': 'windows' } }), '');
    assert.equal(problemsOf({ ...GUIDE, tolerations: [{ operator: 'Exists' }] }), '');
  });

  for (const [name, change, problem] of [
    ['a network of its own', { hostNetwork: undefined }, /hostNetwork is not true/],
    ['Linux nodes as well', { affinity: AFFINITY('windows', 'linux') }, /may also be placed on windows, linux/],
    ['nodes of any system as well', { affinity: EITHER }, /may also be placed on windows, any system/],
    ['no toleration', { tolerations: [] }, /does not tolerate the taint os=windows/],
    ['a toleration alone', { affinity: undefined }, /keeps its pods off Linux nodes/],
  ] as const)
    it(`a workload that cannot run on Windows nodes is reported: ${name}`, () => {
      assert.match(problemsOf({ ...GUIDE, ...change }) ?? '', problem);
    });

  it('workloads for Linux nodes, and those that tolerate everything, are not for Windows', () => {
    assert.equal(problemsOf({ containers: [{}] }), undefined);
    assert.equal(problemsOf({ containers: [{}], tolerations: [{ operator: 'Exists' }] }), undefined);
    assert.equal(problemsOf({ containers: [{}], nodeSelector: { 'kubernetes.io/os': 'linux' } }), undefined);
  });
});
