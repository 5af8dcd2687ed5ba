import { z } from 'zod';
import { csAction, csActionWithBody, flag, TASK_ANSWER, text, wire } from './action.ts';

const controlPlaneLog = wire({ components: z.array(z.string()).nullish(), log_project: text, log_ttl: text });
const audit = wire({ audit_enabled: flag, sls_project_name: text });

/** Settings of a cluster's control plane: encryption of Secrets, logs. */
export const SETTING_ACTIONS = {
  /** Its answer has no body; the cluster is `updating` meanwhile. */
  UpdateKMSEncryption: csActionWithBody<{ readonly kms_key_id?: string; readonly disable_encryption: boolean }>()(
    'PUT',
    '/clusters/{ClusterId}/kms',
    { repeated: 'same', answer: z.unknown() },
  ),
  CheckControlPlaneLogEnable: csAction('GET', '/clusters/{ClusterId}/controlplanelog', {
    repeated: 'none',
    answer: controlPlaneLog,
  }),
  UpdateControlPlaneLog: csActionWithBody<{
    readonly components: readonly string[];
    readonly log_project?: string;
    readonly log_ttl?: string;
  }>()('PUT', '/clusters/{ClusterId}/controlplanelog', { repeated: 'same', answer: TASK_ANSWER }),
  GetClusterAuditProject: csAction('GET', '/clusters/{clusterid}/audit', { repeated: 'none', answer: audit }),
  UpdateClusterAuditLogConfig: csActionWithBody<{ readonly disable: boolean; readonly sls_project_name?: string }>()(
    'PUT',
    '/clusters/{clusterid}/audit_log',
    { repeated: 'same', answer: TASK_ANSWER },
  ),
} as const;

export type ControlPlaneLog = z.output<typeof controlPlaneLog>;
export type AuditLog = z.output<typeof audit>;
