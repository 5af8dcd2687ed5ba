import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  Cluster,
  difference,
  installCni,
  type Node,
  type Photograph,
  photograph,
  photographAtRest,
  programHere,
  type Result,
  runPod,
} from '../testbed/index.ts';
import type { Tell } from './side-by-side.ts';
import { BUNDLE, clearBed, freshNode, MATRIX, traces, WITH_HUB } from './support.ts';
import { BUNDLES, bundlesDir, makeBundles, NEW, OLD } from './upgrade-bundles.ts';

/** With it a test makes the kubelet fail. */
export const DROP_IN = '/etc/systemd/system/kubelet.service.d/50-test.conf';
/** The list of runs, what kubelet and pods write of their own accord, and what the edge-hub remembers of the API. */
export const PASSING = [
  '/var/lib/edgeadm/journal.jsonl',
  '/var/lib/edgeadm/sealed',
  '/var/log',
  '/var/lib/kubelet/pods',
  '/var/lib/kubelet/cpu_manager_state',
  // What a kubelet from 1.33 on remembers of its pods, and where one of 1.37 answers about them.
  '/var/lib/kubelet/actuated_pods_state',
  '/var/lib/kubelet/allocated_pods_state',
  '/var/lib/kubelet/pods-api',
  // A kubelet that is killed while it starts leaves a socket under a passing name.
  '/var/lib/kubelet/pod-resources',
  '/etc/kubernetes/cache',
  DROP_IN,
];

let made: Promise<Cluster> | undefined;

/** A cluster of the later version, and the bundles of it. */
export function upgradeBed(): Promise<Cluster> {
  made ??= (async () => {
    await clearBed();
    const [cluster] = await Promise.all([Cluster.up({ name: 'next', octet: 2, version: NEW }), makeBundles()]);
    return cluster;
  })();
  return made;
}

export interface Subject {
  node: Node;
  cluster: Cluster;
  /** Before the join, and joined with a pod. */
  bare: Photograph;
  joined: Photograph;
}

export interface SubjectOptions {
  /** The bundle that it is joined with: `first` unless given. */
  readonly bundle?: string;
  readonly containerd?: boolean;
  /** Whether it runs a pod of its own (true unless given); a drain would end it. */
  readonly pod?: boolean;
  /** More flags of the join. */
  readonly join?: readonly string[];
}

