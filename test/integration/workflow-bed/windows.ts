import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { BundleStore } from '../../../src/artifacts/bundle-store.ts';
import { createBundle } from '../../../src/artifacts/create-bundle.ts';
import { joinSpec } from '../../../src/config/join-spec.ts';
import type { Machine } from '../../../src/host/machine.ts';
import { type NodeSession, withNode } from '../../../src/host/node-session.ts';
import type { Continuation } from '../../../src/phases/join/continuation.ts';
import { type JoinResult, join as joinNode } from '../../../src/phases/join/join.ts';
import { type ResetResult, reset } from '../../../src/phases/reset/reset.ts';
import type { UpgradeSpec } from '../../../src/phases/upgrade/context.ts';
import { type UpgradeResult, upgrade } from '../../../src/phases/upgrade/upgrade.ts';
import type { WorkflowEvent } from '../../../src/workflow/events.ts';
import { tgz, windowsProgram } from '../../unit/artifacts/fixtures.ts';
import { fakeRuntime } from '../../unit/fake-runtime.ts';
import { FakeWindows, type FakeWindowsOptions } from '../../unit/host/windows/fake-windows.ts';
import type { SshNode } from '../host/ssh/ssh-node.ts';
import { type ShellName, sshWindows } from '../host/ssh/ssh-windows.ts';
import type { WorkflowBed } from './bed.ts';
import { type Faults, withFaults } from './faults.ts';
import { photograph } from './photograph.ts';

/** As `hostname` says it, in small letters. */
export const WINDOWS_NAME = 'win-edge1';

/** What services leave on the drive while they run, and the pods of a kubelet with them. */
const LEFT_BEHIND: Readonly<Record<string, readonly string[]>> = {
  containerd: ['/ProgramData/containerd/root/metadata.db', '/ProgramData/containerd/state/pid'],
  kubelet: [
    '/var/lib/kubelet/pods/1/volume',
    '/var/log/pods/1/0.log',
    '/etc/cni/net.d/10-flannel.conf',
    '/opt/cni/bin/flannel.exe',
    '/run/flannel/subnet.env',
    '/k/flannel/flanneld.exe',
    '/var/lib/kube-proxy/config.conf',
  ],
};

interface RunOptions {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly continuation?: Continuation;
}

/** A Windows machine and the workflows on it, against the API server of a bed. */
export class WindowsNode {
  readonly windows: FakeWindows;
  readonly events: WorkflowEvent[] = [];
  readonly faults: Faults = {};
  readonly #bed: WorkflowBed;
  #ssh: SshNode | undefined;

  private constructor(windows: FakeWindows, bed: WorkflowBed) {
    this.windows = windows;
    this.#bed = bed;
  }

  static async make(bed: WorkflowBed, options: FakeWindowsOptions = {}): Promise<WindowsNode> {
    // A kubelet says its version if it is asked, and when it registers its node.
    const version = async (): Promise<string> =>
      /Kubernetes v\S+/.exec(await windows.read('/k/kubelet.exe'))?.[0] ?? 'Kubernetes v1.20.2';
    const windows: FakeWindows = await FakeWindows.make({
      containerd: fakeRuntime({ name: 'containerd', version: '1.7.0', apis: ['v1', 'v1alpha2'] }),
      onStart: async (name, command) => {
        for (const path of LEFT_BEHIND[name] ?? []) await windows.put(`C:${path}`, '');
        if (name === 'kubelet') await registerNode(bed, command, (await version()).replace('Kubernetes ', ''));
      },
      ...options,
      programs: {
        'ctr.exe': () => ({}),
        'kubelet.exe': async () => ({ stdout: await version() }),
        ...options.programs,
      },
    });
    return new WindowsNode(windows, bed);
  }

  /** From now on, edgeadm runs on another machine. */
  async reachOverSsh(shell: ShellName): Promise<void> {
    this.#ssh = await sshWindows(this.windows, shell);
  }

  /** The machine as edgeadm has it; the caller closes it. */
  async machine(): Promise<Machine> {
    return this.#ssh?.open() ?? this.windows.machine();
  }

  async remove(): Promise<void> {
    await this.#ssh?.stop();
    await this.windows.remove();
  }

