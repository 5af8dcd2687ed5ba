import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { V1Node } from '@kubernetes/client-node';
import { executable } from '../dist/release.ts';
import { BUNDLE, freshNode, joinArgs, testBed, WITH_HUB } from '../e2e/bed.ts';
import {
  type Cluster,
  clean,
  installCni,
  installKubeadm,
  installKubeletUnit,
  kubeadmJoin,
  type Node,
  world,
} from '../testbed/index.ts';
import { poll } from './poll.ts';
import { median, phasesOf, say, writeFigures } from './report.ts';

interface Round {
  /** From the command's start until the API server says that the node is Ready. */
  readonly readySeconds: number;
  /** From the command's start to its exit. */
  readonly seconds: number;
  readonly peakMiB: number;
  /** Seconds by top-level phase; empty for kubeadm. */
  readonly phases: ReadonlyMap<string, number>;
}

/** A way to a Ready node: what was there before does not count. */
interface Way {
  readonly name: string;
  /** Name of the process whose memory counts. */
  readonly program: 'kubeadm' | 'edgeadm';
  readonly before: (node: Node, cluster: Cluster) => Promise<void>;
  /** @returns what the program printed */
  readonly join: (node: Node, cluster: Cluster) => Promise<string>;
}

const PROGRAM = '/usr/local/bin/edgeadm';

const putEdgeadm = async (node: Node): Promise<void> => node.put(await executable(), PROGRAM);

async function edgeadm(node: Node, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await node.exec(PROGRAM, ...args, '-o', 'json');
  if (exitCode !== 0) throw new Error(`edgeadm join ended with ${exitCode}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** What an administrator writes who has kubeadm and the bundle's folder: every file is checked before it is used. */
const INSTALL = `set -eu
cd ${BUNDLE}
sed -n 's/^ *\\(- \\)\\{0,1\\}path: //p' bundle.yaml > /tmp/paths
sed -n 's/^ *sha256: //p' bundle.yaml | paste -d' ' - /tmp/paths | sed 's/ /  /' | sha256sum --check --quiet -
install -m 755 kubelet /usr/bin/kubelet
install -m 755 kubectl /usr/bin/kubectl
mkdir -p /opt/cni/bin
tar -xzf cni-plugins.tgz -C /opt/cni/bin
for image in images/*.tar; do ctr -n k8s.io images import "$image" >/dev/null; done
systemctl daemon-reload
systemctl enable --quiet kubelet
`;

const WAYS: readonly Way[] = [
  {
    name: '`kubeadm join`, everything installed before',
    program: 'kubeadm',
    before: installKubeadm,
    join: async (node, cluster) => (await kubeadmJoin(node, cluster)).output,
  },
  {
    name: '`edgeadm join`, everything installed before',
    program: 'edgeadm',
    before: async (node, cluster) => {
      await installKubeadm(node, cluster);
      await putEdgeadm(node);
    },
    join: async (node) =>
      edgeadm(
        node,
        (await joinArgs('--no-edge-hub')).filter((arg) => arg !== '--bundle' && arg !== BUNDLE),
      ),
  },
  {
    name: 'a script that checks and installs the bundle, then `kubeadm join`',
    program: 'kubeadm',
    before: async (node, cluster) => {
      await node.put(`${cluster.programs}/kubeadm`, '/usr/bin/kubeadm');
      await installKubeletUnit(node);
    },
    join: async (node, cluster) => {
      const { exitCode, stderr } = await node.run('sh', ['-s'], { input: INSTALL });
      if (exitCode !== 0) throw new Error(stderr);
      return (await kubeadmJoin(node, cluster)).output;
    },
  },
  {
    name: '`edgeadm join` from the same bundle',
    program: 'edgeadm',
    before: putEdgeadm,
    join: async (node) => edgeadm(node, await joinArgs('--no-edge-hub')),
  },
  {
    name: '`edgeadm join` from the bundle, with the edge-hub',
    program: 'edgeadm',
    before: putEdgeadm,
    join: async (node) => edgeadm(node, await joinArgs(...WITH_HUB)),
  },
];

/** A process in a node has a number of its own there; a sandbox on this machine bears the same name. */
const IN_A_NODE = /^NSpid:\t\d+\t\d+/m;

/** Highest resident memory of a node's processes of that name while `work` runs, from VmHWM. */
async function watchPeak<T>(name: string, work: Promise<T>): Promise<{ result: T; peakMiB: number }> {
  let peak = 0;
  const look = async (): Promise<void> => {
    for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (!status.startsWith(`Name:\t${name}\n`) || !IN_A_NODE.test(status)) continue;
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0));
    }
  };
  const timer = setInterval(() => void look(), 250);
  try {
    return { result: await work, peakMiB: Math.round(peak / 1024) };
  } finally {
    clearInterval(timer);
  }
}

