import assert from 'node:assert/strict';
import { VENDOR } from '../../../src/phases/vendor-messages.ts';

/**
 * The log of a good join and the messages of `upgrade`, as the vendor's user guide for edge clusters prints them
 * ("Add nodes to an edge cluster", "Upgrade edge nodes", "Troubleshoot node connection failures").
 */
const DOCUMENTED = [
  'Config the kubelet service configuration successfully.',
  'Adding edge hub static yaml',
  'Add edge hub static yaml is ok',
  'Start to joining node to cluster.',
  'Join node to cluster successfully.',
  'Checking edgehub status',
  'Edgehub is ok',
  'Restarting the kubelet.',
  'Restart the kubelet successfully.',
  'Checking docker status',
  'docker is ok',
  'Checking kubelet status',
  'Kubelet is ok',
  'Checking addon kube-proxy status.',
  'kube-proxy is OK.',
  'Callback to the OpenAPI.',
  'Callback to the OpenAPI successfully.',
  'This node joined into the cluster successfully.',
  'This node has been upgraded successfully',
  'node has already been upgraded to v1.20.3',
  'upgrade kubelet failed at phase install, recover to previous state',
];

const { checkingRuntime, runtimeOk, checkingAddon, addonOk, alreadyUpgraded, upgradeFailed, ...fixed } = VENDOR;

describe("the original tool's log lines", () => {
  it('stay word for word as its documentation prints them', () => {
    const ours = [
      ...Object.values(fixed),
      checkingRuntime('docker'),
      runtimeOk('docker'),
      checkingAddon('kube-proxy'),
      addonOk('kube-proxy'),
      alreadyUpgraded('v1.20.3'),
      upgradeFailed('install'),
    ];
    assert.deepEqual(ours.toSorted(), DOCUMENTED.toSorted());
  });
});
