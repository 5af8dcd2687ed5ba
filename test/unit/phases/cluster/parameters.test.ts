import assert from 'node:assert/strict';
import { invalidParameters } from '../../../../src/phases/cluster/parameters.ts';

/** Source: the guide, 5.5; Kubernetes parses the flags of these names. */
const VALUES: readonly (readonly [name: string, value: string, isValid: boolean])[] = [
  ['ServiceNodePortRange', '30000-32767', true],
  ['ServiceNodePortRange', '80-80', true],
  ['ServiceNodePortRange', 'abc', false],
  ['ServiceNodePortRange', '32767-30000', false],
  ['ServiceNodePortRange', '0-30000', false],
  ['ServiceNodePortRange', '30000-70000', false],
  ['HorizontalPodAutoscalerSyncPeriod', '15s', true],
  ['HorizontalPodAutoscalerSyncPeriod', '1m30s', true],
  ['HorizontalPodAutoscalerSyncPeriod', '15', false],
  ['HorizontalPodAutoscalerSyncPeriod', '0s', false],
  ['EnableAdmissionPlugins', 'NodeRestriction,PodSecurityPolicy', true],
  ['EnableAdmissionPlugins', 'NodeRestriction,', false],
  ['OfTheSchemaOnly', 'anything', true],
];

describe('parameters of the control plane', () => {
  for (const [name, value, isValid] of VALUES)
    it(`cluster parameters set ${isValid ? 'accepts' : 'rejects'} ${name}=${value}`, () => {
      assert.equal(invalidParameters({ [name]: value }).length, isValid ? 0 : 1);
    });
});
