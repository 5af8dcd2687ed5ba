import { z } from 'zod';
import type { Host } from '../../../host/host.ts';
import { CHOICES, type ChoiceKey } from '../../../host/journal/choices.ts';
import { hnsNetworks } from '../../../kubernetes/windows/networks.ts';
import { runScript } from '../../../kubernetes/windows/scripts.ts';
import { lenientYaml } from '../../../lib/check-shape.ts';
import type { PhaseLog } from '../../../workflow/events.ts';

/** Kinds of networks that CNI plug-ins make; `nat` is also the one that comes with Docker. */
const OF_PODS = /^(l2bridge|overlay|l2tunnel|nat)$/i;

/** Ids of the networks that were there before the join; undefined if that is not known. */
export function networksBefore(choice: (key: ChoiceKey) => string | undefined): readonly string[] | undefined {
  return lenientYaml(choice(CHOICES.linksBefore), z.array(z.string()));
}

/**
 * Removes the container networks that came after the join. Removing one gives the machine's address back to its own
 * adapter: connections break for some seconds, so that this comes last of what needs one.
 */
export async function removeHnsNetworks(
  host: Host,
  log: PhaseLog,
  before: readonly string[] | undefined,
): Promise<void> {
  const networks = before && (await hnsNetworks(host));
  const ours = (networks ?? []).filter(({ id, type }) => OF_PODS.test(type) && !before?.includes(id));
  if (ours.length === 0) return;
  await runScript(host, 'hns-remove', { ids: ours.map(({ id }) => id) });
  if (host.wet) log.info(`Container networks removed: ${ours.map(({ name }) => name).join(', ')}.`);
}
