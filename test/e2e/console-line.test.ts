import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { addFault, clearFaults, listFaults } from '../../sandbox/cloud/faults.ts';
import { type CloudNodeRecord, KIND, type NodePoolRecord } from '../../sandbox/cloud/records.ts';
import {
  difference,
  installCni,
  type Node,
  photograph,
  photographAtRest,
  podCidrOf,
  programInNode,
} from '../testbed/index.ts';
import { type Exchange, startExchange } from './exchange.ts';
import { freshNode, inWorlds, MATRIX, testBed, traces } from './support.ts';

const CA = '/root/cloud-ca.crt';
const LOG = '/var/log/edgeadm.log';
const POD_LOGS = '/var/log/pods';
const HUB_CACHE = '/etc/kubernetes/cache';
const TAINT = { key: 'edge', value: 'pool', effect: 'NoSchedule' };

/** What the console hands out, after its download. */
const consoleLine = (token: string): string =>
  `./edgeadm join --openapi-token=${token} --node-spec="{\\"allowedClusterAddons\\":[\\"kube-proxy\\",\\"flannel\\",\\"coredns\\"],\\"annotations\\":{\\"example.com/note\\":\\"spec\\"},\\"imageRepoType\\":\\"public\\",\\"labels\\":{\\"tier\\":\\"spec\\",\\"zone\\":\\"spec\\"},\\"manageRuntime\\":true,\\"nodeNameOverride\\":\\"*.shop\\",\\"openapiType\\":\\"public\\",\\"poolNodesConnected\\":true,\\"quiet\\":true,\\"runtime\\":\\"containerd\\",\\"runtime_version\\":\\"1.6.39\\",\\"taints\\":[{\\"key\\":\\"edge\\",\\"value\\":\\"spec\\",\\"effect\\":\\"NoSchedule\\"},{\\"key\\":\\"own\\",\\"value\\":\\"spec\\",\\"effect\\":\\"NoSchedule\\"}]}" --region=cn-hangzhou`;

