import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { V1Node, V1NodeList } from '@kubernetes/client-node';
import { startApiServer } from '../../../../sandbox/api-server/index.ts';
import { openStore } from '../../../../sandbox/store.ts';
import { precheckCluster, type UpgradeReport } from '../../../../src/cluster-upgrade/precheck/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { testPki } from '../../sandbox/test-pki.ts';
import { daemonSet, node } from './cluster.ts';

const ends: (() => unknown)[] = [];

/** The sandbox with these nodes, and its report for them. */
async function sandbox(nodes: readonly V1Node[], objects: Readonly<Record<string, object>> = {}) {
  const store = openStore(':memory:');
  ends.push(() => store.close());
  const pki = await testPki();
  const { url, close } = await startApiServer({ store, pki, port: 0, version: 'v1.20.2' });
  ends.push(close);
  const as = (credentials: { cert?: string; key?: string }): ApiClient => {
    const client = new ApiClient({ servers: [url], ca: pki.caPem, ...credentials }, async ({ host, port }) =>
      connect(port, host),
    );
    ends.push(() => client.close());
    return client;
  };
  const admin = as({ cert: pki.adminCert, key: pki.adminKey });
  const place = async (collection: string, object: { metadata?: { name?: string }; status?: object }) => {
    await admin.create(collection, object);
    await admin.patch(`${collection}/${object.metadata?.name}/status`, { status: object.status });
  };
  for (const one of nodes) await place('/api/v1/nodes', one);
  for (const [collection, object] of Object.entries(objects)) await place(collection, object);
  const { items } = await admin.get<V1NodeList>('/api/v1/nodes');
  const options = { targetVersion: '1.20.2', nodes: items, drain: true, signal: new AbortController().signal };
  return {
    url,
    report: await precheckCluster(admin, options),
    anonymous: () => precheckCluster(as({}), options),
  };
}

function said({ rows }: UpgradeReport, check: string): string {
  return rows
    .filter((row) => row.check === check)
    .map(({ object, result, reason }) => [result, object, reason].filter(Boolean).join(' | '))
    .join('\n');
}

describe("the report before an upgrade of the sandbox's cluster", function () {
  this.timeout(20_000);
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('shows what is there', async () => {
    const { report, url } = await sandbox([node('edge-1'), node('edge-2', { cordoned: true })], {
      '/apis/apps/v1/namespaces/kube-system/daemonsets': {
        spec: { selector: { matchLabels: { app: 'proxy' } }, template: { metadata: { labels: { app: 'proxy' } } } },
        ...daemonSet('kube-proxy', 2, 1),
      },
    });
    assert.equal(report.cluster, url);
    assert.equal(report.clusterVersion, 'v1.20.2');
    assert.match(said(report, 'NodeVersion'), /^normal \| 2 nodes, all already at v1\.20\.2\.$/);
    assert.match(said(report, 'NodeSchedulable'), /^warning \| 1 node: edge-2/);
    assert.match(said(report, 'PodDisruptionBudgets'), /^normal \| 0 budgets/);
    assert.match(said(report, 'UpgradePods'), /^normal/);
  });

  it('checks everything: the sandbox serves every API that a check reads', async () => {
    const { report } = await sandbox([node('edge-1')]);
    const unread = report.rows.filter(({ reason }) => reason.startsWith('Could not be checked'));
    assert.deepEqual(unread, []);
    assert.match(said(report, 'Permissions'), /^normal/);
  });

  it('tells somebody without rights that nothing could be looked at, and does not end in an error', async () => {
    const { anonymous } = await sandbox([node('edge-1')]);
    const report = await anonymous();
    assert.equal(report.clusterVersion, 'v1.20.2');
    assert.match(said(report, 'SystemPods'), /^warning \| Could not be checked: .*cannot list resource "pods"/);
    assert.match(said(report, 'NodeReady'), /^normal/);
    const { advice } = report.rows.find(({ check }) => check === 'SystemPods') ?? assert.fail();
    assert.equal(advice, 'Use a kubeconfig that has permission to read it.');
  });
});
