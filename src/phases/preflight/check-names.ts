import { closest } from '../../lib/closest.ts';
import { ALL_CHECKS } from './checks.ts';

/** A check may be named without what is in brackets, which a shell would want quoted. */
const short = (name: string): string => name.replace(/\(.*\)$/, '');

/**
 * Names of kubeadm's preflight checks that edgeadm has no check of that name for: ours that looks at the same thing, or
 * none if edgeadm does itself what kubeadm only looks for, or does not need it.
 * Source: cmd/kubeadm/app/preflight/checks.go of Kubernetes.
 */
const OF_KUBEADM: readonly (readonly [name: RegExp, ours?: string])[] = [
  [/^service-(docker|containerd|crio?)$/, 'Runtime'],
  [/^containerruntimeversion$/, 'Runtime'],
  [/^isdockersystemdcheck$/, 'Runtime'],
  [/^service-kubelet$/, 'KubeletService'],
  [/^(kubeletversion|kubernetesversion)$/, 'ClusterVersion'],
  [/^firewalld$/, 'Firewall'],
  [/^filecontent--proc-sys-net-bridge-bridge-nf-call-ip6?tables$/, 'KernelFeature-br_netfilter'],
  [/^filecontent--/],
  [/^fileexisting-/],
  [/^httpproxycidr$/, 'HTTPProxy'],
  [/^(imagepull|externaletcdversion|etcd.*|controlplane.*)$/],
];

/** Names of all checks, as `--ignore-preflight-errors` takes them. */
export const checkNames: readonly string[] = [...new Set(ALL_CHECKS.map(({ name }) => short(name)))];

/**
 * The checks that a name of `--ignore-preflight-errors` stands for, in lower case; undefined for a name of no check.
 */
export function checksNamed(name: string): readonly string[] | undefined {
  const wanted = name.toLowerCase();
  if (wanted === 'all') return ALL_CHECKS.map((check) => check.name.toLowerCase());
  // SystemVerification, as kubeadm has it, is both of cgroups and of the kernel.
  const own = ALL_CHECKS.filter((check) =>
    [check.name, short(check.name)].some((each) => each.toLowerCase() === wanted),
  );
  if (own.length > 0) return own.map((check) => check.name.toLowerCase());
  // Files and ports that a kubeadm of another version looks for.
  if (/^(port-\d+|(file|dir)available--.+)$/.test(wanted)) return [];
  const other = OF_KUBEADM.find(([pattern]) => pattern.test(wanted));
  const ours = other?.[1];
  if (!other) return undefined;
  return ALL_CHECKS.filter((check) => short(check.name) === ours).map((check) => check.name.toLowerCase());
}

/** A sentence for each name that is that of no check, neither ours nor kubeadm's. */
export function unknownChecks(names: readonly string[]): string[] {
  return names
    .filter((name) => name !== '' && checksNamed(name) === undefined)
    .map((name) => {
      const meant = closest(
        name.toLowerCase(),
        checkNames.map((each) => each.toLowerCase()),
      );
      const known = checkNames.find((each) => each.toLowerCase() === meant);
      return `unknown check ${name}; ${known ? `did you mean ${known}?` : '`edgeadm explain checks` lists them'}`;
    });
}
