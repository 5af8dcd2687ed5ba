import { join } from 'node:path';
import { BUNDLE, freshNode, MATRIX, testBed, WITH_HUB } from '../e2e/bed.ts';
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
  until,
  world,
} from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

const NEXT = '/opt/next';

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
  return node?.status.nodeInfo.kubeletVersion === world.upgrade.to && ready?.status === 'True' && fresh;
}

async function watched(cluster: Cluster, node: Node, upgrade: () => Promise<void>): Promise<Round> {
  const address = await runPod(cluster, node, `${node.name}-web`, { command: ['/bin/httpd', '-f', '-p', '80'] });
  const watcher = node.spawn(`${nodejsInNode}/node`, ['-e', WATCHER, `http://${address}/`]);
  const since = Math.floor(Date.now() / 1000) * 1000;
  const started = performance.now();
  await upgrade();
  await until(`${node.name} to be upgraded`, () => isUpgraded(cluster, node, since));
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
  const { cluster: older } = await testBed();
  await installKubeadm(node, older);
  await kubeadmJoin(node, cluster, await cluster.token());
  await node.put(join(cluster.programs, 'kubeadm'), '/usr/bin/kubeadm');
  return watched(cluster, node, async () => {
    await must(node, 'kubeadm', 'upgrade', 'node');
    await must(node, 'install', `${NEXT}/kubelet`, '/usr/bin/kubelet');
    await must(node, 'systemctl', 'daemon-reload');
    await must(node, 'systemctl', 'restart', 'kubelet');
  });
}

async function edgeadmRound(cluster: Cluster, node: Node): Promise<Round> {
  const credentials = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
  const options = ['--compat-matrix', MATRIX, '--bundle', BUNDLE, ...WITH_HUB];
  const edgeadm = async (...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await node.edgeadm(args);
    if (exitCode !== 0) throw new Error(stderr);
  };
  await edgeadm('join', cluster.endpoint, ...credentials, ...options);
  return watched(cluster, node, () => edgeadm('upgrade', '--target-version', world.upgrade.to, '--bundle', NEXT));
}

async function measure(rounds: number, name: string, run: (node: Node) => Promise<Round>): Promise<Round[]> {
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const node = await freshNode(`${name.split(' ')[0]}${round}`, { bind: [[join(stateDir, 'next'), NEXT]] });
    await installCni(node, '10.244.0.0/24');
    const result = await run(node);
    say(`${name} ${round}/${rounds}: ${result.seconds.toFixed(2)} s, pod silent for ${result.gapMs.toFixed(0)} ms`);
    results.push(result);
    await node.down();
  }
  return results;
}

/** A node's upgrade against what Kubernetes' guide has one do with kubeadm, in one run on equal fresh nodes. */
export async function benchUpgrade(rounds: number): Promise<void> {
  let cluster: Cluster | undefined;
  try {
    await testBed();
    const next = await Cluster.up({ name: 'next', octet: 2, version: world.upgrade.to });
    cluster = next;
    await makeBundle({ out: join(stateDir, 'next'), version: world.upgrade.to });
    const kubeadm = await measure(rounds, 'kubeadm upgrade', (node) => kubeadmRound(next, node));
    const edgeadm = await measure(rounds, 'edgeadm upgrade', (node) => edgeadmRound(next, node));
    const seconds = (results: readonly Round[]): number => median(results.map((result) => result.seconds));
    const gap = (results: readonly Round[]): string => Math.max(...results.map(({ gapMs }) => gapMs)).toFixed(0);
    const row = (name: string, results: readonly Round[]): string =>
      `| ${name} | ${seconds(results).toFixed(2)} | ${(seconds(results) / seconds(kubeadm)).toFixed(2)} | ${gap(results)} |`;
    const figures = [
      `1.20.2 to 1.20.3, medians of ${rounds} fresh nodes each; a web server in a pod of the node is asked every 20 ms.`,
      '',
      '| upgrade of a node | seconds until Ready with the new kubelet | ratio | longest silence of the pod, ms |',
      '| --- | --- | --- | --- |',
      row('`kubeadm upgrade node`, new kubelet, restart', kubeadm),
      row('`edgeadm upgrade` with edge-hub, verified, with a way back', edgeadm),
    ];
    await writeFigures('bench-upgrade', figures.join('\n'));
  } finally {
    await cluster?.down();
    await clean();
  }
}
