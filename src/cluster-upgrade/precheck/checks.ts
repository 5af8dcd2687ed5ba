import type { UpgradeCheck } from './check.ts';
import { apiServices } from './checks/api-services.ts';
import { nodeCertificates } from './checks/certificates.ts';
import { coreDns, edgeComponents, kubeProxy, systemWorkloads } from './checks/components.ts';
import { disruptionBudgets } from './checks/disruption-budgets.ts';
import { nodePressure, nodeReady, nodeSchedulable } from './checks/nodes.ts';
import { permissions } from './checks/permissions.ts';
import { architecture, containerRuntime, operatingSystem } from './checks/platform.ts';
import { systemPods, upgradePods } from './checks/pods.ts';
import { controlPlaneVersion, nodeVersion } from './checks/versions.ts';
import { admissionWebhooks } from './checks/webhooks.ts';

/** Every check, in the order in which they are shown. */
export const UPGRADE_CHECKS: readonly UpgradeCheck[] = [
  controlPlaneVersion,
  nodeVersion,
  nodeReady,
  nodePressure,
  nodeSchedulable,
  containerRuntime,
  operatingSystem,
  architecture,
  nodeCertificates,
  kubeProxy,
  coreDns,
  edgeComponents,
  systemWorkloads,
  systemPods,
  apiServices,
  admissionWebhooks,
  disruptionBudgets,
  upgradePods,
  permissions,
];
