import { join } from 'node:path';
import { dump } from 'js-yaml';
import {
  Cluster,
  clean,
  difference,
  edgeHubImage,
  makeBundle,
  Node,
  type NodeOptions,
  type Photograph,
  photograph,
  type RunOptions,
  stateDir,
} from '../testbed/index.ts';

/** Where nodes see the bundle of the run, read-only. */
export const BUNDLE = '/opt/bundle';
/** Debian with these kernels is in no vendor's matrix: the rows that let the test nodes and virtual machines join. */
export const MATRIX = '/root/matrix.yaml';
const row = { arch: 'amd64', os: 'Debian', versions: ['12', '13'], from: '1.12.0' };
export const MATRIX_TEXT = dump({ rows: ['6.18', '6.12', '6.1'].map((kernel) => ({ ...row, kernel })) });

export interface Bed {
  readonly cluster: Cluster;
  /** A folder on this machine; nodes see it at {@link BUNDLE}. */
  readonly bundle: string;
  readonly bundleSha256: string;
}

let bed: Promise<Bed> | undefined;
let cleared: Promise<void> | undefined;

/** True where a bed was made in this run. */
export const isMade = (): boolean => cleared !== undefined;

/** Removes what an earlier run left, once: to be called before anything is made. */
export function clearBed(): Promise<void> {
  cleared ??= clean();
  return cleared;
}

/** The one cluster and bundle of a test run, made when first needed. */
export function testBed(): Promise<Bed> {
  bed ??= (async () => {
    await clearBed();
    const [cluster, bundle] = await Promise.all([Cluster.up(), makeBundle({ out: join(stateDir, 'bundle') })]);
    return { cluster, bundle: bundle.dir, bundleSha256: bundle.sha256 };
  })();
  return bed;
}

let runtimeBundle: Promise<string> | undefined;

/** A bundle that has containerd and runc too, made when first needed: a folder on this machine. */
export function bundleWithRuntime(): Promise<string> {
  runtimeBundle ??= makeBundle({ out: join(stateDir, 'bundle-runtime'), runtime: true }).then(({ dir }) => dir);
  return runtimeBundle;
}

/** A fresh node that sees the bundle (unless `bind` puts another one there) and has the matrix row. */
export async function freshNode(name: string, options: NodeOptions = {}): Promise<Node> {
  const { bind = [] } = options;
  // With a bundle of its own it is of another cluster: the one of the run is not started for it.
  const bundle: typeof bind = bind.some(([, path]) => path === BUNDLE) ? [] : [[(await testBed()).bundle, BUNDLE]];
  const node = await Node.up(name, { ...options, bind: [...bundle, ...bind] });
  await node.write(MATRIX, MATRIX_TEXT);
  return node;
}

/** The arguments of a good join; what a test adds comes behind and wins. */
export async function joinArgs(...more: string[]): Promise<string[]> {
  const { cluster } = await testBed();
  return [
    'join',
    cluster.endpoint,
    '--token',
    await cluster.token(),
    '--discovery-token-ca-cert-hash',
    await cluster.caHash(),
    '--compat-matrix',
    MATRIX,
    '--bundle',
    BUNDLE,
    ...more,
  ];
}

/** Lets the join install an edge-hub. */
export const WITH_HUB = ['--edge-hub-image', edgeHubImage];

/** Joins a node and fails with what edgeadm said where that does not work. */
export async function joinNode(node: Node, more: string[] = WITH_HUB, options: RunOptions = {}): Promise<void> {
  const result = await node.edgeadm(await joinArgs(...more), options);
  if (result.exitCode !== 0)
    throw new Error(`join on ${node.name} ended with ${result.exitCode}:\n${result.stderr}\n${result.stdout}`);
}

/** What is different on a node from what it was, but for the log that edgeadm leaves there; empty for a clean node. */
export async function traces(node: Node, before: Photograph): Promise<string[]> {
  const [after, { stdout }] = await Promise.all([
    photograph(node),
    node.exec('find', '/var/tmp', '-name', 'edgeadm-*'),
  ]);
  return [...difference(before, after, ['/var/log/edgeadm.log']), ...stdout.split('\n').filter(Boolean)];
}