/** A node of the older version. */
export function start(test: Tell, name: string, options: SubjectOptions = {}): Subject {
  const subject = {} as Subject;
  test('a node is joined with the older version', async () => {
    const cluster = await upgradeBed();
    const bundle = join(bundlesDir, options.bundle ?? 'first');
    const bind: [string, string][] = [
      [bundlesDir, BUNDLES],
      [bundle, BUNDLE],
    ];
    const node = await freshNode(name, { containerd: options.containerd, bind });
    await installCni(node, '10.244.0.0/24');
    Object.assign(subject, { cluster, node, bare: await photograph(node) });
    const token = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
    const more = ['--kubernetes-version', OLD, ...WITH_HUB, ...(options.join ?? [])];
    await ok(node, ['join', cluster.endpoint, ...token, '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...more]);
    if (options.pod ?? true) await runPod(cluster, node, `${name}-app`);
    await isAt(subject, OLD);
    subject.joined = await photographAtRest(node);
  });
  return subject;
}

/** The command that upgrades a node with one of the bundles. */
export function upgradeWith(bundle = 'next', ...more: string[]): string[] {
  return ['upgrade', '--target-version', NEW, '--bundle', `${BUNDLES}/${bundle}`, ...more];
}

interface NodeView {
  spec: { unschedulable?: boolean };
  status: { nodeInfo: { kubeletVersion: string } };
}

/** Asserts that the node is Ready with that version and takes pods. */
export async function isAt({ cluster, node: { name } }: Subject, version: string): Promise<void> {
  await cluster.waitForNode(name, true, 30);
  const view = await cluster.get<NodeView>(`/api/v1/nodes/${name}`);
  assert.equal(view?.status.nodeInfo.kubeletVersion, version);
  assert.notEqual(view?.spec.unschedulable, true);
}

/**
 * Asserts that the older version is there again and nothing else has changed.
 * @param newPod a hub that was replaced for a while comes back in a new pod; the kubelet tidies up at its leisure
 */
export async function isAsBefore(subject: Subject, newPod = false): Promise<void> {
  await isAt(subject, OLD);
  const changed = difference(subject.joined, await photograph(subject.node), PASSING);
  assert.deepEqual(
    changed.filter((line) => !newPod || !/^[+-] (containers|cgroups): /.test(line)),
    [],
  );
}

/** Asserts that programs are all that the upgrade has changed. */
export async function onlyPrograms({ joined, node }: Subject, programs = /\/usr\/bin\/kube(let|ctl)\b/): Promise<void> {
  for (const line of difference(joined, await photograph(node), PASSING))
    if (!isRemade(line)) assert.match(line, programs);
}

/** A kubelet of another minor version has another ID for the same static pod, and makes its containers again. */
function isRemade(line: string): boolean {
  const minor = (version: string): string | undefined => version.split('.')[1];
  return minor(OLD) !== minor(NEW) && /^[+-] (containers|cgroups): /.test(line);
}

export async function resetAndCompare({ node, bare }: Subject): Promise<void> {
  await ok(node, ['reset', '--yes']);
  assert.deepEqual(await traces(node, bare), []);
}

/** Id of the container of the node's pod, and how often it was restarted. */
export async function container({ cluster, node: { name } }: Subject): Promise<string> {
  const pod = await cluster.get<{ status: { containerStatuses: { containerID: string; restartCount: number }[] } }>(
    `/api/v1/namespaces/default/pods/${name}-app`,
  );
  const status = pod?.status.containerStatuses[0];
  return `${status?.containerID} ${status?.restartCount}`;
}

export function hubPod({ cluster, node }: Subject): Promise<{ spec: { containers: { image: string }[] } } | undefined> {
  return cluster.get(`/api/v1/namespaces/kube-system/pods/edge-hub-${node.name}`);
}

/** From this machine, with a bundle that lies here. */
export async function overSsh(nodes: readonly Node[], bundle: string, ...more: string[]): Promise<Result> {
  const home = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
  const keys = await Promise.all(nodes.map(({ knownHosts }) => readFile(knownHosts, 'utf8')));
  await writeFile(join(home, 'known_hosts'), keys.join(''));
  const hosts = nodes.flatMap(({ address }) => ['--host', `root@${address}`]);
  const ssh = [...hosts, '--ssh-key', nodes[0]?.sshKey ?? '', '--known-hosts', join(home, 'known_hosts')];
  const args = [...upgradeWith(bundle).with(-1, join(bundlesDir, bundle)), ...ssh, ...more, '-o', 'json'];
  const [file, ...words] = programHere;
  const { exitCode, stdout, stderr } = await execa(file, [...words, ...args], {
    env: { HOME: home },
    reject: false,
  });
  await rm(home, { recursive: true });
  return { exitCode: exitCode ?? -1, stdout, stderr };
}

export interface JsonResult {
  readonly ok: boolean;
  readonly hosts: readonly { readonly outcome: string }[];
  readonly error: { readonly code: string; readonly what: string; readonly why: string; readonly next: string };
}

/** The last line of a run with `-o json`. */
export function resultOf({ stdout }: Pick<Result, 'stdout'>): JsonResult {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as JsonResult;
}

/** Runs edgeadm in JSON mode and does something at the first line that fits, each once, while it goes on. */
export async function during(
  node: Node,
  args: readonly string[],
  ...acts: readonly [RegExp, () => Promise<unknown>][]
): Promise<Result> {
  const left = new Map(acts);
  const run = node.spawnEdgeadm([...args, '--output', 'json']);
  const lines: string[] = [];
  for await (const line of run) {
    lines.push(String(line));
    for (const [words, act] of left) {
      if (!words.test(String(line))) continue;
      left.delete(words);
      await act();
    }
  }
  const { exitCode, stderr } = await run;
  return { exitCode: exitCode ?? -1, stdout: lines.join('\n'), stderr: String(stderr) };
}

/** Fits the event of a phase that begins. */
export const begins = (phase: string): RegExp => new RegExp(`"type":"phase-start".*"phase":"${phase}"`);

export function run(node: Node, args: string[]): Promise<Result> {
  return node.edgeadm(args, { timeout: 300 });
}

export async function ok(node: Node, args: string[]): Promise<Result> {
  const result = await run(node, args);
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}
