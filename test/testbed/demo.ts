/** Shows a join and a reset on the test bed: cluster and node are real, and gone afterwards. */
import { BUNDLE, freshNode, joinArgs, testBed, WITH_HUB } from '../e2e/bed.ts';
import { clean, difference, installCni, type Node, photograph, podCidrOf, prepare, unsupported } from './index.ts';

const print = (text = '') => process.stdout.write(`${text}\n`);
const say = (line: string) => process.stderr.write(`[testbed] ${line}\n`);

/** Runs edgeadm in the node as an administrator would, and shows line and answer. */
async function edgeadm(node: Node, args: readonly string[]): Promise<void> {
  const shown = args.map((word) => word.replace(/^([a-z0-9]{6})\.[a-z0-9]{16}$/, '$1.****************'));
  print(`\nroot@${node.name}:~# edgeadm ${shown.join(' ')}`);
  const { exitCode, stdout, stderr } = await node.edgeadm([...args]);
  // The end of a line is cut off from what a program prints.
  print([stderr, stdout].filter(Boolean).join('\n'));
  if (exitCode !== 0) throw new Error(`edgeadm ended with exit code ${exitCode}`);
}

const reason = unsupported();
if (reason) {
  print(`The demo boots a real cluster with a real node, which does not work here: ${reason}`);
  process.exit(1);
}
try {
  say("the first time this takes a quarter of an hour: Kubernetes is built from Debian's source package");
  await prepare(say);
  const { cluster } = await testBed();
  say(`a Kubernetes ${cluster.version} runs at ${cluster.server}`);
  const node = await freshNode('edge1');
  say(`the node ${node.name} has booted systemd and containerd; a bundle lies at ${BUNDLE}`);
  const before = await photograph(node);
  await edgeadm(node, await joinArgs(...WITH_HUB));
  await installCni(node, await podCidrOf(cluster, node.name));
  await cluster.waitForNode(node.name);
  print('\n# kubectl get nodes');
  print(await cluster.kubectl('get', 'nodes', '-o', 'wide'));
  await edgeadm(node, ['reset', '--yes']);
  print('\n# what is different on the node from before the join:');
  for (const line of difference(before, await photograph(node))) print(line);
} finally {
  await clean();
}
