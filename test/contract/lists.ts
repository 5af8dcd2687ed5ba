import assert from 'node:assert/strict';
import {
  type AnyObject,
  answers,
  type Contract,
  configMap,
  type Expectation,
  MAPS,
  MERGE,
  refuses,
} from './subject.ts';

interface List {
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: AnyObject[];
}

/** Some ConfigMaps under a label, and the query that selects them. */
async function labelled(contract: Contract, label: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const metadata = { name: `${contract.prefix}-${name}`, labels: { [label]: contract.prefix } };
    await configMap(contract, name, { metadata });
  }
  return `${MAPS}?labelSelector=${encodeURIComponent(`${label}=${contract.prefix}`)}`;
}

const namesOf = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name.split('-').at(-1) ?? '');

export const lists: readonly Expectation[] = [
  [
    'pages of one list show one state: what is deleted between them is still there, and what is new is not',
    async (contract) => {
      const { admin, prefix } = contract;
      const path = await labelled(contract, 'pages', ['a', 'b', 'c', 'd']);
      const first = await admin.get<List>(`${path}&limit=2`);
      assert.deepEqual([namesOf(first), first.metadata.remainingItemCount], [['a', 'b'], undefined]);
      await admin.delete(`${MAPS}/${prefix}-c`);
      await configMap(contract, 'e', { metadata: { name: `${prefix}-e`, labels: { pages: prefix } } });
      const next = await admin.get<List>(`${path}&continue=${encodeURIComponent(first.metadata.continue ?? '')}`);
      assert.deepEqual(namesOf(next), ['c', 'd']);
      assert.equal(next.metadata.resourceVersion, first.metadata.resourceVersion);
      assert.deepEqual(namesOf(await admin.get<List>(path)), ['a', 'b', 'd', 'e']);
    },
  ],
  [
    'resourceVersionMatch=Exact shows the past, NotOlderThan the present',
    async (contract) => {
      const { admin, prefix } = contract;
      const path = await labelled(contract, 'exact', ['x']);
      const { metadata } = await admin.get<List>(path);
      const changed = await answers(admin, 'PATCH', `${MAPS}/${prefix}-x`, 200, {
        body: { data: { a: 'later' } },
        ...MERGE,
      });
      const at = `${path}&resourceVersion=${metadata.resourceVersion}`;
      const before = await admin.get<List>(`${at}&resourceVersionMatch=Exact`);
      assert.deepEqual([before.items[0]?.data?.a, before.metadata.resourceVersion], ['b', metadata.resourceVersion]);
      // Not of a list: its version may come from another kind's change, which the watch cache of 1.20 never reaches.
      const after = await admin.get<List>(
        `${path}&resourceVersion=${changed.metadata?.resourceVersion}&resourceVersionMatch=NotOlderThan`,
      );
      assert.equal(after.items[0]?.data?.a, 'later');
    },
  ],
  [
    'options of a list that do not go together are refused in the words of Kubernetes',
    async ({ admin }) => {
      const refused = (query: string, why: string): Promise<void> => {
        const message = `ListOptions.meta.k8s.io "" is invalid: ${why}`;
        return refuses(admin, 'GET', `${MAPS}?${query}`, { code: 422, reason: 'Invalid', message });
      };
      const field = 'resourceVersionMatch: Forbidden: resourceVersionMatch';
      await refused('resourceVersionMatch=Exact', `${field} is forbidden unless resourceVersion is provided`);
      await refused(
        'resourceVersionMatch=Exact&resourceVersion=0',
        `${field} "exact" is forbidden for resourceVersion "0"`,
      );
    },
  ],
  [
    'a resourceVersion that is not there yet is a timeout, and a continue token that is none a bad request',
    async ({ admin }) => {
      const { metadata } = await admin.get<List>(`${MAPS}?limit=1`);
      const later = Number(metadata.resourceVersion) + 100_000;
      const message = new RegExp(`^Timeout: Too large resource version: ${later}, current: \\d+$`);
      await refuses(admin, 'GET', `${MAPS}?resourceVersion=${later}`, { code: 504, reason: 'Timeout', message });
      const bad = { code: 400, reason: 'BadRequest', message: /^invalid continue token: continue key is not valid/ };
      await refuses(admin, 'GET', `${MAPS}?continue=nonsense`, bad);
    },
  ],
  [
    'who wants no more than metadata gets it, of one object and of a list',
    async (contract) => {
      const { metadata } = await configMap(contract, 'partial');
      const get = async (path: string, as: string): Promise<List & AnyObject> => {
        const accept = `application/json;as=${as};g=meta.k8s.io;v=v1`;
        return JSON.parse((await contract.raw('GET', path, { accept })).body) as List & AnyObject;
      };
      const one = await get(`${MAPS}/${metadata.name}`, 'PartialObjectMetadata');
      assert.deepEqual(
        [one.kind, one.apiVersion, one.metadata.name, one.data],
        ['PartialObjectMetadata', 'meta.k8s.io/v1', metadata.name, undefined],
      );
      const list = await get(MAPS, 'PartialObjectMetadataList');
      const [first] = list.items;
      assert.deepEqual(
        [list.kind, first?.kind, first?.data],
        ['PartialObjectMetadataList', 'PartialObjectMetadata', undefined],
      );
    },
  ],
  [
    'the rows of a table carry as much of their objects as is asked for',
    async (contract) => {
      const { metadata } = await configMap(contract, 'rows');
      const path = `${MAPS}?fieldSelector=metadata.name%3D${metadata.name}&includeObject=`;
      const row = async (included: string): Promise<{ kind?: string; data?: object } | undefined> => {
        const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
        const { body } = await contract.raw('GET', `${path}${included}`, { accept });
        return (JSON.parse(body) as { rows: { object?: { kind?: string; data?: object } }[] }).rows[0]?.object;
      };
      assert.deepEqual((await row('Object'))?.data, { a: 'b' });
      assert.equal((await row('Metadata'))?.kind, 'PartialObjectMetadata');
      assert.equal((await row('None'))?.kind, undefined);
    },
  ],
  [
    'who takes no JSON is told what there is',
    async (contract) => {
      const { status, body } = await contract.raw('GET', MAPS, { accept: 'application/xml' });
      assert.equal(status, 406);
      assert.match(body, /"406: Not Acceptable["\\]/);
    },
  ],
];
