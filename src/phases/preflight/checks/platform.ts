import { isVendorVersion } from '../../../compat/cluster-version.ts';
import { describeNearest, rowFor } from '../../../compat/describe.ts';
import { lacksSystemd, notInMatrix } from '../../../compat/judge.ts';
import { MATRIX } from '../../../compat/matrix.ts';
import { nearestRows, type Platform, rowsThatFit } from '../../../compat/supports.ts';
import type { MatrixRow } from '../../../config/spec.ts';
import { judgeKernel } from '../../../kubernetes/system-requirements.ts';
import { cgroupVersionOf } from '../../../kubernetes/system-verification.ts';
import { minorOf } from '../../../kubernetes/version.ts';
import { type Check, type CheckResult, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';

const REMEDY =
  'Use a supported system (`edgeadm compat` lists them), or add a row that you have tested with `--compat-matrix FILE`.';

export const archSupported: Check = {
  name: 'ArchSupported',
  concerns: 'node',
  severity: 'error',
  about: 'The architecture is in the compatibility matrix, and the bundle is made for it.',
  remedy: 'Use a machine with a supported architecture, or a bundle for this one.',
  run: async (context) => {
    const { arch } = await context.host.facts();
    const listed = [...new Set(rowsOf(context).map((row) => row.arch))];
    if (!listed.includes(arch)) {
      return fail(`found ${arch}, supported ${listed.join(', ')}`, { code: 'OS_UNSUPPORTED' });
    }
    const bundle = await context.node.bundle();
    if (!bundle || bundle.manifest.arch === arch) return pass(arch);
    return fail(`the node is ${arch}, the bundle ${bundle.origin} is for ${bundle.manifest.arch}`, {
      code: 'BUNDLE_INVALID',
    });
  },
};

export const osSupported: Check = {
  name: 'OSSupported',
  concerns: 'node',
  severity: 'error',
  about:
    "systemd boots the machine. On the vendor's clusters (versions with `-aliyun` or `-aliyunedge`), operating system and version are in the compatibility matrix; on any other cluster a system outside the matrix is a warning.",
  remedy: REMEDY,
  needs: ['ArchSupported'],
  run: async (context) => {
    const platform = await platformOf(context);
    const withoutSystemd = await initRefusal(context);
    if (withoutSystemd) return withoutSystemd;
    if (isBinding(platform)) return verdict(platform, { ...platform, kernel: undefined }, rowsOf(context));
    if (rowsThatFit(platform, rowsOf(context)).length > 0) return pass(`${platform.os} ${platform.version}`);
    // The checks of kernel and cgroups decide: there is nothing to do.
    return fail(notInMatrix(platform), { severity: 'warning', remedy: '' });
  },
};

export const kernelSupported: Check = {
  name: 'KernelSupported',
  concerns: 'node',
  severity: 'error',
  about:
    "The kernel is one that this Kubernetes runs on (3.10 or newer, 4.15 with cgroup v2). Older than upstream tests (4.19 from Kubernetes 1.32, 5.4 from 1.34 on) is a warning. On the vendor's clusters, its first two numbers are in the compatibility matrix.",
  remedy: 'Boot a newer kernel.',
  needs: ['OSSupported'],
  run: async (context) => {
    const platform = await platformOf(context);
    if (isBinding(platform)) {
      const result = verdict(platform, platform, rowsOf(context));
      if (result.status === 'fail') return result;
    }
    const { kernel, clusterVersion } = platform;
    const minor = clusterVersion === undefined ? undefined : minorOf(clusterVersion);
    const fit = judgeKernel(kernel, minor, await cgroupVersionOf(context.host));
    if (fit.verdict === 'too old') {
      return fail(`the kernel is ${kernel}, Kubernetes needs ${fit.needs} or newer`, { code: 'OS_UNSUPPORTED' });
    }
    if (fit.verdict !== 'untested') return pass(kernel);
    return fail(
      `kernel ${kernel} is older than ${fit.needs}, the oldest that Kubernetes ${clusterVersion} is tested with`,
      {
        severity: 'warning',
      },
    );
  },
};

function rowsOf({ spec }: CheckContext): MatrixRow[] {
  return [...MATRIX, ...spec.compatMatrix];
}

type Found = Omit<Platform, 'clusterVersion'> & { readonly clusterVersion?: string };

/** The cluster's version stays open if it cannot be learned: the checks of the cluster tell why. */
async function platformOf({ host, cluster }: CheckContext): Promise<Found> {
  const [facts, clusterVersion] = await Promise.all([host.facts(), cluster.version().catch(() => undefined)]);
  const { os, arch, kernel } = facts;
  return { arch, os: os.name, osId: os.id, version: os.version, kernel, clusterVersion };
}

/** The vendor supports its clusters on the systems of the matrix alone. */
function isBinding({ clusterVersion }: Found): boolean {
  return clusterVersion !== undefined && isVendorVersion(clusterVersion);
}

/** A machine that runs tells its process 1; a folder of files has only the name of its distribution to go by. */
async function initRefusal({ host }: CheckContext): Promise<CheckResult | undefined> {
  const { init, os } = await host.facts();
  const isSystemd = init === 'systemd' || init === '';
  if (isSystemd && (host.runsPrograms || !lacksSystemd({ os: os.name, osId: os.id }))) return undefined;
  return fail(
    isSystemd
      ? `${os.pretty} does not boot systemd`
      : `process 1 of ${os.pretty} is ${init}, not systemd, which starts the kubelet and the container runtime`,
    { code: 'PLATFORM_UNSUPPORTED', remedy: 'Use a distribution that boots systemd.' },
  );
}

/** @param asked the part of what was found that has to fit */
function verdict(found: Found, asked: Partial<Platform>, rows: readonly MatrixRow[]): CheckResult {
  if (rowsThatFit(asked, rows).length > 0) return pass(asked.kernel ?? `${found.os} ${found.version}`);
  const { os, version, kernel, arch, clusterVersion } = found;
  const cluster = clusterVersion === undefined ? '' : ` for ${clusterVersion}`;
  const nearest = nearestRows(found, rows, 1).map((row) => `\nnearest: ${describeNearest(found, row)}`);
  const check = asked.kernel === undefined ? 'OSSupported' : 'KernelSupported';
  return fail(`${os} ${version}, kernel ${kernel}, ${arch} is not in the compatibility matrix${cluster}${nearest}`, {
    code: 'OS_UNSUPPORTED',
    remedy: [
      `Use a supported system (\`edgeadm compat\`), accept this one with \`--ignore-preflight-errors ${check}\`,`,
      `or save this row to a file and add \`--compat-matrix FILE\`: \`${rowFor(found)}\``,
    ].join(' '),
  });
}
