import { Flags } from '@oclif/core';
import type { AuditLog, ControlPlaneLog } from '../../cloud/actions/settings.ts';
import { LOGGED_COMPONENTS } from '../../config/cloud-cluster.ts';
import { LOG_PROJECT } from '../../config/grammar.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { factLines } from '../../output/columns.ts';
import { runAddonSteps } from '../../phases/addon/run.ts';
import { type AddonStep, describeStep, installSteps, uninstallSteps } from '../../phases/addon/steps.ts';
import { clusterToChange, updateCluster } from '../../phases/cluster/changes.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';
import { type ClusterLogging, defaultProject, logCollectorsOf, loggingOf } from '../../phases/cluster/logging.ts';
import { addonFacts } from '../addon/changes.ts';
import type { CommandHost } from '../node-runner.ts';
import { type ChangeWork, changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

/** Which logs a command is about. */
export const logKindFlags = {
  containers: Flags.boolean({ description: 'standard output and files of containers' }),
  'control-plane': Flags.boolean({ description: 'components of the control plane' }),
  audit: Flags.boolean({ description: 'audit log of the API server' }),
};

interface LoggingFlags extends ServiceChangeFlags {
  readonly containers: boolean;
  readonly 'control-plane': boolean;
  readonly audit: boolean;
  readonly component?: readonly string[];
  readonly project?: string;
  readonly days?: number;
}

interface LoggingPlan extends ServicePlan {
  readonly id: string;
  readonly name?: string;
  readonly addons: readonly AddonStep[];
  readonly controlPlane?: ControlPlaneLog;
  readonly audit?: AuditLog;
}

/** Switches logs on or off, each only if it is not so already. */
export async function changeLogging(flags: LoggingFlags, on: boolean, host: CommandHost) {
  if (!flags.containers && !flags['control-plane'] && !flags.audit)
    throw usageError(['--containers, --control-plane or --audit is required: which logs']);
  if (!flags['control-plane'] && (flags.component || flags.days))
    throw usageError(['--component and --days are for --control-plane']);
  if (flags.project !== undefined && !LOG_PROJECT.pattern.test(flags.project))
    throw usageError([`--project: ${LOG_PROJECT.rule}`]);
  return changeInService<LoggingPlan>({
    flags,
    output: host.openOutput({ looksOnly: true }),
    argv: host.argv,
    plan: (work) => planLogging(flags, on, work),
    run: async (plan, work) => {
      await runLogging(plan, work);
      return { text: `cluster/${plan.name} logging ${on ? 'enabled' : 'disabled'}\n` };
    },
  });
}

async function planLogging(flags: LoggingFlags, on: boolean, work: ChangeWork): Promise<LoggingPlan> {
  const { service } = work;
  const cluster = await clusterToChange(flags.region ?? '', work.clusterId, work);
  const { clusterId: id, name } = cluster;
  const [now, facts] = await Promise.all([loggingOf(service, id), addonFacts(service, id)]);
  const project = flags.project ?? defaultProject(id);
  const addons = flags.containers ? containerSteps(on, facts, project) : [];
  const controlPlane = flags['control-plane'] ? nextControlPlane(flags, on, now, project) : undefined;
  const audit = flags.audit ? nextAudit(on, now, flags.project, project) : undefined;
  const lines = [
    ...addons.map(describeStep),
    ...(controlPlane ? [controlPlaneLine(controlPlane)] : []),
    ...(audit ? [audit.auditEnabled ? `keep the audit in ${audit.slsProjectName}` : 'no longer keep the audit'] : []),
  ];
  if (lines.length > 0) refuseUnlessRunning(cluster, 'the logging');
  return {
    id,
    name,
    addons,
    controlPlane,
    audit,
    lines,
    question: `Change the logging of cluster ${name}?`,
    unchanged: `cluster/${name} unchanged: its logging is already as requested\n`,
    data: { clusterId: id, name, enabled: on, addons, controlPlane, audit },
  };
}

function containerSteps(on: boolean, facts: Parameters<typeof logCollectorsOf>[0], project: string): AddonStep[] {
  const names = logCollectorsOf(facts);
  if (on) return installSteps(names, facts, { config: JSON.stringify({ sls_project_name: project }) });
  return uninstallSteps(
    names.filter((name) => facts.installed.some((addon) => addon.name === name)),
    facts,
    false,
  );
}

function nextControlPlane(
  { component, days }: LoggingFlags,
  on: boolean,
  { controlPlane: now }: ClusterLogging,
  project: string,
): ControlPlaneLog | undefined {
  const wanted = on ? [...(component ?? LOGGED_COMPONENTS)] : [];
  const found = now.components ?? [];
  const isSame =
    [...wanted].sort().join() === [...found].sort().join() &&
    (!on || ((!days || now.logTtl === String(days)) && now.logProject === project));
  if (isSame) return undefined;
  return { components: wanted, ...(on && { logProject: project, ...(days && { logTtl: String(days) }) }) };
}

function nextAudit(
  on: boolean,
  { audit: now }: ClusterLogging,
  asked: string | undefined,
  project: string,
): AuditLog | undefined {
  const isSame = (now.auditEnabled ?? false) === on && (!on || !asked || now.slsProjectName === asked);
  return isSame ? undefined : { auditEnabled: on, ...(on && { slsProjectName: project }) };
}

function controlPlaneLine({ components = [], logProject, logTtl }: ControlPlaneLog): string {
  if (components.length === 0) return 'no longer keep logs of the control plane';
  return `keep logs of ${components.join(', ')} in ${logProject}${logTtl ? ` for ${count('day', Number(logTtl))}` : ''}`;
}

async function runLogging({ id, addons, controlPlane, audit }: LoggingPlan, work: ChangeWork): Promise<void> {
  const { service } = work;
  await runAddonSteps(addons, { ...work, clusterId: id });
  if (controlPlane) {
    const wanted = [...(controlPlane.components ?? [])].sort().join();
    await updateCluster(
      id,
      {
        what: `the logs of the control plane of cluster ${id}`,
        send: () => service.setControlPlaneLog(id, controlPlane),
        isDone: async () => [...((await service.controlPlaneLog(id)).components ?? [])].sort().join() === wanted,
      },
      { ...work, wait: work.wait || audit !== undefined },
    );
  }
  if (!audit) return;
  await updateCluster(
    id,
    {
      what: `the audit of cluster ${id}`,
      send: () => service.setAuditLog(id, audit),
      isDone: async () => ((await service.auditLog(id)).auditEnabled ?? false) === audit.auditEnabled,
    },
    work,
  );
}

export function loggingData({ containers, controlPlane, audit }: ClusterLogging): object {
  return { containers, controlPlane, audit };
}

export function loggingText({ containers, controlPlane, audit }: ClusterLogging): string {
  const { components = [], logProject, logTtl } = controlPlane;
  return factLines({
    Containers: containers.map(({ name, version, state }) => `${name} ${version}, ${state}`).join('; ') || 'not kept',
    'Control plane':
      components.length > 0
        ? `${components.join(', ')}, in ${logProject}${logTtl ? `, ${count('day', Number(logTtl))}` : ''}`
        : 'not kept',
    Audit: audit.auditEnabled ? `in ${audit.slsProjectName}` : 'not kept',
  });
}
