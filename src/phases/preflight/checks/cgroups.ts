import { cgroupProblem, cgroupVersionOf, kernelOptionsMissing } from '../../../kubernetes/system-verification.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { controllerRemedy } from '../controller-remedy.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

export const systemVerification: Check = {
  name: 'SystemVerification(cgroups)',
  concerns: 'node',
  severity: 'error',
  about:
    'The cgroup controllers that the kubelet needs are enabled and mounted, in a cgroup version that this kubelet supports (v2 from 1.19 on, v1 up to 1.34, and later where the cluster sets `failCgroupV1: false`).',
  remedy: 'Enable the controllers on the kernel command line (for memory: `cgroup_enable=memory`) and reboot.',
  run: async (context) => {
    const version = await cgroupVersionOf(context.host);
    if (version === undefined) return skip('/proc/mounts does not exist');
    const problem = await cgroupProblem(context.host, await kubeletMinor(context), await acceptsV1(context));
    if (!problem) return pass(`cgroup v${version}`);
    const remedy = problem.missing ? await controllerRemedy(context.host, problem.missing) : VERSION_REMEDY;
    return fail(problem.found, { remedy });
  },
};

const VERSION_REMEDY =
  'Boot with the other cgroup version: `systemd.unified_cgroup_hierarchy=1` for v2, `=0` for v1 on the kernel command line.';

/**
 * Whether the cluster's configuration for kubelets says so; if it cannot be read, the checks of the cluster say why.
 */
async function acceptsV1({ cluster }: CheckContext): Promise<boolean> {
  const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
  return configuration?.failCgroupV1 === false;
}

export const kernelOptions: Check = {
  name: 'SystemVerification(kernel)',
  concerns: 'node',
  severity: 'error',
  about:
    "The running kernel was built with the options that this Kubernetes requires (its system validators' list): namespaces, cgroups, netfilter. Read from /proc/config.gz, /boot or /usr/lib/modules; skipped if the kernel publishes no configuration.",
  remedy: "Boot your distribution's standard kernel, or build this one with these options.",
  run: async (context) => {
    const { kernel } = await context.host.facts();
    const missing = await kernelOptionsMissing(context.host, await kubeletMinor(context));
    if (missing === undefined) return skip(`the kernel ${kernel || 'of this root'} publishes no configuration`);
    return missing.length === 0 ? pass(kernel) : fail(`the kernel ${kernel} lacks ${missing.join(', ')}`);
  },
};
