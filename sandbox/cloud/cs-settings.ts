import { z } from 'zod';
import { changeCluster } from './cs-cluster-tasks.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, idleClusterOf } from './cs-request.ts';

const controlPlaneLog = z.object({
  components: z.array(z.string()).default([]),
  log_project: z.string().optional(),
  log_ttl: z.string().default('30'),
});

/** What the logs of the control plane are kept by; no component means that none are. */
export async function controlPlaneLogOf(asked: CsRequest): Promise<object> {
  const { controlPlaneLog: log } = clusterOf(asked);
  return { components: log?.components ?? [], log_project: log?.project ?? '', log_ttl: log?.ttl ?? '', aliuid: '1' };
}

export async function updateControlPlaneLog(asked: CsRequest): Promise<object> {
  const cluster = idleClusterOf(asked);
  const { components, log_project: project, log_ttl: ttl } = valid(controlPlaneLog, asked.request.body);
  const log = { components, project: project ?? `k8s-log-${cluster.id}`, ttl };
  return {
    cluster_id: cluster.id,
    ...changeCluster(asked, cluster, 'UpdateControlPlaneLog', { controlPlaneLog: log }),
  };
}

export async function auditProjectOf(asked: CsRequest): Promise<object> {
  const { auditProject } = clusterOf(asked);
  return { audit_enabled: Boolean(auditProject), sls_project_name: auditProject ?? '' };
}

export async function updateAuditLog(asked: CsRequest): Promise<object> {
  const cluster = idleClusterOf(asked);
  const schema = z.object({ disable: z.boolean().default(false), sls_project_name: z.string().optional() });
  const { disable, sls_project_name: project } = valid(schema, asked.request.body);
  const auditProject = disable ? '' : (project ?? `k8s-log-${cluster.id}`);
  return { cluster_id: cluster.id, ...changeCluster(asked, cluster, 'UpdateClusterAuditLogConfig', { auditProject }) };
}
