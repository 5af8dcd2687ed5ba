import type { Taint } from '../../../config/spec.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import { VENDOR } from '../../vendor-messages.ts';
import type { JoinContext } from '../context.ts';
import { checkNodeAndTaints } from '../preflight.ts';

/** Keeps pods off that do not say that they run on Windows. Source: the user guide, "Create an application on a Windows node" */
const WINDOWS_TAINT: Taint = { key: 'os', value: 'windows', effect: 'NoSchedule' };
/** Below it the vendor's tool warns. */
const DISK_WARNING_BYTES = 50_000_000_000;

/** The taints requested, and that of a Windows node unless the request has one of its key. */
export function windowsTaints({ taints }: Pick<JoinContext['spec'], 'taints'>): readonly Taint[] {
  return taints.some(({ key }) => key === WINDOWS_TAINT.key) ? taints : [...taints, WINDOWS_TAINT];
}

/** Nothing is changed before every check has passed. */
export const windowsPreflight: Phase<JoinContext> = {
  name: 'preflight',
  title: 'Check the node and its connection to the cluster',
  run: async (context) => {
    await sayWhatIsChecked(context);
    await checkNodeAndTaints(context, windowsTaints(context.spec));
  },
};

async function sayWhatIsChecked({ host, log }: JoinContext & PhaseTools): Promise<void> {
  for (const line of VENDOR.windows.validating) log.vendor(line);
  const { systemDrive } = await host.facts();
  if (!systemDrive || systemDrive.freeBytes >= DISK_WARNING_BYTES) return;
  for (const line of VENDOR.windows.smallDisk) log.vendor(line);
}
