import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { makeBundle } from './bundle.ts';
import { clean } from './clean.ts';
import { Cluster } from './cluster.ts';
import { world } from './config.ts';
import { installKubeadm, kubeadmJoin } from './kubeadm.ts';
import { kubernetes, removeBuildCache } from './kubernetes.ts';
import { Node } from './node.ts';
import { installCni, podCidrOf } from './pods.ts';
import { prepare } from './prepare.ts';
import { type World, worldNamed, worlds } from './worlds.ts';

const usage = `npm run testbed -- COMMAND
  prepare [WORLD...]          make everything that is not in the cache yet
  up                          remove what an earlier run left, start the control plane
  down                        remove everything but the cache
  status                      what is running, and the line that joins a node
  node up NAME [OCTET]        boot a node; --bare: without containerd; --var-size MIB: /var of its own
  node down NAME
  node exec NAME -- CMD...    run something in a node
  node ssh NAME [CMD...]      the same over SSH, as root
  node join NAME              kubeadm's own join, the baseline, then a CNI configuration
  node cni NAME               write a CNI configuration, once the node has joined
  bundle DIR                  make a bundle; --runtime: with containerd and runc
  demo                        a real node joins a real cluster and is reset

EDGEADM_TESTBED_WORLD names the world: ${worlds.map(({ name, kubernetes }) => `${name} (Kubernetes ${kubernetes})`).join(' or ')}; guide unless given.
`;

const print = (text: string) => process.stdout.write(`${text}\n`);
const say = (line: string) => process.stderr.write(`[testbed] ${line}\n`);

/** Shows a program what our own terminal shows us. */
async function interactive(file: string, args: string[]): Promise<number> {
  const { exitCode } = await execa(file, args, { stdio: 'inherit', reject: false });
  return exitCode ?? 1;
}

/** Also what only some tests need. */
async function prepareWhole(wanted: World): Promise<void> {
  await prepare(say, wanted);
  for (const version of wanted.otherVersions) await kubernetes(say, version);
  await removeBuildCache();
}

async function status(): Promise<void> {
  for (const name of await Cluster.list()) {
    const cluster = await Cluster.find(name);
    print(`cluster ${name}: ${cluster.server}  (logs in ${cluster.dir})`);
    print(`  export KUBECONFIG=${cluster.kubeconfig} PATH=${cluster.programs}:$PATH`);
    const token = await cluster.token().catch(() => '(the API server does not answer)');
    print(
      `  edgeadm join ${cluster.endpoint} --token ${token} --discovery-token-ca-cert-hash ${await cluster.caHash()} --ignore-preflight-errors OSSupported --bundle DIR`,
    );
  }
  for (const name of await Node.list()) {
    const node = await Node.find(name);
    print(`node ${name}: ${node.address}  (root at ${node.root})`);
    print(`  ssh -i ${node.sshKey} -o UserKnownHostsFile=${node.knownHosts} root@${node.address}`);
  }
}

async function nodeCommand(
  [verb, name, ...rest]: string[],
  options: { bare: boolean; varSize?: number },
): Promise<number> {
  if (!name) throw new Error(usage);
  if (verb === 'down') {
    await Node.remove(name);
    return 0;
  }
  if (verb === 'up') {
    const octet = rest[0] ? Number(rest[0]) : undefined;
    const node = await Node.up(name, { octet, containerd: !options.bare, varSize: options.varSize });
    say(`node ${name} is up at ${node.address}`);
    return 0;
  }
  const node = await Node.find(name);
  if (verb === 'exec') {
    return interactive('nsenter', node.enter(rest));
  }
  if (verb === 'ssh') {
    const known = `UserKnownHostsFile=${node.knownHosts}`;
    return interactive('ssh', ['-i', node.sshKey, '-o', known, `root@${node.address}`, ...rest]);
  }
  const cluster = await Cluster.find();
  if (verb === 'join') {
    await installKubeadm(node, cluster);
    const { seconds, output } = await kubeadmJoin(node, cluster);
    print(output);
    print(`kubeadm join took ${seconds.toFixed(1)} s`);
  } else if (verb !== 'cni') throw new Error(usage);
  await installCni(node, await podCidrOf(cluster, name));
  await cluster.waitForNode(name);
  print(await cluster.kubectl('get', 'nodes', '-o', 'wide'));
  return 0;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bare: { type: 'boolean', default: false },
      'var-size': { type: 'string' },
      runtime: { type: 'boolean' },
    },
  });
  const [command, ...rest] = positionals;
  const varSize = values['var-size'] ? Number(values['var-size']) : undefined;
  if (command === 'down') {
    await clean();
    return 0;
  }
  if (command === 'demo') {
    await import('./demo.ts');
    return 0;
  }
  if (command === 'status') {
    await status();
    return 0;
  }
  if (!['prepare', 'up', 'node', 'bundle'].includes(command ?? '')) throw new Error(usage);
  if (command === 'prepare') {
    for (const name of rest.length > 0 ? rest : [world.name]) await prepareWhole(worldNamed(name));
    return 0;
  }
  await prepare(say);
  if (command === 'node') return nodeCommand(rest, { bare: values.bare, varSize });
  if (command === 'up') {
    await clean();
    await Cluster.up();
    await status();
  }
  if (command === 'bundle') {
    if (!rest[0]) throw new Error(usage);
    const { dir, sha256 } = await makeBundle({ out: rest[0], runtime: values.runtime });
    print(`${dir}  --bundle-sha256 ${sha256}`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
