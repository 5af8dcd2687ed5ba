import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import { FIELD_MANAGER } from '../../src/kubernetes/api/change.ts';
import { type EdgeProject, edgeNames } from '../../src/kubernetes/edge-names.ts';
import { POOL_LABELS } from '../../src/kubernetes/pool-labels.ts';
import { type Ended, resultOf } from '../sandbox/program.ts';
import { type AnyObject, answers, type Contract, type Expectation, MERGE, STRATEGIC } from './subject.ts';

const SYSTEM = '/api/v1/namespaces/kube-system';
const CORE = '/api/v1/namespaces/default';
const APPS = '/apis/apps/v1/namespaces/default';
const GATEWAYS = '/apis/raven.openyurt.io/v1beta1/gateways';
const PROJECTS = ['ack', 'openyurt'] as const;
const [POOL_LABEL] = POOL_LABELS;
const OTHERS = { 'others.example.com/key': 'theirs' };

/** Runs a line that has to succeed. */
async function done(contract: Contract, ...words: string[]): Promise<Ended> {
  const ended = await contract.edgeadm(words);
  assert.equal(ended.exitCode, 0, `${words.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

async function dataOf<T>(contract: Contract, ...words: string[]): Promise<T> {
  return resultOf(await done(contract, ...words, '-o', 'json')).data as T;
}

interface Change {
  readonly path: string;
  /** What of the object the command and its undo are about. */
  readonly part: (object: AnyObject) => unknown;
  readonly words: readonly string[];
}

/**
 * Runs a command that changes an object: without writing, for real, and then what it names as its undo. What others
 * have set stays, and the fields have an owner of their own.
 * @returns the part as the command has left it
 */
async function changed(contract: Contract, { path, part, words }: Change): Promise<unknown> {
  const { admin } = contract;
  const read = async (): Promise<unknown> => part(await admin.get<AnyObject>(path));
  const before = await read();
  const planned = await done(contract, ...words, '--dry-run=server');
  assert.match(planned.stdout, /^[+-] +\S/m, planned.stdout);
  assert.match(planned.stdout, /would be changed \(dry run\)/);
  assert.deepEqual(await read(), before);
  const { undo } = await dataOf<{ undo: string[] }>(contract, ...words, '--yes');
  const object = await admin.get<AnyObject & { metadata: { managedFields: { manager: string }[] } }>(path);
  const after = part(object);
  assert.notDeepEqual(after, before);
  assert.equal(object.metadata.annotations?.['others.example.com/key'], 'theirs');
  assert.ok(object.metadata.managedFields.some(({ manager }) => manager === FIELD_MANAGER));
  for (const line of undo) {
    const [program, ...rest] = line.split(' ');
    assert.equal(program, 'edgeadm', line);
    await done(contract, ...rest, '--yes');
  }
  assert.deepEqual(await read(), before);
  return after;
}

/** A node that no kubelet belongs to. */
async function node(contract: Contract, name: string, labels: Record<string, string>): Promise<string> {
  const metadata = { name: `${contract.prefix}-${name}`, labels, annotations: OTHERS };
  await answers(contract.admin, 'POST', '/api/v1/nodes', 201, { body: { metadata } });
  return metadata.name;
}

const edgeLabels = (project: EdgeProject): Record<string, string> => ({ [edgeNames(project).edgeLabel]: 'true' });
const cloudLabels = (project: EdgeProject): Record<string, string> => ({ [edgeNames(project).edgeLabel]: 'false' });

/** A ConfigMap of the system for as long as the work takes. */
async function withConfig(
  { admin }: Contract,
  name: string,
  data: Record<string, string>,
  work: (path: string) => Promise<void>,
): Promise<void> {
  const path = `${SYSTEM}/configmaps/${name}`;
  const before = await admin.find<AnyObject>(path);
  if (before) await admin.delete(path);
  await answers(admin, 'POST', `${SYSTEM}/configmaps`, 201, {
    body: { metadata: { name, annotations: OTHERS }, data: { ...data, other: 'theirs' } },
  });
  try {
    await work(path);
  } finally {
    await admin.delete(path);
    if (before) await admin.create(`${SYSTEM}/configmaps`, { metadata: { name }, data: before.data });
  }
}

const dataIn = ({ data }: AnyObject): unknown => data;

function ofProject(project: EdgeProject): Expectation[] {
  const names = edgeNames(project);
  return [
    [
      `${names.title}: node autonomy enable, show and disable, and cloud nodes are refused`,
      async (contract) => {
        const name = await node(contract, `autonomy-${project}`, edgeLabels(project));
        const cloud = await node(contract, `cloud-${project}`, cloudLabels(project));
        const path = `/api/v1/nodes/${name}`;
        const part = ({ metadata }: AnyObject) => metadata.annotations?.[names.autonomy];
        const words = ['node', 'autonomy', 'enable', name];
        assert.equal(await changed(contract, { path, part, words }), 'true');
        const shown = await dataOf<{ autonomous: boolean }[]>(contract, 'node', 'autonomy', 'show', name);
        assert.deepEqual(
          shown.map(({ autonomous }) => autonomous),
          [false],
        );
        const refused = await contract.edgeadm(['node', 'autonomy', 'enable', name, cloud]);
        assert.match(refused.stderr, /only edge nodes can be autonomous/);
        assert.equal(part(await contract.admin.get<AnyObject>(path)), undefined);
        const { autonomyDuration } = names;
        if (autonomyDuration) {
          const limited = ({ metadata }: AnyObject) => metadata.annotations?.[autonomyDuration];
          const more = { path, part: limited, words: [...words, '--duration', '2h'] };
          assert.equal(await changed(contract, more), '2h');
        }
        for (const each of [name, cloud]) await contract.admin.delete(`/api/v1/nodes/${each}`);
      },
    ],
    [
      `${names.title}: tunnel ports add, list and remove, and other keys stay`,
      (contract) =>
        withConfig(contract, names.tunnelConfig, {}, async (path) => {
          const words = ['tunnel', 'ports', 'add', '9051'];
          const after = (await changed(contract, { path, part: dataIn, words })) as Record<string, string>;
          const isOld = project === 'ack' && contract.minor < 21;
          assert.deepEqual(after, {
            other: 'theirs',
            ...(isOld ? { 'dnat-ports-pair': '9051=10264' } : { 'http-proxy-ports': '9051' }),
          });
          await done(contract, ...words);
          const removed = await changed(contract, {
            ...{ path, part: dataIn },
            words: ['tunnel', 'ports', 'remove', '9051'],
          });
          assert.deepEqual(removed, { other: 'theirs' });
          const listed = await dataOf<{ port: number }[]>(contract, 'tunnel', 'ports', 'list');
          assert.ok([10250, 9051].every((port) => listed.some((each) => each.port === port)));
        }),
    ],
    [
      `${names.title}: tunnel check names what is missing, and finds what is there`,
      (contract) =>
        withConfig(contract, names.tunnelConfig, {}, async () => {
          const cloud = await node(contract, `tunnel-${project}`, cloudLabels(project));
          const conditions = [{ type: 'Ready', status: 'True' }];
          await answers(contract.admin, 'PATCH', `/api/v1/nodes/${cloud}/status`, 200, {
            ...STRATEGIC,
            body: { status: { conditions } },
          });
          const checked = await contract.edgeadm(['tunnel', 'check', '-o', 'json']);
          assert.equal(checked.exitCode, 4);
          const found = resultOf(checked).data as { check: string; ok: boolean; found: string }[];
          const of = (check: string) => found.find((each) => each.check === check);
          assert.deepEqual([of('server')?.ok, of('server')?.found], [false, `no Deployment ${names.tunnelServer}`]);
          await contract.admin.delete(`/api/v1/nodes/${cloud}`);
        }),
    ],
    [
      `${names.title}: hub cache candidates, add with a restart, list and remove, and other keys stay`,
      (contract) =>
        withConfig(contract, names.hubConfig, { cache_agents: 'first' }, async (path) => {
          const program = await programOnEdgeNode(contract, project);
          const found = await dataOf<{ agent: string; source: string }[]>(contract, 'hub', 'cache', 'candidates');
          assert.equal(found.find(({ agent }) => agent === program)?.source, 'command');
          const words = ['hub', 'cache', 'add', program];
          const after = await changed(contract, { path, part: dataIn, words });
          assert.deepEqual(after, { cache_agents: `first,${program}`, other: 'theirs' });
          await done(contract, ...words, '--restart', '--yes');
          const restarted = await contract.admin.get<AnyObject>(`${APPS}/deployments/${program}`);
          assert.match(JSON.stringify(restarted.spec), /kubectl\.kubernetes\.io\/restartedAt/);
          const listed = await dataOf<{ agent: string }[]>(contract, 'hub', 'cache', 'list');
          assert.ok(listed.some(({ agent }) => agent === program));
          await changed(contract, { path, part: dataIn, words: ['hub', 'cache', 'remove', program] });
          await contract.admin.delete(`${APPS}/deployments/${program}`);
          await contract.admin.delete(`${CORE}/pods/${program}`);
          await contract.admin.delete(`/api/v1/nodes/${program}`);
        }),
    ],
  ];
}

/** A Deployment with a pod on an edge node, all of one name: that of the program. */
async function programOnEdgeNode(contract: Contract, project: EdgeProject): Promise<string> {
  const { admin } = contract;
  const name = await node(contract, `program-${project}`, edgeLabels(project));
  const labels = { app: name };
  const spec = { containers: [{ name: 'main', image: 'a:1', command: [`/bin/${name}`] }] };
  const deployment = await answers(admin, 'POST', `${APPS}/deployments`, 201, {
    body: {
      metadata: { name },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  });
  const { uid } = deployment.metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true };
  await answers(admin, 'POST', `${CORE}/pods`, 201, {
    body: { metadata: { name, ownerReferences: [owner] }, spec: { ...spec, nodeName: name } },
  });
  return name;
}

/** As OpenYurt's own pages make a gateway in the cloud, with the endpoint that its controller chooses. */
async function gatewayOf({ admin, prefix }: Contract, suffix: string): Promise<string> {
  const name = `${prefix}-${suffix}`;
  const endpoint = { nodeName: 'cloud-1', type: 'proxy', port: 10262, publicIP: '203.0.113.7' };
  const proxyConfig = { Replicas: 1, proxyHTTPPort: '10255,9445', proxyHTTPSPort: '10250,9100' };
  const body = {
    apiVersion: 'raven.openyurt.io/v1beta1',
    kind: 'Gateway',
    metadata: { name, annotations: OTHERS },
    spec: { exposeType: 'PublicIP', proxyConfig, endpoints: [endpoint] },
  };
  await answers(admin, 'POST', GATEWAYS, 201, { body });
  await answers(admin, 'PATCH', `${GATEWAYS}/${name}/status`, 200, {
    body: { status: { activeEndpoints: [endpoint] } },
    ...MERGE,
  });
  return name;
}

const ofRaven: readonly Expectation[] = [
  [
    'Raven: tunnel ports add, list and remove change a gateway, and what it cannot forward is refused',
    (contract) =>
      withConfig(contract, 'raven-cfg', { 'enable-l7-proxy': 'true' }, async () => {
        const name = await gatewayOf(contract, 'gw-cloud');
        const path = `${GATEWAYS}/${name}`;
        const part = ({ spec }: AnyObject) => spec?.proxyConfig;
        const words = ['tunnel', 'ports', 'add', '9051'];
        const after = await changed(contract, { path, part, words });
        assert.deepEqual(after, {
          ...{ Replicas: 1, proxyHTTPPort: '10255,9445,9051' },
          proxyHTTPSPort: '10250,9100',
        });
        await done(contract, ...words);
        const removed = await changed(contract, { path, part, words: ['tunnel', 'ports', 'remove', '9051'] });
        assert.deepEqual(removed, { Replicas: 1, proxyHTTPPort: '10255,9445', proxyHTTPSPort: '10250,9100' });
        const listed = await dataOf<{ port: number; gateway: string }[]>(contract, 'tunnel', 'ports', 'list');
        assert.deepEqual(listed.find(({ port }) => port === 9051)?.gateway, name);
        const { admin } = contract;
        await answers(admin, 'PATCH', path, 200, { body: { spec: { proxyConfig: null } }, ...MERGE });
        const refused = await contract.edgeadm(words);
        assert.match(refused.stderr, /spec\.proxyConfig\.Replicas is missing/);
        await admin.delete(path);
      }),
  ],
  [
    'Raven: tunnel check names ports that are not forwarded, or twice, and what it advises corrects it',
    (contract) =>
      withConfig(contract, 'raven-cfg', { 'enable-l7-proxy': 'true' }, async () => {
        const { admin } = contract;
        const names = [await gatewayOf(contract, 'gw-a'), await gatewayOf(contract, 'gw-b')];
        const failed = async (): Promise<{ found: string; next: string }[]> => {
          const { data } = resultOf(await contract.edgeadm(['tunnel', 'check', '-o', 'json']));
          const checks = data as { check: string; ok: boolean; found: string; next: string }[];
          // Nodes of other expectations may be Ready edge nodes without an agent.
          return checks.filter(({ check, ok }) => !ok && check !== 'agents');
        };
        const advised = async ([first, ...others]: { next: string }[]): Promise<void> => {
          assert.deepEqual(others, []);
          await done(contract, ...(first?.next.split(' ').slice(1) ?? []), '--yes');
        };
        const spec = { proxyConfig: { proxyHTTPPort: null, proxyHTTPSPort: '10250' } };
        for (const name of names)
          await answers(admin, 'PATCH', `${GATEWAYS}/${name}`, 200, { body: { spec }, ...MERGE });
        const twice = await failed();
        assert.match(twice[0]?.found ?? '', /^10250 is forwarded by two gateways/);
        await advised(twice);
        assert.deepEqual(await failed(), []);
        await admin.delete(`${GATEWAYS}/${names[1]}`);
        const none = { proxyConfig: { proxyHTTPSPort: null } };
        await answers(admin, 'PATCH', `${GATEWAYS}/${names[0]}`, 200, { body: { spec: none }, ...MERGE });
        const missing = await failed();
        assert.match(missing[0]?.found ?? '', /^10250 of the kubelet is not forwarded/);
        await advised(missing);
        assert.deepEqual(await failed(), []);
        await admin.delete(`${GATEWAYS}/${names[0]}`);
      }),
  ],
];

/** The commands of the guide's chapters, run as a user runs them. */
export const commands: readonly Expectation[] = [
  ...PROJECTS.flatMap(ofProject),
  ...ofRaven,
  [
    'node list shows edge nodes and cloud nodes with their pools',
    async (contract) => {
      const edge = await node(contract, 'list-edge', { ...edgeLabels('openyurt'), [POOL_LABEL]: 'shops' });
      const cloud = await node(contract, 'list-cloud', cloudLabels('ack'));
      const nodes = await dataOf<{ place: string; pool?: string }[]>(contract, 'node', 'list', edge, cloud);
      assert.deepEqual(
        nodes.map(({ place, pool }) => [place, pool]),
        [
          ['cloud', undefined],
          ['edge', 'shops'],
        ],
      );
      for (const each of [edge, cloud]) await contract.admin.delete(`/api/v1/nodes/${each}`);
    },
  ],
  [
    'node gateway set and unset label a cloud node, and edge nodes are refused',
    async (contract) => {
      const cloud = await node(contract, 'gateway', cloudLabels('ack'));
      const edge = await node(contract, 'no-gateway', edgeLabels('ack'));
      const path = `/api/v1/nodes/${cloud}`;
      const part = ({ metadata }: AnyObject) => metadata.labels?.['node-role.alibabacloud.com/cloud-gateway'];
      assert.equal(await changed(contract, { path, part, words: ['node', 'gateway', 'set', cloud] }), '');
      await done(contract, 'node', 'gateway', 'set', cloud);
      await changed(contract, { path, part, words: ['node', 'gateway', 'unset', cloud] });
      const refused = await contract.edgeadm(['node', 'gateway', 'set', edge]);
      assert.equal(refused.exitCode, 4);
      for (const each of [edge, cloud]) await contract.admin.delete(`/api/v1/nodes/${each}`);
    },
  ],
  [
    'service topology set, show, explain and unset',
    async (contract) => {
      const { admin, prefix } = contract;
      const name = `${prefix}-topology`;
      const near = await node(contract, 'near', edgeLabels('openyurt'));
      const far = await node(contract, 'far', edgeLabels('openyurt'));
      await answers(admin, 'POST', `${CORE}/services`, 201, {
        body: { metadata: { name, annotations: OTHERS }, spec: { ports: [{ port: 80 }] } },
      });
      const subsets = [{ addresses: [{ ip: '10.9.8.7', nodeName: near }], ports: [{ port: 80 }] }];
      await answers(admin, 'POST', `${CORE}/endpoints`, 201, { body: { metadata: { name }, subsets } });
      const path = `${CORE}/services/${name}`;
      const part = ({ metadata }: AnyObject) => metadata.annotations?.['openyurt.io/topologyKeys'];
      const words = ['service', 'topology', 'set', name, 'node'];
      assert.equal(await changed(contract, { path, part, words }), 'kubernetes.io/hostname');
      await done(contract, ...words);
      await contract.eventually('the endpoint is known', async () => {
        const { nodes } = await dataOf<{ nodes: { node: string; endpoints: object[] }[] }>(
          contract,
          ...['service', 'topology', 'explain', name],
        );
        const counts = [near, far].map((each) => nodes.find((found) => found.node === each)?.endpoints.length);
        return counts[0] === 1 && counts[1] === 0;
      });
      const shown = await dataOf<{ name: string; topology: string }[]>(contract, 'service', 'topology', 'show', name);
      assert.deepEqual(
        shown.map((each) => [each.name, each.topology]),
        [[name, 'node']],
      );
      await changed(contract, { path, part, words: ['service', 'topology', 'unset', name] });
      await admin.delete(path);
      await admin.send('DELETE', `${CORE}/endpoints/${name}`);
      for (const each of [near, far]) await admin.delete(`/api/v1/nodes/${each}`);
    },
  ],
  ...(['UnitedDeployment', 'YurtAppSet'] as const).map(
    (kind): Expectation => [
      `app create, set, scale, patch and status of a ${kind}`,
      async (contract) => {
        const { admin, prefix } = contract;
        const [pool, name] = [`${prefix}-pool-${kind.toLowerCase()}`, `${prefix}-${kind.toLowerCase()}`];
        await answers(admin, 'POST', '/apis/apps.openyurt.io/v1beta1/nodepools', 201, {
          body: {
            apiVersion: 'apps.openyurt.io/v1beta1',
            kind: 'NodePool',
            metadata: { name: pool },
            spec: { type: 'Edge' },
          },
        });
        const create = ['app', 'create', name, '--kind', kind, '--image', 'nginx:1', '--pool', `${pool}=2`];
        const rendered = load((await done(contract, ...create, '--dry-run', '-o', 'yaml')).stdout) as AnyObject;
        assert.equal(rendered.kind, kind);
        const { changes } = await dataOf<{ changes: { outcome: string }[] }>(contract, ...create);
        assert.deepEqual(
          changes.map(({ outcome }) => outcome),
          ['created'],
        );
        const plural =
          kind === 'YurtAppSet'
            ? 'v1beta1/namespaces/default/yurtappsets'
            : 'v1alpha1/namespaces/default/uniteddeployments';
        const path = `/apis/apps.openyurt.io/${plural}/${name}`;
        await answers(admin, 'PATCH', path, 200, {
          body: { metadata: { annotations: OTHERS } },
          contentType: 'application/merge-patch+json',
        });
        const part = ({ spec }: AnyObject) => spec;
        for (const words of [
          ['app', 'set', name, '--image', 'nginx:2'],
          ['app', 'scale', name, `${pool}=5`],
          ['app', 'patch', name, pool, '--image', 'local/nginx:1'],
        ])
          await changed(contract, { path, part, words });
        const status = await contract.edgeadm(['app', 'status', name, '-o', 'json']);
        const { pools } = resultOf(status).data as { pools: { pool: string; replicas: number }[] };
        assert.deepEqual(
          pools.map((each) => [each.pool, each.replicas]),
          [[pool, 2]],
        );
        await admin.delete(path);
        await admin.delete(`/apis/apps.openyurt.io/v1beta1/nodepools/${pool}`);
      },
    ],
  ),
  [
    'storage lvm set defines a volume group and labels its node, and a changed definition is refused',
    async (contract) => {
      const { admin, prefix } = contract;
      const name = await node(contract, 'storage', edgeLabels('ack'));
      const label = `storage.example.com/${prefix}`;
      const set = ['storage', 'lvm', 'set', prefix, '--device', '/dev/sdb', '--label', `${label}=lvm`];
      const planned = await done(contract, ...set, '--node', name, '--dry-run');
      assert.match(planned.stdout, /^\+ .*\/dev\/sdb/m);
      assert.equal(await admin.find(`${SYSTEM}/configmaps/node-resource-topo`), undefined);
      const { undo } = await dataOf<{ undo: string[] }>(contract, ...set, '--node', name, '--yes');
      assert.equal(undo.length, 2);
      const { metadata } = await admin.get<AnyObject>(`/api/v1/nodes/${name}`);
      assert.equal(metadata.labels?.[label], 'lvm');
      assert.equal(metadata.labels?.['alibabacloud.com/edge-enable-localstorage'], 'true');
      const other = set.map((word) => (word === '/dev/sdb' ? '/dev/sdc' : word));
      assert.equal((await contract.edgeadm([...other, '--yes'])).exitCode, 4);
      const { groups } = await dataOf<{ groups: { group: string }[] }>(contract, 'storage', 'lvm', 'show');
      assert.ok(groups.some(({ group }) => group === prefix));
      await admin.delete(`${SYSTEM}/configmaps/node-resource-topo`);
      await admin.delete(`/api/v1/nodes/${name}`);
    },
  ],
  [
    'gang check and windows app check judge what the cluster has',
    async (contract) => {
      const { admin, prefix } = contract;
      const name = `${prefix}-gang`;
      const labels = {
        'pod-group.scheduling.sigs.k8s.io/name': name,
        'pod-group.scheduling.sigs.k8s.io/min-available': '3',
      };
      const containers = [{ name: 'a', image: 'a:1' }];
      await answers(admin, 'POST', `${CORE}/pods`, 201, {
        body: { metadata: { name, labels }, spec: { containers, schedulerName: 'none' } },
      });
      const gang = await contract.edgeadm(['gang', 'check', '-o', 'json']);
      const groups = resultOf(gang).data as { group: string; problems: string[] }[];
      assert.match(groups.find(({ group }) => group === name)?.problems.join() ?? '', /it has 1 pod, fewer than the 3/);
      await admin.delete(`${CORE}/pods/${name}`);
      const selector = { app: `${prefix}-windows` };
      const template = {
        metadata: { labels: selector },
        spec: { containers, nodeSelector: { 'kubernetes.io/os': 'windows' } },
      };
      await answers(admin, 'POST', `${APPS}/deployments`, 201, {
        body: {
          metadata: { name: selector.app },
          spec: { replicas: 0, selector: { matchLabels: selector }, template },
        },
      });
      const windows = await contract.edgeadm(['windows', 'app', 'check', '-o', 'json']);
      const apps = resultOf(windows).data as { workload: string; problems: string[] }[];
      const found = apps.find(({ workload }) => workload.endsWith(selector.app));
      assert.match(found?.problems.join() ?? '', /hostNetwork is not true/);
      await admin.delete(`${APPS}/deployments/${selector.app}`);
    },
  ],
  [
    'network capacity and network reach compute from the nodes and pools of the cluster',
    async (contract) => {
      const name = await node(contract, 'reach', {
        ...edgeLabels('openyurt'),
        [POOL_LABEL]: `${contract.prefix}-site`,
      });
      const { sites } = await dataOf<{ sites: { name: string; nodes: string[] }[] }>(contract, 'network', 'reach');
      assert.deepEqual(sites.find((site) => site.name === `${contract.prefix}-site`)?.nodes, [name]);
      await contract.admin.delete(`/api/v1/nodes/${name}`);
      const planned = ['network', 'capacity', '--pod-cidr', '172.20.0.0/16', '--node-mask', '26'];
      const { nodes } = await dataOf<{ nodes: { possible: number } }>(contract, ...planned);
      assert.equal(nodes.possible, 1024);
    },
  ],
];
