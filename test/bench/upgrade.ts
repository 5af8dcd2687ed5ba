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
import { median, phasesOf, say, writeFigures } from './report.ts';

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
  /** From the command's start until the API server says that the node is Ready with the new kubelet. */
  readonly readySeconds: number;
  /** From the command's start to its exit. */
  readonly seconds: number;
  /** Longest time in which the node's pod did not answer. */
  readonly gapMs: number;
  /** Seconds by top-level phase; empty for kubeadm. */
  readonly phases: ReadonlyMap<string, number>;
}

/** What an administrator writes who has kubeadm and the bundle's folder: what is installed is checked before. */
const SCRIPT = `set -eu
kubeadm upgrade node --ignore-preflight-errors=all
cd ${NEXT}
sed -n 's/^ *\\(- \\)\\{0,1\\}path: //p' bundle.yaml > /tmp/paths
sed -n 's/^ *sha256: //p' bundle.yaml | paste -d' ' - /tmp/paths | sed 's/ /  /' | sha256sum --check --quiet -
install -m 755 kubelet /usr/bin/kubelet
install -m 755 kubectl /usr/bin/kubectl
tar -xzf cni-plugins.tgz -C /opt/cni/bin
for image in images/*.tar; do ctr -n k8s.io images import "$image" >/dev/null; done
systemctl daemon-reload
systemctl restart kubelet
`;

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

async function watched(cluster: Cluster, node: Node, upgrade: () => Promise<string>): Promise<Round> {
  const address = await runPod(cluster, node, `${node.name}-web`, { command: ['/bin/httpd', '-f', '-p', '80'] });
  const watcher = node.spawn(`${nodejsInNode}/node`, ['-e', WATCHER, `http://${address}/`]);
  const since = Math.floor(Date.now() / 1000) * 1000;
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const upgraded = upgrade().then((printed) => ({ phases: phasesOf(printed), seconds: elapsed() }));
  const ready = poll(`${node.name} to be upgraded`, () => isUpgraded(cluster, node, since)).then(elapsed);
  const [result, readySeconds] = await Promise.all([upgraded, ready]);
  watcher.stdin?.end();
  return { ...result, readySeconds, gapMs: Number((await watcher).stdout) };
}

/** The steps of Kubernetes' own guide "Upgrading Linux nodes", from the bundle that edgeadm gets. */
async function kubeadmRound(cluster: Cluster, node: Node): Promise<Round> {
  await installKubeadm(node, cluster);
  await must(node, 'install', `${FIRST}/kubelet`, '/usr/bin/kubelet');
  await kubeadmJoin(node, cluster, await cluster.token());
  return watched(cluster, node, async () => {
    const { exitCode, stderr } = await node.run('sh', ['-s'], { input: SCRIPT });
    if (exitCode !== 0) throw new Error(stderr);
    return '';
  });
}

async function must(node: Node, file: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await node.exec(file, ...args);
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')} on ${node.name}:\n${stderr}\n${stdout}`);
  return stdout;
}

const edgeadmRound =
  (...hub: string[]) =>
  async (cluster: Cluster, node: Node): Promise<Round> => {
    const credentials = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
    const options = ['--compat-matrix', MATRIX, '--bundle', FIRST, '--kubernetes-version', from, ...hub];
    await node.put(await executable(), PROGRAM);
    await must(node, PROGRAM, 'join', cluster.endpoint, ...credentials, ...options);
    return watched(cluster, node, () =>
      must(node, PROGRAM, 'upgrade', '--target-version', to, '--bundle', NEXT, '-o', 'json'),
    );
  };

/** Ways from one version to the other. */
const WAYS: readonly { readonly name: string; readonly run: (cluster: Cluster, node: Node) => Promise<Round> }[] = [
  { name: 'a script that checks and installs the bundle, with `kubeadm upgrade node`', run: kubeadmRound },
  { name: '`edgeadm upgrade` from the same bundle', run: edgeadmRound('--no-edge-hub') },
  { name: '`edgeadm upgrade` from the bundle, with the edge-hub', run: edgeadmRound(...WITH_HUB) },
];

async function measure(name: string, run: (node: Node) => Promise<Round>): Promise<Round> {
  const bind: [string, string][] = [
    [join(stateDir, 'first'), FIRST],
    [join(stateDir, 'next'), NEXT],
  ];
  const node = await freshNode(name, { bind });
  try {
    await installCni(node, '10.244.0.0/24');
    return await run(node);
  } finally {
    await node.down();
  }
}

function report(rounds: number, results: readonly Round[][]): string {
  const of = (each: readonly Round[], what: 'readySeconds' | 'seconds'): number => median(each.map((one) => one[what]));
  const [peer = []] = results;
  const rows = results.map((all, index) => {
    const ratio = (of(all, 'readySeconds') / of(peer, 'readySeconds')).toFixed(2);
    const gap = Math.max(...all.map(({ gapMs }) => gapMs)).toFixed(0);
    return `| ${WAYS[index]?.name} | ${of(all, 'readySeconds').toFixed(2)} | ${of(all, 'seconds').toFixed(2)} | ${ratio} | ${gap} |`;
  });
  const hub = results.at(-1) ?? [];
  const phases = [...(hub[0]?.phases.keys() ?? [])].map(
    (name) => `| ${name} | ${median(hub.map((each) => each.phases.get(name) ?? 0)).toFixed(2)} |`,
  );
  return [
    `${from} to ${to}, medians of ${rounds} fresh nodes each, by turns; a web server in a pod of the node is asked every 20 ms.`,
    '',
    '| upgrade of a node | seconds until Ready with the new kubelet | until the command ends | ratio | longest silence of the pod, ms |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '| phase of `edgeadm upgrade` with edge-hub | seconds |',
    '| --- | --- |',
    ...phases,
  ].join('\n');
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
    const results: Round[][] = WAYS.map(() => []);
    for (let number = 0; number < rounds; number++)
      for (const [index, way] of WAYS.entries()) {
        const result = await measure(`upgrade${number}-${index}`, (node) => way.run(cluster, node));
        say(
          `${way.name} ${number + 1}/${rounds}: Ready ${result.readySeconds.toFixed(2)} s, ends ${result.seconds.toFixed(2)} s, pod silent for ${result.gapMs.toFixed(0)} ms`,
        );
        results[index]?.push(result);
      }
    await writeFigures(`bench-upgrade-${world.name}`, report(rounds, results));
  } finally {
    await later?.down();
    await clean();
  }
}
