import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createBundle } from '../../src/artifacts/create-bundle.ts';
import type { ProgramResult } from '../../src/host/machine.ts';
import { windowsExecutable } from '../dist/release.ts';
import { CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../integration/workflow-bed/bed.ts';
import { createPool, openYurtApprover } from '../integration/workflow-bed/open-yurt.ts';
import type { Say } from '../testbed/cache.ts';
import { compileEdgeHub } from '../testbed/edge-hub/build.ts';
import { tgz } from '../unit/artifacts/fixtures.ts';
import { fakeRuntime } from '../unit/fake-runtime.ts';
import type { Edition } from './editions.ts';
import { OWN_FOLDER, type Template } from './template.ts';
import { onWholePages } from './whole-pages.ts';
import { WineWindows } from './windows.ts';

/** Words for a reset. */
export const RESET = ['reset', '--force', '--yes', '-o', 'json'] as const;
export const PROGRAM = `C:\\${OWN_FOLDER}\\edgeadm.exe`;
const POOL = 'hangzhou';
export const OLDER = 'v1.20.1';
/** What a diagnosis writes. */
export const ARCHIVE = 'diagnosis.tgz';
/** What the stand-in of a kubelet logs of a token, and any key. */
export const SECRETS = /c2VjcmV0|PRIVATE KEY-----\s+[A-Za-z0-9+/]/;
/** What is on a machine, by the version of the kubelet. */
const BUNDLES = { bundle: CLUSTER_VERSION, older: OLDER } as const;
export const bundleOf = (name: string): string => `C:\\${OWN_FOLDER}\\${name}`;

interface HostResult {
  readonly ok: boolean;
  readonly outcome?: string;
  readonly data?: { readonly findings?: readonly Finding[] };
}

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly what: string;
  readonly evidence: string;
}

/** The result of the one host, behind the events. */
export function succeeds({ exitCode, stdout, stderr }: ProgramResult): HostResult {
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
  const { hosts } = lastLine(stdout) as { readonly hosts: readonly [HostResult] };
  return hosts[0];
}

export const lastLine = (text: string): unknown => JSON.parse(text.trim().split('\n').at(-1) ?? '');

/** What a diagnosis takes for faults, by the names of its rules. */
export function faultsIn(diagnosis: ProgramResult): Map<string, Finding> {
  const { findings = [] } = succeeds(diagnosis).data ?? {};
  return new Map(findings.filter(({ severity }) => severity === 'error').map((found) => [found.rule, found]));
}

/** Files of an archive, by their names in it. */
export async function filesOf(archive: string): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-diagnosis-'));
  await execa('tar', ['-xzf', archive, '-C', folder]);
  const { stdout } = await execa('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: folder });
  const names = stdout.split('\n');
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await rm(folder, { recursive: true });
  return new Map(names.map((name, index) => [name, texts[index] ?? '']));
}

/** A cluster, and machines that join it with the Windows program of a release. */
export class WinBed {
  readonly cluster: WorkflowBed;
  readonly #template: Template;
  readonly #runtime: Server;
  readonly #folder: string;
  readonly #machines: WineWindows[] = [];
  #stopApprover = async (): Promise<void> => {};

  private constructor(cluster: WorkflowBed, template: Template, runtime: Server, folder: string) {
    this.cluster = cluster;
    this.#template = template;
    this.#runtime = runtime;
    this.#folder = folder;
  }

  static async open(template: Template): Promise<WinBed> {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-winbed-'));
    for (const [name, version] of Object.entries(BUNDLES))
      await writeBundle(join(folder, name), template.standIn, { version });
    const cluster = await workflowBed();
    await createPool(cluster.admin, POOL);
    const bed = new WinBed(cluster, template, await runtimeOnPort(), folder);
    bed.#stopApprover = openYurtApprover(cluster.admin);
    return bed;
  }