async function isReady(cluster: Cluster, { name }: Node): Promise<boolean> {
  const node = await cluster.get<V1Node>(`/api/v1/nodes/${name}`);
  return node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** One join on a fresh node that has a CNI configuration, as the cluster's network add-on would have written it. */
async function round(way: Way, name: string): Promise<Round> {
  const { cluster } = await testBed();
  const node = await freshNode(name);
  try {
    await installCni(node, '10.244.0.0/24');
    await way.before(node, cluster);
    const started = performance.now();
    const since = (): number => (performance.now() - started) / 1000;
    const joined = watchPeak(way.program, way.join(node, cluster)).then((value) => ({ ...value, seconds: since() }));
    const ready = poll(`${name} to be Ready`, () => isReady(cluster, node)).then(since);
    const [{ result, peakMiB, seconds }, readySeconds] = await Promise.all([joined, ready]);
    return { readySeconds, seconds, peakMiB, phases: phasesOf(result) };
  } finally {
    await node.down();
  }
}

function report(rounds: number, results: ReadonlyMap<Way, readonly Round[]>): string {
  const ready = (way: Way): number => median((results.get(way) ?? []).map(({ readySeconds }) => readySeconds));
  const [installed, , script] = WAYS;
  const base = (way: Way): number => ready(way === WAYS[3] ? (script as Way) : (installed as Way));
  const rows = WAYS.map((way) => {
    const all = results.get(way) ?? [];
    const ends = median(all.map(({ seconds }) => seconds)).toFixed(2);
    const peak = Math.max(...all.map(({ peakMiB }) => peakMiB));
    const peer = way === WAYS[3] ? 'the script' : 'kubeadm';
    return `| ${way.name} | ${ready(way).toFixed(2)} | ${ends} | ${(ready(way) / base(way)).toFixed(2)} (${peer}) | ${peak} |`;
  });
  const hub = results.get(WAYS.at(-1) as Way) ?? [];
  const phases = [...(hub[0]?.phases.keys() ?? [])].map(
    (name) => `| ${name} | ${median(hub.map((each) => each.phases.get(name) ?? 0)).toFixed(2)} |`,
  );
  return [
    `Kubernetes ${world.kubernetes}, measured on ${cpus().length} cores with \`EDGEADM_TESTBED_WORLD=${world.name} npm run bench -- --only join --rounds ${rounds}\`; medians, each join on a fresh node, by turns. edgeadm is the one file, which unpacks itself on its first run.`,
    '',
    '| join | seconds until Ready | until the command ends | ratio | peak MiB |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '| phase of `edgeadm join` with edge-hub | seconds |',
    '| --- | --- |',
    ...phases,
  ].join('\n');
}

/** edgeadm against kubeadm on the test bed, from the command's start until the node is Ready; the ways take turns. */
export async function benchJoin(rounds: number): Promise<void> {
  try {
    await testBed();
    const results = new Map<Way, Round[]>(WAYS.map((way) => [way, []]));
    for (let number = 0; number < rounds; number++)
      for (const [index, way] of WAYS.entries()) {
        const result = await round(way, `bench${number}-${index}`);
        say(
          `${way.name} ${number + 1}/${rounds}: Ready ${result.readySeconds.toFixed(2)} s, ends ${result.seconds.toFixed(2)} s, ${result.peakMiB} MiB`,
        );
        results.get(way)?.push(result);
      }
    await writeFigures(`bench-join-${world.name}`, report(rounds, results));
  } finally {
    await clean();
  }
}
