import { PATHS } from '../../host/node-paths.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { CollectedFacts } from './facts.ts';
import { offlineAutonomyRule } from './offline-autonomy-rule.ts';
import type { JoinTimeline } from './timeline.ts';

/** What is wrong with a node, with the evidence and what to do. */
export interface Finding {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly evidence: string;
  readonly next: string;
}

type Known = Partial<CollectedFacts> & { readonly join?: JoinTimeline };
type Rule = (facts: Known) => Finding | undefined;

/** Eviction of pods begins below 15 % of free space by default; programs fail when nothing is left. */
const FULL_PERCENT = 97;
/** A certificate that was just issued is not valid yet on a node whose clock is behind; tokens expire in a day. */
const CLOCK_LIMIT_MS = 60_000;

/** Causes before their consequences: what stands higher explains what stands below it. */
const RULES: Readonly<Record<string, Rule>> = {
  DiskFull: ({ disks = [] }) => {
    const full = disks.filter(({ usedPercent }) => usedPercent >= FULL_PERCENT);
    const [first] = full;
    if (!first) return undefined;
    const what = first.what === 'inodes' ? '--inodes ' : '';
    return error(
      'a disk of the node is full',
      full.map(({ mount, what, usedPercent }) => `${mount}: ${usedPercent} % of its ${what} used`).join('\n'),
      `make room: du -xh ${what}--max-depth=2 ${first.mount} | sort -h | tail`,
    );
  },
  Hanging: ({ hanging = [] }) => {
    if (hanging.includes('services/state') && hanging.includes('kubelet/state'))
      return error(
        'systemd does not answer',
        'systemctl did not end in time',
        'journalctl --dmesg | tail -n 50; ps -o stat,wchan,comm 1; where nothing else helps, reboot',
      );
    if (!hanging.includes('system/disks')) return undefined;
    return error(
      'a disk or a mount does not answer',
      'df -l did not end in time',
      'journalctl --dmesg | tail -n 50; cat /proc/mounts',
    );
  },
  Clock: ({ apiServers = [] }) => {
    const off = apiServers.find(({ differenceMs }) => Math.abs(differenceMs ?? 0) > CLOCK_LIMIT_MS);
    if (off?.differenceMs === undefined || off.date === undefined) return undefined;
    const by = formatDuration(Math.abs(off.differenceMs));
    return error(
      `the clock of the node is ${by} ${off.differenceMs > 0 ? 'ahead of' : 'behind'} the API server's`,
      `the node: ${isoTime(off.date + off.differenceMs)}\n${off.server}: ${isoTime(off.date)}`,
      'timedatectl set-ntp true, then systemctl restart kubelet',
    );
  },
  CertificateExpired: ({ certificates = [], clock }) => {
    const expired = certificates.filter(({ validTo }) => clock !== undefined && validTo < clock.node);
    if (expired.length === 0) return undefined;
    return error(
      'a certificate of the node has expired',
      expired.map(({ path, subject, validTo }) => `${path}: ${subject}, good until ${isoTime(validTo)}`).join('\n'),
      'edgeadm reset, then join again with a new token',
    );
  },
  Unfinished: ({ journal, join }) => {
    if (!journal?.unfinished || join?.error) return undefined;
    const { command, time } = journal.unfinished;
    const last = join?.phases.at(-1);
    return error(
      `the last ${command} was not finished: it was cut short, or is still at work`,
      `it began at ${time}${last && command === 'join' ? ` and came to ${last.name}` : ''}`,
      `run the same \`edgeadm ${command.split(' ')[0]}\` again: it does what is missing`,
    );
  },
  Swap: ({ swaps, kubelet, kubeletConfigured }) => {
    if (!kubeletConfigured || !swaps?.kubeletRefuses || swaps.devices.length === 0 || kubelet?.active !== false)
      return undefined;
    const evidence = `${swaps.devices.join(', ')} in use, failSwapOn is not false in ${PATHS.kubelet.configuration}`;
    return error(
      'swap is on, and the kubelet refuses to run with it',
      evidence,
      'swapoff -a, and take it out of /etc/fstab',
    );
  },
  Runtime: ({ runtime, units, kubeletConfigured }) => {
    if (!kubeletConfigured || !runtime || runtime.answers) return undefined;
    const state = units?.[runtime.unit];
    const unit = runtime.unit.replace('.service', '');
    return error(
      'the container runtime does not answer',
      `${runtime.detail}\n${state ? `${runtime.unit}: ${state}` : ''}`.trim(),
      `journalctl -u ${unit} | tail; systemctl restart ${unit}`,
    );
  },
  Kubelet: ({ kubelet, kubeletHealth, complaints = '', kubeletConfigured }) => {
    const sick = kubelet?.active === false || kubeletHealth?.healthy === false;
    if (!kubeletConfigured || !sick) return undefined;
    const state = kubelet && `${PATHS.kubelet.unit}: ${kubelet.detail}`;
    const health = kubeletHealth?.healthy === false ? kubeletHealth.detail : '';
    return error(
      kubelet?.active ? 'the kubelet is not healthy' : 'the kubelet does not run',
      [state, health, complaints].filter(Boolean).join('\n'),
      'journalctl -u kubelet | tail -n 50; systemctl restart kubelet',
    );
  },
  EdgeHubManifest: ({ hub, hubComplaint = '' }) => {
    if (!hub || hub.image !== undefined) return undefined;
    const finding = error(
      'the manifest of the edge-hub is damaged',
      `${hub.manifest} does not describe a pod with an image\n${hubComplaint}`.trim(),
      'run the same `edgeadm join` again: it writes the manifest again',
    );
    // The hub runs on until the kubelet is started again.
    return hub.healthy ? { ...finding, severity: 'warning' } : finding;
  },
  EdgeHubImage: ({ hub, runtime }) => {
    if (!hub?.image || hub.healthy || !runtime?.images || hasImage(runtime.images, hub.image)) return undefined;
    return error(
      'the image of the edge-hub is not on the node',
      `${hub.manifest} wants ${hub.image}; ${runtime.images.length} other names are there`,
      `run the same \`edgeadm join\` again with a bundle that holds it, or: ctr -n k8s.io images pull ${hub.image}`,
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
  EdgeHub: ({ hub, hubLog, hubComplaint }) => {
    if (!hub || hub.healthy) return undefined;
    return error(
      'the edge-hub is not healthy',
      [hub.detail, hubComplaint, hubLog].filter(Boolean).join('\n').trim(),
      `tail -n 50 ${PATHS.pods.logs}/kube-system_*hub*/*/*.log; journalctl -u kubelet | grep hub | tail`,
    );
  },
  Refused: ({ refusals = [] }) => {
    if (refusals.length === 0) return undefined;
    const evidence = refusals.join('\n');
    return refusals.some((line) => line.includes('not found'))
      ? error(
          'the cluster has no Node object of this node: it was deleted',
          evidence,
          'systemctl restart kubelet: it registers the node again; or edgeadm reset',
        )
      : error(
          'the API server does not accept what the node presents',
          evidence,
          'edgeadm reset, then join again with a new token',
        );
  },
  Journal: ({ journal }) =>
    journal?.unreadable === undefined
      ? undefined
      : error(
          'the journal of edgeadm cannot be read: no join, upgrade or reset works',
          journal.unreadable,
          `keep a copy of ${PATHS.edgeadm.state}, and repair that line by hand`,
        ),
  JoinFailed: ({ join, journal }) => {
    if (!join?.error) return undefined;
    const [what = '', ...rest] = join.error;
    const told = rest.find((line) => line.startsWith('next: '))?.slice('next: '.length);
    const evidence = rest.filter((line) => !/^next: |^\s+at /.test(line)).join('\n');
    const next = told ?? 'fix it, and run the same `edgeadm join` again';
    const finding = error(`the last join failed in ${join.failedPhase}: ${what}`, evidence, next);
    // What was joined before stays joined, and works.
    return journal?.joined !== undefined && !journal.unfinished ? { ...finding, severity: 'warning' } : finding;
  },
  CNI: ({ cniFiles, runtime, journal, kubeletConfigured }) => {
    const { network, unit = PATHS.containerd.unit } = runtime ?? {};
    const missing = cniFiles && !cniFiles.some((name) => /\.(conf|conflist|json)$/.test(name));
    if (!kubeletConfigured || (!missing && network?.ready !== false)) return undefined;
    const files = cniFiles && `${PATHS.cni.configurations}: ${cniFiles.join(', ') || 'empty'}`;
    const evidence = [files, network?.ready === false && network.detail].filter(Boolean).join('\n');
    const node = journal?.joined ?? 'NODE';
    const pods = `kubectl get pods -A --field-selector spec.nodeName=${node}: does the network add-on run there?`;
    return missing
      ? { ...error('there is no CNI configuration: the node stays NotReady', evidence, pods), severity: 'warning' }
      : error(
          'the container runtime does not use the CNI configuration: the node stays NotReady',
          evidence,
          `journalctl -u ${unit} | grep -i cni | tail; systemctl restart ${unit}`,
        );
  },
  NotJoined: ({ kubeletConfigured, join }) => {
    if (kubeletConfigured !== false || join?.error) return undefined;
    return {
      ...error('the node is not joined', `there is no ${PATHS.kubelet.kubeconfig}`, 'edgeadm join'),
      severity: 'warning',
    };
  },
  OfflineAutonomy: offlineAutonomyRule,
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

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** `nginx:1` is `docker.io/library/nginx:1` for a runtime. */
function hasImage(names: readonly string[], image: string): boolean {
  return names.some((name) => name === image || name.endsWith(`/${image}`));
}
