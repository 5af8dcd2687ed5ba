import type { CsAction } from '../../src/cloud/actions/action.ts';
import { CS, type CsActionName } from '../../src/cloud/actions/cs.ts';
import type { SandboxPki } from '../pki.ts';
import { attachScript, kubeconfig } from './cs-access.ts';
import {
  clusterAddonInstance,
  clusterAddonInstances,
  describeAddon,
  installAddons,
  listAddons,
  modifyAddon,
  uninstallAddons,
  upgradeAddons,
} from './cs-addons.ts';
import { nodeAnswer, nodePoolAnswer, pageOf } from './cs-answers.ts';
import { clusterCheck, clusterChecks, runCheck } from './cs-checks.ts';
import { type ManagedCluster, managedCluster } from './cs-cluster.ts';
import {
  completeClusterChanges,
  createClusterRecord,
  deleteClusterRecord,
  modifyCluster,
  updateKms,
} from './cs-cluster-tasks.ts';
import {
  allClusters,
  clusterDetail,
  clusterEvents,
  clusterLogs,
  clusterResources,
  clustersByPage,
  clustersOfRegion,
  kubernetesVersions,
  userQuota,
} from './cs-clusters.ts';
import {
  attachInstances,
  completeNodeChanges,
  deleteNodes,
  instanceFields,
  nodesAskedFor,
  nodesByPool,
  nodesLeaving,
  nodesWithPools,
} from './cs-node-changes.ts';
import {
  completePoolChanges,
  createPoolRecord,
  deleteNodePool,
  modifyNodePool,
  removeNodes,
  repairNodePool,
  upgradeNodePool,
} from './cs-pool-tasks.ts';
import { nodesOfPool } from './cs-pools.ts';
import { type CsRequest, clusterOf, requestedPool } from './cs-request.ts';
import { auditProjectOf, controlPlaneLogOf, updateAuditLog, updateControlPlaneLog } from './cs-settings.ts';
import { cancelTask, clusterTasks, pauseTask, resumeTask, taskInfo } from './cs-tasks.ts';
import {
  cancelUpgradeRecord,
  ofCluster,
  pauseUpgradeRecord,
  resumeUpgradeRecord,
  upgradeCluster,
  upgradeStatus,
} from './cs-upgrade.ts';
import { madeCluster } from './made-cluster.ts';
import { type ClusterRecord, KIND, poolsOf } from './records.ts';
import { type CloudAnswer, CloudFailure, type CloudParts, type CloudService } from './service.ts';

type Handler = (asked: CsRequest) => Promise<CloudAnswer>;

interface Action extends Pick<CsAction, 'method' | 'path'> {
  readonly handle: Handler;
  /** The service has announced that it switches it off by 2026-09-30. */
  readonly retired?: true;
}

/** Whatever edgeadm calls is emulated: a row without a handler does not compile. */
const HANDLERS: Readonly<Record<CsActionName, Handler>> = {
  DescribeUserQuota: userQuota,
  DescribeKubernetesVersionMetadata: kubernetesVersions,
  DescribeClustersForRegion: clustersOfRegion,
  DescribeClusterDetail: clusterDetail,
  CreateCluster: createClusterRecord,
  ModifyCluster: modifyCluster,
  DeleteCluster: deleteClusterRecord,
  DescribeClusterResources: clusterResources,
  DescribeClusterLogs: clusterLogs,
  DescribeClusterEvents: clusterEvents,
  RunClusterCheck: runCheck,
  GetClusterCheck: clusterCheck,
  ListClusterChecks: clusterChecks,
  UpdateKMSEncryption: updateKms,
  CheckControlPlaneLogEnable: controlPlaneLogOf,
  UpdateControlPlaneLog: updateControlPlaneLog,
  GetClusterAuditProject: auditProjectOf,
  UpdateClusterAuditLogConfig: updateAuditLog,
  DescribeClusterNodes: clusterNodes,
  DescribeClusterNodePools: nodePools,
  CreateClusterNodePool: createPoolRecord,
  ModifyClusterNodePool: modifyNodePool,
  UpgradeClusterNodepool: upgradeNodePool,
  RepairClusterNodePool: repairNodePool,
  DeleteClusterNodepool: deleteNodePool,
  DescribeClusterAttachScripts: attachScript,
  DescribeClusterUserKubeconfig: kubeconfig,
  UpgradeCluster: upgradeCluster,
  DescribeClusterTasks: clusterTasks,
  DescribeTaskInfo: taskInfo,
  PauseTask: pauseTask,
  ResumeTask: resumeTask,
  CancelTask: cancelTask,
  DeleteClusterNodes: deleteNodes,
  AttachInstancesToNodePool: attachInstances,
  ListAddons: listAddons,
  DescribeAddon: describeAddon,
  ListClusterAddonInstances: clusterAddonInstances,
  GetClusterAddonInstance: clusterAddonInstance,
  InstallClusterAddons: installAddons,
  UpgradeClusterAddons: upgradeAddons,
  UnInstallClusterAddons: uninstallAddons,
  ModifyClusterAddon: modifyAddon,
};

