import { join } from 'node:path';
import { executable } from '../dist/release.ts';
import { freshNode, MATRIX, testBed, WITH_HUB } from '../e2e/bed.ts';
import {
  Cluster,
  clean,
  installCni,
  installKubeadm,
  kubeadmJoin,
  makeBundle,
  type Node,
  nodejsInNode,
  runPod,
  stateDir,
  world,
} from '../testbed/index.ts';
import { poll } from './poll.ts';
import { median, say, writeFigures } from './report.ts';

const PROGRAM = '/usr/local/bin/edgeadm';
const FIRST = '/opt/first';
const NEXT = '/opt/next';
const { from, to } = world.upgrade;

/** Asks a web server every 20 ms until it is told to end, and says for how long at most it did not answer. */
const WATCHER = `
let last = performance.now(), longest = 0;
setInterval(async () => {
  const asked = performance.now();
  const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
  if (!answer) return;
  longest = Math.max(longest, asked - last);
  last = asked;
}, 20);
process.stdin.resume();
process.stdin.on('end', () => { console.log(longest); process.exit(); });
`;

interface Round {
  /** From the call until the node is Ready with the new kubelet. */
  readonly seconds: number;
  /** Longest time in which the node's pod did not answer. */
  readonly gapMs: number;
}

async function isUpgraded(cluster: Cluster, { name }: Node, since: number): Promise<boolean> {
  const node = await cluster.get<{
    status: {
      nodeInfo: { kubeletVersion: string };
      conditions: { type: string; status: string; lastHeartbeatTime: string }[];
    };
  }>(`/api/v1/nodes/${name}`);
  const ready = node?.status.conditions.find(({ type }) => type === 'Ready');
  const fresh = Date.parse(ready?.lastHeartbeatTime ?? '') >= since;
  return node?.status.nodeInfo.kubeletVersion === to && ready?.status === 'True' && fresh;
}

async function watched(cluster: Cluster, node: Node, upgrade: () => Promise<void>): Promise<Round> {
  const address = await runPod(cluster, node, `${node.name}-web`, { command: ['/bin/httpd', '-f', '-p', '80'] });
  const watcher = node.spawn(`${nodejsInNode}/node`, ['-e', WATCHER, `http://${address}/`]);
  const since = Math.floor(Date.now() / 1000) * 1000;
  const started = performance.now();
  await upgrade();
  await poll(`${node.name} to be upgraded`, () => isUpgraded(cluster, node, since));
  const seconds = (performance.now() - started) / 1000;
  watcher.stdin?.end();
  return { seconds, gapMs: Number((await watcher).stdout) };
}

async function must(node: Node, file: string, ...args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await node.exec(file, ...args);
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')} on ${node.name}:\n${stderr}\n${stdout}`);
}

/** The steps of Kubernetes' own guide "Upgrading Linux nodes", the programs being on the node already. */
async function kubeadmRound(cluster: Cluster, node: Node): Promise<Round> {
  await installKubeadm(node, cluster);
  await must(node, 'install', `${FIRST}/kubelet`, '/usr/bin/kubelet');
  await kubeadmJoin(node, cluster, await cluster.token());
  return watched(cluster, node, async () => {
    await must(node, 'kubeadm', 'upgrade', 'node', '--ignore-preflight-errors=all');
    await must(node, 'install', `${NEXT}/kubelet`, '/usr/bin/kubelet');
    await must(node, 'systemctl', 'daemon-reload');
    await must(node, 'systemctl', 'restart', 'kubelet');
  });
}

async function edgeadmRound(cluster: Cluster, node: Node): Promise<Round> {
  const credentials = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
  const options = ['--compat-matrix', MATRIX, '--bundle', FIRST, '--kubernetes-version', from, ...WITH_HUB];
  const edgeadm = async (...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await node.exec(PROGRAM, ...args);
    if (exitCode !== 0) throw new Error(stderr);
  };
  await node.put(await executable(), PROGRAM);
  await edgeadm('join', cluster.endpoint, ...credentials, ...options);
  return watched(cluster, node, () => edgeadm('upgrade', '--target-version', to, '--bundle', NEXT));
}

async function measure(name: string, run: (node: Node) => Promise<Round>): Promise<Round> {
  const bind: [string, string][] = [
    [join(stateDir, 'first'), FIRST],
    [join(stateDir, 'next'), NEXT],
  ];
  const node = await freshNode(name, { bind });
  try {
    await installCni(node, '10.244.0.0/24');
    const result = await run(node);
    say(`upgrade, ${name}: ${result.seconds.toFixed(2)} s, pod silent for ${result.gapMs.toFixed(0)} ms`);
    return result;
  } finally {
    await node.down();
  }
}

/** A node's upgrade against what Kubernetes' guide has one do with kubeadm, in one run on equal fresh nodes. */
export async function benchUpgrade(rounds: number): Promise<void> {
  let later: Cluster | undefined;
  try {
    const { cluster: first } = await testBed();
    if (to !== world.kubernetes) later = await Cluster.up({ name: 'next', octet: 2, version: to });
    const cluster = later ?? first;
    await makeBundle({ out: join(stateDir, 'first'), version: from });
    await makeBundle({ out: join(stateDir, 'next'), version: to });
    const kubeadm: Round[] = [];
    const edgeadm: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      kubeadm.push(await measure(`kubeadm${round}`, (node) => kubeadmRound(cluster, node)));
      edgeadm.push(await measure(`edgeadm${round}`, (node) => edgeadmRound(cluster, node)));
    }
    const seconds = (results: readonly Round[]): number => median(results.map((result) => result.seconds));
    const gap = (results: readonly Round[]): string => Math.max(...results.map(({ gapMs }) => gapMs)).toFixed(0);
    const row = (name: string, results: readonly Round[]): string =>
      `| ${name} | ${seconds(results).toFixed(2)} | ${(seconds(results) / seconds(kubeadm)).toFixed(2)} | ${gap(results)} |`;
    const figures = [
      `${from} to ${to}, medians of ${rounds} fresh nodes each, by turns; a web server in a pod of the node is asked every 20 ms.`,
      '',
      '| upgrade of a node | seconds until Ready with the new kubelet | ratio | longest silence of the pod, ms |',
      '| --- | --- | --- | --- |',
      row('`kubeadm upgrade node`, new kubelet, restart', kubeadm),
      row('`edgeadm upgrade` with edge-hub, verified, with a way back', edgeadm),
    ];
    await writeFigures(`bench-upgrade-${world.name}`, figures.join('\n'));
  } finally {
    await later?.down();
    await clean();
  }
}