  /** A bundle on this machine. */
  bundleHere(name: keyof typeof BUNDLES): string {
    return join(this.#folder, name, 'bundle');
  }

  /** Words of a join or preflight by edgeadm on this machine. */
  wordsHere(name: keyof typeof BUNDLES = 'bundle'): string[] {
    return this.#words(['--bundle', this.bundleHere(name)]);
  }

  /** A machine that was just installed, with edgeadm.exe and a bundle on it. */
  async machine(edition: Edition = 'server-2019'): Promise<WineWindows> {
    const windows = await WineWindows.make(this.#template, { edition });
    this.#machines.push(windows);
    const address = this.#runtime.address();
    if (address === null || typeof address === 'string') throw new Error('the runtime has no port');
    await windows.tell('cri.address', `127.0.0.1:${address.port}`);
    await windows.put(`/${OWN_FOLDER}/edgeadm.exe`, onWholePages(await readFile(await windowsExecutable())));
    for (const name of Object.keys(BUNDLES) as (keyof typeof BUNDLES)[])
      await windows.put(`/${OWN_FOLDER}/${name}`, { from: this.bundleHere(name) });
    return windows;
  }

  /**
   * Puts a program of an edge-hub on the machine: a service host, and the stand-in that it runs.
   * @returns words for a join
   */
  async giveHub(windows: WineWindows, say: Say): Promise<string[]> {
    const program = await compileEdgeHub(say, '', 'windows');
    await windows.put(`/${OWN_FOLDER}/hub/yurthub.exe`, { from: program });
    await windows.put(`/${OWN_FOLDER}/given/yurthub.exe`, { from: this.#template.standIn });
    const given = `C:\\${OWN_FOLDER}\\given\\yurthub.exe`;
    return ['--edge-hub-program', given, '--edge-hub-version', 'v1.7.0', '--nodepool', POOL];
  }

  preflight(windows: WineWindows): Promise<ProgramResult> {
    return windows.run(PROGRAM, ['preflight', ...this.#words(), '-o', 'json']);
  }

  join(windows: WineWindows, more: readonly string[] = []): Promise<ProgramResult> {
    return windows.run(PROGRAM, this.joinWords(more));
  }

  joinWords(more: readonly string[] = []): string[] {
    return ['join', ...this.#words(more), '--yes', '-o', 'json'];
  }

  upgrade(windows: WineWindows, more: readonly string[] = []): Promise<ProgramResult> {
    return windows.run(PROGRAM, ['upgrade', '--bundle', bundleOf('bundle'), ...more, '--yes', '-o', 'json']);
  }

  diagnose(windows: WineWindows): Promise<ProgramResult> {
    return windows.run(PROGRAM, ['diagnose', '-o', `C:\\${OWN_FOLDER}\\${ARCHIVE}`, '-o', 'json']);
  }

  reset(windows: WineWindows): Promise<ProgramResult> {
    return windows.run(PROGRAM, RESET);
  }

  async close(): Promise<void> {
    for (const windows of this.#machines) await windows.remove();
    this.#runtime.close();
    await this.#stopApprover();
    await this.cluster.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #words(more: readonly string[] = []): string[] {
    const settings = ['--manage-runtime', '--ignore-preflight-errors=ClusterVersion', ...more];
    const bundle = more.includes('--bundle') ? [] : ['--bundle', bundleOf('bundle')];
    const hub = more.includes('--edge-hub-program') ? [] : ['--no-edge-hub'];
    return [...this.cluster.joinWords, ...bundle, ...settings, ...hub];
  }
}

interface BundleParts {
  /** Of Kubernetes. */
  readonly version: string;
  /** The kubelet in place of a stand-in. */
  readonly kubelet?: string;
}

/** Kubelet and containerd are stand-ins: services as the real ones are. It is made in `bundle` of a new folder. */
export async function writeBundle(
  folder: string,
  standIn: string,
  { version, kubelet: given }: BundleParts,
): Promise<void> {
  await mkdir(folder);
  const kubelet = join(folder, 'kubelet.exe');
  await copyFile(given ?? standIn, kubelet);
  if (given === undefined) await appendFile(kubelet, `\nkubernetes=${version}\n`);
  const data = await readFile(standIn);
  const names = ['containerd.exe', 'ctr.exe', 'containerd-shim-runhcs-v1.exe'];
  await writeFile(
    join(folder, 'containerd.tgz'),
    tgz(names.map((name) => ({ path: `bin/${name}`, mode: 0o644, data }))),
  );
  await createBundle({
    directory: join(folder, 'bundle'),
    kubernetesVersion: version,
    arch: 'amd64',
    os: 'windows',
    parts: [
      { kind: 'kubelet', source: kubelet },
      { kind: 'containerd', source: join(folder, 'containerd.tgz') },
    ],
  });
}

/** What answers behind the pipe of a machine's containerd. */
async function runtimeOnPort(): Promise<Server> {
  const connect = fakeRuntime({ name: 'containerd', version: '1.7.24', apis: ['v1', 'v1alpha2'] });
  const server = createServer(async (socket) => {
    const runtime = await connect();
    socket.on('error', () => runtime.destroy());
    socket.pipe(runtime).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/**
 * Runs a command, and does something to the machine as soon as a phase begins.
 * @returns whether the command had not ended before
 */
export async function interruptedIn(
  phase: string,
  windows: WineWindows,
  words: readonly string[],
  interrupt: () => Promise<void>,
): Promise<boolean> {
  const start = new RegExp(`^\\{"type":"phase-start".*"phase":"${phase}"`, 'm');
  let interrupted: Promise<void> | undefined;
  const { stdout } = await windows.run(PROGRAM, words, async (text) => {
    if (start.test(text)) interrupted ??= interrupt();
  });
  assert.ok(interrupted, `${phase} has not begun:\n${stdout}`);
  await interrupted;
  return !/"hosts":/.test(stdout);
}