/** What edgeadm does not call, but other clients do. */
const OTHERS: Readonly<Record<string, Action>> = {
  DescribeClusters: { method: 'GET', path: '/clusters', handle: allClusters, retired: true },
  DescribeClustersV1: { method: 'GET', path: '/api/v1/clusters', handle: clustersByPage, retired: true },
  DescribeClusterNodePoolDetail: {
    method: 'GET',
    path: '/clusters/{ClusterId}/nodepools/{NodepoolId}',
    handle: nodePoolDetail,
  },
  RemoveNodePoolNodes: {
    method: 'DELETE',
    path: '/clusters/{ClusterId}/nodepools/{NodepoolId}/nodes',
    handle: removeNodes,
  },
  DescribeClusterV2UserKubeconfig: { method: 'GET', path: '/api/v2/k8s/{ClusterId}/user_config', handle: kubeconfig },
  GetUpgradeStatus: {
    method: 'GET',
    path: '/api/v2/clusters/{ClusterId}/upgrade/status',
    handle: upgradeStatus,
    retired: true,
  },
  PauseClusterUpgrade: {
    method: 'POST',
    path: '/api/v2/clusters/{ClusterId}/upgrade/pause',
    handle: ofCluster(pauseUpgradeRecord),
    retired: true,
  },
  ResumeUpgradeCluster: {
    method: 'POST',
    path: '/api/v2/clusters/{ClusterId}/upgrade/resume',
    handle: ofCluster(resumeUpgradeRecord),
    retired: true,
  },
  CancelClusterUpgrade: {
    method: 'POST',
    path: '/api/v2/clusters/{ClusterId}/upgrade/cancel',
    handle: ofCluster(cancelUpgradeRecord),
    retired: true,
  },
};

const own = (Object.keys(CS) as CsActionName[]).map((name) => ({ name, ...CS[name], handle: HANDLERS[name] }));
const ACTIONS: readonly (Action & { readonly name: string; readonly pattern: RegExp })[] = [
  ...own,
  ...Object.entries(OTHERS).map(([name, action]) => ({ name, ...action })),
].map((action) => ({ ...action, pattern: new RegExp(`^${action.path.replace(/\{\w+\}/g, '([^/]+)')}$`) }));

/** Their names. */
export const CS_ACTIONS: readonly string[] = ACTIONS.map(({ name }) => name);

/** The emulated container service: the part that edge clusters need, and what its answers mean inside the cluster. */
export function csService(parts: CloudParts, pki: SandboxPki): CloudService {
  const shared = managedCluster(parts, pki);
  const insideOf = (id: string): ManagedCluster => {
    const cluster = parts.store.get<ClusterRecord>(KIND.cluster, id);
    return cluster?.made ? madeCluster(parts, cluster, shared) : shared;
  };
  const isThere = ({ retired }: Action): boolean => !retired || parts.retiredActions === true;
  const find = (method: string, path: string) =>
    ACTIONS.find((action) => action.method === method && action.pattern.test(path) && isThere(action));
  return {
    product: 'cs',
    authentication: 'signature',
    ownErrors: true,
    version: '2015-12-15',
    actionOf: (method, path) => find(method, path)?.name,
    handle: async (request) => {
      const action = find(request.method, request.path);
      if (!action) throw new CloudFailure(404, 'InvalidAction.NotFound', 'Specified api is not found.');
      const names = action.pattern.exec(request.path)?.slice(1) ?? [];
      const asked = { request, parts, inside: insideOf(names[0] ?? ''), insideOf, names };
      completeClusterChanges(asked);
      await completePoolChanges(asked);
      await completeNodeChanges(asked);
      return action.handle(asked);
    },
  };
}

async function clusterNodes(asked: CsRequest): Promise<object> {
  const pools = poolsOf(asked.parts.store, clusterOf(asked).id);
  const nodes = await asked.inside.nodes();
  const { pageNumber, pageSize, nodepool_id: only } = asked.request.parameters;
  const leaving = nodesLeaving(asked);
  const inPools = nodesWithPools(
    pools.filter(({ id }) => only === undefined || id === only),
    nodes,
  );
  const isLeaving = ({ node: { name }, pool }: (typeof inPools)[number]): boolean =>
    leaving.has(name) || pool.pending?.nodes?.includes(name) === true;
  const found = nodesAskedFor(inPools, asked.request.parameters, isLeaving);
  const { items, page } = pageOf(found, pageNumber, pageSize);
  const answers = items.map((each) => ({
    ...nodeAnswer(each.node, each.pool),
    ...instanceFields(asked, each.node, each.pool),
    ...(isLeaving(each) && { state: 'removing' }),
  }));
  return { nodes: answers, page };
}

async function nodePools(asked: CsRequest): Promise<object> {
  const { id, region } = clusterOf(asked);
  const { NodepoolName: name } = asked.request.parameters;
  const nodes = await asked.inside.nodes();
  const pools = poolsOf(asked.parts.store, id).filter((pool) => name === undefined || pool.name === name);
  const own = nodesByPool(nodes);
  return { nodepools: pools.map((pool) => nodePoolAnswer(pool, region, own(pool))) };
}

async function nodePoolDetail(asked: CsRequest): Promise<object> {
  const pool = requestedPool(asked);
  return nodePoolAnswer(pool, clusterOf(asked).region, nodesOfPool(pool, await asked.inside.nodes()));
}
