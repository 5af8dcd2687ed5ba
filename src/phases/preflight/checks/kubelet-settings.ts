import { refuseNodeLabel } from '../../../config/grammar.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { judgeExtraFlags, listedFlags } from '../../../kubernetes/kubelet/extra-flags.ts';
import { findKubelet } from '../../../kubernetes/kubelet/program.ts';
import { runtimeDriver } from '../cgroup-driver.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { overridingDropIns } from '../drop-ins.ts';
import { extraArguments } from '../extra-arguments.ts';
import { fitKubeletConfiguration } from '../kubelet-fit.ts';
import { kubeletMinor } from '../kubelet-minor.ts';
import { ownState } from '../own-state.ts';
import { missingRequirements } from '../unit-requirements.ts';

export const kubeletConfigurationValues: Check = {
  name: 'KubeletConfiguration',
  concerns: 'node',
  severity: 'warning',
  about:
    "Everything that the cluster's kubelet configuration refers to exists on this node: files, addresses, processors, memory, cgroups and feature gates, and clusterDNS has the family of the Service CIDR. The join writes the kubelet's default for what does not exist, and corrects values of an obviously wrong type (a quoted number).",
  remedy:
    'This node needs no action. If all nodes need the value, correct it: `kubectl --namespace kube-system edit configmap kubelet-config`.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const [configuration, minor, networks] = await Promise.all([
      context.cluster.kubeletConfiguration(),
      kubeletMinor(context),
      context.cluster.networks(),
    ]);
    if (!configuration || minor === undefined) return skip('the cluster keeps no kubelet configuration');
    const question = { configuration, minor, serviceCidrs: networks?.serviceCidrs ?? [] };
    const { changes } = await fitKubeletConfiguration(context.host, question);
    return changes.length === 0 ? pass() : fail(changes.join('\n'));
  },
};

export const cgroupDriver: Check = {
  name: 'CgroupDriver',
  concerns: 'node',
  severity: 'warning',
  about:
    "Docker or CRI-O uses systemd's cgroup driver. The kubelet is given the driver of the runtime in any case; with cgroupfs two managers share the cgroups of the machine.",
  remedy: `Add \`"exec-opts": ["native.cgroupdriver=systemd"]\` to ${PATHS.docker.configuration} (CRI-O: \`cgroup_manager = "systemd"\`) and restart the runtime.`,
  run: async ({ host, spec }) => {
    const found = await runtimeDriver(host, spec);
    if (!found) return skip('containerd is given the systemd driver');
    if (found.driver === 'systemd') return pass(`systemd, by ${found.from}`);
    return fail(`cgroupfs, by ${found.from}: the kubelet is given cgroupfs too`);
  },
};

export const kubeletService: Check = {
  name: 'KubeletService',
  concerns: 'node',
  severity: 'warning',
  about: `${PATHS.kubelet.unit} is not masked. The join replaces a mask, since the kubelet could not start; reset restores it. An error if the service needs another one, or a file of variables, that does not exist.`,
  remedy: `If the kubelet may run here: \`systemctl unmask ${PATHS.kubelet.unit}\`. Otherwise do not join this machine.`,
  run: async ({ host }) => {
    const { masked = false } = await host.unit(PATHS.kubelet.unit);
    if (masked) return fail(`${PATHS.kubelet.unit} is masked: the join replaces the mask`);
    const missing = await missingRequirements(host);
    if (missing.length === 0) return pass();
    return fail(missing.join('\n'), {
      severity: 'error',
      remedy: `Remove the line: \`systemctl edit --full ${PATHS.kubelet.unit}\`, or the drop-in that is named.`,
    });
  },
};

export const kubeletDropIns: Check = {
  name: 'KubeletDropIns',
  concerns: 'node',
  severity: 'error',
  about: `No drop-in of ${PATHS.kubelet.unit} that systemd reads after the join's own (${PATHS.kubelet.dropIn}) starts the kubelet without what the join writes. A warning on a node that is joined.`,
  remedy: 'Remove the line from the file that is named, or the file.',
  run: async ({ host, node }) => {
    const found = await overridingDropIns(host);
    if (found.length === 0) return pass();
    const joined = (await node.membership())?.complete ?? false;
    return fail(found.join('\n'), joined ? { severity: 'warning' } : {});
  },
};

export const kubeletExtraFlags: Check = {
  name: 'KubeletFlags',
  concerns: 'node',
  severity: 'error',
  about: `KUBELET_EXTRA_ARGS in ${PATHS.kubelet.extraFlags}, ${PATHS.kubelet.sysconfig} or a drop-in of ${PATHS.kubelet.unit} has only flags that this version of the kubelet accepts, and the labels of the join are ones that it accepts. A warning if one overrides what the join sets, is not in the help of the kubelet, or is set where the kubelet does not get it.`,
  remedy: 'Correct the file that is named, or remove the flag from it.',
  run: async (context) => {
    const minor = await kubeletMinor(context);
    const { sources, lost } = await extraArguments(context.host, (await ownState(context)).owns);
    const listed = sources.some(({ text }) => text.includes('KUBELET_EXTRA_ARGS='))
      ? await flagsOf(context)
      : undefined;
    const judged = sources.map(({ file, text }) => judgeExtraFlags(text, { minor, file, listed }));
    const labels = Object.keys(context.spec.labels).flatMap((key) => refuseNodeLabel(key, minor) ?? []);
    const refused = [...labels, ...judged.flatMap((each) => each.refused)];
    const overriding = judged.flatMap((each) => each.overriding);
    const warnings = [...overriding, ...lost];
    if (refused.length > 0) return fail([...refused, ...warnings].join('\n'));
    if (warnings.length === 0) return pass();
    const remedy = overriding.length === 0 ? `Put the flags into ${PATHS.kubelet.extraFlags}.` : undefined;
    return fail(warnings.join('\n'), { severity: 'warning', remedy });
  },
};

/** undefined if the kubelet comes with the bundle, or cannot be asked. */
async function flagsOf({ host, node }: CheckContext): Promise<ReadonlySet<string> | undefined> {
  const bundle = await node.bundle().catch(() => undefined);
  if (bundle?.manifest.files.some(({ kind }) => kind === 'kubelet')) return undefined;
  return listedFlags((await host.query(await findKubelet(host), ['--help'])).stdout);
}
