import { BaseCommand } from '../../../cli/base-command.ts';
import { interrupted, logTo, processIdentity } from '../../../cli/cluster-upgrade/follow.ts';
import { commandSignal } from '../../../cli/signals.ts';
import { jobExecutor } from '../../../cluster-upgrade/control/job-executor.ts';
import { runController } from '../../../cluster-upgrade/control/run-controller.ts';
import { localMachine } from '../../../host/local.ts';
import { clientInCluster } from '../../../kubernetes/kubeconfig/in-cluster.ts';

/** Milliseconds for giving up the lease; the kubelet kills the pod after 30 s. */
const HAND_OVER_MS = 10_000;

export default class ClusterUpgradeController extends BaseCommand {
  static override hidden = true;
  static override summary = 'Run the upgrade controller (started by its Job).';

  async run(): Promise<void> {
    await this.parse(ClusterUpgradeController);
    const log = logTo(this.openOutput({ looksOnly: true }));
    const { signal, done } = commandSignal(undefined, { interruptedMs: HAND_OVER_MS });
    const client = clientInCluster(localMachine().connect, { signal });
    try {
      const executor = ({ spec }: Parameters<Parameters<typeof runController>[0]['executor']>[0]) =>
        jobExecutor(client, spec);
      await runController({ client, identity: processIdentity(), executor, log, signal });
      await this.finish({ ok: true, hosts: [] });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw interrupted('the controller was stopped', 'its Job starts another one, which continues where it stopped');
    } finally {
      client.close();
      done();
    }
  }
}
