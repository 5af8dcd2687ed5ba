import { isDeepStrictEqual } from 'node:util';
import { EdgeadmError } from '../../../errors/index.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { cniPluginFolders } from '../../../kubernetes/cri/cni-folders.ts';
import { configVersion, importsOf, keepsCriOff } from '../../../kubernetes/cri/containerd-config.ts';
import { importedFiles } from '../../../kubernetes/cri/containerd-imports.ts';
import { type CgroupDriver, CriClient, type RuntimeVersion } from '../../../kubernetes/cri/index.ts';
import { removalOf } from '../../../kubernetes/removals.ts';
import { parseVersion } from '../../../kubernetes/version.ts';
import { jsonMap } from '../../../lib/check-shape.ts';
import { type Check, type CheckResult, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { kubeletMinor } from '../kubelet-minor.ts';
import { startCommandOf } from '../unit-command.ts';

export const runtime: Check = {
  name: 'Runtime',
  concerns: 'node',
  severity: 'error',
  about:
    'containerd is installed, or `--manage-runtime` is given with a bundle that contains it. Docker is accepted before Kubernetes 1.24.',
  remedy: 'Install containerd, or let edgeadm install it: `--manage-runtime --bundle BUNDLE`.',
  run: async (context) => {
    const { host, spec } = context;
    if (spec.criSocket !== undefined) return pass(`${spec.criSocket} was given`);
    if (spec.runtime === 'docker') return checkDocker(context);
    // The join edits it, and does so only if it can read it.
    importsOf((await host.read(PATHS.containerd.configuration)) ?? '');
    const { exists, detail, masked } = await host.unit(PATHS.containerd.unit);
    if (masked) return refuseMasked(PATHS.containerd.unit);
    if (exists && host.runsPrograms && detail.startsWith('failed')) {
      return fail(`${PATHS.containerd.unit} is ${detail}`, { remedy: 'See `journalctl -u containerd`.' });
    }
    if (exists && host.runsPrograms)
      return (
        (await otherConfiguration(context)) ??
        (await otherPluginFolder(context)) ??
        (await newerImport(context)) ??
        pass(`${PATHS.containerd.unit} is ${detail}`)
      );
    if (spec.manageRuntime && (await bundleHasContainerd(context))) return pass('containerd comes from the bundle');
    if (!host.runsPrograms) return skip('a scratch root runs no services');
    return fail(`containerd is not installed${spec.manageRuntime ? ', and no bundle contains it' : ''}`);
  },
};

export const cri: Check = {
  name: 'CRI',
  concerns: 'node',
  severity: 'error',
  about:
    'The runtime answers on its CRI socket with a CRI version that the kubelet supports: containerd 1.x up to kubelet 1.22, containerd 1.6 or later from kubelet 1.26 on. A runtime that does not say which cgroup driver it uses (containerd 1.x) is a warning from kubelet 1.38 on. The join enables a CRI plug-in that is disabled.',
  remedy: 'Check the log of the runtime: `journalctl -u containerd`.',
  needs: ['Runtime'],
  run: async (context) => {
    const { host, spec, node, signal } = context;
    if (spec.runtime === 'docker') return skip('the kubelet connects to docker through dockershim');
    const state = host.runsPrograms ? await host.unit(PATHS.containerd.unit) : NOT_THERE;
    if (spec.criSocket === undefined && !state.active) return skip('containerd is not running yet: the join starts it');
    if (await isSwitchedOff(context))
      return pass('switched off in config.toml (disabled_plugins or systemd_cgroup); the join enables it');
    const client = await CriClient.connect(host, await node.criSocket(), { timeoutMs: 5000, signal });
    const driver = await client.cgroupDriver().finally(() => client.close());
    return judgeVersion(client.version, await kubeletMinor(context), driver);
  },
};

const NOT_THERE = { exists: false, active: false, detail: '' };

/** A containerd that is started with another file does not read what the join writes. */
async function otherConfiguration({ host }: CheckContext): Promise<CheckResult | undefined> {
  const command = (await startCommandOf(host, PATHS.containerd.unit)) ?? '';
  const file = /\s(?:--config|-c)[=\s]\s*["']?([^\s"']+)/.exec(command)?.[1];
  if (file === undefined || file === PATHS.containerd.configuration) return undefined;
  return fail(
    `${PATHS.containerd.unit} starts containerd with --config ${file}: it does not read ${PATHS.containerd.configuration}, which the join configures`,
    {
      severity: 'warning',
      remedy: `Take --config out of the unit (\`systemctl edit --full ${PATHS.containerd.unit}\`), or set SystemdCgroup = true and the pause image in ${file} yourself.`,
    },
  );
}

/** Debian's package of containerd; the join corrects it if the bundle brings CNI plug-ins. */
async function otherPluginFolder({ host, node }: CheckContext): Promise<CheckResult | undefined> {
  const bundle = await node.bundle().catch(() => undefined);
  if (bundle?.manifest.files.some(({ kind }) => kind === 'cni-plugins')) return undefined;
  const folders = await cniPluginFolders(host);
  if (folders.includes(PATHS.cni.plugins)) return undefined;
  // One folder may be a link to the other.
  const [usual = [], ...own] = await Promise.all([PATHS.cni.plugins, ...folders].map((path) => host.list(path)));
  if (usual.length > 0 && own.some((names) => isDeepStrictEqual([...names].sort(), [...usual].sort())))
    return undefined;
  return fail(
    `containerd looks for CNI plug-ins in ${folders.join(', ')}; most network add-ons install theirs in ${PATHS.cni.plugins}`,
    {
      severity: 'warning',
      remedy: `Set bin_dir = "${PATHS.cni.plugins}" in ${PATHS.containerd.configuration}, with all plug-ins in that folder, or make ${PATHS.cni.plugins} a link to ${folders[0]}.`,
    },
  );
}

/** containerd 2.2 does not start with such a file; later ones read all files by the version of the first again. */
async function newerImport({ host }: CheckContext): Promise<CheckResult | undefined> {
  const own = (await host.read(PATHS.containerd.configuration)) ?? '';
  const version = configVersion(own);
  for (const path of await importedFiles(host, own)) {
    const imported = configVersion((await host.read(path)) ?? '', path);
    if (imported > Math.max(version, 2))
      return fail(
        `${path} is of version ${imported}, ${PATHS.containerd.configuration}, which imports it, ${version > 0 ? `of version ${version}` : 'of none'}: containerd 2.2 does not start with both`,
        {
          severity: 'warning',
          remedy: `Bring ${PATHS.containerd.configuration} to version ${imported}: \`containerd config migrate\` prints it.`,
        },
      );
  }
  return undefined;
}

async function checkDocker(context: CheckContext): Promise<CheckResult> {
  const minor = await kubeletMinor(context);
  const removal = minor === undefined ? undefined : removalOf('runtime', 'dockershim', minor);
  if (removal) {
    return fail(`kubelet 1.${minor} does not support docker; 1.${removal.goneIn - 1} was the last version that did`, {
      remedy: 'Set `runtime: containerd`.',
    });
  }
  // Docker does not start with a file that is damaged, and one that runs does not start again.
  jsonMap((await context.host.read(PATHS.docker.configuration)) ?? '', {
    what: PATHS.docker.configuration,
    code: 'RUNTIME_FAILED',
    next: `Correct it, then restart docker: \`systemctl restart ${PATHS.docker.unit}\`.`,
  });
  if (!context.host.runsPrograms) return skip('a scratch root runs no services');
  const { active, detail, masked } = await context.host.unit(PATHS.docker.unit);
  if (masked) return refuseMasked(PATHS.docker.unit);
  return active
    ? pass(`${PATHS.docker.unit} is active`)
    : fail(`${PATHS.docker.unit} is ${detail}`, {
        remedy: `Start it: \`systemctl start ${PATHS.docker.unit}\`; its log: \`journalctl -u ${PATHS.docker.unit}\`.`,
      });
}

function refuseMasked(unit: string): CheckResult {
  return fail(`${unit} is masked: nothing can start it`, {
    remedy: `Allow it to start: \`systemctl unmask ${unit}\`.`,
  });
}

async function bundleHasContainerd({ node }: CheckContext): Promise<boolean> {
  return (await node.bundle())?.manifest.files.some((file) => file.kind === 'containerd') ?? false;
}

/** Docker's package of containerd ships so. */
async function isSwitchedOff({ host, spec }: CheckContext): Promise<boolean> {
  if (spec.criSocket !== undefined) return false;
  const text = (await host.read(PATHS.containerd.configuration)) ?? '';
  return keepsCriOff(text);
}

/** @see https://containerd.io/releases/#kubernetes-support */
function judgeVersion(
  { name, version, api }: RuntimeVersion,
  kubelet: number | undefined,
  driver: CgroupDriver | undefined,
): CheckResult {
  const told = `${name} ${version}`;
  const silent = driver || kubelet === undefined ? undefined : removalOf('runtime', 'withoutRuntimeConfig', kubelet);
  if (silent) {
    return fail(
      `${told} does not say which cgroup driver it uses (CRI RuntimeConfig): kubelets from 1.${silent.goneIn} on will refuse it, as Kubernetes has announced`,
      { severity: 'warning', remedy: silent.advice },
    );
  }
  if (kubelet === undefined || name !== 'containerd') return pass(told);
  const removal = removalOf('runtime', api, kubelet);
  if (removal)
    return fail(`${told} supports only CRI ${api}, but kubelet 1.${kubelet} needs v1`, { remedy: removal.advice });
  if (kubelet <= 22 && majorOf(version) >= 2) {
    return fail(`${told} supports only CRI v1, but kubelet 1.${kubelet} needs v1alpha2`, {
      remedy: 'Install containerd 1.6 or 1.7.',
    });
  }
  return pass(told);
}

function majorOf(version: string): number {
  try {
    return parseVersion(version).major;
  } catch (error) {
    if (error instanceof EdgeadmError) return 1;
    throw error;
  }
}
