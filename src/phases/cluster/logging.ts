import type { InstalledAddon } from '../../cloud/actions/addons.ts';
import type { AuditLog, ControlPlaneLog } from '../../cloud/actions/settings.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { AddonFacts } from '../addon/steps.ts';

/** The log components by release, today's first. Source: the guide, 9.1, and the SDK's CreateCluster. */
const LOG_ADDONS: readonly (readonly string[])[] = [
  ['loongcollector'],
  ['logtail-ds'],
  ['alibaba-log-controller', 'logtail-ds-docker'],
];

/** What is kept of a cluster's logs. */
export interface ClusterLogging {
  /** The installed log components. */
  readonly containers: readonly InstalledAddon[];
  readonly controlPlane: ControlPlaneLog;
  readonly audit: AuditLog;
}

/** @throws EdgeadmError CLOUD_* */
export async function loggingOf(service: ContainerService, clusterId: string): Promise<ClusterLogging> {
  const [installed, controlPlane, audit] = await Promise.all([
    service.installedAddons(clusterId),
    service.controlPlaneLog(clusterId),
    service.auditLog(clusterId),
  ]);
  return { containers: installed.filter(({ name }) => LOG_ADDONS.flat().includes(name)), controlPlane, audit };
}

/**
 * The components that collect the logs of containers in this cluster: those that it has, or the newest that it can have.
 * @throws EdgeadmError ADDON_NOT_FOUND
 */
export function logCollectorsOf({ installed, offered, where }: AddonFacts): readonly string[] {
  const names = new Set([...installed, ...offered].map(({ name }) => name));
  const has = (addon: string): boolean => installed.some(({ name }) => name === addon);
  const present = LOG_ADDONS.find((addons) => addons.some(has));
  const possible = present ?? LOG_ADDONS.find((addons) => addons.every((addon) => names.has(addon)));
  if (possible) return possible;
  throw new EdgeadmError({
    code: 'ADDON_NOT_FOUND',
    what: `${where} cannot have a component that collects the logs of containers`,
    why: `known are ${LOG_ADDONS.flat().join(', ')}`,
  });
}

/** The guide's project for a cluster. */
export function defaultProject(clusterId: string): string {
  return `k8s-log-${clusterId}`;
}
