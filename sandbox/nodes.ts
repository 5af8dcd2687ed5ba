import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseNodeName } from '../src/config/grammar.ts';
import { usageError } from '../src/errors/usage.ts';
import { readFacts } from '../src/host/facts.ts';
import { commandLine } from '../src/host/quote.ts';
import { scratchMachine } from '../src/host/scratch.ts';
import { isAttended } from '../src/host/scratch-agent.ts';
import { createToken, joinLine, randomToken } from '../src/kubernetes/api/bootstrap-tokens.ts';
import { registerSecret } from '../src/lib/redact.ts';
import { waitFor } from '../src/lib/wait-for.ts';
import { adminClient } from './admin-client.ts';
import { requireSandbox, runningSandbox, type SandboxFolder } from './folder.ts';
import { EDGE_HUB_IMAGE } from './images.ts';
import { createScratchRoot, type NodeMachine } from './node/scratch-root.ts';
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
 * Makes a node: a machine that was just installed, attended by the running sandbox.
 * @returns its root, and the line that joins it
 * @throws EdgeadmError SANDBOX_NOT_RUNNING; USAGE for a name that is taken or that no node may have, or an unknown system
 */
export async function createNode(
  folder: SandboxFolder,
  wanted: Omit<NodeMachine, 'kubeletVersion'>,
): Promise<{ root: string; joinLine: string }> {
  await requireSandbox(folder);
  const root = rootOf(folder, wanted.name);
  if (await stat(root).catch(() => undefined)) throw usageError([`NAME: there is a node ${wanted.name} already`]);
  const client = await adminClient(folder);
  try {
    const { gitVersion } = await client.get<{ gitVersion: string }>('/version');
    await makeRoot(folder, root, { ...wanted, kubeletVersion: gitVersion });
    const token = randomToken();
    registerSecret(token);
    await createToken(client, { token, ttlMs: DAY_MS, description: `sandbox node ${wanted.name}` });
    const more = commandLine(['--edge-hub-image', EDGE_HUB_IMAGE, '--root', root]);
    return { root, joinLine: `${await joinLine(client, token)} ${more}` };
  } finally {
    client.close();
  }
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
    probe: async () => (isAttended(root) ? { done: true } : { seen: 'it does not yet' }),
  });
}

export async function listNodes(folder: SandboxFolder): Promise<SandboxNode[]> {
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
 * Takes a node away as if its machine were gone, and its Node object where the sandbox runs.
 * @throws EdgeadmError USAGE where there is no such node
 */
export async function deleteNode(folder: SandboxFolder, name: string): Promise<void> {
  const root = rootOf(folder, name);
  if (!(await stat(root).catch(() => undefined))) throw usageError([`NAME: there is no node ${name}`]);
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
