import type { CloudCheck, ListedCheck } from './actions/checks.ts';
import type {
  ClusterBody,
  ClusterChangeBody,
  ClusterEvent,
  ClusterLogLine,
  ClusterResource,
  KubernetesVersionOffer,
  ListedCluster,
} from './actions/clusters.ts';
import type { AuditLog, ControlPlaneLog } from './actions/settings.ts';
import type { AnswerOf, CallAction } from './call-action.ts';
import { allPages } from './pages.ts';

/** What becomes of a cluster's resources when it is deleted. */
export interface ResourceChoice {
  /** IDs to keep. */
  readonly retain: readonly string[];
  /** By type: `SLB`, `ALB`, `SLS_Data`, `SLS_ControlPlane`, `PrivateZone`. */
  readonly types: Readonly<Record<string, 'delete' | 'retain'>>;
}

/** Clusters and their settings. What the methods throw: see `CloudCaller`. */
export interface ClusterVerbs {
  /** The edge clusters of a region. */
  clusters(region: string): Promise<readonly ListedCluster[]>;
  /** How many clusters the account may have; undefined if the service does not say. */
  clusterQuota(): Promise<number | undefined>;
  /** The versions of Kubernetes that a new edge cluster can have. */
  creatableVersions(region: string): Promise<readonly KubernetesVersionOffer[]>;
  createCluster(body: ClusterBody): Promise<AnswerOf<'CreateCluster'>>;
  /** @returns id of the task, if the service tells it */
  changeCluster(clusterId: string, body: ClusterChangeBody): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  deleteCluster(clusterId: string, choice: ResourceChoice): Promise<string | undefined>;
  clusterResources(clusterId: string): Promise<readonly ClusterResource[]>;
  clusterLogs(clusterId: string): Promise<readonly ClusterLogLine[]>;
  clusterEvents(clusterId: string, taskId?: string): Promise<readonly ClusterEvent[]>;
  /** @returns id of the check, if the service tells it */
  runCheck(clusterId: string, type: string, target?: string): Promise<string | undefined>;
  check(clusterId: string, checkId: string): Promise<CloudCheck>;
  checks(clusterId: string, type: string, target?: string): Promise<readonly ListedCheck[]>;
  /** @param key of KMS; undefined: no longer encrypt Secrets */
  encryptSecrets(clusterId: string, key: string | undefined): Promise<void>;
  controlPlaneLog(clusterId: string): Promise<ControlPlaneLog>;
  /** @returns id of the task, if the service tells it */
  setControlPlaneLog(clusterId: string, log: ControlPlaneLog): Promise<string | undefined>;
  auditLog(clusterId: string): Promise<AuditLog>;
  /** @returns id of the task, if the service tells it */
  setAuditLog(clusterId: string, log: AuditLog): Promise<string | undefined>;
}

const PAGE_SIZE = 50;

export function clusterVerbs(call: CallAction, endpoint: string): ClusterVerbs {
  return {
    clusters: (regionId) =>
      allPages({ endpoint, action: 'DescribeClustersForRegion', size: PAGE_SIZE }, async (page) => {
        const query = { profile: 'Edge', page_number: page, page_size: PAGE_SIZE };
        const { clusters, pageInfo } = await call('DescribeClustersForRegion', { regionId, query });
        return { items: clusters ?? [], total: pageInfo?.totalCount };
      }),
    clusterQuota: async () => clusterQuotaIn(await call('DescribeUserQuota', {})),
    creatableVersions: async (Region) => {
      const query = { Region, ClusterType: 'ManagedKubernetes', Profile: 'Edge', Mode: 'creatable' };
      const versions = await call('DescribeKubernetesVersionMetadata', { query });
      return versions.filter(({ creatable }) => creatable !== false);
    },
    createCluster: (body) => call('CreateCluster', { body }),
    changeCluster: async (ClusterId, body) => (await call('ModifyCluster', { ClusterId, body })).taskId,
    deleteCluster: async (ClusterId, choice) =>
      (await call('DeleteCluster', { ClusterId, query: deletionQuery(choice) })).taskId,
    clusterResources: (ClusterId) => call('DescribeClusterResources', { ClusterId }),
    clusterLogs: (ClusterId) => call('DescribeClusterLogs', { ClusterId }),
    clusterEvents: (ClusterId, taskId) =>
      allPages({ endpoint, action: 'DescribeClusterEvents', size: PAGE_SIZE }, async (page) => {
        const query = { task_id: taskId, page_number: page, page_size: PAGE_SIZE };
        const { events, pageInfo } = await call('DescribeClusterEvents', { ClusterId, query });
        return { items: events ?? [], total: pageInfo?.totalCount };
      }),
    ...checkVerbs(call),
    ...settingVerbs(call),
  };
}

function checkVerbs(call: CallAction): Pick<ClusterVerbs, 'runCheck' | 'check' | 'checks'> {
  return {
    runCheck: async (clusterId, type, target) =>
      (await call('RunClusterCheck', { clusterId, body: { type, target } })).checkId,
    check: (clusterId, checkId) => call('GetClusterCheck', { clusterId, checkId }),
    checks: async (clusterId, type, target) =>
      (await call('ListClusterChecks', { clusterId, query: { type, target } })).checks ?? [],
  };
}

type SettingVerbs = Pick<
  ClusterVerbs,
  'encryptSecrets' | 'controlPlaneLog' | 'setControlPlaneLog' | 'auditLog' | 'setAuditLog'
>;

function settingVerbs(call: CallAction): SettingVerbs {
  return {
    encryptSecrets: async (ClusterId, key) => {
      await call('UpdateKMSEncryption', {
        ClusterId,
        body: { kms_key_id: key, disable_encryption: key === undefined },
      });
    },
    controlPlaneLog: (ClusterId) => call('CheckControlPlaneLogEnable', { ClusterId }),
    setControlPlaneLog: async (ClusterId, { components = [], logProject, logTtl }) => {
      const body = { components, log_project: logProject, log_ttl: logTtl };
      return (await call('UpdateControlPlaneLog', { ClusterId, body })).taskId;
    },
    auditLog: (clusterid) => call('GetClusterAuditProject', { clusterid }),
    setAuditLog: async (clusterid, { auditEnabled, slsProjectName }) => {
      const body = { disable: !auditEnabled, sls_project_name: slsProjectName };
      return (await call('UpdateClusterAuditLogConfig', { clusterid, body })).taskId;
    },
  };
}

/** Lists are JSON in the query. */
function deletionQuery({ retain, types }: ResourceChoice): Record<string, string | undefined> {
  const options = Object.entries(types).map(([type, mode]) => ({ resource_type: type, delete_mode: mode }));
  return {
    retain_resources: retain.length > 0 ? JSON.stringify(retain) : undefined,
    delete_options: options.length > 0 ? JSON.stringify(options) : undefined,
  };
}

/** `quotas` takes precedence if it is there. Its keys are not documented: no quota is better than a wrong one. */
function clusterQuotaIn({ quotas, amkClusterQuota, clusterQuota }: AnswerOf<'DescribeUserQuota'>): number | undefined {
  if (!quotas || Object.keys(quotas).length === 0) return amkClusterQuota ?? clusterQuota;
  const ofClusters = Object.entries(quotas).filter(([key, value]) => {
    const name = value.operationCode || key;
    return /cluster/i.test(name) && !/node|ask|serverless/i.test(name);
  });
  const numbers = ofClusters.map(([, { quota }]) => Number(quota)).filter((quota) => quota > 0);
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}
