import { PATHS } from '../../host/node-paths.ts';
import { kubeletRemedy } from '../../kubernetes/kubelet/remedies.ts';
import { formatDuration } from '../../lib/duration.ts';
import { shownTime } from '../../lib/shown-time.ts';
import * as cluster from './cluster-rules.ts';
import { error, type Finding, type KnownFacts, type Rule, warning } from './finding.ts';
import { offlineAutonomyRule } from './offline-autonomy-rule.ts';
import type { RULE_TEXTS } from './rule-texts.ts';
import type { JoinTimeline } from './timeline.ts';

/** Programs fail when nothing is left; the kubelet evicts pods long before, and reports that. */
const FULL_PERCENT = 97;
/** A certificate that was just issued is not valid yet on a node whose clock is behind; tokens expire in a day. */
const CLOCK_LIMIT_MS = 60_000;

/**
 * Causes before their consequences: an earlier rule explains a later one. Rules that only warn, and
 * what is over, stand last.
 */
const RULES: Readonly<Record<keyof typeof RULE_TEXTS, Rule>> = {
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
        'systemctl timed out',
        'journalctl --dmesg | tail -n 50; ps -o stat,wchan,comm 1; if nothing else helps, reboot',
      );
    if (!hanging.includes('system/disks')) return undefined;
    return error(
      'a disk or a mount does not answer',
      'df -l timed out',
      'journalctl --dmesg | tail -n 50; cat /proc/mounts',
    );
  },
  Clock: ({ apiServers = [] }) => {
    const off = apiServers.find(({ differenceMs }) => Math.abs(differenceMs ?? 0) > CLOCK_LIMIT_MS);
    if (off?.differenceMs === undefined || off.date === undefined) return undefined;
    const by = formatDuration(Math.abs(off.differenceMs));
    return error(
      `the clock of the node is ${by} ${off.differenceMs > 0 ? 'ahead of' : 'behind'} the API server's`,
      `the node: ${shownTime(off.date + off.differenceMs)}\n${off.server}: ${shownTime(off.date)}`,
      'timedatectl set-ntp true, then systemctl restart kubelet',
    );
  },
  DamagedFile: ({ damagedFiles = [] }) =>
    damagedFiles.length === 0
      ? undefined
      : error(
          'a file that the kubelet needs is damaged',
          damagedFiles.join('\n'),
          'run the join command of the cluster again, which writes the file again; `edgeadm token create --print-join-command` prints it',
        ),
  DamagedState: ({ damagedStates = [] }) =>
    damagedStates.length === 0
      ? undefined
      : error(
          'a file of the state of the kubelet is damaged: the kubelet exits over it when it starts',
          damagedStates.map(({ path, why }) => `${path}: ${why}`),
          `rm ${damagedStates.map(({ path }) => path).join(' ')}; systemctl restart kubelet: it makes them again`,
        ),
  CertificateExpired: ({ certificates = [], clock }) => {
    const expired = certificates.filter(({ validTo }) => clock !== undefined && validTo < clock.node);
    if (expired.length === 0) return undefined;
    return error(
      'a certificate of the node has expired',
      expired.map(({ path, subject, validTo }) => `${path}: ${subject}, expired ${shownTime(validTo)}`),
      'edgeadm reset, then join again with a new token',
    );
  },
  Unfinished: ({ journal, join }) => {
    if (!journal?.unfinished || failureOf(join)) return undefined;
    const { command, time } = journal.unfinished;
    const last = join?.phases.at(-1);
    return error(
      `the last ${command} did not finish: it failed, was interrupted, or is still running`,
      `it started ${shownTime(time)}${last && command === 'join' ? ` and reached ${last.name}` : ''}`,
      `run the same \`edgeadm ${command.split(' ')[0]}\` again: it does only what is missing`,
    );
  },
  Swap: ({ swaps, kubelet, kubeletConfigured }) => {
    if (!kubeletConfigured || !swaps?.kubeletRefuses || swaps.devices.length === 0 || kubelet?.active !== false)
      return undefined;
    const evidence = `${swaps.devices.join(', ')} in use, failSwapOn is not false in ${PATHS.kubelet.configuration}`;
    return error(
      'swap is on, and the kubelet refuses to run with it',
      evidence,
      'swapoff -a, and remove the swap entry from /etc/fstab; then systemctl restart kubelet',
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
      kubelet?.active ? 'the kubelet is not healthy' : 'the kubelet is not running',
      [state, health, complaints].filter(Boolean).join('\n'),
      kubeletRemedy(complaints) ?? 'journalctl -u kubelet | tail -n 50; systemctl restart kubelet',
    );
  },
  // A kubelet that needs space removes images and evicts pods, the edge-hub's among them.
  Pressure: cluster.pressure,
  EdgeHubManifest: ({ hub, hubComplaint = '', missingHub }) => {
    if (missingHub !== undefined)
      return error(
        'the kubelet asks an edge-hub, and none is set up',
        `${PATHS.kubelet.kubeconfig} names ${missingHub}; there is neither the manifest of an edge-hub nor its service`,
        'run the same `edgeadm join` again: it writes the manifest again',
      );
    if (hub?.unread && !hub.healthy)
      return error(
        'the kubelet starts no static pods, and the edge-hub is one',
        `${PATHS.kubelet.configuration} has no staticPodPath: nothing reads ${hub.manifest}`,
        'run the same `edgeadm join` again: it writes the configuration again',
      );
    if (!hub || hub.service || hub.image !== undefined) return undefined;
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
      `${hub.manifest} needs ${hub.image}; the node has ${runtime.images.length} other images`,
      `run the same \`edgeadm join\` again with a bundle that contains it, or: ctr -n k8s.io images pull ${hub.image}`,
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
      [hub.service?.detail, hub.detail, hubComplaint, hubLog].filter(Boolean).join('\n').trim(),
      hub.service
        ? 'journalctl -u yurthub | tail -n 50; systemctl restart yurthub'
        : `tail -n 50 ${PATHS.pods.logs}/kube-system_*hub*/*/*.log; journalctl -u kubelet | grep hub | tail`,
    );
  },
  EdgeHubPods: ({ hub }) =>
    hub?.refusedByPods === undefined
      ? undefined
      : warning(
          'pods on this node do not reach the API server through the edge-hub',
          hub.refusedByPods,
          'kubectl get csr: the serving certificate of the hub may have to be approved; then restart the hub',
        ),
  EdgeHubTwice: ({ hub }) =>
    hub?.second === undefined
      ? undefined
      : error(
          'two edge-hubs are set up, a static pod and a service: they use the same ports',
          [hub.manifest, hub.second],
          `decide for one: edgeadm upgrade --edge-hub-as pod (or service); or remove ${hub.manifest}`,
        ),
  Refused: cluster.nodeObject,
  NetworkUnavailable: cluster.networkUnavailable,
  NotReady: cluster.notReady,
  Mount: cluster.mounts,
  Journal: ({ journal }) =>
    journal?.unreadable === undefined
      ? undefined
      : error(
          'the journal of edgeadm is damaged: join and upgrade refuse to run on this node',
          journal.unreadable,
          `restore ${PATHS.edgeadm.journal} from a backup; without one, edgeadm reset: it rolls back what the intact lines record, and lists the damaged ones`,
        ),
  CNI: ({ cniFiles, runtime, journal, kubeletConfigured, cluster: { name } = {} }) => {
    const { network, unit = PATHS.containerd.unit } = runtime ?? {};
    const missing = cniFiles && !cniFiles.some((name) => /\.(conf|conflist|json)$/.test(name));
    if (!kubeletConfigured || (!missing && network?.ready !== false)) return undefined;
    const files = cniFiles && `${PATHS.cni.configurations}: ${cniFiles.join(', ') || 'empty'}`;
    const evidence = [files ?? '', network?.ready === false ? network.detail : ''];
    const node = journal?.joined ?? name ?? 'NODE';
    const pods = `see whether the network add-on runs there: kubectl get pods -A --field-selector spec.nodeName=${node}`;
    return missing
      ? warning('there is no CNI configuration: the node stays NotReady', evidence, pods)
      : error(
          'the container runtime does not use the CNI configuration: the node stays NotReady',
          evidence,
          `journalctl -u ${unit} | grep -i cni | tail; systemctl restart ${unit}`,
        );
  },
  NotJoined: ({ kubeletConfigured, join }) => {
    if (kubeletConfigured !== false || failureOf(join)) return undefined;
    const { command, endedMs } = join?.superseded ?? {};
    const evidence = [
      `there is no ${PATHS.kubelet.kubeconfig}`,
      command === 'reset' && endedMs !== undefined ? `last command: reset, ${shownTime(endedMs)}` : '',
    ];
    return warning(
      'the node is not joined',
      evidence,
      'Run the join command of the cluster: `edgeadm token create --print-join-command` prints it.',
    );
  },
  Condition: cluster.condition,
  Unschedulable: cluster.unschedulable,
  Pods: cluster.pods,
  Evicted: cluster.evicted,
  JoinFailed: ({ join, journal }) => {
    const [what, ...rest] = failureOf(join, journal?.joinedAt) ?? [];
    if (!join || what === undefined) return undefined;
    const remedy = rest.find((line) => line.startsWith('next: '))?.slice('next: '.length);
    const evidence = rest.filter((line) => !/^next: |^\s+at /.test(line));
    // A node that was joined before stays joined, and works.
    const joined = journal?.joined !== undefined && !journal.unfinished;
    return (joined ? warning : error)(
      `the last join failed in ${join.failedPhase}: ${what}`,
      [
        ...evidence,
        `it started ${shownTime(join.startedMs)}`,
        joined ? 'the node is still joined: an earlier join succeeded' : '',
      ],
      remedy ?? 'fix the cause, then run the same `edgeadm join` again',
    );
  },
  EdgeHubAtBoot: ({ hub }) =>
    hub?.service?.enabled === false
      ? warning(
          'the edge-hub does not start at boot: the kubelet of this node would find no API server',
          `${PATHS.edgeHub.unit} is not enabled (the unit that yurtadm writes has no [Install] section, so systemctl enable does nothing)`,
          `mkdir -p ${PATHS.system.enabledUnits} && ln -s ${PATHS.edgeHub.unitFile} ${PATHS.system.enabledUnits}/ && systemctl daemon-reload`,
        )
      : undefined,
  OfflineAutonomy: offlineAutonomyRule,
};

/** The error of the last join, unless it is history: a reset or a good join came after it. */
function failureOf(join: JoinTimeline | undefined, joinedAt?: string): readonly string[] | undefined {
  if (!join?.error || join.superseded) return undefined;
  return Date.parse(joinedAt ?? '') > join.startedMs ? undefined : join.error;
}

/** What is wrong, the likely cause first: by severity, then causes before their consequences. */
export function findings(facts: KnownFacts): Finding[] {
  const found = Object.entries(RULES).flatMap(([rule, judge]) => {
    const finding = judge(facts);
    return finding ? [{ rule, ...finding }] : [];
  });
  return ['error', 'warning'].flatMap((severity) => found.filter((finding) => finding.severity === severity));
}

/** `nginx:1` is `docker.io/library/nginx:1` for a runtime. */
function hasImage(names: readonly string[], image: string): boolean {
  return names.some((name) => name === image || name.endsWith(`/${image}`));
}
