import type { OperatingSystem } from '../../host/host-facts.ts';
import type { Check } from './check.ts';
import { apiServer, caHash, token } from './checks/api-server.ts';
import { appArmor } from './checks/apparmor.ts';
import { kernelOptions, systemVerification } from './checks/cgroups.ts';
import { cidrConflict } from './checks/cidr-conflict.ts';
import { cloudEndpoints } from './checks/cloud-endpoints.ts';
import { cloudInit } from './checks/cloud-init.ts';
import { clusterConfiguration } from './checks/cluster-configuration.ts';
import { clusterVersion } from './checks/cluster-version.ts';
import { cniConflict } from './checks/cni-conflict.ts';
import { disk } from './checks/disk.ts';
import { edgeHub } from './checks/edge-hub.ts';
import { noExec, readOnlyFileSystem, runtimeFileSystem } from './checks/file-systems.ts';
import { filesAvailable, foldersAvailable } from './checks/files.ts';
import { firewall } from './checks/firewall.ts';
import { gpu, gpuRuntime } from './checks/gpu.ts';
import { httpProxy } from './checks/http-proxy.ts';
import { hugePages } from './checks/huge-pages.ts';
import { intendedPlatform } from './checks/intended-platform.ts';
import { kernelAccess } from './checks/kernel-access.ts';
import { kernelFeatures } from './checks/kernel-features.ts';
import { kubeletConfigurationFields } from './checks/kubelet-fields.ts';
import {
  cgroupDriver,
  kubeletConfigurationValues,
  kubeletDropIns,
  kubeletExtraFlags,
  kubeletService,
} from './checks/kubelet-settings.ts';
import { kubeletState } from './checks/kubelet-state.ts';
import { machineId } from './checks/machine-id.ts';
import { hostname, nodeExists, nodeName } from './checks/names.ts';
import { nameserver } from './checks/nameserver.ts';
import { nmCloudSetup } from './checks/nm-cloud-setup.ts';
import { nodeAddress } from './checks/node-address.ts';
import { nodeIface } from './checks/node-interface.ts';
import { nodePool } from './checks/node-pool.ts';
import { offlineAutonomy } from './checks/offline-autonomy.ts';
import { archSupported, kernelSupported, osSupported } from './checks/platform.ts';
import { podsOfNode } from './checks/pod-capacity.ts';
import { ports } from './checks/ports.ts';
import { isPrivilegedUser } from './checks/privileges.ts';
import { memory, numCpu } from './checks/resources.ts';
import { cri, runtime } from './checks/runtime.ts';
import { selinux } from './checks/selinux.ts';
import { swap } from './checks/swap.ts';
import { terwayEdge } from './checks/terway-edge.ts';
import { timeSync } from './checks/time-sync.ts';
import { WINDOWS_CHECKS } from './windows/checks.ts';

/** Every check of a Linux node, in the order in which they are shown. */
export const PREFLIGHT_CHECKS: readonly Check[] = [
  isPrivilegedUser,
  intendedPlatform,
  osSupported,
  kernelSupported,
  archSupported,
  clusterVersion,
  numCpu,
  memory,
  disk,
  readOnlyFileSystem,
  noExec,
  runtimeFileSystem,
  swap,
  machineId,
  cloudInit,
  hostname,
  nodeName,
  nodeExists,
  nodePool,
  ...ports,
  ...filesAvailable,
  ...foldersAvailable,
  kernelAccess,
  ...kernelFeatures,
  systemVerification,
  kernelOptions,
  hugePages,
  runtime,
  cri,
  cgroupDriver,
  kubeletService,
  kubeletDropIns,
  kubeletExtraFlags,
  nodeIface,
  nodeAddress,
  cidrConflict,
  nmCloudSetup,
  nameserver,
  timeSync,
  apiServer,
  caHash,
  token,
  clusterConfiguration,
  httpProxy,
  kubeletConfigurationValues,
  kubeletConfigurationFields,
  kubeletState,
  edgeHub,
  offlineAutonomy,
  cniConflict,
  gpu,
  gpuRuntime,
  podsOfNode,
  terwayEdge,
  selinux,
  appArmor,
  firewall,
  cloudEndpoints,
];

const BY_PLATFORM: Readonly<Record<OperatingSystem, readonly Check[]>> = {
  linux: PREFLIGHT_CHECKS,
  windows: WINDOWS_CHECKS,
  other: PREFLIGHT_CHECKS,
};

/** The checks of a node that runs this system. */
export function checksFor(platform: OperatingSystem): readonly Check[] {
  return BY_PLATFORM[platform];
}

/** One check of each name: those of Windows that have the name of one of Linux look at the same thing there. */
export const ALL_CHECKS: readonly Check[] = [
  ...PREFLIGHT_CHECKS,
  ...WINDOWS_CHECKS.filter(({ name }) => !PREFLIGHT_CHECKS.some((check) => check.name === name)),
];