inWorlds('guide')("a join by the console's line", function () {
  this.timeout(600_000);
  let exchange: Exchange;
  let pool: NodePoolRecord;
  let node: Node;
  let token: string;
  let name = '';

  before(async () => {
    exchange = await startExchange(await testBed());
    pool = exchange.pool('np-shops', {
      labels: { tier: 'pool', 'node-role.kubernetes.io/edge': '' },
      annotations: { 'example.com/note': 'pool' },
      taints: [TAINT as NodePoolRecord['taints'][number]],
    });
    node = await freshNode('console');
    await node.write(CA, exchange.caPem);
    await node.write('/root/edgeadm', `#!/bin/sh\nexec ${programInNode.join(' ')} "$@"\n`, 0o755);
    token = exchange.token(pool);
  });
  after(async () => {
    await node?.down();
    await exchange?.close();
  });

  /** Runs a script as cloud-init would: by a shell, in root's home. The matrix has the row of the test's own system. */
  const shell = (script: string) =>
    node.run('sh', ['-c', `cd /root; ${script}`], {
      env: { EDGEADM_CLOUD_CA: CA, EDGEADM_OPENAPI_ENDPOINT: exchange.endpoint },
      timeout: 250,
    });
  const records = () => exchange.store.list<CloudNodeRecord>(KIND.node).map(({ document }) => document);
  const nodeObject = async (): Promise<V1Node> => {
    const { cluster } = await testBed();
    return (await cluster.get<V1Node>(`/api/v1/nodes/${name}`)) ?? assert.fail(`there is no node ${name}`);
  };

  it("a join by the console's line is refused, for a spent token or a full node pool, before the node is touched", async () => {
    const before = await photograph(node);
    const full = exchange.pool('np-full', { maxNodes: 0 });
    for (const [wrong, code] of [
      ['a-token-that-nobody-made', 'OPENAPI_TOKEN_INVALID'],
      [exchange.token(full), 'NODEPOOL_FULL'],
    ] as const) {
      const ended = await shell(
        `./edgeadm join --openapi-token=${wrong} --region=cn-hangzhou --compat-matrix ${MATRIX}`,
      );
      assert.equal(ended.exitCode, 5, ended.stderr);
      assert.match(ended.stderr, new RegExp(code));
    }
    assert.deepEqual(await traces(node, before), []);
  });

  it('shows what it would do, and neither node nor service know of it', async () => {
    const before = await photograph(node);
    const ended = await shell(`${consoleLine(token)} --compat-matrix ${MATRIX} --dry-run`);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /write \/etc\/kubernetes\/kubelet\.conf/);
    assert.match(ended.stdout, /notify 10\.\S+ that the node has joined/);
    assert.deepEqual(await traces(node, before), []);
    assert.deepEqual(records(), []);
  });

  it('succeeds in a retry loop, after a time in which the service was away', async () => {
    // Each try of the loop asks five times.
    addFault(exchange.store, { action: 'ExchangeToken', mode: '500', times: 5 });
    const once = `${consoleLine(token)} --compat-matrix ${MATRIX}`;
    const ended = await shell(`for i in 1 2 3; do echo "try $i"; ${once} && exit 0; sleep 1; done; exit 1`);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.deepEqual(ended.stdout.match(/try \d/g), ['try 1', 'try 2']);
    assert.match(ended.stderr, /CLOUD_FAILED/);
    const lines = [
      '[join-node] Config the kubelet service configuration successfully.',
      '[join-node] Adding edge hub static yaml',
      '[join-node] Join node to cluster successfully.',
      '[install-edgehub] Edgehub is ok',
      '[post-check] Callback to the OpenAPI.',
      '[post-check] This node joined into the cluster successfully.',
    ].map((line) => ended.stderr.indexOf(line));
    assert.ok(!lines.includes(-1), `${lines}\n${ended.stderr}`);
    assert.deepEqual(
      lines,
      lines.toSorted((a, b) => a - b),
    );
    name = records()[0]?.name ?? '';
    assert.match(name, /^[a-z0-9]{6}\.shop$/);
    assert.equal(records().length, 1);
    assert.match(ended.stderr, /containerd 1\.6\S* is running, but 1\.6\.39 was requested/);
  });

  it('makes a node that becomes Ready, with the files that the service named', async () => {
    const { cluster } = await testBed();
    await installCni(node, await podCidrOf(cluster, name));
    await cluster.waitForNode(name);
    assert.match(await node.read('/var/lib/kubelet/config.yaml'), /clusterDNS:\s+- 10\.96\.0\.53/);
    assert.equal((await node.exec('kubelet', '--version')).stdout.trim(), `Kubernetes ${cluster.version}`);
    assert.match((await node.exec('ls', '/etc/kubernetes/manifests')).stdout, /edge-hub/);
  });

  it('gives the node what its node pool says, over what the line says', async () => {
    const { metadata, spec } = await nodeObject();
    assert.equal(metadata?.labels?.['apps.openyurt.io/desired-nodepool'], pool.id);
    assert.deepEqual([metadata?.labels?.tier, metadata?.labels?.zone], ['pool', 'spec']);
    assert.equal(metadata?.labels?.['node-role.kubernetes.io/edge'], undefined);
    assert.equal(metadata?.annotations?.['example.com/note'], 'pool');
    const taints = spec?.taints?.map(({ key, value }) => `${key}=${value}`) ?? [];
    assert.ok(
      taints.includes('edge=pool') && taints.includes('own=spec') && !taints.includes('edge=spec'),
      `${taints}`,
    );
  });

  it("a join by the console's line is reported to the service, once", () => {
    assert.equal(records()[0]?.status, 'joined');
  });

  it('changes nothing when it is run again', async () => {
    addFault(exchange.store, { action: 'ReportNode', mode: '500', times: 1 });
    const before = await photographAtRest(node);
    const ended = await shell(`${consoleLine(token)} --compat-matrix ${MATRIX} -o json`);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /"outcome":"unchanged"/);
    assert.deepEqual(difference(before, await photograph(node), [LOG, POD_LOGS, HUB_CACHE]), []);
    assert.equal(listFaults(exchange.store).length, 1, 'the service was not told again');
    clearFaults(exchange.store);
  });

  it("a join by the console's line with a token of another node pool is refused until a reset", async () => {
    const other = exchange.token(exchange.pool('np-other'));
    const before = await photographAtRest(node);
    const ended = await shell(`${consoleLine(other)} --compat-matrix ${MATRIX}`);
    assert.equal(ended.exitCode, 3, ended.stderr);
    assert.match(ended.stderr, /belongs to the node pool np-shops[\s\S]*edgeadm reset/);
    assert.deepEqual(difference(before, await photograph(node), [LOG, POD_LOGS, HUB_CACHE]), []);
    assert.equal(records()[0]?.nodePoolId, 'np-shops');
  });

  it('leaves no secret on the node, nor in its log', async () => {
    const secrets = [token, records()[0]?.callback ?? assert.fail('no callback')];
    const found = await node.run(
      'grep',
      ['-rlaF', '--devices=skip', '-f', '-', '--', '/etc', '/var', '/run', '/root'],
      {
        input: secrets.join('\n'),
      },
    );
    assert.equal(found.stdout, '');
    assert.ok((await node.read(LOG)).length > 1000);
  });

  it("a join by the console's line is a good join if the service cannot be told of it, and the same line tells it later", async () => {
    assert.equal((await shell('./edgeadm reset --yes')).exitCode, 0);
    const again = exchange.token(pool);
    addFault(exchange.store, { action: 'ReportNode', mode: 'timeout-before', times: 3 });
    exchange.store.put(KIND.node, name, { ...records()[0], status: undefined });
    const line = `${consoleLine(again)} --node-name ${name} --compat-matrix ${MATRIX}`;
    const ended = await shell(line);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stderr, /W.*could not be notified[\s\S]*edgeadm join phase post-check\/callback/);
    assert.equal(records()[0]?.status, undefined);
    const second = await shell(line);
    assert.equal(second.exitCode, 0, second.stderr);
    assert.equal(records()[0]?.status, 'joined');
  });
});
