import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../../errors/index.ts';
import { isWindows, reportedKubeletVersion } from '../../../kubernetes/node/node.ts';
import { compareVersions } from '../../../kubernetes/version.ts';
import { count } from '../../../lib/count.ts';
import { checkVersions, sameVersion } from '../../../phases/upgrade/versions.ts';
import type { UpgradeCheck, UpgradeFinding } from '../check.ts';
import { normal, orNormal } from '../check.ts';
import { nodesText, severityOf } from '../node-text.ts';
import { groupBy } from '../objects.ts';

export const controlPlaneVersion: UpgradeCheck = {
  name: 'ControlPlaneVersion',
  about:
    'The API server runs the target version or a newer one, because a kubelet must not be newer than the API server.',
  effect: 'Every node would reject the upgrade.',
  advice: 'Upgrade the control plane to the target version first, or choose a --target-version that is not newer.',
  run: async ({ facts, targetVersion }) => {
    const { version } = await facts.server();
    if (version === undefined) return [{ result: 'warning', reason: 'The API server does not report its version.' }];
    const reason = `The control plane runs ${version}, the target is ${targetVersion}.`;
    return compareVersions(version, targetVersion) < 0 ? [{ result: 'error', reason }] : normal(reason);
  },
};

export const nodeVersion: UpgradeCheck = {
  name: 'NodeVersion',
  about:
    'No kubelet is downgraded, and none goes up by more minor versions than the skew policy of Kubernetes allows: three, two before 1.25. An error, or a warning for offline nodes.',
  effect: 'These nodes would reject the upgrade, and the first rejection would pause it.',
  advice:
    'Upgrade these nodes to a version in between first (--selector chooses nodes), or choose another --target-version.',
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
  if (there === all) return `${count('node', all)}, all already at ${target}.`;
  const at = there > 0 ? ` ${there} ${there === 1 ? 'is' : 'are'} already there.` : '';
  return `${count('node', all)} can be upgraded to ${target} in one step.${at}`;
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
        object: nodesText(nodes),
        reason: `${error.what[0]?.toUpperCase()}${error.what.slice(1)}: ${error.why}.`,
      },
    ];
  }
}

function untoldFinding(nodes: readonly V1Node[]): UpgradeFinding[] {
  if (nodes.length === 0) return [];
  const reason = 'Their kubelets have never reported a version.';
  const advice = 'Check whether these machines still exist. To remove one that does not: kubectl delete node NAME.';
  return [{ result: 'warning', object: nodesText(nodes), reason, advice }];
}
