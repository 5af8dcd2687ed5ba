import { table } from '../../output/table.ts';
import { addonNotes, nodeSoftwareOf } from '../../phases/addon/releases.ts';
import type { AddonFacts } from '../../phases/addon/steps.ts';
import { isBehind } from '../../phases/addon/steps.ts';

/** An add-on that is installed, or can be. */
export interface ShownAddon {
  readonly name: string;
  readonly installed?: string;
  /** The newest version that the cluster can have. */
  readonly available?: string;
  /** active, updating, upgrading, deleting; undefined if it is not installed. */
  readonly state?: string;
  readonly category?: string;
  /** A part of the control plane, which the service runs. */
  readonly managed: boolean;
  readonly upgradable: boolean;
  /** What the vendor's guide says of it in a cluster of this version. */
  readonly notes: readonly string[];
}

/** All add-ons, the installed ones first, by name. */
export function shownAddons(facts: AddonFacts, clusterVersion: string): ShownAddon[] {
  const names = new Set([...facts.installed, ...facts.offered].map(({ name }) => name));
  const addons = [...names].map((name) => shownAddon(name, facts, clusterVersion));
  const rank = ({ installed }: ShownAddon): number => (installed === undefined ? 1 : 0);
  return addons.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export function shownAddon(name: string, facts: AddonFacts, clusterVersion: string): ShownAddon {
  const present = facts.installed.find((addon) => addon.name === name);
  const offer = facts.offered.find((addon) => addon.name === name);
  return {
    name,
    installed: present?.version,
    available: offer?.version,
    state: present?.state,
    category: offer?.category,
    managed: offer?.managed ?? false,
    upgradable: isBehind(name, facts),
    notes: addonNotes(name, present?.version, clusterVersion),
  };
}

/** One line an add-on, then what the guide's releases bring beside add-ons. */
export function addonTable(addons: readonly ShownAddon[], clusterVersion: string, wide = false): string {
  const rows = addons.map(({ name, installed, available, state, upgradable, notes, category, managed }) => ({
    name,
    installed: installed ?? '-',
    available: available ?? '-',
    state: state ?? 'not installed',
    ...(wide && { category, managed: managed ? 'yes' : 'no' }),
    note: [...(upgradable ? ['upgrade available'] : []), ...notes].join('; '),
  }));
  const software = nodeSoftwareOf(clusterVersion);
  const nodes = software.length > 0 ? `\nOn nodes, the releases include ${software.join(', ')}.\n` : '';
  return `${table(rows)}${nodes}`;
}
