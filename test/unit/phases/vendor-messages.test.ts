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

/** The log of a good join of a Windows node, as "Add a Windows node" of the same guide prints it. */
const DOCUMENTED_FOR_WINDOWS = [
  'Validating host CPU reservation',
  'Validating host RAM reservation',
  'Validating host DISK reservation',
  'The DISK resource only satisfies the lowest limit for running kubernetes components',
  'Please increase the DISK resource to more than 50 GB if you are unable to schedule Pods on this Node',
  'Install kubelet',
  'Install CNI configuration',
  'Configure and start kubelet.',
  'Write C:\\etc\\kubernetes\\kubelet.conf',
  'Start and active kubelet.',
  'Configure and start kubelet successfully.',
];

const { windows, checkingRuntime, runtimeOk, checkingAddon, addonOk, alreadyUpgraded, upgradeFailed, ...fixed } =
  VENDOR;

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

  it('log lines of the original Windows tool stay word for word as its documentation prints them', () => {
    const { writing, validating, smallDisk, ...rest } = windows;
    const ours = [...validating, ...smallDisk, ...Object.values(rest), writing('C:\\etc\\kubernetes\\kubelet.conf')];
    assert.deepEqual(ours.toSorted(), DOCUMENTED_FOR_WINDOWS.toSorted());
  });
});
