import assert from 'node:assert/strict';
import { type AnyObject, answers, type Contract, type Expectation, MAPS, refuses } from './subject.ts';

const NAMESPACES = '/api/v1/namespaces';
const ACCOUNTS = `${NAMESPACES}/default/serviceaccounts`;
const PODS = `${NAMESPACES}/default/pods`;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const API_GROUP = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];

interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
}

interface Granted {
  readonly roleRef: { readonly kind: 'Role' | 'ClusterRole'; readonly name: string };
  readonly subject: Subject;
  /** Of the binding; everywhere if there is none. */
  readonly namespace?: string;
}

/** Binds a role. @returns the path of the binding */
async function bind({ admin, prefix }: Contract, { roleRef, subject, namespace }: Granted): Promise<string> {
  const path = namespace ? `${RBAC}/namespaces/${namespace}/rolebindings` : `${RBAC}/clusterrolebindings`;
  const subjects = [{ ...(subject.kind !== 'ServiceAccount' && { apiGroup: API_GROUP }), ...subject }];
  const made = await answers(admin, 'POST', path, 201, {
    body: { metadata: { generateName: `${prefix}-` }, roleRef: { apiGroup: API_GROUP, ...roleRef }, subjects },
  });
  return `${path}/${made.metadata.name}`;
}

/** Makes a ClusterRole with one rule. @returns its name */
async function clusterRole({ admin, prefix }: Contract, name: string, rule: object): Promise<string> {
  const metadata = { name: `${prefix}-${name}` };
  await answers(admin, 'POST', `${RBAC}/clusterroles`, 201, { body: { metadata, rules: [rule] } });
  return metadata.name;
}

/** What the administrator is answered who acts as another. */
async function statusAs(contract: Contract, user: string, path: string, group?: string): Promise<number> {
  const groups: Record<string, string> = group ? { 'impersonate-group': group } : {};
  return (await contract.raw('GET', path, { 'impersonate-user': user, ...groups, accept: 'application/json' })).status;
}

/** A real API server learns of roles and bindings by watches of its own. */
const becomes = (contract: Contract, status: number, user: string, path: string, group?: string): Promise<boolean> =>
  contract.eventually(
    `${status} of ${path} as ${user}`,
    async () => (await statusAs(contract, user, path, group)) === status,
  );

const roles: readonly Expectation[] = [
  [
    'a Role gives its rights in its namespace, and only until its binding is deleted',
    async (contract) => {
      const { admin, prefix } = contract;
      const name = `${prefix}-reader`;
      const rules = [{ apiGroups: [''], resources: ['pods'], verbs: READ }];
      await answers(admin, 'POST', `${RBAC}/namespaces/default/roles`, 201, { body: { metadata: { name }, rules } });
      const user = `${prefix}-jane`;
      assert.equal(await statusAs(contract, user, PODS), 403);
      const roleRef = { kind: 'Role', name } as const;
      const binding = await bind(contract, { roleRef, subject: { kind: 'User', name: user }, namespace: 'default' });
      await becomes(contract, 200, user, PODS);
      assert.equal(await statusAs(contract, user, `${PODS}/none`), 404);
      for (const path of [`${PODS}/none/log`, `${NAMESPACES}/kube-system/pods`, '/api/v1/pods', MAPS])
        assert.equal(await statusAs(contract, user, path), 403, path);
      await admin.delete(binding);
      await becomes(contract, 403, user, PODS);
    },
  ],
  [
    'a ClusterRole gives its rights everywhere to a group, objects by name and paths included',
    async (contract) => {
      const group = `${contract.prefix}-team`;
      const grant = async (name: string, rule: object): Promise<void> => {
        const roleRef = { kind: 'ClusterRole', name: await clusterRole(contract, name, rule) } as const;
        await bind(contract, { roleRef, subject: { kind: 'Group', name: group } });
      };
      await grant('nodes', { apiGroups: [''], resources: ['nodes'], verbs: ['get'], resourceNames: ['one'] });
      await grant('paths', { nonResourceURLs: ['/metrics', '/debug/*'], verbs: ['get'] });
      await becomes(contract, 404, 'anyone', '/api/v1/nodes/one', group);
      await contract.eventually(
        'the path',
        async () => (await statusAs(contract, 'anyone', '/debug/none', group)) !== 403,
      );
      for (const path of ['/api/v1/nodes/other', '/api/v1/nodes', '/logs'])
        assert.equal(await statusAs(contract, 'anyone', path, group), 403, path);
    },
  ],
  [
    'a RoleBinding gives the rights of the ClusterRole view in one namespace, and view shows no Secrets',
    async (contract) => {
      const user = `${contract.prefix}-viewer`;
      const roleRef = { kind: 'ClusterRole', name: 'view' } as const;
      await bind(contract, { roleRef, subject: { kind: 'User', name: user }, namespace: 'default' });
      await becomes(contract, 200, user, MAPS);
      assert.equal(await statusAs(contract, user, `${NAMESPACES}/default/secrets`), 403);
      assert.equal(await statusAs(contract, user, `${NAMESPACES}/kube-system/configmaps`), 403);
    },
  ],
  [
    'an administrator by ClusterRoleBinding may do everything',
    async (contract) => {
      const user = `${contract.prefix}-boss`;
      const roleRef = { kind: 'ClusterRole', name: 'cluster-admin' } as const;
      const binding = await bind(contract, { roleRef, subject: { kind: 'User', name: user } });
      await becomes(contract, 200, user, '/api/v1/secrets');
      await contract.admin.delete(binding);
    },
  ],
];