  /** What the kubelet of the service does once it runs. */
  async register(): Promise<void> {
    const { registry } = this.windows.state() as { registry: Record<string, { data: string }> };
    const command = registry['HKLM\\SYSTEM\\CurrentControlSet\\Services\\kubelet\\ImagePath']?.data ?? '';
    const version = /Kubernetes (v\S+)/.exec(await this.windows.read('/k/kubelet.exe'))?.[1] ?? '';
    await registerNode(this.#bed, command, version);
  }

  join({ spec: more = {}, continuation, ...options }: RunOptions = {}): Promise<JoinResult> {
    const [server = '', , token = '', , hash = ''] = this.#bed.joinWords;
    const values = {
      apiServers: [server],
      token,
      caCertHashes: [hash],
      edgeHub: false,
      ignorePreflightErrors: ['ClusterVersion'],
      ...more,
    };
    const spec = joinSpec([{ nameOf: (key) => key, values }], { yes: true, timeoutMs: 60_000, compatMatrix: [] });
    return this.#run('join', options, (run) => joinNode({ ...run, spec, continuation }));
  }

  reset(options: RunOptions = {}): Promise<ResetResult> {
    const spec = { force: true, keepRuntime: false, cleanupImages: false, drain: false, deleteNode: false };
    return this.#run('reset', options, (run) => reset({ ...run, spec }));
  }

  upgrade(more: Partial<UpgradeSpec>, options: RunOptions = {}): Promise<UpgradeResult> {
    const spec = { drain: false, drainTimeoutMs: 10_000, migrateRuntime: false, ...more };
    return this.#run('upgrade', options, (run) => upgrade({ ...run, steadyMs: 0, spec }));
  }

  /** Drive, registry and services. */
  async photograph(): Promise<Readonly<Record<string, unknown>>> {
    return { drive: await photograph(this.windows.root), ...this.windows.state() };
  }

  async #run<T>(command: string, options: RunOptions, work: (run: Run) => Promise<T>): Promise<T> {
    const { signal = new AbortController().signal, dryRun = false } = options;
    const bundles = new BundleStore();
    this.events.length = 0;
    const emit = (event: WorkflowEvent): void => void this.events.push(event);
    const session = { command, version: '0.0.0-test', changes: !dryRun };
    const machine = await this.machine();
    try {
      return await withNode(withFaults(machine, this.faults), session, (node) =>
        work({ session: node, label: 'localhost', emit, signal, dryRun, bundles }),
      );
    } finally {
      await machine.close();
      await bundles.close();
    }
  }
}

interface Run {
  readonly session: NodeSession;
  readonly label: string;
  readonly emit: (event: WorkflowEvent) => void;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly bundles: BundleStore;
}

/** What a kubelet of Windows says of its node once it runs. */
async function registerNode(bed: WorkflowBed, command: string, kubeletVersion: string): Promise<void> {
  const flag = (name: string): string => new RegExp(`--${name}=("?)([^\\s"]*)\\1`).exec(command)?.[2] ?? '';
  const name = flag('hostname-override');
  const labels = Object.fromEntries(
    flag('node-labels')
      .split(',')
      .map((label) => label.split('=')),
  ) as Record<string, string>;
  const taints = flag('register-with-taints')
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const [, key = '', value = '', effect = ''] = /^([^=]*)=([^:]*):(.*)$/.exec(text) ?? [];
      return { key, value, effect };
    });
  const now = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const path = `/api/v1/nodes/${name}`;
  if (!(await bed.admin.find<V1Node>(path)))
    await bed.admin.request('POST', '/api/v1/nodes', {
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { ...labels, 'kubernetes.io/os': 'windows' } },
        spec: { taints },
      },
    });
  const status = { conditions: [ready], nodeInfo: { machineID: 'win-edge1', kubeletVersion } };
  await bed.admin.patch(`${path}/status`, { status }, { contentType: 'application/strategic-merge-patch+json' });
}

/** A bundle for Windows with programs that are some by their head alone. */
export async function windowsBundle(kubernetesVersion: string, kubelet = kubernetesVersion): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-windows-bundle-'));
  const part = async (name: string, content: Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const archive = (names: readonly string[]) =>
    tgz(names.map((path) => ({ path, mode: 0o644, data: windowsProgram('amd64', path) })));
  const parts = [
    { kind: 'kubelet', source: await part('kubelet.exe', windowsProgram('amd64', `Kubernetes ${kubelet} `)) },
    {
      kind: 'containerd',
      source: await part(
        'containerd.tgz',
        archive(['bin/containerd.exe', 'bin/ctr.exe', 'bin/containerd-shim-runhcs-v1.exe']),
      ),
    },
    { kind: 'cni-plugins', source: await part('cni.tgz', archive(['nat.exe', 'host-local.exe'])) },
  ] as const;
  const directory = join(folder, 'bundle');
  await createBundle({ directory, kubernetesVersion, arch: 'amd64', os: 'windows', parts });
  return directory;
}
