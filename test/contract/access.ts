import assert from 'node:assert/strict';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { CLUSTER_INFO_PATH, parseClusterInfo, verifySignature } from '../../src/kubernetes/api/cluster-info.ts';
import { answers, type Contract, type Expectation, refuses } from './subject.ts';

const UNAUTHORIZED = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' } as const;
const SYSTEM = '/api/v1/namespaces/kube-system';

function cannot(user: string, verb: string, resource: string, where: string, group = ''): string {
  return `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
}

async function clusterInfo({ anonymous }: Contract) {
  return parseClusterInfo(await anonymous.request<V1ConfigMap>('GET', CLUSTER_INFO_PATH));
}

const anonymousAccess: Expectation[] = [
  [
    'anybody may read cluster-info, which names this CA and a server',
    async (contract) => {
      const info = await clusterInfo(contract);
      assert.equal(info.caPem.trim(), contract.subject.ca.trim());
      assert.match(info.advertisedServer, /^https:\/\//);
    },
  ],
  [
    'anybody may read /version, /healthz, /livez and /readyz',
    async ({ anonymous, subject, minor }) => {
      const version = (await answers(anonymous, 'GET', '/version', 200)) as unknown as Record<string, string>;
      assert.deepEqual([version.major, version.minor, version.gitVersion], ['1', String(minor), subject.version]);
      for (const path of ['/healthz', '/livez', '/readyz'])
        assert.equal((await anonymous.send<string>('GET', path)).body, 'ok');
    },
  ],
  [
    'nobody reads anything else without credentials, not even a list of APIs',
    async ({ anonymous }) => {
      const user = 'system:anonymous';
      await refuses(anonymous, 'GET', '/api', {
        code: 403,
        reason: 'Forbidden',
        message: `forbidden: User "${user}" cannot get path "/api"`,
      });
      await refuses(anonymous, 'GET', '/api/v1/nodes', {
        code: 403,
        reason: 'Forbidden',
        message: `nodes is forbidden: ${cannot(user, 'list', 'nodes', 'at the cluster scope')}`,
      });
      await refuses(anonymous, 'GET', `${SYSTEM}/configmaps/kubeadm-config`, {
        code: 403,
        reason: 'Forbidden',
        message: `configmaps "kubeadm-config" is forbidden: ${cannot(user, 'get', 'configmaps', 'in the namespace "kube-system"')}`,
      });
    },
  ],
];

const tokens: Expectation[] = [
  [
    'a new token signs cluster-info, and a deleted one does so no more',
    async (contract) => {
      const token = await contract.token();
      const [id = ''] = token.split('.');
      const info = await contract.eventually('the signature', async () => {
        const found = await clusterInfo(contract);
        return found.signatures.has(id) && found;
      });
      verifySignature(info, token);
      assert.throws(() => verifySignature(info, `${id}.${'0'.repeat(16)}`), { code: 'TOKEN_INVALID' });
      await contract.admin.delete(`${SYSTEM}/secrets/bootstrap-token-${id}`);
      await contract.eventually('no signature', async () => !(await clusterInfo(contract)).signatures.has(id));
    },
  ],
  [
    'a token signs in as system:bootstrap:ID',
    async (contract) => {
      const client = await contract.bootstrap();
      const found = await client.send<{ message: string }>('GET', '/api/v1/nodes');
      assert.match(found.body.message, /User "system:bootstrap:[0-9a-f]{6}" cannot list/);
    },
  ],
  [
    'a token that never was, or with another secret, is refused',
    async (contract) => {
      const [id] = (await contract.token()).split('.');
      for (const token of [`000000.${'0'.repeat(16)}`, `${id}.${'0'.repeat(16)}`, 'nonsense'])
        await refuses(contract.as({ token }), 'GET', '/version', UNAUTHORIZED);
    },
  ],
  [
    'a token that has expired is refused, and its Secret goes',
    async (contract) => {
      const token = await contract.token({ expiration: '2020-01-01T00:00:00Z' });
      await refuses(contract.as({ token }), 'GET', '/version', UNAUTHORIZED);
      const path = `${SYSTEM}/secrets/bootstrap-token-${token.split('.')[0]}`;
      await contract.eventually('no Secret', async () => !(await contract.admin.find(path)));
    },
  ],
  [
    'a token that is good for signing alone lets nobody in',
    async (contract) => {
      const token = await contract.token({ 'usage-bootstrap-authentication': undefined });
      await contract.eventually('the signature', async () =>
        (await clusterInfo(contract)).signatures.has(token.split('.')[0] ?? ''),
      );
      await refuses(contract.as({ token }), 'GET', '/version', UNAUTHORIZED);
    },
  ],
  [
    'a token that is good for authentication alone signs nothing',
    async (contract) => {
      const token = await contract.token({ 'usage-bootstrap-signing': undefined });
      const other = await contract.token();
      await contract.eventually('the other signature', async () =>
        (await clusterInfo(contract)).signatures.has(other.split('.')[0] ?? ''),
      );
      assert.equal((await clusterInfo(contract)).signatures.has(token.split('.')[0] ?? ''), false);
    },
  ],
  [
    'a token outside the group that kubeadm trusts may do nothing',
    async (contract) => {
      const client = contract.as({ token: await contract.token({ 'auth-extra-groups': undefined }) });
      await contract.eventually('sign-in', async () => (await client.send('GET', '/version')).status === 200);
      await answers(client, 'GET', '/api/v1/nodes/any', 403);
      await answers(client, 'GET', `${SYSTEM}/configmaps/kubeadm-config`, 403);
    },
  ],
  [
    'a token with a group that is none of a bootstrapper lets nobody in',
    async (contract) => {
      const token = await contract.token({ 'auth-extra-groups': 'system:masters' });
      await refuses(contract.as({ token }), 'GET', '/version', UNAUTHORIZED);
    },
  ],
];

/** [who, method, path, status]: NAME is the node's own name, OTHER another, KUBELET_CONFIG the ConfigMap of kubeadm. */
type Row = readonly ['bootstrap' | 'node', string, string, number | readonly [before132: number, since132: number]];
const NODES = '/api/v1/nodes';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const POOLS = '/apis/apps.openyurt.io/v1beta1/nodepools';
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

const whoMayWhat: readonly Row[] = [
  ['bootstrap', 'GET', '/api', 200],
  ['bootstrap', 'GET', `${NODES}/OTHER`, 404],
  ['bootstrap', 'GET', NODES, 403],
  ['bootstrap', 'PATCH', `${NODES}/OTHER`, 403],
  ['bootstrap', 'POST', NODES, 403],
  ['bootstrap', 'DELETE', `${NODES}/OTHER`, 403],
  ['bootstrap', 'GET', `${SYSTEM}/configmaps/kubeadm-config`, 200],
  ['bootstrap', 'GET', `${SYSTEM}/configmaps/KUBELET_CONFIG`, 200],
  ['bootstrap', 'GET', `${SYSTEM}/configmaps/other`, 403],
  ['bootstrap', 'GET', CLUSTER_INFO_PATH, 403],
  ['bootstrap', 'GET', `${SYSTEM}/secrets`, 403],
  ['bootstrap', 'GET', '/api/v1/pods', 403],
  ['bootstrap', 'GET', POOLS, 403],
  ['bootstrap', 'GET', CSRS, 200],
  ['bootstrap', 'GET', `${CSRS}/OTHER`, 404],
  ['bootstrap', 'DELETE', `${CSRS}/OTHER`, 403],
  ['bootstrap', 'PUT', `${CSRS}/OTHER/approval`, 403],
  ['bootstrap', 'GET', '/metrics', 403],
  ['node', 'GET', '/apis', 200],
  ['node', 'GET', `${NODES}/NAME`, 200],
  ['node', 'GET', NODES, [200, 403]],
  ['node', 'GET', `${NODES}?fieldSelector=metadata.name%3DNAME`, 200],
  ['node', 'GET', `${NODES}/OTHER`, [404, 403]],
  ['node', 'GET', '/api/v1/pods', [200, 403]],
  ['node', 'GET', `${NODES}/NAME/status`, 403],
  ['node', 'DELETE', `${NODES}/NAME`, 403],
  ['node', 'GET', '/api/v1/pods?fieldSelector=spec.nodeName%3DNAME', 200],
  ['node', 'GET', `${SYSTEM}/configmaps/kubeadm-config`, 200],
  ['node', 'GET', `${SYSTEM}/configmaps/KUBELET_CONFIG`, 200],
  ['node', 'GET', CLUSTER_INFO_PATH, 403],
  ['node', 'GET', `${SYSTEM}/secrets`, 403],
  ['node', 'GET', '/api/v1/namespaces', 403],
  ['node', 'GET', POOLS, 403],
  ['node', 'GET', '/apis/apps/v1/daemonsets', 403],
  ['node', 'GET', '/api/v1/namespaces/default/events', 403],
  ['node', 'GET', CSRS, 200],
  ['node', 'DELETE', `${CSRS}/OTHER`, 403],
  ['node', 'PUT', `${CSRS}/OTHER/approval`, 403],
  ['node', 'GET', LEASES, 403],
  ['node', 'GET', `${LEASES}/NAME`, 404],
  ['node', 'GET', `${LEASES}/OTHER`, 403],
];

const table: Expectation[] = whoMayWhat.map(([who, method, path, status]) => [
  `${who} credentials: ${method} ${path} is ${[status].flat().join(', and since Kubernetes 1.32 ')}`,
  async (contract) => {
    const name = `${contract.prefix}-table`;
    const client = who === 'node' ? await nodeThatIsThere(contract, name) : await bootstrapClient(contract);
    const actual = path
      .replace('NAME', name)
      .replace('OTHER', `${contract.prefix}-other`)
      .replace('KUBELET_CONFIG', contract.minor < 24 ? `kubelet-config-1.${contract.minor}` : 'kubelet-config');
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { metadata: { name: 'any' } } : undefined;
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
    const wanted = typeof status === 'number' ? status : status[contract.minor < 32 ? 0 : 1];
    await answers(client, method, actual, wanted, { body, contentType });
  },
]);

const there = new WeakMap<Contract, Promise<unknown>>();
async function nodeThatIsThere(contract: Contract, name: string) {
  const client = await contract.node(name);
  if (!there.has(contract)) there.set(contract, client.create(NODES, { metadata: { name } }));
  await there.get(contract);
  return client;
}

const bootstrapClients = new WeakMap<Contract, ReturnType<Contract['bootstrap']>>();
function bootstrapClient(contract: Contract) {
  const made = bootstrapClients.get(contract) ?? contract.bootstrap();
  bootstrapClients.set(contract, made);
  return made;
}

const sentences: Expectation[] = [
  [
    'a refusal says who may not do what, and where',
    async (contract) => {
      const name = `${contract.prefix}-said`;
      const node = await contract.node(name);
      const says = (path: string, message: string) =>
        refuses(node, 'GET', path, { code: 403, reason: 'Forbidden', message });
      const user = `system:node:${name}`;
      const by = contract.minor < 37 ? '' : 'node: ';
      await says(
        '/api/v1/namespaces/default',
        `namespaces "default" is forbidden: ${cannot(user, 'get', 'namespaces', 'in the namespace "default"')}`,
      );
      await says(
        '/api/v1/secrets',
        `secrets is forbidden: ${cannot(user, 'list', 'secrets', 'at the cluster scope')}: ${by}can only read namespaced object of this type`,
      );
      await says(
        `${SYSTEM}/secrets/foo`,
        `secrets "foo" is forbidden: ${cannot(user, 'get', 'secrets', 'in the namespace "kube-system"')}: ${by}no relationship found between node '${name}' and this object`,
      );
      const leases = (verb: string, namespace: string) =>
        cannot(user, verb, 'leases', `in the namespace "${namespace}"`, 'coordination.k8s.io');
      await says(
        LEASES,
        `leases.coordination.k8s.io is forbidden: ${leases('list', 'kube-node-lease')}: ${by}can only get, create, update, patch, or delete a node lease`,
      );
      await says(
        `${LEASES}/x`,
        `leases.coordination.k8s.io "x" is forbidden: ${leases('get', 'kube-node-lease')}: ${by}can only access node lease with the same name as the requesting node`,
      );
      await says(
        '/apis/coordination.k8s.io/v1/namespaces/default/leases/x',
        `leases.coordination.k8s.io "x" is forbidden: ${leases('get', 'default')}: ${by}can only access leases in the "kube-node-lease" system namespace`,
      );
      await says(
        '/apis/none.example.com/v1/things',
        `things.none.example.com is forbidden: ${cannot(user, 'list', 'things', 'at the cluster scope', 'none.example.com')}`,
      );
    },
  ],
];

export const access: readonly Expectation[] = [...anonymousAccess, ...tokens, ...table, ...sentences];
