import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../errors/index.ts';
import { isWindows, reportedKubeletVersion } from '../../../kubernetes/node/node.ts';
import { compareVersions } from '../../../kubernetes/version.ts';
import { checkVersions, sameVersion } from '../../../phases/upgrade/versions.ts';
import type { UpgradeCheck, UpgradeFinding } from '../check.ts';
import { normal, orNormal } from '../check.ts';
import { nodesOf, severityOf } from '../node-text.ts';
import { count, groupBy } from '../objects.ts';

export const controlPlaneVersion: UpgradeCheck = {
  name: 'ControlPlaneVersion',
  about: 'The API server runs the target version or a newer one: a kubelet must not be newer than it.',
  effect: 'Every node would refuse the upgrade.',
  advice: 'Upgrade the control plane to the target version first, or choose a --target-version that it has reached.',
  run: async ({ facts, targetVersion }) => {
    const { version } = await facts.server();
    if (version === undefined) return [{ result: 'warning', reason: 'The API server does not tell its version.' }];
    const reason = `The control plane runs ${version}, the target is ${targetVersion}.`;
    return compareVersions(version, targetVersion) < 0 ? [{ result: 'error', reason }] : normal(reason);
  },
};

export const nodeVersion: UpgradeCheck = {
  name: 'NodeVersion',
  about:
    "No kubelet goes down, and none goes up by more than one minor version at a time; of the vendor's versions (`-aliyun…`), of which every second minor is released, the next one is one step. For nodes that are offline a warning.",
  effect: 'These nodes would refuse the upgrade, and the first refusal would pause it.',
  advice:
    'Take these nodes to a version in between first (--selector chooses nodes), or choose another --target-version.',
  run: async ({ nodes, targetVersion }) => {
    const linux = nodes.filter((node) => !isWindows(node));
    const groups = [...groupBy(linux, reportedKubeletVersion)];
    const there = groups.filter(([version]) => sameVersion(version, targetVersion)).flatMap(([, group]) => group);
    const findings = [
      ...groups.flatMap(([version, group]) => versionFinding(version, group, targetVersion)),
      ...untoldFinding(linux.filter((node) => reportedKubeletVersion(node) === undefined)),
    ];
    return orNormal(findings, describe(linux.length, there.length, targetVersion));
  },
};

function describe(all: number, there: number, target: string): string {
  if (there === all) return `${count('node', all)}, all at ${target} already.`;
  const at = there > 0 ? ` ${there} ${there === 1 ? 'is' : 'are'} there already.` : '';
  return `${count('node', all)} can go to ${target} in one step.${at}`;
}

/** Judged against the target alone: whether the control plane is there is a check of its own. */
function versionFinding(from: string, nodes: readonly V1Node[], to: string): UpgradeFinding[] {
  try {
    checkVersions({ from, to, cluster: to }, { drain: false, drainTimeoutMs: 0, migrateRuntime: false });
    return [];
  } catch (error) {
    if (!(error instanceof EdgeadmError)) throw error;
    return [
      {
        result: severityOf(nodes),
        object: nodesOf(nodes),
        reason: `${error.what[0]?.toUpperCase()}${error.what.slice(1)}: ${error.why}.`,
      },
    ];
  }
}

function untoldFinding(nodes: readonly V1Node[]): UpgradeFinding[] {
  if (nodes.length === 0) return [];
  const reason = 'Their kubelets have never told a version.';
  const advice = 'Look whether these machines still exist; kubectl delete node NAME takes away what does not.';
  return [{ result: 'warning', object: nodesOf(nodes), reason, advice }];
}
