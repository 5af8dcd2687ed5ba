import type { BundleStore } from '../../artifacts/bundle-store.ts';
import { withNode } from '../../host/node-session.ts';
import type { Target } from '../../host/targets.ts';
import { upgrade } from '../../phases/upgrade/upgrade.ts';
import type { EventSink } from '../../workflow/events.ts';
import type { PlanSpec } from '../plan/plan.ts';
import type { NodeExecutor } from './executor.ts';

export interface SshExecutorOptions {
  readonly spec: PlanSpec;
  /** By the names of their nodes. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly bundles: BundleStore;
  readonly emit: EventSink;
  /** Of edgeadm, for the node's journal. */
  readonly version: string;
}

/** Upgrades nodes from here over SSH, as `edgeadm upgrade --host` does. */
export function sshExecutor({ spec, targets, bundles, emit, version }: SshExecutorOptions): NodeExecutor {
  const { targetVersion: kubeletVersion, bundle, bundleSha256, drainTimeoutMs } = spec;
  return {
    upgrade: async ({ name }, signal) => {
      const target = targets.get(name);
      if (!target) throw new Error(`node ${name} has no host`);
      const machine = await target.open(signal);
      try {
        await withNode(machine, { command: 'upgrade', version, changes: true, signal }, (session) =>
          upgrade({
            // The controller drains: a node has no right to.
            spec: { kubeletVersion, bundle, bundleSha256, drain: false, drainTimeoutMs, migrateRuntime: false },
            session,
            label: target.label,
            emit,
            signal,
            dryRun: false,
            bundles,
          }),
        );
      } finally {
        await machine.close().catch(() => {});
      }
    },
  };
}