/** A new service account. @returns its path */
async function account({ admin, prefix }: Contract, name: string): Promise<string> {
  const metadata = { name: `${prefix}-${name}` };
  await answers(admin, 'POST', ACCOUNTS, 201, { body: { metadata } });
  return `${ACCOUNTS}/${metadata.name}`;
}

/** What `kubectl create token` sends. */
const tokenRequest = (spec: object = {}) => ({
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec },
});

async function tokenOf({ admin }: Contract, path: string, spec: object = {}): Promise<string> {
  const { status } = await answers(admin, 'POST', `${path}/token`, 201, tokenRequest(spec));
  return String(status?.token);
}

const tokens: readonly Expectation[] = [
  [
    'the token of a service account lets it in, with the rights of its bindings',
    async (contract) => {
      const path = await account(contract, 'robot');
      const name = path.split('/').at(-1) ?? '';
      const client = contract.as({ token: await tokenOf(contract, path) });
      await contract.eventually('sign-in', async () => (await client.send('GET', '/version')).status === 200);
      const cannot = `User "system:serviceaccount:default:${name}" cannot list resource "pods" in API group "" in the namespace "default"`;
      await refuses(client, 'GET', PODS, {
        code: 403,
        reason: 'Forbidden',
        message: `pods is forbidden: ${cannot}`,
      });
      const roleRef = { kind: 'ClusterRole', name: 'view' } as const;
      const group = { kind: 'Group', name: 'system:serviceaccounts:default' } as const;
      const binding = await bind(contract, { roleRef, subject: group, namespace: 'default' });
      await contract.eventually('the right', async () => (await client.send('GET', PODS)).status === 200);
      await contract.admin.delete(binding);
      await bind(contract, {
        roleRef,
        subject: { kind: 'ServiceAccount', name, namespace: 'default' },
        namespace: 'default',
      });
      await becomes(contract, 200, `system:serviceaccount:default:${name}`, PODS);
    },
  ],
  [
    'the token of a service account ends with the account, and with the pod or Secret that it is bound to',
    async (contract) => {
      const { admin, prefix } = contract;
      const path = await account(contract, 'leaver');
      const metadata = { name: `${prefix}-bound` };
      const secrets = `${NAMESPACES}/default/secrets`;
      await answers(admin, 'POST', secrets, 201, { body: { metadata } });
      const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: metadata.name };
      const ends = async (token: string, object: string): Promise<void> => {
        const client = contract.as({ token });
        await contract.eventually('sign-in', async () => (await client.send('GET', '/version')).status === 200);
        await admin.delete(object);
        await contract.eventually('refusal', async () => (await client.send('GET', '/version')).status === 401);
      };
      await ends(await tokenOf(contract, path, { boundObjectRef }), `${secrets}/${metadata.name}`);
      await ends(await tokenOf(contract, path), path);
    },
  ],
  [
    'a token for another audience than the API server lets nobody in',
    async (contract) => {
      const path = await account(contract, 'elsewhere');
      const client = contract.as({ token: await tokenOf(contract, path, { audiences: ['vault'] }) });
      await answers(client, 'GET', '/version', 401);
    },
  ],
  [
    'a token for less than ten minutes, or of an account that is missing, is refused',
    async (contract) => {
      const { admin } = contract;
      const path = await account(contract, 'hasty');
      await refuses(
        admin,
        'POST',
        `${path}/token`,
        {
          code: 422,
          reason: 'Invalid',
          message:
            'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
        },
        tokenRequest({ expirationSeconds: 1 }),
      );
      const missing = `${contract.prefix}-none`;
      await refuses(
        admin,
        'POST',
        `${ACCOUNTS}/${missing}/token`,
        { code: 404, reason: 'NotFound', message: `serviceaccounts "${missing}" not found` },
        tokenRequest(),
      );
    },
  ],
];

const namespaces: readonly Expectation[] = [
  [
    "a new namespace has the service account default and the cluster's CA, also after somebody deleted them",
    async (contract) => {
      const { admin, prefix, subject } = contract;
      const namespace = `${prefix}-furnished`;
      await answers(admin, 'POST', NAMESPACES, 201, { body: { metadata: { name: namespace } } });
      const [accountPath, map] = [
        `${NAMESPACES}/${namespace}/serviceaccounts/default`,
        `${NAMESPACES}/${namespace}/configmaps/kube-root-ca.crt`,
      ];
      const found = (path: string, but?: string): Promise<AnyObject> =>
        contract.eventually(path, async () => {
          const object = await admin.find<AnyObject>(path);
          return object?.metadata.uid !== but && object;
        });
      for (const path of [accountPath, map]) {
        const { uid } = (await found(path)).metadata;
        await admin.delete(path);
        await found(path, uid);
      }
      assert.equal((await found(map)).data?.['ca.crt']?.trim(), subject.ca.trim());
      await admin.delete(`${NAMESPACES}/${namespace}`);
    },
  ],
];

export const accounts: readonly Expectation[] = [...namespaces, ...roles, ...tokens];
