import { nearestInWords, rowFor } from '../../../compat/describe.ts';
import { MATRIX } from '../../../compat/matrix.ts';
import { nearestRows, type Platform, rowsThatFit } from '../../../compat/supports.ts';
import type { MatrixRow } from '../../../config/spec.ts';
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
  about: 'The operating system and its version are in the compatibility matrix for the cluster version.',
  remedy: REMEDY,
  needs: ['ArchSupported'],
  run: async (context) => {
    const platform = await platformOf(context);
    return verdict(platform, { ...platform, kernel: undefined }, rowsOf(context));
  },
};

export const kernelSupported: Check = {
  name: 'KernelSupported',
  concerns: 'node',
  severity: 'error',
  about: 'The kernel version (its first two numbers) is in the compatibility matrix for this operating system.',
  remedy: REMEDY,
  needs: ['OSSupported'],
  run: async (context) => {
    const platform = await platformOf(context);
    return verdict(platform, platform, rowsOf(context));
  },
};

function rowsOf({ spec }: CheckContext): MatrixRow[] {
  return [...MATRIX, ...spec.compatMatrix];
}

/** The cluster's version stays open where it cannot be learned: the checks of the cluster tell why. */
async function platformOf({ host, cluster }: CheckContext): Promise<Partial<Platform>> {
  const [facts, clusterVersion] = await Promise.all([host.facts(), cluster.version().catch(() => undefined)]);
  const { os, arch, kernel } = facts;
  return { arch, os: os.name, osId: os.id, version: os.version, kernel, clusterVersion };
}

/** @param asked the part of what was found that has to fit */
function verdict(found: Partial<Platform>, asked: Partial<Platform>, rows: readonly MatrixRow[]): CheckResult {
  if (rowsThatFit(asked, rows).length > 0) return pass(asked.kernel ?? `${found.os} ${found.version}`);
  const { os, version, kernel, arch, clusterVersion } = found;
  const cluster = clusterVersion === undefined ? '' : ` for ${clusterVersion}`;
  const nearest = nearestRows(found, rows, 1).map((row) => `\nnearest: ${nearestInWords(found, row)}`);
  const check = asked.kernel === undefined ? 'OSSupported' : 'KernelSupported';
  return fail(`${os} ${version}, kernel ${kernel}, ${arch} is not in the compatibility matrix${cluster}${nearest}`, {
    code: 'OS_UNSUPPORTED',
    remedy: [
      `Use a supported system (\`edgeadm compat\`), accept this one with \`--ignore-preflight-errors ${check}\`,`,
      `or save this row to a file and add \`--compat-matrix FILE\`: \`${rowFor(found)}\``,
    ].join(' '),
  });
}
