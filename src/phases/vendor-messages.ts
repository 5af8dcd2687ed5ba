/**
 * Log lines of the original edgeadm, word for word: its documentation shows them, and scripts in the field look for them.
 * Their English must not be fixed. They are sent with `log.vendor()`, which writes them to logs and pipes only; people at
 * a terminal see the phases instead. Every other message is ours and follows docs/style.md.
 */
export const VENDOR = {
  kubeletConfigured: 'Config the kubelet service configuration successfully.',
  addingEdgeHub: 'Adding edge hub static yaml',
  edgeHubAdded: 'Add edge hub static yaml is ok',
  /** Of its Windows tool; what it says there that is above is the same. */
  windows: {
    validating: [
      'Validating host CPU reservation',
      'Validating host RAM reservation',
      'Validating host DISK reservation',
    ],
    smallDisk: [
      'The DISK resource only satisfies the lowest limit for running kubernetes components',
      'Please increase the DISK resource to more than 50 GB if you are unable to schedule Pods on this Node',
    ],
    installingKubelet: 'Install kubelet',
    installingCni: 'Install CNI configuration',
    configuring: 'Configure and start kubelet.',
    writing: (path: string) => `Write ${path}`,
    starting: 'Start and active kubelet.',
    started: 'Configure and start kubelet successfully.',
  },
  joining: 'Start to joining node to cluster.',
  nodeJoined: 'Join node to cluster successfully.',
  joined: 'This node joined into the cluster successfully.',
  checkingEdgeHub: 'Checking edgehub status',
  edgeHubOk: 'Edgehub is ok',
  checkingKubelet: 'Checking kubelet status',
  kubeletOk: 'Kubelet is ok',
  checkingRuntime: (runtime: string) => `Checking ${runtime} status`,
  runtimeOk: (runtime: string) => `${runtime} is ok`,
  checkingAddon: (addon: string) => `Checking addon ${addon} status.`,
  addonOk: (addon: string) => `${addon} is OK.`,
  callback: 'Callback to the OpenAPI.',
  callbackDone: 'Callback to the OpenAPI successfully.',
  restartingKubelet: 'Restarting the kubelet.',
  kubeletRestarted: 'Restart the kubelet successfully.',
  upgraded: 'This node has been upgraded successfully',
  alreadyUpgraded: (version: string) => `node has already been upgraded to ${version}`,
  upgradeFailed: (phase: string) => `upgrade kubelet failed at phase ${phase}, recover to previous state`,
} as const;
