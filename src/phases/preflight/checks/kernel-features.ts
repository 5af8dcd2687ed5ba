import { posix } from 'node:path';
import { PATHS } from '../../../host/node-paths.ts';
import { type Check, type CheckResult, fail, pass, skip } from '../check.ts';
import { flannelIsOff } from '../flannel.ts';
import { findKernelPart, type KernelPart } from '../kernel-module.ts';
import { blockingRule, otherKernels } from '../module-rules.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

interface Feature {
  readonly name: string;
  readonly purpose: string;
  /** What shows that it is active, whatever the module is called. */
  readonly isActive: (host: ReadOnlyHost) => Promise<boolean>;
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
  about: `The kernel has ${name} (${purpose}), active, built in or as a module that is installed for the running kernel and not blacklisted. The check does not load modules.`,
  remedy: 'Install the modules package of the running kernel, or boot a kernel that has the feature.',
  run: async ({ host, spec }) => {
    const needless = name === 'vxlan' ? flannelIsOff(spec) : undefined;
    if (needless) return skip(needless);
    const how = (await isActive(host)) ? 'active' : await findAny(host, parts);
    const { kernel, os } = await host.facts();
    if (how === 'absent')
      return fail(`the kernel ${kernel} does not have ${name}`, { remedy: packageOf(os.id, kernel) });
    if (how === undefined) {
      const others = await otherKernels(host, kernel);
      if (others) return fail(withoutModules(name, kernel, others), { remedy: REBOOT });
      return skip(`the kernel ${kernel || 'of this root'} lists neither its modules nor its configuration`);
    }
    const refusal = how === 'can be loaded' ? await refusalToLoad(host, parts) : undefined;
    if (refusal) return refusal;
    return how === 'built in' ? pass(how) : judgeRules(host, parts, how);
  },
}));

/** RHEL, what is built from it, and Fedora. */
const OF_RED_HAT = /^(rhel|centos|rocky|almalinux|ol|fedora)$/;

/**
 * The package in which a distribution has the modules that its kernel package leaves out; undefined if it has none.
 * Sources: flannel-io/flannel#1502, timothystewart6/k3s-ansible#684.
 */
function packageOf(id: string, kernel: string): string | undefined {
  if (id === 'ubuntu') {
    const name = kernel.endsWith('-raspi') ? 'linux-modules-extra-raspi' : `linux-modules-extra-${kernel}`;
    return `Install the other modules of the kernel: \`apt install ${name}\`; reboot if that installs a newer kernel.`;
  }
  return OF_RED_HAT.test(id)
    ? `Install the other modules of the running kernel: \`dnf install kernel-modules-extra-${kernel}\`.`
    : undefined;
}

const REBOOT =
  'Reboot into the kernel that is installed, or install the modules of the running one (`apt install linux-modules-$(uname -r)`, `dnf install kernel-modules-$(uname -r)`).';

function withoutModules(name: string, kernel: string, others: readonly string[]): string {
  return `${name} cannot be loaded: /lib/modules has ${others.slice(0, 3).join(', ')}, and not the running kernel ${kernel}; it was updated and the machine not rebooted since`;
}

async function findAny(host: ReadOnlyHost, parts: readonly KernelPart[]): Promise<string | undefined> {
  const answers = await Promise.all(parts.map((part) => findKernelPart(host, part)));
  const found = answers.find((answer) => typeof answer === 'object');
  return found ? found.how : answers.find((answer) => answer === 'absent');
}

/**
 * A kernel that was told so loads no more modules, and none for most containers. Sources: sysctl/kernel.rst of the
 * kernel; canonical/lxd#4350.
 */
async function refusalToLoad(host: ReadOnlyHost, parts: readonly KernelPart[]): Promise<CheckResult | undefined> {
  const modules = parts.map(({ module }) => module);
  if (!(await mayLoadModules(host))) {
    const container = (await host.read(PATHS.system.container))?.trim();
    return fail(
      `not loaded, and this machine, a container${container ? ` (${container})` : ''}, may not load modules`,
      {
        remedy: `Load it on the machine that runs the container: \`modprobe ${modules[0]}\`.`,
      },
    );
  }
  if ((await host.sysctl('kernel.modules_disabled')) !== '1') return undefined;
  return fail('not loaded, and the kernel loads no modules any more: kernel.modules_disabled is 1', {
    remedy: `Name ${modules.join(' or ')} in a file of ${posix.dirname(PATHS.system.modules)}, and reboot: systemd reads it before the kernel parameters.`,
  });
}

const CAP_SYS_MODULE = 1n << 16n;

/** The capability is worth something only to users that are not mapped. See capabilities(7), user_namespaces(7). */
async function mayLoadModules(host: ReadOnlyHost): Promise<boolean> {
  const [status, users] = await Promise.all([host.read('/proc/1/status'), host.read('/proc/1/uid_map')]);
  const [, bounding] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status ?? '') ?? [];
  const isMapped = users !== undefined && !/^\s*0\s+0\s+4294967295\s*$/.test(users);
  return !isMapped && (bounding === undefined || (BigInt(`0x${bounding}`) & CAP_SYS_MODULE) !== 0n);
}

/** What is loaded now may be kept out at the next boot. */
async function judgeRules(host: ReadOnlyHost, parts: readonly KernelPart[], how: string): Promise<CheckResult> {
  const rules = await Promise.all(parts.map(({ module }) => blockingRule(host, module)));
  const rule = rules.every((each) => each !== undefined) ? rules[0] : undefined;
  if (!rule) return pass(how);
  const remedy = 'Take that line out; where it is a rule of your company, ask for an exception for Kubernetes nodes.';
  if (how === 'can be loaded' && rule.effect === 'never') return fail(`it cannot be loaded: ${rule.found}`, { remedy });
  return fail(`${how} now, but not after the next boot: ${rule.found}`, { severity: 'warning', remedy });
}
