import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { findKernelPart, type KernelPart } from '../kernel-module.ts';

interface Feature {
  readonly name: string;
  readonly purpose: string;
  /** What shows that it is active, whatever the module is called. */
  readonly isActive: (host: AskingHost) => Promise<boolean>;
  /** Any one of them will do. */
  readonly parts: readonly KernelPart[];
}

const FEATURES: readonly Feature[] = [
  {
    name: 'overlay',
    purpose: 'the file system of containers',
    isActive: async (host) => /^nodev\toverlay$/m.test((await host.read('/proc/filesystems')) ?? ''),
    parts: [{ module: 'overlay', option: 'CONFIG_OVERLAY_FS' }],
  },
  {
    name: 'br_netfilter',
    purpose: 'Services reached over a bridge',
    isActive: async (host) => (await host.sysctl('net.bridge.bridge-nf-call-iptables')) !== undefined,
    parts: [{ module: 'br_netfilter', option: 'CONFIG_BRIDGE_NETFILTER' }],
  },
  {
    name: 'vxlan',
    purpose: "Flannel's network between nodes",
    isActive: async (host) => (await host.stat('/sys/class/net/flannel.1')) !== undefined,
    parts: [{ module: 'vxlan', option: 'CONFIG_VXLAN' }],
  },
  {
    name: 'iptable_nat',
    purpose: 'Services and masquerading, with iptables or nftables',
    isActive: async (host) => /^nat$/m.test((await host.read('/proc/net/ip_tables_names')) ?? ''),
    parts: [
      { module: 'iptable_nat', option: 'CONFIG_IP_NF_NAT' },
      { module: 'nft_chain_nat', option: 'CONFIG_NFT_NAT' },
    ],
  },
];

/** `KernelFeature-overlay` and so on. */
export const kernelFeatures: readonly Check[] = FEATURES.map(({ name, purpose, isActive, parts }) => ({
  name: `KernelFeature-${name}`,
  concerns: 'node',
  severity: 'error',
  about: `The kernel has ${name} (${purpose}), active, built in or as a module. The check does not load modules.`,
  remedy: 'Install the modules package of the running kernel, or boot a kernel that has the feature.',
  run: async ({ host }) => {
    if (await isActive(host)) return pass('active');
    const answers = await Promise.all(parts.map((part) => findKernelPart(host, part)));
    const found = answers.find((answer) => typeof answer === 'object');
    if (found) return pass(found.how);
    const { kernel } = await host.facts();
    if (answers.includes('absent')) return fail(`the kernel ${kernel} does not have ${name}`);
    return skip(`the kernel ${kernel || 'of this root'} lists neither its modules nor its configuration`);
  },
}));
