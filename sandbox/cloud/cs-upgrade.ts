import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, idleClusterOf } from './cs-request.ts';
import { statusAnswer } from './cs-upgrade-answers.ts';
import {
  advance,
  controlPlaneOf,
  isInProgress,
  UPGRADE_STEP_MS,
  type UpgradeRecord,
  type UpgradeState,
  type UpgradeStep,
} from './cs-upgrade-record.ts';
import { consumeFault } from './faults.ts';
import { type ClusterRecord, KIND } from './records.ts';
import { CloudFailure } from './service.ts';

/** What is offered to a cluster of each version: releases of the vendor, those of the guide and those of today. */
export const NEXT_VERSIONS: Readonly<Record<string, string>> = {
  'v1.20.2': '1.20.11-aliyunedge.1',
  '1.20.11-aliyunedge.1': '1.22.15-aliyunedge.1',
  '1.24.6-aliyun.1': '1.26.3-aliyun.1',
  '1.26.3-aliyun.1': '1.28.9-aliyun.1',
  '1.28.9-aliyun.1': '1.30.7-aliyun.1',
};

const order = z.object({
  next_version: z.string(),
  master_only: z.boolean().default(false),
});

/** The fields of a cluster that upgrades change. */
export function upgradeFields(asked: CsRequest, cluster: ClusterRecord): object {
  const record = newest(asked, cluster.id);
  const version = upgradedVersion(asked, cluster);
  return {
    current_version: version,
    next_version: NEXT_VERSIONS[version] ?? '',
    state: cluster.pending?.state ?? cluster.failed ?? (record && isInProgress(record) ? 'upgrading' : 'running'),
  };
}

export async function upgradeCluster(asked: CsRequest): Promise<object> {
  const cluster = idleClusterOf(asked);
  const { next_version: to, master_only: masterOnly } = valid(order, asked.request.body);
  const names = (await asked.inside.nodes()).map(({ name }) => name).sort();
  const before = newest(asked, cluster.id);
  if (before && isInProgress(before)) throw wrongState('is already being upgraded');
  const from = currentVersion(before, cluster);
  if (NEXT_VERSIONS[from] !== to)
    throw new CloudFailure(400, 'InvalidParameter', `The cluster of version ${from} cannot be upgraded to ${to}.`);
  const { slowness } = asked.parts;
  const now = asked.parts.now();
  const id = `T-${randomBytes(12).toString('hex')}`;
  const nodes = masterOnly ? [] : names;
  const times = { created: now, ended: [], since: now, slowness };
  keep(asked, { id, clusterId: cluster.id, from, to, nodes, state: 'running', ...times });
  return { cluster_id: cluster.id, request_id: randomUUID().toUpperCase(), task_id: id };
}

/** What can be done to the task of an upgrade. */
export type UpgradeChange = (asked: CsRequest, record: UpgradeRecord | undefined) => void;

/** Nodes that have begun finish. */
export const pauseUpgradeRecord: UpgradeChange = (asked, found) => {
  const record = inState(found, ['running', 'pausing'], 'has no upgrade to pause');
  keep(asked, { ...record, state: 'pausing' });
};

export const resumeUpgradeRecord: UpgradeChange = (asked, found) => {
  const { error: _error, ...record } = inState(found, ['paused'], 'has no paused upgrade');
  keep(asked, { ...record, state: 'running', since: asked.parts.now() });
};

/** Nodes that are done stay. */
export const cancelUpgradeRecord: UpgradeChange = (asked, found) => {
  const record = inState(found, ['paused'], 'has no paused upgrade');
  keep(asked, { ...record, state: 'canceled', since: asked.parts.now() });
};

/** An action that the service has switched off: it named the cluster, and meant its newest upgrade. */
export function ofCluster(change: UpgradeChange): (asked: CsRequest) => Promise<object> {
  return async (asked) => {
    change(asked, newest(asked, clusterOf(asked).id));
    return {};
  };
}

export async function upgradeStatus(asked: CsRequest): Promise<object> {
  return statusAnswer(newest(asked, clusterOf(asked).id));
}

/** The upgrade of that task, as time has made it; undefined for another task. */
export function upgradeOf(asked: CsRequest, taskId: string): UpgradeRecord | undefined {
  const record = asked.parts.store.get<UpgradeRecord>(KIND.upgrade, taskId);
  return record && upToDate(asked, record);
}

/** The real code is not documented. */
function wrongState(what: string): CloudFailure {
  return new CloudFailure(400, 'ErrorClusterUpgradeState', `The cluster ${what}.`);
}

function inState(record: UpgradeRecord | undefined, states: readonly UpgradeState[], otherwise: string): UpgradeRecord {
  if (!record || !states.includes(record.state)) throw wrongState(otherwise);
  return record;
}

/** The upgrades of a cluster, the newest first. */
export function upgradesOf(asked: CsRequest, clusterId: string): UpgradeRecord[] {
  const records = asked.parts.store.list<UpgradeRecord>(KIND.upgrade).map(({ document }) => document);
  return records
    .filter((record) => record.clusterId === clusterId)
    .map((record) => upToDate(asked, record))
    .sort((a, b) => b.created - a.created);
}

function newest(asked: CsRequest, clusterId: string): UpgradeRecord | undefined {
  return upgradesOf(asked, clusterId)[0];
}

/** An upgrade advances with time: each request computes and stores the state that it has reached by now. */
function upToDate(asked: CsRequest, record: UpgradeRecord): UpgradeRecord {
  const { store, now } = asked.parts;
  const after = advance(record, now(), (step) => consumeFault(store, faultOf(step)) !== undefined);
  if (after !== record) keep(asked, after);
  return after;
}

function faultOf(step: UpgradeStep): string {
  return `UpgradeCluster/${step}`;
}

/** By which name a fault strikes each step of an upgrade. */
export const UPGRADE_STEPS: readonly string[] = Object.keys(UPGRADE_STEP_MS).map((step) =>
  faultOf(step as UpgradeStep),
);

function keep({ parts }: CsRequest, record: UpgradeRecord): void {
  parts.store.put(KIND.upgrade, record.id, record);
}

/** The version of a cluster's control plane, which upgrades have moved. */
export function upgradedVersion(asked: CsRequest, cluster: ClusterRecord): string {
  return currentVersion(newest(asked, cluster.id), cluster);
}

function currentVersion(record: UpgradeRecord | undefined, { version }: ClusterRecord): string {
  // The vendor's releases have no v here.
  return record ? controlPlaneOf(record) : version.replace(/^v(?=.*-aliyun)/, '');
}
