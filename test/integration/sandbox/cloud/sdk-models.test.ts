import assert from 'node:assert/strict';
import sdk from '@alicloud/cs20151215';
import { z } from 'zod';
import { seedCloudNodes } from '../../../../sandbox/cloud/cloud-nodes.ts';
import { UPGRADE_STEP_MS } from '../../../../sandbox/cloud/cs-upgrade-record.ts';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { poolsOf } from '../../../../sandbox/cloud/records.ts';
import type { CloudCall } from '../../../../src/cloud/call.ts';
import { type CloudCaller, cloudCaller } from '../../../../src/cloud/caller.ts';
import { cloudTransport } from '../../../../src/cloud/transport.ts';
import { clusterBody } from '../../../../src/phases/cluster/request.ts';
import { clusterSpec } from '../../../unit/phases/cluster/cluster-spec.ts';
import { addNode, type EmulatedCluster, emulatedCluster } from '../../../unit/sandbox/cloud/emulated-cluster.ts';

/** What the generated models of the SDK say of themselves. */
interface Model {
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, unknown>>;
}

/** In which ways an answer is none of the model: keys that it has not, values of another type. */
function faultsIn(value: unknown, type: unknown, path: string): string[] {
  if (value === null || value === undefined) return [];
  if (type === 'any') return [];
  if (typeof type === 'string') return typeof value === type ? [] : [`${path}: ${typeof value}, not ${type}`];
  if (isContainer(type)) {
    if (type.type === 'map')
      return typeof value === 'object'
        ? Object.entries(value).flatMap(([key, each]) => faultsIn(each, type.valueType ?? 'any', `${path}.${key}`))
        : [`${path}: not a map`];
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((each, index) => faultsIn(each, type.itemType, `${path}[${index}]`));
  }
  return faultsInModel(value, type as Model, path);
}

function isContainer(type: unknown): type is { type: 'array' | 'map'; itemType?: unknown; valueType?: unknown } {
  return typeof type === 'object' && type !== null && 'type' in type;
}

