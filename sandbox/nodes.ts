import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseNodeName } from '../src/config/grammar.ts';
import { EdgeadmError } from '../src/errors/index.ts';
import { usageError } from '../src/errors/usage.ts';
import { readFacts } from '../src/host/facts.ts';
import { commandLine } from '../src/host/quote.ts';
import { scratchMachine } from '../src/host/scratch.ts';
import { hasAgent } from '../src/host/scratch-agent.ts';
import { createToken, joinLine, randomToken } from '../src/kubernetes/api/bootstrap-tokens.ts';
import { minorOf } from '../src/kubernetes/version.ts';
import { registerSecret } from '../src/lib/redact.ts';
import { waitFor } from '../src/lib/wait-for.ts';
import { adminClient } from './admin-client.ts';
import { requireSandbox, runningSandbox, type SandboxFolder } from './folder.ts';
import { EDGE_HUB_IMAGE } from './images.ts';
import { createScratchRoot, type NodeMachine } from './node/scratch-root.ts';
import { kernelOf, systemOf } from './node/systems.ts';
import { takePrivateFolder } from './private-files.ts';

const DAY_MS = 86_400_000;

/** A node of a sandbox, as its folder shows it. */
export interface SandboxNode {
  readonly name: string;
  readonly os: string;
  readonly kernel: string;
  readonly arch: string;
  /** State of its kubelet: `active` after a join. */
  readonly kubelet: string;
  readonly root: string;
}

/**
 * What a node is to be. What is not named: of a new node Ubuntu on amd64 with its kernel, of an existing one as
 * it is.
 */
export interface NodeRequest extends Partial<Pick<NodeMachine, 'os' | 'kernel' | 'arch'>> {
  readonly name: string;
}

/** A node and the line that joins it. */
export interface JoinableNode extends Omit<SandboxNode, 'kubelet'> {
  readonly joinLine: string;
  /** False if it existed before. */
  readonly created: boolean;
}

/**
 * Makes a node: a machine that was just installed, attended by the running sandbox. One that exists already is kept and
 * gets a new line.
 * @throws EdgeadmError SANDBOX_NOT_RUNNING; USAGE for a name that no node may have, an unknown system, or an existing
 *   node that is another machine than the one requested
 */
export async function createSandboxNode(folder: SandboxFolder, wanted: NodeRequest): Promise<JoinableNode> {
  await requireSandbox(folder);
  const root = rootOf(folder, wanted.name);
  const exists = (await stat(root).catch(() => undefined)) !== undefined;
  const client = await adminClient(folder);
  try {
    const { gitVersion } = await client.get<{ gitVersion: string }>('/version');
    if (exists) await refuseOther(root, wanted);
    else await makeRoot(folder, root, machineOf(wanted, gitVersion));
    const { kernel, arch, os } = await readFacts(scratchMachine(root));
    const token = randomToken();
    registerSecret(token);
    await createToken(client, { token, ttlMs: DAY_MS, description: `sandbox node ${wanted.name}` });
    const more = commandLine(['--edge-hub-image', EDGE_HUB_IMAGE, '--root', root]);
    const line = `${await joinLine(client, token)} ${more}`;
    return { name: wanted.name, os: wanted.os ?? os.pretty, kernel, arch, root, joinLine: line, created: !exists };
  } finally {
    client.close();
  }
}

function machineOf({ name, os: wanted, kernel, arch = 'amd64' }: NodeRequest, kubeletVersion: string): NodeMachine {
  const os = wanted ?? usualSystem(kubeletVersion);
  return { name, os, kernel: kernel ?? kernelOf(os), arch, kubeletVersion };
}

/** Kubelets from 1.35 on refuse cgroup v1, which Ubuntu 20.04 boots with. */
function usualSystem(kubeletVersion: string): string {
  return minorOf(kubeletVersion) < 35 ? 'Ubuntu 20.04' : 'Ubuntu 24.04';
}

/** @throws EdgeadmError USAGE */
async function refuseOther(root: string, wanted: NodeRequest): Promise<void> {
  const { os, kernel, arch } = await readFacts(scratchMachine(root));
  const system = wanted.os === undefined ? undefined : systemOf(wanted.os);
  const differs =
    (system !== undefined && !system.osRelease.includes(`PRETTY_NAME="${os.pretty}"`)) ||
    (wanted.kernel ?? kernel) !== kernel ||
    (wanted.arch ?? arch) !== arch;
  if (!differs) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `NAME: the node ${wanted.name} exists already, with ${os.pretty}, kernel ${kernel}, ${arch}`,
    next: `edgeadm sandbox node delete ${wanted.name}, then create it again`,
  });
}

/** Under another name first: the sandbox takes what it finds in the folder. */
async function makeRoot(folder: SandboxFolder, root: string, machine: NodeMachine): Promise<void> {
  const unfinished = join(folder.nodes, `.${machine.name}`);
  await takePrivateFolder(folder.nodes);
  await rm(unfinished, { recursive: true, force: true });
  await createScratchRoot(unfinished, machine);
  await rename(unfinished, root);
  await waitFor({
    what: `the sandbox to attend the node ${machine.name}`,
    timeoutMs: 10_000,
    intervalMs: [10, 100],
    probe: async () => (hasAgent(root) ? { done: true } : { seen: 'it does not yet' }),
  });
}

export async function listSandboxNodes(folder: SandboxFolder): Promise<SandboxNode[]> {
  const names = (await readdir(folder.nodes).catch(() => [])).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(
    names.map(async (name) => {
      const machine = scratchMachine(rootOf(folder, name));
      const [facts, { detail }] = await Promise.all([readFacts(machine), machine.services.state('kubelet.service')]);
      return { name, os: facts.os.pretty, kernel: facts.kernel, arch: facts.arch, kubelet: detail, root: machine.name };
    }),
  );
}

/**
 * Takes a node away as if its machine were gone, and its Node object if the sandbox runs.
 * @throws EdgeadmError USAGE if there is no such node
 */
export async function deleteSandboxNode(folder: SandboxFolder, name: string): Promise<void> {
  const root = rootOf(folder, name);
  if (!(await stat(root).catch(() => undefined)))
    throw usageError([`node "${name}" not found; \`edgeadm sandbox node list\` lists the nodes`]);
  await scratchMachine(root).services.stop('kubelet.service');
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
  if (!(await runningSandbox(folder))) return;
  const client = await adminClient(folder);
  try {
    if (await client.find(`/api/v1/nodes/${name}`)) await client.delete(`/api/v1/nodes/${name}`);
  } finally {
    client.close();
  }
}

function rootOf(folder: SandboxFolder, name: string): string {
  const refusal = refuseNodeName(name);
  if (refusal) throw usageError([`NAME: ${refusal}`]);
  return join(folder.nodes, name);
}
