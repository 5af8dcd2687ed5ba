import { Flags } from '@oclif/core';
import { startInBackground } from '../../../sandbox/background.ts';
import { runningSandbox, type SandboxFolder, type SandboxState } from '../../../sandbox/folder.ts';
import { startSandbox } from '../../../sandbox/index.ts';
import { sandboxVersion } from '../../../sandbox/kubernetes-version.ts';
import { DEFAULT_PORT } from '../../../sandbox/ports.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';
import { describeSandbox } from '../../cli/sandbox/text.ts';
import { commandSignal } from '../../cli/signals.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { quote } from '../../host/quote.ts';
import { shownTime } from '../../lib/shown-time.ts';
import { now, phaseLog } from '../../workflow/events.ts';

/** Milliseconds for writing down what is in it. */
const CLOSING_MS = 10_000;

/** A sandbox that is running keeps what it was started with. */
const ONLY_AT_START = ['cloud-nodes', 'retired-actions', 'delay-factor'] as const;

export default class SandboxUp extends BaseCommand {
  static override summary = 'Start a sandbox on this machine: a cluster and a cloud to try edgeadm with.';
  static override description =
    'It listens on 127.0.0.1 only, needs no root, and is not for production. Its data stays in a folder until `sandbox reset`.';
  static override examples = [
    '<%= config.bin %> sandbox up',
    '<%= config.bin %> sandbox up --background && eval "$(<%= config.bin %> sandbox env)"',
  ];
  static override flags = {
    ...sandboxFlags,
    port: Flags.integer({
      min: 0,
      max: 65_533,
      helpValue: 'P',
      description: `port of the API server; the cloud uses P+1, its ENS P+2; 0 chooses free ports; default, and with 0: those that it had before; ${DEFAULT_PORT} for a new sandbox`,
    }),
    'kubernetes-version': Flags.string({
      helpValue: 'V',
      description:
        'Kubernetes version of the cluster, such as 1.20 or 1.34.4; default: unchanged, or 1.34 for a new sandbox',
      parse: async (text) => sandboxVersion(text),
    }),
    'retired-actions': Flags.boolean({
      description: 'also answer the API actions that the container service switches off by 2026-09-30',
    }),
    'cloud-nodes': Flags.integer({
      min: 1,
      max: 20,
      helpValue: 'N',
      description:
        'also create a pool of N cloud nodes, and one ECS instance that is not a node yet; they stay once created',
    }),
    'delay-factor': Flags.integer({
      min: 1,
      max: 1000,
      helpValue: 'N',
      description: 'changes in the cloud take N times as long; by default they take tenths of a second',
    }),
    background: Flags.boolean({ aliases: ['detach'], description: 'return as soon as it is ready' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxUp);
    const folder = folderOf(flags);
    const dir = flags.dir === undefined ? '' : ` --dir ${quote(flags.dir)}`;
    const running = await runningSandbox(folder);
    const version = flags['kubernetes-version'];
    if (running) {
      refuseChange(running, flags, `edgeadm sandbox down${dir}`);
      const unused = ONLY_AT_START.filter((name) => flags[name]).map((name) => `--${name}`);
      const note = unused.length > 0 ? ` It must be started again for ${unused.join(', ')}.` : '';
      return this.#ready(
        folder,
        running,
        dir,
        `It is already running. \`edgeadm sandbox down${dir}\` stops it.${note}`,
      );
    }
    const options = {
      port: flags.port,
      retiredActions: flags['retired-actions'],
      kubernetesVersion: version,
      cloudNodes: flags['cloud-nodes'],
      slowness: flags['delay-factor'],
    };
    if (flags.background) {
      const state = await startInBackground(folder, options);
      return this.#ready(folder, state, dir, `Ready. It runs in the background until \`edgeadm sandbox down${dir}\`.`);
    }
    const output = this.openOutput({ verbose: true, looksOnly: true });
    const { warning } = phaseLog((body) => output.emit({ ...body, host: 'localhost', phase: 'sandbox', time: now() }));
    const { signal, done } = commandSignal(undefined, { interruptedMs: CLOSING_MS });
    const sandbox = await startSandbox({ folder, ...options, log: warning });
    try {
      await this.#ready(folder, sandbox.state, dir, 'Ready. Press Ctrl-C to stop it; its data is kept.');
      // It may have been ended while it said that it is ready.
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      await sandbox.close();
      done();
    }
  }

  async #ready(folder: SandboxFolder, state: SandboxState, dir: string, last: string): Promise<void> {
    const lines = [
      'This is an edgeadm sandbox, not for production. It listens on 127.0.0.1 only.',
      '',
      ...describeSandbox(folder, state),
      '',
      `To point edgeadm and kubectl at it:  eval "$(edgeadm sandbox env${dir})"`,
      `To create a node:                    edgeadm sandbox node create edge1${dir}`,
      '',
      ...cutOffNodes(state, dir),
      last,
    ];
    const data = { ...state, folder: folder.path };
    await this.finish({ ok: true, hosts: [], data, text: `${lines.join('\n')}\n` });
  }
}

/**
 * A sandbox that is running keeps its port and its version.
 * @throws EdgeadmError SANDBOX_RUNNING
 */
function refuseChange(
  { apiServer, kubernetesVersion, pid, started }: SandboxState,
  flags: { readonly port?: number; readonly 'kubernetes-version'?: string },
  down: string,
): void {
  const own = new URL(apiServer).port;
  const version = flags['kubernetes-version'];
  const unfit = [
    ...(flags.port && String(flags.port) !== own ? [`--port ${flags.port}`] : []),
    ...(version !== undefined && version !== kubernetesVersion ? [`--kubernetes-version ${version}`] : []),
  ];
  if (unfit.length === 0) return;
  const as = kubernetesVersion ? ` as ${kubernetesVersion}` : '';
  throw new EdgeadmError({
    code: 'SANDBOX_RUNNING',
    what: `the sandbox is already running on port ${own}${as}: ${unfit.join(' and ')} cannot be applied`,
    why: `process ${pid}, since ${shownTime(started)}`,
    next: `${down}, then the same command again: nodes and data are kept`,
  });
}

function cutOffNodes({ cutOff }: SandboxState, dir: string): string[] {
  if (!cutOff) return [];
  const { nodes, port } = cutOff;
  return [
    `Warning: ${nodes.join(', ')} joined the API server on port ${port} and cannot reach it on this one.`,
    `If port ${port} is free: edgeadm sandbox down${dir}, then edgeadm sandbox up --port ${port}${dir}`,
    '',
  ];
}
