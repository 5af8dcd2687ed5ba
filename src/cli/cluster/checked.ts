import type { ContainerService } from '../../cloud/cs.ts';
import type { UpgradeReport } from '../../cluster-upgrade/precheck/report.ts';
import type { Output } from '../../output/index.ts';
import { styleFor } from '../../output/style.ts';
import { type CheckRun, runClusterCheck } from '../../phases/cluster/check.ts';
import { logTo } from '../cluster-upgrade/follow.ts';
import { reportText } from '../cluster-upgrade/report.ts';
import { writeReport } from '../cluster-upgrade/report-html.ts';
import { reportOfCheck } from './check.ts';

interface Checking extends Pick<CheckRun, 'type' | 'target'> {
  readonly clusterId: string;
  readonly targetVersion: string;
  readonly flags: { readonly report?: string; readonly 'ignore-preflight-errors'?: readonly string[] };
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** The check that the service offers before an upgrade, shown; undefined if all of its errors are ignored and it fails. */
export async function checkedByService(
  service: ContainerService,
  { clusterId, type, target, targetVersion, flags, output, signal }: Checking,
): Promise<UpgradeReport | undefined> {
  const log = logTo(output);
  try {
    const tell = (line: string): void => log.info(line);
    const check = await runClusterCheck({ service, clusterId, type, target, signal, tell });
    const report = reportOfCheck(check, await service.cluster(clusterId), targetVersion);
    if (flags.report !== undefined) await writeReport(flags.report, report);
    const columns = process.stdout.columns || undefined;
    output.tell(`${reportText(report, { style: styleFor({}, false), columns })}\n`);
    return report;
  } catch (error) {
    if (signal.aborted || !flags['ignore-preflight-errors']?.includes('all')) throw error;
    log.warning(`The cluster could not be checked: ${(error as Error).message}`);
    return undefined;
  }
}
