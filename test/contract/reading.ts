import assert from 'node:assert/strict';
import { type AnyObject, type Contract, configMap, type Expectation, MAPS, refuses } from './subject.ts';

const NODES = '/api/v1/nodes';

/** `Name/type/format/wide`, a string of no format going without saying. */
const COLUMNS: Readonly<Record<string, string>> = {
  '/api/v1/nodes':
    'Name/name,Status,Roles,Age,Version,Internal-IP/wide,External-IP/wide,OS-Image/wide,Kernel-Version/wide,Container-Runtime/wide',
  '/api/v1/pods':
    'Name/name,Ready,Status,Restarts/integer,Age,IP/wide,Node/wide,Nominated Node/wide,Readiness Gates/wide',
  '/api/v1/secrets': 'Name/name,Type,Data,Age',
  '/api/v1/configmaps': 'Name/name,Data,Age',
  '/api/v1/namespaces': 'Name/name,Status,Age',
  '/api/v1/events':
    'Last Seen,Type,Reason,Object,Subobject/wide,Source/wide,Message,First Seen/wide,Count/wide,Name/name/wide',
  '/apis/coordination.k8s.io/v1/leases': 'Name/name,Holder,Age',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests': 'Name/name,Age,SignerName,Requestor,Condition',
  '/apis/apps/v1/daemonsets':
    'Name/name,Desired/integer,Current/integer,Ready/integer,Up-to-date/integer,Available/integer,Node Selector,Age,Containers/wide,Images/wide,Selector/wide',
  '/apis/apps/v1/deployments': 'Name/name,Ready,Up-to-date,Available,Age,Containers/wide,Images/wide,Selector/wide',
  '/apis/apps.openyurt.io/v1beta1/nodepools': 'Name/name,Type,ReadyNodes/integer,NotReadyNodes/integer,Age',
};

const COLUMNS_SINCE_22: Readonly<Record<string, string>> = {
  '/api/v1/pods': 'Name/name,Ready,Status,Restarts,Age,IP/wide,Node/wide,Nominated Node/wide,Readiness Gates/wide',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests':
    'Name/name,Age,SignerName,Requestor,RequestedDuration,Condition',
};

interface Table {
  readonly kind: string;
  readonly columnDefinitions: { name: string; type: string; format: string; priority: number }[];
  readonly rows: { cells: string[]; object: AnyObject }[];
}

/** The client of edgeadm asks for no tables. */
async function table(contract: Contract, path: string): Promise<Table> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  return JSON.parse((await contract.raw('GET', path, { accept })).body) as Table;
}

