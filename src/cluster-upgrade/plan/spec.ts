import { usageError } from '../../errors/usage.ts';
import type { PlanSpec } from './plan.ts';

/** The request of an upgrade. */
interface PlanRequest extends Omit<PlanSpec, 'targetVersion'> {
  /** Default: the cluster's. */
  readonly targetVersion?: string;
}

/**
 * What the plan of an upgrade is made for.
 * @param cluster version of the API server
 * @param check `runs` is false for a plan that is only shown and needs no image; `mistakes` were found before
 * @throws EdgeadmError USAGE with every mistake
 */
export function planSpec(
  request: PlanRequest,
  cluster: string,
  { runs, mistakes }: { readonly runs: boolean; readonly mistakes: readonly string[] },
): PlanSpec {
  const { executor, image, bundle, targetVersion: version = cluster } = request;
  const all = [
    ...mistakes,
    !/^v?\d+\.\d+\.\d+([-+][\w.-]+)?$/.test(version) &&
      `--target-version: "${version}" is not a version such as 1.20.3`,
    runs &&
      executor === 'job' &&
      image === undefined &&
      '--image is required: the upgrade image that the Jobs run (docs/cluster-upgrade.md); or use --executor ssh',
    executor === 'job' &&
      bundle !== undefined &&
      !/^https?:/.test(bundle) &&
      '--bundle: Jobs on nodes need a URL; to use a folder, build it into the image or use --executor ssh',
  ].filter((mistake) => mistake !== false);
  if (all.length > 0) throw usageError(all);
  return { ...request, targetVersion: `v${version.replace(/^v/, '')}` };
}
