import { formatDuration } from '../../lib/duration.ts';
import type { Facts } from './facts.ts';
import type { JoinTimeline } from './timeline.ts';

/** What is wrong with a node, with the evidence and what to do. */
export interface Finding {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly evidence: string;
  readonly next: string;
}

type Known = Partial<Facts> & { readonly join?: JoinTimeline };
type Rule = (facts: Known) => Finding | undefined;

/** Eviction of pods begins below 15 % of free space by default; programs fail when nothing is left. */
const FULL_PERCENT = 97;
/** A certificate that was just issued is not valid yet on a node whose clock is behind; tokens expire in a day. */
const CLOCK_LIMIT_MS = 60_000;

/** Causes before their consequences: what stands higher explains what stands below it. */
const RULES: Readonly<Record<string, Rule>> = {
  DiskFull: ({ disks = [] }) => {
    const full = disks.filter(({ usedPercent }) => usedPercent >= FULL_PERCENT);
    if (full.length === 0) return undefined;
    return error(
      'a disk of the node is full',
      full.map(({ mount, what, usedPercent }) => `${mount}: ${usedPercent} % of its ${what} used`).join('\n'),
      `make room: du -xh --max-depth=2 ${full[0]?.mount} | sort -h | tail`,
    );
  },
  Clock: ({ apiServers = [], clock }) => {
    const off = apiServers.find(({ differenceMs }) => Math.abs(differenceMs ?? 0) > CLOCK_LIMIT_MS);
    if (off?.differenceMs === undefined) return undefined;
    const by = formatDuration(Math.abs(off.differenceMs));
    return error(
      `the clock of the node is ${by} ${off.differenceMs > 0 ? 'ahead of' : 'behind'} the API server's`,
      `the node: ${new Date(clock?.node ?? 0).toISOString()}, compared with the Date of ${off.server}`,
      'timedatectl set-ntp true, then systemctl restart kubelet',
    );
  },
  CertificateExpired: ({ certificates = [], clock }) => {
    const expired = certificates.filter(({ validTo }) => clock !== undefined && validTo < clock.node);
    if (expired.length === 0) return undefined;
    return error(
      'a certificate of the node has expired',
      expired
        .map(({ path, subject, validTo }) => `${path}: ${subject}, good until ${new Date(validTo).toISOString()}`)
        .join('\n'),
      'edgeadm reset, then join again with a new token',
    );
  },
  Swap: ({ swaps, kubelet, kubeletConfigured }) => {
    if (!kubeletConfigured || !swaps?.kubeletRefuses || swaps.devices.length === 0 || kubelet?.active) return undefined;
    const evidence = `${swaps.devices.join(', ')} in use, failSwapOn is not false in /var/lib/kubelet/config.yaml`;
    return error(
      'swap is on, and the kubelet refuses to run with it',
      evidence,
      'swapoff -a, and take it out of /etc/fstab',
    );
  },
  Runtime: ({ runtime, kubeletConfigured }) => {
    if (!kubeletConfigured || !runtime || runtime.answers) return undefined;
    return error(
      'the container runtime does not answer',
      runtime.detail,
      'systemctl status containerd; journalctl -u containerd',
    );
  },
  Kubelet: ({ kubelet, kubeletHealth, kubeletConfigured }) => {
    const well = kubelet?.active && kubeletHealth?.healthy !== false;
    if (!kubeletConfigured || !kubelet || well) return undefined;
    const evidence = `kubelet.service: ${kubelet.detail}\n${kubeletHealth?.detail ?? ''}\n${kubelet.complaints}`;
    return error('the kubelet does not run', evidence.trim(), 'journalctl -u kubelet; systemctl restart kubelet');
  },
  EdgeHubImage: ({ hub, runtime }) => {
    if (!hub?.image || hub.healthy || !runtime?.answers || hasImage(runtime.images, hub.image)) return undefined;
    return error(
      'the image of the edge-hub is not on the node',
      `${hub.manifest} wants ${hub.image}; ${runtime.images.length} other names are there`,
      'run the same `edgeadm join` again with a bundle that holds it, or `crictl pull` it',
    );
  },
  APIServer: ({ apiServers = [] }) => {
    if (apiServers.length === 0 || apiServers.some(({ answers }) => answers)) return undefined;
    return error(
      'no API server answers the node',
      apiServers.map(({ server, detail }) => `${server}: ${detail}`).join('\n'),
      `check firewall, routes and the access control of the API server: curl -k ${apiServers[0]?.server}/version`,
    );
  },
  EdgeHub: ({ hub }) =>
    hub && !hub.healthy
      ? error('the edge-hub is not healthy', hub.detail, 'look at its log in cri/logs of the archive, or: crictl ps -a')
      : undefined,
  JoinFailed: ({ join }) => {
    if (!join?.error) return undefined;
    const [what = '', ...rest] = join.error;
    const told = rest.find((line) => line.startsWith('next: '))?.slice('next: '.length);
    const evidence = rest.filter((line) => !/^next: |^\s+at /.test(line)).join('\n');
    const next = told ?? 'mend it, and run the same `edgeadm join` again';
    return error(`the last join failed in ${join.failedPhase}: ${what}`, evidence, next);
  },
  CNI: ({ cniFiles, kubeletConfigured }) => {
    if (!kubeletConfigured || cniFiles?.some((name) => /\.(conf|conflist|json)$/.test(name)) !== false)
      return undefined;
    return {
      ...error(
        'there is no CNI configuration: the node stays NotReady',
        `/etc/cni/net.d: ${cniFiles.join(', ') || 'empty'}`,
        'kubectl get pods -A --field-selector spec.nodeName=NODE: does the network add-on run there?',
      ),
      severity: 'warning',
    };
  },
  NotJoined: ({ kubeletConfigured, join }) => {
    if (kubeletConfigured !== false || join?.error) return undefined;
    return {
      ...error('the node is not joined', 'there is no /etc/kubernetes/kubelet.conf', 'edgeadm join'),
      severity: 'warning',
    };
  },
};

/** What is wrong, the likely cause first. */
export function findings(facts: Known): Finding[] {
  const found = Object.entries(RULES).flatMap(([rule, judge]) => {
    const finding = judge(facts);
    return finding ? [{ ...finding, rule }] : [];
  });
  return ['error', 'warning'].flatMap((severity) => found.filter((finding) => finding.severity === severity));
}

function error(what: string, evidence: string, next: string): Finding {
  return { rule: '', severity: 'error', what, evidence, next };
}

/** `nginx:1` is `docker.io/library/nginx:1` for a runtime. */
function hasImage(names: readonly string[], image: string): boolean {
  return names.some((name) => name === image || name.endsWith(`/${image}`));
}