export const reading: readonly Expectation[] = [
  [
    'label selectors: equal, unequal, in, notin, there, not there',
    async (contract) => {
      const owner = { owner: contract.prefix };
      await configMap(contract, 'l1', { metadata: { name: `${contract.prefix}-l1`, labels: { ...owner, tier: 'a' } } });
      await configMap(contract, 'l2', {
        metadata: { name: `${contract.prefix}-l2`, labels: { ...owner, tier: 'b', extra: '' } },
      });
      await configMap(contract, 'l3', { metadata: { name: `${contract.prefix}-l3`, labels: owner } });
      const found = async (selector: string) => {
        const query = encodeURIComponent(`owner=${contract.prefix},${selector}`);
        const { items = [] } = await contract.admin.get<AnyObject>(`${MAPS}?labelSelector=${query}`);
        return items.map(({ metadata }) => metadata.name.slice(-2)).join();
      };
      const expected: Record<string, string> = {
        'tier=a': 'l1',
        'tier==a': 'l1',
        'tier!=a': 'l2,l3',
        'tier in (a, b)': 'l1,l2',
        'tier notin (a)': 'l2,l3',
        tier: 'l1,l2',
        '!tier': 'l3',
        extra: 'l2',
        'tier=a,extra': '',
      };
      for (const [selector, names] of Object.entries(expected)) assert.equal(await found(selector), names, selector);
    },
  ],
  [
    'field selectors: name and namespace of all, some fields of some; others are a bad request',
    async (contract) => {
      const { admin } = contract;
      const { metadata } = await configMap(contract, 'field');
      const names = async (path: string) => (await admin.get<AnyObject>(path)).items?.map((item) => item.metadata.name);
      assert.deepEqual(
        await names(`/api/v1/configmaps?fieldSelector=metadata.name%3D${metadata.name},metadata.namespace%3Ddefault`),
        [metadata.name],
      );
      assert.deepEqual(await names(`${MAPS}?fieldSelector=metadata.name%3Dnone`), []);
      const type = encodeURIComponent('type=bootstrap.kubernetes.io/token');
      const [id] = (await contract.token()).split('.');
      const tokens = await names(`/api/v1/namespaces/kube-system/secrets?fieldSelector=${type}`);
      assert.ok(
        tokens?.includes(`bootstrap-token-${id}`) && tokens.every((name) => name.startsWith('bootstrap-token-')),
      );
      const bad = (path: string, message: string) =>
        refuses(admin, 'GET', path, { code: 400, reason: 'BadRequest', message });
      await bad(`${NODES}?fieldSelector=spec.foo%3D1`, 'field label not supported: spec.foo');
      await bad(
        `${MAPS}?fieldSelector=spec.a%3D1`,
        '"spec.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
      );
      await bad(`${NODES}?fieldSelector=garbage`, "invalid selector: 'garbage'; can't understand 'garbage'");
    },
  ],
  [
    'a list has a resourceVersion, and comes in pages where a limit is given',
    async ({ admin }) => {
      const path = '/api/v1/namespaces';
      type List = {
        kind: string;
        metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
        items: AnyObject[];
      };
      const all = await admin.get<List>(path);
      assert.equal(all.kind, 'NamespaceList');
      assert.match(all.metadata.resourceVersion, /^\d+$/);
      const first = await admin.get<List>(`${path}?limit=3`);
      assert.equal(first.items.length, 3);
      const rest = await admin.get<List>(
        `${path}?limit=500&continue=${encodeURIComponent(first.metadata.continue ?? '')}`,
      );
      assert.deepEqual(
        [...first.items, ...rest.items].map(({ metadata }) => metadata.name),
        all.items.map(({ metadata }) => metadata.name),
      );
      assert.equal(rest.metadata.continue, undefined);
      assert.equal(first.metadata.remainingItemCount, rest.items.length);
    },
  ],
  [
    'kubectl may ask for a table, with the columns of Kubernetes for every kind',
    async (contract) => {
      for (const [path, columns] of Object.entries(COLUMNS)) {
        const { columnDefinitions } = await table(contract, path);
        const shown = columnDefinitions.map(({ name, type, format, priority }) =>
          [
            name,
            ...(type === 'integer' ? ['integer'] : []),
            ...(format ? [format] : []),
            ...(priority ? ['wide'] : []),
          ].join('/'),
        );
        const expected = contract.minor < 22 ? columns : (COLUMNS_SINCE_22[path] ?? columns);
        assert.equal(shown.join(), expected, path);
      }
      const { kind, rows } = await table(contract, '/api/v1/namespaces');
      const row = rows.find(({ cells }) => cells[0] === 'kube-system');
      assert.deepEqual([kind, row?.cells[1], row?.object.kind], ['Table', 'Active', 'PartialObjectMetadata']);
    },
  ],
  [
    'discovery names the resources, their short names and how pods are evicted',
    async ({ admin, minor }) => {
      type Found = {
        resources: { name: string; shortNames?: string[]; namespaced: boolean; kind: string; version?: string }[];
      };
      const core = await admin.get<Found>('/api/v1');
      const find = (name: string) => core.resources.find((resource) => resource.name === name);
      assert.deepEqual(
        [find('nodes')?.shortNames, find('nodes')?.namespaced, find('pods')?.kind],
        [['no'], false, 'Pod'],
      );
      assert.equal(find('pods/eviction')?.version, minor < 22 ? 'v1beta1' : 'v1');
      const group = await admin.get<{ versions: { version: string }[]; preferredVersion: { version: string } }>(
        '/apis/apps.openyurt.io',
      );
      assert.deepEqual(
        [group.versions.map(({ version }) => version), group.preferredVersion.version],
        [['v1beta2', 'v1beta1', 'v1alpha1'], 'v1beta2'],
      );
      const { groups } = await admin.get<{ groups: { name: string }[] }>('/apis');
      for (const name of ['apps', 'apps.openyurt.io', 'certificates.k8s.io', 'coordination.k8s.io', 'policy'])
        assert.ok(
          groups.some((one) => one.name === name),
          name,
        );
    },
  ],
];
