import { judgeVersion, OLDER_CLUSTER, UNKNOWN_OF_NEWER } from '../../../compat/judge.ts';
import { KNOWN_MINORS, minorOf } from '../../../kubernetes/version.ts';
import { type Check, fail, pass } from '../check.ts';

/** From here on the node pool says how its nodes reach the cloud. Source: the API reference of DescribeClusterAttachScripts; the guide of 2022 has no bound. */
const WITHOUT_DEDICATED = 22;

export const clusterVersion: Check = {
  name: 'ClusterVersion',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The cluster runs Kubernetes 1.16 or newer (newer than 1.37 is a warning), and the kubelet has the same minor version, or the one given with `--kubernetes-version`: not newer than the cluster, and at most two minor versions older (three from 1.28 on). The cluster is not a sandbox, unless the node belongs to that sandbox.',
  remedy: 'Use a bundle of the version of the cluster, or a release of edgeadm for that version.',
  needs: ['CAHash', 'Token'],
  run: async ({ cluster, host, node, spec }) => {
    const version = await cluster.version();
    if (host.runsPrograms && (await cluster.isSandbox())) {
      return fail(
        'the cluster is an edgeadm sandbox: its API server does not speak protobuf, which a real kubelet needs',
        {
          code: 'CLUSTER_UNSUPPORTED',
          remedy:
            'Join a node of the sandbox instead: `edgeadm sandbox node create NAME` prints the command, with `--root`.',
        },
      );
    }
    const minor = minorOf(version);
    const age = judgeVersion(version);
    if (age === 'unsupported') {
      return fail(`found ${version}; ${OLDER_CLUSTER}`, {
        code: 'CLUSTER_UNSUPPORTED',
        remedy: `Upgrade the cluster to Kubernetes 1.${KNOWN_MINORS.first} or newer first.`,
      });
    }
    if (spec.inDedicatedNetwork && minor >= WITHOUT_DEDICATED) {
      return fail(
        `inDedicatedNetwork is not supported from Kubernetes 1.${WITHOUT_DEDICATED} on; the cluster runs ${version}`,
        {
          code: 'USAGE',
          remedy: 'Remove the key, and use a node pool with mode private (a leased line).',
        },
      );
    }
    const kubelet = await node.kubeletVersion();
    const code = spec.bundle === undefined ? 'BUNDLE_NEEDED' : undefined;
    if (!kubelet) return fail(`the cluster runs ${version}, the node has no kubelet`, { code, remedy: NEEDS_BUNDLE });
    const wanted = minorOf(spec.kubernetesVersion ?? version);
    const oldest = minor - oldestSkew(minor);
    if (wanted > minor || wanted < oldest) {
      return fail(
        `the cluster runs ${version}; a kubelet can be 1.${oldest} to 1.${minor}, but ${spec.kubernetesVersion} was requested`,
      );
    }
    if (minorOf(kubelet) === wanted && age === 'too new') {
      return fail(`the cluster runs ${version}: ${UNKNOWN_OF_NEWER}`, {
        severity: 'warning',
        remedy: "If the kubelet does not start, read its log for the flag's name, and use a newer release of edgeadm.",
      });
    }
    if (minorOf(kubelet) === wanted) return pass(`cluster ${version}, kubelet ${kubelet}`);
    const isRequested = spec.kubernetesVersion !== undefined;
    return fail(
      `the cluster runs ${version}, the kubelet is ${kubelet}${isRequested ? `, but 1.${wanted} was requested` : ''}`,
      { code, remedy: code ? NEEDS_BUNDLE : otherBundle(kubelet, { wanted, oldest }) },
    );
  },
};

const NEEDS_BUNDLE = "Pass `--bundle`, or install a kubelet of the cluster's minor version first.";

/** For a bundle that was given and has another kubelet: what fits, and how to join with this one if the cluster allows it. */
function otherBundle(
  kubelet: string,
  { wanted, oldest }: { readonly wanted: number; readonly oldest: number },
): string {
  const minor = minorOf(kubelet);
  const older = minor >= oldest && minor < wanted;
  return `Use a bundle with a kubelet 1.${wanted}${older ? `, or add \`--kubernetes-version ${kubelet}\` to join with this one` : ''}.`;
}

/** @see https://kubernetes.io/releases/version-skew-policy/: three, but for a kubelet below 1.25 two. */
function oldestSkew(minor: number): number {
  return minor >= 28 ? 3 : 2;
}
