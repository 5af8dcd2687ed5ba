import type { Collector } from './collector.ts';
import { apiServers } from './collectors/api-servers.ts';
import { certificates, keyFiles } from './collectors/certificates.ts';
import { command, commandIf, file, folder, journal } from './collectors/common.ts';
import { cri } from './collectors/cri.ts';
import { clock, disks, edgeHub, kubelet, kubeletHealth, swap } from './collectors/node.ts';
import { podLogs } from './collectors/pod-logs.ts';

/** iptables and nft load the kernel modules they need; where these are not in use, nothing is asked. */
const TABLES = ['/proc/net/ip_tables_names', 'filter\n|nat\n|mangle\n'] as const;
const TABLES6 = ['/proc/net/ip6_tables_names', 'filter\n|nat\n|mangle\n'] as const;
const NF_TABLES = ['/proc/modules', '^nf_tables '] as const;
const IP_VS = ['/proc/modules', '^ip_vs '] as const;

/** Everything that is collected, in the order of the archive. */
export const COLLECTORS: readonly Collector[] = [
  kubelet,
  kubeletHealth,
  edgeHub,
  apiServers,
  cri,
  certificates,
  clock,
  disks,
  swap,
  command('system/uname', 'uname', ['-a']),
  command('system/uptime', 'uptime', []),
  command('system/processes', 'ps', ['-eo', 'pid,ppid,user,stat,etime,rss,comm']),
  command('system/memory', 'free', ['-m']),
  command('system/time-service', 'timedatectl', []),
  command('system/mounts', 'cat', ['/proc/mounts']),
  file('system/os-release', '/etc/os-release'),
  file('system/modules', '/proc/modules'),
  file('system/meminfo', '/proc/meminfo'),
  command('services/failed', 'systemctl', ['--no-pager', '--failed']),
  command('services/units', 'systemctl', ['--no-pager', 'list-units', '--all', '--type=service']),
  ...['kubelet', 'containerd', 'docker', 'systemd-timesyncd', 'chronyd', 'ntpd'].map((unit) =>
    command(`services/${unit}`, 'systemctl', ['--no-pager', '--lines=0', 'status', `${unit}.service`]),
  ),
  ...['kubelet', 'containerd', 'docker', 'systemd-timesyncd', 'chronyd'].map(journal),
  command('journals/kernel', 'journalctl', ['--dmesg', '--lines', '2000', '--no-pager']),
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
  file('network/resolv.conf', '/etc/resolv.conf'),
  file('network/hosts', '/etc/hosts'),
  folder('cni', '/etc/cni/net.d'),
  command('cni/plugins', 'ls', ['-l', '/opt/cni/bin']),
  file('cni/flannel-subnet', '/run/flannel/subnet.env'),
  command('versions/kubelet', 'kubelet', ['--version']),
  command('versions/containerd', 'containerd', ['--version']),
  command('versions/runc', 'runc', ['--version']),
  command('versions/systemd', 'systemctl', ['--version']),
  file('kubelet/config', '/var/lib/kubelet/config.yaml'),
  file('kubelet/flags', '/var/lib/kubelet/kubeadm-flags.env'),
  file('kubelet/extra-flags', '/etc/default/kubelet'),
  command('kubelet/unit', 'systemctl', ['--no-pager', 'cat', 'kubelet.service']),
  file('kubelet/kubeconfig', '/etc/kubernetes/kubelet.conf'),
  folder('kubelet/manifests', '/etc/kubernetes/manifests'),
  file('runtime/containerd', '/etc/containerd/config.toml'),
  file('runtime/docker', '/etc/docker/daemon.json'),
  keyFiles,
  podLogs,
  file('edgeadm/journal', '/var/lib/edgeadm/journal.jsonl'),
  file('edgeadm/log', '/var/log/edgeadm.log'),
];
