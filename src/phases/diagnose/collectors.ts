import { PATHS } from '../../host/node-paths.ts';
import { withoutEnvironment, withoutExecInput, withoutPodEnvironment, withoutUnitEnvironment } from './clean-file.ts';
import type { Collector } from './collector.ts';
import { apiServers } from './collectors/api-servers.ts';
import { certificates, keyFiles } from './collectors/certificates.ts';
import { command, commandIf, file, folder, journal } from './collectors/common.ts';
import { criLists } from './collectors/cri.ts';
import { damagedFiles } from './collectors/damaged-files.ts';
import { edgeHubKubeconfigAndCache, edgeHubState } from './collectors/edge-hub.ts';
import { kubelet, kubeletConfigured, kubeletHealth, kubeletLog } from './collectors/kubelet.ts';
import { offlineAutonomyState } from './collectors/offline-autonomy.ts';
import { podLogs } from './collectors/pod-logs.ts';
import { services } from './collectors/services.ts';
import { clock, disks, swapState, system } from './collectors/system.ts';

/** iptables and nft load the kernel modules they need; if these are not in use, nothing is asked. */
const TABLES = ['/proc/net/ip_tables_names', 'filter\n|nat\n|mangle\n'] as const;
const TABLES6 = ['/proc/net/ip6_tables_names', 'filter\n|nat\n|mangle\n'] as const;
const NF_TABLES = ['/proc/modules', '^nf_tables '] as const;
const IP_VS = ['/proc/modules', '^ip_vs '] as const;

/** Everything that is collected: first what the rules judge by, last what is long or is asked of systemd. */
export const COLLECTORS: readonly Collector[] = [
  kubelet,
  kubeletConfigured,
  kubeletHealth,
  kubeletLog,
  edgeHubState,
  offlineAutonomyState,
  apiServers,
  criLists,
  certificates,
  damagedFiles,
  clock,
  disks,
  swapState,
  services,
  system,
  folder('cni', PATHS.cni.configurations),
  file('edgeadm/log', PATHS.edgeadm.log),
  file('edgeadm/journal', PATHS.edgeadm.journal),
  podLogs,
  edgeHubKubeconfigAndCache,
  file('kubelet/config', PATHS.kubelet.configuration),
  file('kubelet/flags', PATHS.kubelet.flags, withoutEnvironment),
  file('kubelet/extra-flags', PATHS.kubelet.extraFlags, withoutEnvironment),
  file('kubelet/sysconfig', PATHS.kubelet.sysconfig, withoutEnvironment),
  file('kubelet/kubeconfig', PATHS.kubelet.kubeconfig, withoutExecInput),
  folder('kubelet/manifests', PATHS.kubernetes.manifests, withoutPodEnvironment),
  keyFiles,
  command('cni/plugins', 'ls', ['-l', PATHS.cni.plugins]),
  file('cni/flannel-subnet', PATHS.flannel.subnet),
  file('runtime/containerd', PATHS.containerd.configuration),
  file('runtime/docker', PATHS.docker.configuration),
  command('network/addresses', 'ip', ['address']),
  command('network/links', 'ip', ['-s', 'link']),
  command('network/routes', 'ip', ['route', 'show', 'table', 'all']),
  command('network/routes-ipv6', 'ip', ['-6', 'route', 'show', 'table', 'all']),
  command('network/rules', 'ip', ['rule']),
  command('network/neighbours', 'ip', ['neighbour']),
  command('network/listeners', 'ss', ['-lntup']),
  commandIf(TABLES, 'network/iptables', 'iptables-save', []),
  commandIf(TABLES6, 'network/ip6tables', 'ip6tables-save', []),
  commandIf(NF_TABLES, 'network/nftables', 'nft', ['list', 'ruleset']),
  commandIf(IP_VS, 'network/ipvs', 'ipvsadm', ['-Ln']),
  file('network/resolv.conf', PATHS.system.resolvConf),
  file('network/hosts', PATHS.system.hosts),
  command('versions/kubelet', 'kubelet', ['--version']),
  command('versions/containerd', 'containerd', ['--version']),
  command('versions/runc', 'runc', ['--version']),
  command('system/uname', 'uname', ['-a']),
  command('system/uptime', 'uptime', []),
  command('system/processes', 'ps', ['-eo', 'pid,ppid,user,stat,etime,rss,comm']),
  command('system/memory', 'free', ['-m']),
  command('system/mounts', 'cat', ['/proc/mounts']),
  file('system/os-release', PATHS.system.osRelease),
  file('system/modules', '/proc/modules'),
  file('system/meminfo', '/proc/meminfo'),
  ...['kubelet', 'yurthub', 'containerd', 'docker', 'systemd-timesyncd', 'chronyd'].map(journal),
  command('journals/kernel', 'journalctl', [
    ...['--dmesg', '--lines', '2000'],
    ...['--output', 'short-iso', '--utc', '--no-pager'],
  ]),
  command('kubelet/unit', 'systemctl', ['--no-pager', 'cat', PATHS.kubelet.unit], withoutUnitEnvironment),
  command('edge-hub/unit', 'systemctl', ['--no-pager', 'cat', PATHS.edgeHub.unit], withoutUnitEnvironment),
  command('runtime/unit', 'systemctl', ['--no-pager', 'cat', PATHS.containerd.unit], withoutUnitEnvironment),
  command('services/failed', 'systemctl', ['--no-pager', '--failed']),
  command('services/units', 'systemctl', ['--no-pager', 'list-units', '--all', '--type=service']),
  command('versions/systemd', 'systemctl', ['--version']),
  command('system/time-service', 'timedatectl', []),
];
