import type { AddonDetail } from '../../cloud/actions/addons.ts';
import { waitForTask } from '../../cloud/cs-tasks.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { type AddonStep, describeStep } from './steps.ts';

export interface AddonRun extends OrderRun {
  readonly clusterId: string;
}

/**
 * Carries out steps one after the other. The same steps again continue where an earlier run stopped: what an add-on is
 * doing is waited for, and what is done is not ordered.
 * @throws EdgeadmError CLOUD_*, TIMEOUT
 */
export async function runAddonSteps(steps: readonly AddonStep[], run: AddonRun): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    await runStep(step, { ...run, wait: run.wait || !isLast });
  }
}

async function runStep(step: AddonStep, run: AddonRun): Promise<void> {
  const { service, clusterId, signal, timeoutMs, listDelayMs, paceMs, tell } = run;
  const look = () => service.installedAddon(clusterId, step.name);
  const before = await waitForTask(service, undefined, {
    what: `add-on ${step.name} to be idle`,
    signal,
    timeoutMs,
    paceMs,
    probe: async () => {
      const addon = await look();
      return isIdle(addon) ? { done: addon } : { seen: `it is ${addon?.state}` };
    },
  });
  if (isDone(step, before)) return;
  tell(`${DOING[step.verb]} ${step.name}.`);
  const taskId = await orderOnce({
    what: `the request to ${describeStep(step)} to take effect`,
    send: () => send(step, run),
    shows: async () => {
      const addon = await look();
      return !isIdle(addon) || isDone(step, addon);
    },
    listDelayMs,
    paceMs,
    signal,
  });
  if (!run.wait) return;
  await waitForTask<void>(service, taskId, {
    what: AIMS[step.verb](step),
    signal,
    timeoutMs,
    paceMs,
    tell,
    probe: async () => {
      const addon = await look();
      if (isIdle(addon) && isDone(step, addon)) return { done: undefined };
      return { seen: addon ? `it is ${addon.state} at ${addon.version}` : 'it is not installed' };
    },
  });
}

const DOING: Readonly<Record<AddonStep['verb'], string>> = {
  install: 'Installing',
  upgrade: 'Upgrading',
  configure: 'Configuring',
  uninstall: 'Uninstalling',
};

const AIMS: Readonly<Record<AddonStep['verb'], (step: AddonStep) => string>> = {
  install: ({ name, to }) => `add-on ${name} ${to} to be active`,
  upgrade: ({ name, to }) => `add-on ${name} to be active at ${to}`,
  configure: ({ name }) => `add-on ${name} to be active with its new parameters`,
  uninstall: ({ name }) => `add-on ${name} to be gone`,
};

function send(step: AddonStep, { service, clusterId }: AddonRun): Promise<string | undefined> {
  const { verb, name, from, to = '', config, cleanUp = false } = step;
  if (verb === 'install') return service.installAddon(clusterId, { name, version: to, config });
  if (verb === 'upgrade') return service.upgradeAddon(clusterId, { name, from, version: to });
  if (verb === 'uninstall') return service.uninstallAddon(clusterId, name, cleanUp);
  return service.configureAddon(clusterId, name, config ?? '{}').then(() => undefined);
}

/** Not on its way to another state. */
function isIdle(addon: AddonDetail | undefined): boolean {
  return !addon?.state || addon.state === 'active';
}

function isDone({ verb, to, config, unset }: AddonStep, addon: AddonDetail | undefined): boolean {
  if (verb === 'uninstall') return addon === undefined;
  if (verb === 'configure')
    return addon !== undefined && hasParameters(addon.config, config) && !keepsOne(addon.config, unset);
  return addon?.version === to;
}

/** True if all of `wanted` are set; the service may add others. */
export function hasParameters(found: string | undefined, wanted: string | undefined): boolean {
  const now = parametersOf(found);
  return Object.entries(parametersOf(wanted)).every(
    ([key, value]) => JSON.stringify(now[key]) === JSON.stringify(value),
  );
}

/** True if a parameter still has the value that is to be reset; the service may answer its default instead. */
function keepsOne(found: string | undefined, unset: AddonStep['unset'] = {}): boolean {
  const now = parametersOf(found);
  return Object.entries(unset).some(([key, value]) => JSON.stringify(now[key]) === JSON.stringify(value));
}

/** Of JSON that the service answers; anything else has none. */
export function parametersOf(text: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text || '{}');
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
