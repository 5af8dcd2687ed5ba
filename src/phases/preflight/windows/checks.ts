import type { Check } from '../check.ts';
import { apiServer, caHash, token } from '../checks/api-server.ts';
import { cidrConflict } from '../checks/cidr-conflict.ts';
import { cloudEndpoints } from '../checks/cloud-endpoints.ts';
import { clusterConfiguration } from '../checks/cluster-configuration.ts';
import { clusterVersion } from '../checks/cluster-version.ts';
import { filesAvailable, foldersAvailable } from '../checks/files.ts';
import { intendedPlatform } from '../checks/intended-platform.ts';
import { hostname, nodeExists, nodeName } from '../checks/names.ts';
import { nodeAddress } from '../checks/node-address.ts';
import { nodeIface } from '../checks/node-interface.ts';
import { nodePool } from '../checks/node-pool.ts';
import { archSupported } from '../checks/platform.ts';
import { memory, numCpu } from '../checks/resources.ts';
import { cri } from '../checks/runtime.ts';
import { containersFeature, pendingReboot } from './containers.ts';
import { windowsDisk } from './disk.ts';
import { windowsHub } from './edge-hub.ts';
import { windowsLicence, windowsUpdates, windowsVersion } from './edition.ts';
import { folderAccess } from './folder-access.ts';
import { windowsPorts } from './ports.ts';
import { isAdministrator } from './privileges.ts';
import { pauseImage, windowsRuntime } from './runtime.ts';
import { windowsServices } from './services.ts';
import { defender, longPaths, windowsTime } from './settings.ts';

/** Of those that Linux shares, the ones that concern a folder of Kubernetes or of yurthub. */
const OF_KUBERNETES = /--etc-kubernetes-|--var-lib-yurthub/;

/** Every check of a Windows node, in the order in which they are shown. */
export const WINDOWS_CHECKS: readonly Check[] = [
  isAdministrator,
  intendedPlatform,
  windowsVersion,
  windowsUpdates,
  windowsLicence,
  archSupported,
  clusterVersion,
  numCpu,
  memory,
  windowsDisk,
  containersFeature,
  pendingReboot,
  { ...hostname, remedy: 'Set a name with `--node-name`, or change the host name: `Rename-Computer NAME`.' },
  nodeName,
  nodeExists,
  nodePool,
  ...windowsPorts,
  ...filesAvailable.filter(({ name }) => OF_KUBERNETES.test(name)),
  ...foldersAvailable.filter(({ name }) => OF_KUBERNETES.test(name)),
  folderAccess,
  windowsRuntime,
  { ...cri, remedy: 'Check that the service of the runtime runs: `Get-Service containerd`.' },
  pauseImage,
  ...windowsServices,
  nodeIface,
  nodeAddress,
  cidrConflict,
  windowsTime,
  apiServer,
  caHash,
  token,
  clusterConfiguration,
  windowsHub,
  longPaths,
  defender,
  cloudEndpoints,
];
