import { posix } from 'node:path';
import { bootSysctls } from '../../host/boot-sysctls.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { allSettled } from '../../lib/all-settled.ts';
import { readTemplate } from '../../templates/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { recordLinksBeforeJoin } from '../reset/teardown/network.ts';
import { noteStateBeforeJoin } from '../reset/teardown/state.ts';
import type { JoinContext } from './context.ts';
import { noteCluster } from './membership.ts';

/**
 * What a kubelet sets by itself; set here first, so that the journal knows what was there. Source: kubelet 1.20,
 * container_manager_linux.go.
 */
const KUBELET_SYSCTLS = { 'vm.overcommit_memory': '1', 'kernel.panic': '10', 'kernel.panic_on_oops': '1' };

/** What a kubelet with protectKernelDefaults expects to find when it starts. Source: kubernetes, pkg/util/sysctl. */
const PROTECTED_SYSCTLS = {
  ...KUBELET_SYSCTLS,
  'kernel.keys.root_maxkeys': '1000000',
  'kernel.keys.root_maxbytes': '25000000',
};

export const prepareNode: Phase<JoinContext> = {
  name: 'prepare-node',
  title: 'Prepare the system',
  phases: [
    { name: 'journal', title: 'Record the initial state of the node', run: noteMembership },
    { name: 'kernel-modules', title: 'Load kernel features, now and at boot', run: loadModules },
    { name: 'sysctls', title: 'Set kernel parameters, now and at boot', run: setSysctls },
    { name: 'cni-order', title: 'Move other CNI configurations aside', run: orderCni },
  ],
};

/** A reset can roll back only what was noted first: every phase that begins a membership calls it. */
export async function noteMembership(context: JoinContext): Promise<void> {
  await noteCluster(context);
  await recordLinksBeforeJoin(context.host);
  await noteStateBeforeJoin(context.host);
}

async function loadModules({ host, log, signal }: JoinContext & PhaseTools): Promise<void> {
  const text = readTemplate('system/modules-load.conf');
  await host.write(PATHS.system.modules, text, { mode: 0o644 });
  if (!host.runsPrograms) return;
  const modules = text.split('\n').filter((line) => line && !line.startsWith('#'));
  await allSettled(
    modules.map((module) => loadModule(host, module, log)),
    signal,
  );
}

/** Whether the kernel has the feature was a check: one that is built in has no module to load. */
async function loadModule(host: Host, module: string, log: PhaseTools['log']): Promise<void> {
  if (await host.stat(`/sys/module/${module}`)) return;
  await host.run('modprobe', [module], { repeatable: true }).catch((error: Error) => log.debug(error.message));
}

async function setSysctls({ host, cluster, log }: JoinContext & PhaseTools): Promise<void> {
  const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
  const kept = configuration?.protectKernelDefaults === true ? PROTECTED_SYSCTLS : {};
  const text = readTemplate('system/sysctl.conf') + linesOf(kept);
  await host.write(PATHS.system.sysctls, text, { mode: 0o644 });
  const fromFile = [...text.matchAll(/^([\w.-]+)\s*=\s*(\S+)$/gm)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
  for (const [key, value] of [...fromFile, ...Object.entries(KUBELET_SYSCTLS)]) await host.setSysctl(key, value);
  if (!host.wet) return;
  for (const warning of await sysctlsNotInForce(host, fromFile)) log.warning(warning);
}

function linesOf(sysctls: Readonly<Record<string, string>>): string {
  const lines = Object.entries(sysctls).map(([key, value]) => `${key} = ${value}\n`);
  return lines.length > 0
    ? `# The kubelet starts with no other values (protectKernelDefaults).\n${lines.join('')}`
    : '';
}

/** What was set counts only if the kernel has it now, and if no later file sets it back at the next boot. */
async function sysctlsNotInForce(host: Host, wanted: readonly (readonly [string, string])[]): Promise<string[]> {
  const atBoot = await bootSysctls(host);
  const warnings: string[] = [];
  const inForce = await Promise.all(wanted.map(async ([key, value]) => (host.runsPrograms ? host.sysctl(key) : value)));
  for (const [i, [key, value]] of wanted.entries()) {
    const now = inForce[i];
    const boot = atBoot.get(key);
    if (now === undefined)
      warnings.push(`${key} does not exist: the kernel module that provides it could not be loaded.`);
    else if (now !== value) warnings.push(`${key} is ${now}, not ${value}: something sets it back.`);
    if (boot && boot.value !== value)
      warnings.push(
        `${boot.file} sets ${key} = ${boot.value} at the next boot, after ${PATHS.system.sysctls}. Remove the line from that file.`,
      );
  }
  return warnings;
}

/** The first CNI file by name wins: one that holds nothing but loopback would keep the cluster's own from working. */
async function orderCni({ host, log }: JoinContext & PhaseTools): Promise<void> {
  for (const name of await host.list(PATHS.cni.configurations)) {
    const path = posix.join(PATHS.cni.configurations, name);
    if (!/\.(conf|conflist|json)$/.test(name) || !isLoopbackOnly((await host.read(path)) ?? '')) continue;
    await host.remove(path);
    log.info(`${path} configures only loopback and is moved aside until reset.`);
  }
}

function isLoopbackOnly(text: string): boolean {
  try {
    const configuration = JSON.parse(text) as { type?: string; plugins?: { type?: string }[] };
    const types = configuration.plugins?.map(({ type }) => type) ?? [configuration.type];
    return types.length > 0 && types.every((type) => type === 'loopback');
  } catch {
    return false;
  }
}
