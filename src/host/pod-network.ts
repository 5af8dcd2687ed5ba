import type { Host } from './host.ts';
import { CHOICES } from './journal/choices.ts';
import type { Journal } from './journal/journal.ts';
import type { JournalView } from './journal/record.ts';
import { kubernetesNames } from './kubernetes-names.ts';
import { PATHS } from './node-paths.ts';

/** Configurations of programs that are not a runtime of pods. */
const OTHERS_NETWORK = /podman|nerdctl|crio|buildkit|docker|lxc|libvirt|lima|incus/i;

/** While a reset removes pods whose network is gone, a runtime is given this one; see `removeSandboxes`. */
export const STAND_IN_NETWORK = '00-edgeadm-teardown.conflist';

/**
 * Which configuration in /etc/cni/net.d gave pods their network, though its name is not one of Kubernetes'. To be
 * called before anything is taken away: the decision is noted, since a reset that was killed when the file was gone
 * would take the next one for it, which belongs to another program. What cannot be noted is not relied on.
 */
export async function notePodNetwork(host: Host, journal: Journal): Promise<string | undefined> {
  const network = await podNetwork(host, journal);
  const isDecided = !journal.claimOf(PATHS.cni.configurations) || noted(journal) !== undefined;
  if (isDecided || !host.wet || !host.runsPrograms) return network;
  return journal.append({ kind: 'choice', key: CHOICES.podNetwork, value: network ?? '' }).then(
    () => network,
    () => undefined,
  );
}

/**
 * The same, not noted. A runtime gives pods the first configuration by name. Without a journal it is unknown which were
 * there before the join, and on a scratch root no add-on writes one.
 */
export async function podNetwork(host: Host, journal: JournalView): Promise<string | undefined> {
  const claim = journal.claimOf(PATHS.cni.configurations);
  if (!claim || !host.runsPrograms) return undefined;
  const decided = noted(journal);
  if (decided !== undefined) return decided === '' ? undefined : decided;
  const names = (await host.list(PATHS.cni.configurations)).filter(
    (name) => /\.(conf|conflist|json)$/.test(name) && name !== STAND_IN_NETWORK && !claim.had?.includes(name),
  );
  const known = kubernetesNames(PATHS.cni.configurations);
  const [first] = names.toSorted();
  if (first === undefined || names.some((name) => known.test(name)) || OTHERS_NETWORK.test(first)) return undefined;
  return first;
}

function noted(journal: JournalView): string | undefined {
  return journal.choice(CHOICES.podNetwork, 'joined');
}