function faultsInModel(value: unknown, model: Model, path: string): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path}: not a ${(model as { name?: string }).name}`];
  const fields = Object.fromEntries(Object.entries(model.names()).map(([field, wire]) => [wire, field]));
  return Object.entries(value as object).flatMap(([wire, each]) => {
    const field = fields[wire];
    return field === undefined ? [`${path}.${wire}: unknown`] : faultsIn(each, model.types()[field], `${path}.${wire}`);
  });
}

describe("the container service of the sandbox, measured by the models of the vendor's SDK", function () {
  this.timeout(20_000);
  let cloud: EmulatedCluster;
  let caller: CloudCaller;
  let clock = 0;
  const start = Date.now();
  let id = '';
  before(async () => {
    cloud = await emulatedCluster({ version: '1.26.3-aliyun.1' }, () => start + clock, { retiredActions: true });
    id = cloud.cluster.id;
    const credential = async () => cloud.account;
    const { endpoint } = cloud;
    caller = cloudCaller(
      cloudTransport({ endpoint, version: '2015-12-15', style: 'ROA', credential, ca: cloud.pki.caPem }),
    );
  });
  after(() => cloud.close());

  const models = sdk as unknown as Readonly<Record<string, Model>>;
  const seen = new Set<string>();
  /** Calls, and fails for an answer that the SDK would not understand. */
  const measured = async (action: string, method: CloudCall['method'], path: string, more: Partial<CloudCall> = {}) => {
    const body = await caller.read({ action, method, path, ...more }, z.looseObject({}));
    const model = models[`${action}ResponseBody`];
    assert.ok(model, `the SDK has no ${action}ResponseBody`);
    assert.deepEqual(faultsInModel(body, model, action), []);
    seen.add(action);
    return body as Record<string, string>;
  };

  it('answers nothing that the SDK does not know, in types that it expects, through all states of pools, tasks and upgrades', async () => {
    const pools = `/clusters/${id}/nodepools`;
    const created = await measured('CreateClusterNodePool', 'POST', pools, {
      body: {
        nodepool_info: { name: 'shops', type: 'edge' },
        kubernetes_config: { labels: [{ key: 'a', value: 'b' }] },
      },
    });
    const pool = `${pools}/${created.nodepool_id}`;
    const look = async () => {
      await measured('DescribeClusterDetail', 'GET', `/clusters/${id}`);
      await measured('DescribeClustersForRegion', 'GET', '/regions/cn-hangzhou/clusters');
      await measured('DescribeClusterNodePools', 'GET', pools);
      await measured('DescribeClusterNodePoolDetail', 'GET', pool);
      await measured('DescribeClusterNodes', 'GET', `/clusters/${id}/nodes`);
      await measured('DescribeUserQuota', 'GET', '/quota');
      const { tasks } = (await measured('DescribeClusterTasks', 'GET', `/clusters/${id}/tasks`)) as unknown as {
        tasks: { task_id: string }[];
      };
      for (const task of tasks) await measured('DescribeTaskInfo', 'GET', `/tasks/${task.task_id}`);
      await measured('GetUpgradeStatus', 'GET', `/api/v2/clusters/${id}/upgrade/status`);
    };
    const pass = async (ms: number) => {
      clock += ms;
      await look();
    };
    const addons = async () => {
      const cluster = { parameters: { cluster_id: id } };
      const instances = `/clusters/${id}/addon_instances`;
      const components = `/clusters/${id}/components`;
      await measured('ListAddons', 'GET', '/addons', cluster);
      await measured('DescribeAddon', 'GET', '/addons/coredns', cluster);
      await measured('InstallClusterAddons', 'POST', `${components}/install`, {
        body: [{ name: 'cloud-hub', version: 'v1.20.2' }],
      });
      await measured('ListClusterAddonInstances', 'GET', instances);
      await pass(300);
      await measured('UpgradeClusterAddons', 'POST', `${components}/upgrade`, {
        body: [{ component_name: 'coredns', next_version: 'v1.9.3.10-7dfca203-aliyun' }],
      });
      await measured('GetClusterAddonInstance', 'GET', `${instances}/coredns`);
      await measured('UnInstallClusterAddons', 'POST', `${components}/uninstall`, { body: [{ name: 'cloud-hub' }] });
      await pass(300);
    };
    await look();
    await pass(300);
    for (const name of ['edge1', 'edge2']) await addNode(cloud, name, { pool: created.nodepool_id ?? '' });
    await measured('ModifyClusterNodePool', 'PUT', pool, { body: { kubernetes_config: { labels: [] } } });
    await pass(300);
    const upgrade = await measured('UpgradeCluster', 'POST', `/api/v2/clusters/${id}/upgrade`, {
      body: { next_version: '1.28.9-aliyun.1' },
    });
    await look();
    await pass(UPGRADE_STEP_MS.precheck);
    await pass(UPGRADE_STEP_MS.master);
    addFault(cloud.store, { action: 'UpgradeCluster/node', mode: '500', times: 1 });
    await pass(UPGRADE_STEP_MS.node);
    await caller.order({ action: 'CancelTask', method: 'POST', path: `/tasks/${upgrade.task_id}/cancel` });
    await look();
    await measured('RemoveNodePoolNodes', 'DELETE', `${pool}/nodes`, { parameters: { instance_ids: '["edge1"]' } });
    await pass(300);
    await measured('DescribeClusterUserKubeconfig', 'GET', `/k8s/${id}/user_config`);
    await addons();
    await measured('UpgradeClusterNodepool', 'POST', `${pool}/upgrade`, { body: {} });
    await look();
    await pass(300);
    await measured('RepairClusterNodePool', 'POST', `${pool}/repair`, { body: {} });
    await pass(300);
    seedCloudNodes(cloud.store, cloud.cluster, 1);
    const [ess] = poolsOf(cloud.store, id).filter(({ type }) => type === 'ess');
    await measured('AttachInstancesToNodePool', 'POST', `${pools}/${ess?.id}/attach`, {
      body: { instances: ['i-sandbox-spare'], password: 'Hello-123' },
    });
    await pass(400);
    await measured('DeleteClusterNodes', 'POST', `/clusters/${id}/nodes`, {
      body: { nodes: ['cn-hangzhou.i-sandbox-spare'], release_node: true },
    });
    await look();
    await pass(400);
    addFault(cloud.store, { action: 'DeleteClusterNodepool/task', mode: '500', times: 1 });
    await measured('DeleteClusterNodepool', 'DELETE', pool, { parameters: { force: 'true' } });
    await pass(300);
    assert.equal(seen.size, 26);
  });

  it('answers nothing that the SDK does not know about clusters, checks and settings either, and takes requests that its models have', async () => {
    const body = { ...clusterBody(clusterSpec()), name: 'measured' };
    assert.deepEqual(faultsInModel(body, models.CreateClusterRequest as Model, 'CreateCluster'), []);
    const made = await measured('CreateCluster', 'POST', '/clusters', { body });
    const cluster = `/clusters/${made.cluster_id}`;
    const lists = async () => {
      await measured('DescribeClusterDetail', 'GET', cluster);
      await measured('DescribeClustersForRegion', 'GET', '/regions/cn-hangzhou/clusters');
      await measured('DescribeClusterEvents', 'GET', `${cluster}/events`);
      await measured('CheckControlPlaneLogEnable', 'GET', `${cluster}/controlplanelog`);
      await measured('GetClusterAuditProject', 'GET', `${cluster}/audit`);
      await measured('ListClusterChecks', 'GET', `${cluster}/checks`);
      const { tasks } = (await measured('DescribeClusterTasks', 'GET', `${cluster}/tasks`)) as unknown as {
        tasks: { task_id: string }[];
      };
      for (const task of tasks) await measured('DescribeTaskInfo', 'GET', `/tasks/${task.task_id}`);
      const versions = { Region: 'cn-hangzhou', ClusterType: 'ManagedKubernetes', Profile: 'Edge' };
      for (const [action, path, parameters] of [
        ['DescribeClusterResources', `${cluster}/resources`],
        ['DescribeClusterLogs', `${cluster}/logs`],
        ['DescribeKubernetesVersionMetadata', '/api/v1/metadata/versions', versions],
      ] as const) {
        const items = await caller.read({ action, path, parameters }, z.array(z.looseObject({})));
        assert.ok(items.length > 0, action);
        for (const item of items)
          assert.deepEqual(faultsInModel(item, models[`${action}ResponseBody`] as Model, action), []);
      }
    };
    await lists();
    clock += 1500;
    await lists();
    await measured('ModifyCluster', 'PUT', `/api/v2${cluster}`, { body: { cluster_spec: 'ack.pro.small' } });
    await lists();
    clock += 500;
    await caller.order({
      action: 'UpdateKMSEncryption',
      method: 'PUT',
      path: `${cluster}/kms`,
      body: { kms_key_id: 'k' },
    });
    clock += 500;
    const log = { body: { components: ['apiserver'] } };
    await measured('UpdateControlPlaneLog', 'PUT', `${cluster}/controlplanelog`, log);
    clock += 500;
    await measured('UpdateClusterAuditLogConfig', 'PUT', `${cluster}/audit_log`, { body: { disable: false } });
    clock += 500;
    const check = await measured('RunClusterCheck', 'POST', `${cluster}/checks`, { body: { type: 'ClusterUpgrade' } });
    await measured('GetClusterCheck', 'GET', `${cluster}/checks/${check.check_id}`);
    clock += 400;
    await measured('GetClusterCheck', 'GET', `${cluster}/checks/${check.check_id}`);
    await lists();
    await measured('DeleteCluster', 'DELETE', cluster);
    await lists();
  });

  it('would be told of a key and of a type that the SDK does not know', () => {
    const model = models.DescribeClusterTasksResponseBody as Model;
    const wrong = { tasks: [{ task_id: 5, taskType: 'x' }], page_info: { total_count: '1' }, request_id: 'R' };
    assert.deepEqual(faultsInModel(wrong, model, 'T'), [
      'T.tasks[0].task_id: number, not string',
      'T.tasks[0].taskType: unknown',
      'T.page_info.total_count: string, not number',
      'T.request_id: unknown',
    ]);
  });
});
