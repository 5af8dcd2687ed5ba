import { WINDOWS_HUB } from '../../../edge-hub/windows-service.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { registryKeyOf } from '../../../host/windows/services.ts';
import { hnsNetworks } from '../../../kubernetes/windows/networks.ts';
import { withoutExecInput, withoutPodEnvironment } from '../clean-file.ts';
import type { Collector } from '../collector.ts';
import { apiServers } from '../collectors/api-servers.ts';
import { certificates, keyFiles } from '../collectors/certificates.ts';
import { command, file, folder } from '../collectors/common.ts';
import { criLists } from '../collectors/cri.ts';
import { edgeHubKubeconfigAndCache } from '../collectors/edge-hub.ts';
import { kubelet, kubeletConfigured, kubeletHealth, kubeletLog } from '../collectors/kubelet.ts';
import { podLogs } from '../collectors/pod-logs.ts';
import { clock, system } from '../collectors/system.ts';
import { windowsHubState } from './edge-hub.ts';

/** Services that matter to a node. */
const SERVICES = [
  'kubelet',
  WINDOWS_HUB,
  'containerd',
  'docker',
  'rancher-wins',
  'hns',
  'vmcompute',
  'W32Time',
  'MpsSvc',
  'WinDefend',
];
const LOG_LINES = 2000;
const EVENTS = 200;

/** By the words of edgeadm: those of Windows are in its language. */
const services: Collector = {
  name: 'services/state',
  run: async ({ host }) => {
    const states = await Promise.all(SERVICES.map(async (name) => [name, await host.unit(`${name}.service`)] as const));
    const there = states.filter(([, { exists }]) => exists);
    const text = there
      .map(([name, { detail, enabled }]) => `${name}: ${detail}${enabled ? ', automatic' : ''}\n`)
      .join('');
    return {
      files: [{ path: 'services/state.txt', text }],
      facts: { units: Object.fromEntries(there.map(([name, { detail }]) => [`${name}.service`, detail])) },
    };
  },
};

const disks: Collector = {
  name: 'system/disks',
  run: async ({ host }) => {
    const { systemDrive } = await host.facts();
    if (!systemDrive) return { files: [] };
    const { freeBytes, totalBytes } = systemDrive;
    const usedPercent = Math.round((1 - freeBytes / totalBytes) * 100);
    const text = `system drive: ${freeBytes} of ${totalBytes} bytes free\n`;
    return {
      files: [{ path: 'system/disks.txt', text }],
      facts: { disks: [{ mount: host.nativePath('/'), what: 'space', usedPercent }] },
    };
  },
};

const networks: Collector = {
  name: 'network/hns',
  run: async ({ host }) => {
    const found = await hnsNetworks(host);
    const text = found ? JSON.stringify(found, null, 2) : 'the host networking service does not answer';
    return { files: [{ path: 'network/hns.txt', text: `${text}\n` }] };
  },
};

const kubeletLogFile: Collector = {
  name: 'kubelet/log',
  run: async ({ host }) => ({
    files: [{ path: 'kubelet/log.txt', text: await host.unitLog(PATHS.kubelet.unit, LOG_LINES) }],
  }),
};

/** Events of Windows, the newest first. */
function events(name: string, log: string): Collector {
  return command(`events/${name}`, 'wevtutil.exe', ['qe', log, '/f:text', `/c:${EVENTS}`, '/rd:true']);
}

/** Everything that is collected of a Windows node: first what the rules judge by. */
export const WINDOWS_COLLECTORS: readonly Collector[] = [
  kubelet,
  kubeletConfigured,
  kubeletHealth,
  kubeletLog,
  windowsHubState,
  apiServers,
  criLists,
  certificates,
  clock,
  disks,
  services,
  system,
  folder('cni', PATHS.cni.configurations),
  file('edgeadm/log', PATHS.edgeadm.log),
  file('edgeadm/journal', PATHS.edgeadm.journal),
  podLogs,
  edgeHubKubeconfigAndCache,
  kubeletLogFile,
  file('kubelet/config', PATHS.kubelet.configuration),
  file('kubelet/kubeconfig', PATHS.kubelet.kubeconfig, withoutExecInput),
  folder('kubelet/manifests', PATHS.kubernetes.manifests, withoutPodEnvironment),
  keyFiles,
  file('cni/flannel-subnet', PATHS.flannel.subnet),
  file('runtime/containerd', WINDOWS_PATHS.containerd.configuration),
  ...['kubelet', 'containerd', WINDOWS_HUB].map((name) =>
    command(`services/${name}`, 'reg.exe', ['query', registryKeyOf(name)]),
  ),
  networks,
  command('network/addresses', 'ipconfig.exe', ['/all']),
  command('network/routes', 'route.exe', ['print']),
  command('network/listeners', 'netstat.exe', ['-ano']),
  file('network/hosts', '/Windows/System32/drivers/etc/hosts'),
  command('versions/kubelet', WINDOWS_PATHS.kubelet.program, ['--version']),
  command('versions/containerd', 'containerd', ['--version']),
  command('system/processes', 'tasklist.exe', ['/fo', 'csv', '/svc']),
  events('system', 'System'),
  events('hyper-v-compute', 'Microsoft-Windows-Hyper-V-Compute-Admin'),
  events('host-network', 'Microsoft-Windows-Host-Network-Service-Admin'),
];
