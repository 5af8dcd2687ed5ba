import { usageError } from '../src/errors/usage.ts';
import { closest } from '../src/lib/closest.ts';
import { adminClient } from './admin-client.ts';
import type { SandboxFolder } from './folder.ts';

/** What is worth looking at, of all namespaces. */
export const RESOURCE_PATHS = {
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  leases: '/apis/coordination.k8s.io/v1/leases',
  csr: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
  nodepools: '/apis/apps.openyurt.io/v1beta1/nodepools',
} as const;

/** Other names that kubectl takes: singular and short. */
const ALIASES: Readonly<Record<string, keyof typeof RESOURCE_PATHS>> = {
  node: 'nodes',
  no: 'nodes',
  pod: 'pods',
  po: 'pods',
  lease: 'leases',
  certificatesigningrequest: 'csr',
  certificatesigningrequests: 'csr',
  nodepool: 'nodepools',
  np: 'nodepools',
};

/** The resource that a word names, as kubectl would take it. @throws EdgeadmError USAGE */
export function resourceNamed(word: string): keyof typeof RESOURCE_PATHS {
  const names = Object.keys(RESOURCE_PATHS) as (keyof typeof RESOURCE_PATHS)[];
  const name = word.toLowerCase();
  const found = names.find((each) => each === name) ?? ALIASES[name];
  if (found) return found;
  const meant = closest(name, [...names, ...Object.keys(ALIASES)]);
  throw usageError([
    `unknown resource "${word}": the sandbox shows ${names.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`,
  ]);
}

/** The Table that an API server makes for kubectl. */
interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly {
    readonly cells: readonly (string | number)[];
    readonly object?: { readonly metadata?: { readonly namespace?: string } };
  }[];
}

/** Kinds as `kubectl get -o name` spells them. */
export const KINDS: Readonly<Record<keyof typeof RESOURCE_PATHS, string>> = {
  nodes: 'node',
  pods: 'pod',
  leases: 'lease.coordination.k8s.io',
  csr: 'certificatesigningrequest.certificates.k8s.io',
  nodepools: 'nodepool.apps.openyurt.io',
};

/** One row an object, by the names of the columns that kubectl shows. @param wide with those of `-o wide` */
export async function listObjects(
  folder: SandboxFolder,
  resource: keyof typeof RESOURCE_PATHS,
  wide = false,
): Promise<Record<string, string | number>[]> {
  const client = await adminClient(folder);
  try {
    const { columnDefinitions, rows } = await client.get<Table>(RESOURCE_PATHS[resource], { accept: TABLE });
    return rows.map(({ cells, object }) => ({
      ...(object?.metadata?.namespace && { Namespace: object.metadata.namespace }),
      ...Object.fromEntries(
        columnDefinitions.flatMap(({ name, priority }, i) => (wide || priority === 0 ? [[name, cells[i] ?? '']] : [])),
      ),
    }));
  } finally {
    client.close();
  }
}

interface ObjectList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly managedFields?: unknown };
  }[];
}

/** Objects of one name, as `kubectl get -o yaml` shows them: without managedFields. @param namespace default: of all */
export async function objectsNamed(
  folder: SandboxFolder,
  resource: keyof typeof RESOURCE_PATHS,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): Promise<unknown[]> {
  const client = await adminClient(folder);
  try {
    const { apiVersion, kind, items } = await client.get<ObjectList>(RESOURCE_PATHS[resource]);
    return items
      .filter(({ metadata }) => metadata.name === name && (!namespace || metadata.namespace === namespace))
      .map(({ metadata: { managedFields: _, ...metadata }, ...rest }) => ({
        ...{ apiVersion, kind: kind.replace(/List$/, ''), metadata },
        ...rest,
      }));
  } finally {
    client.close();
  }
}

/** The row of one object. @throws EdgeadmError USAGE if there is none of that name */
export function rowNamed<Row extends { readonly Name?: string | number }>(
  rows: readonly Row[],
  name: string,
  resource: string,
): Row[] {
  const found = rows.filter(({ Name }) => Name === name);
  if (found.length > 0) return found;
  const names = rows.map(({ Name }) => Name).join(', ');
  throw usageError([`${resource} "${name}" not found; ${names ? `found: ${names}` : 'there are none'}`]);
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
