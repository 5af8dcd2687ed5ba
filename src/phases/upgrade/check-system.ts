import { isVendorVersion } from '../../compat/cluster-version.ts';
import { describeNearest } from '../../compat/describe.ts';
import { MATRIX } from '../../compat/matrix.ts';
import { nearestRows, type Platform, rowsThatFit } from '../../compat/supports.ts';
import { judgeKernel } from '../../kubernetes/system-requirements.ts';
import { cgroupProblem, cgroupVersionOf, kernelOptionsMissing } from '../../kubernetes/system-verification.ts';
import { minorOf } from '../../kubernetes/version.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';
import { upgradeCheckFailed } from './precheck-error.ts';

type Context = Pick<UpgradeContext, 'host' | 'versions'> & Pick<PhaseTools, 'log'>;

/**
 * Refuses a target version that the machine cannot run.
 * @throws EdgeadmError UPGRADE_CHECK_FAILED
 */
export async function checkSystem(context: Context): Promise<void> {
  const { host, versions } = context;
  const minor = minorOf(versions.to);
  // The upgrade itself sets failCgroupV1 on a machine with cgroup v1.
  const cgroups = await cgroupProblem(host, minor, true);
  const options = (await kernelOptionsMissing(host, minor)) ?? [];
  const { kernel } = await host.facts();
  const fit = judgeKernel(kernel, minor, await cgroupVersionOf(host));
  const mistakes = [
    ...(cgroups ? [cgroups.found] : []),
    ...(options.length > 0 ? [`the kernel ${kernel} lacks ${options.join(', ')}`] : []),
    ...(fit.verdict === 'too old' ? [`kernel ${kernel}: ${versions.to} needs ${fit.needs} or newer`] : []),
    ...(await outsideTheMatrix(context)),
  ];
  if (mistakes.length > 0) throw upgradeCheckFailed(mistakes);
  if (fit.verdict === 'untested')
    context.log.warning(`kernel ${kernel} is older than ${fit.needs}, the oldest that ${versions.to} is tested with`);
}

/** The vendor's matrix is binding for its clusters; a node that was outside it before was accepted as it is. */
async function outsideTheMatrix({ host, versions, log }: Context): Promise<string[]> {
  if (!isVendorVersion(versions.cluster)) return [];
  const { os, arch, kernel } = await host.facts();
  const found: Omit<Platform, 'clusterVersion'> = { arch, os: os.name, osId: os.id, version: os.version, kernel };
  const fits = (clusterVersion: string): boolean => rowsThatFit({ ...found, clusterVersion }, MATRIX).length > 0;
  if (fits(versions.to)) return [];
  const nearest = nearestRows({ ...found, clusterVersion: versions.to }, MATRIX, 1).map((row) =>
    describeNearest(found, row),
  );
  const mistake = `${os.name} ${os.version}, kernel ${kernel}, ${arch} is not in the compatibility matrix for ${versions.to}; nearest: ${nearest.join()}`;
  if (fits(versions.from)) return [mistake];
  log.warning(mistake);
  return [];
}
