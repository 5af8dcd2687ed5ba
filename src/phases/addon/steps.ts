import type { InstalledAddon, OfferedAddon } from '../../cloud/actions/addons.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { closest } from '../../lib/closest.ts';
import { compareAddonVersions } from './releases.ts';

/** A change of one add-on. */
export interface AddonStep {
  readonly verb: 'install' | 'upgrade' | 'uninstall' | 'configure';
  readonly name: string;
  /** Before it. */
  readonly from?: string;
  /** After it; undefined of a removal. */
  readonly to?: string;
  /** JSON of its parameters. */
  readonly config?: string;
  /** Parameters that are reset to their defaults, with the values they have before. */
  readonly unset?: Readonly<Record<string, unknown>>;
  /** Of a removal: also delete what it has in the cloud. */
  readonly cleanUp?: boolean;
}

/** What is there before anything is changed. */
export interface AddonFacts {
  readonly where: string;
  readonly offered: readonly OfferedAddon[];
  readonly installed: readonly InstalledAddon[];
}

const SERVER = 'edge-tunnel-server';
const AGENT = 'edge-tunnel-agent';

/** True if a step changes the tunnel, whose server and agent have to fit. */
export function changesTunnel(steps: readonly AddonStep[]): boolean {
  return steps.some(({ name }) => name === SERVER || name === AGENT);
}

/**
 * What is left to install, in order.
 * @throws EdgeadmError ADDON_NOT_FOUND, ADDON_REFUSED
 */
export function installSteps(
  names: readonly string[],
  facts: AddonFacts,
  { version, config }: { readonly version?: string; readonly config?: string },
): AddonStep[] {
  const reasons: string[] = [];
  const steps = names.flatMap((name): AddonStep[] => {
    const offer = offerOf(name, facts);
    const present = facts.installed.find((addon) => addon.name === name);
    const to = version ?? offer.version ?? '';
    if (!present) return [{ verb: 'install', name, to, config }];
    if (version !== undefined && present.version !== version)
      reasons.push(`${name} is already installed in version ${present.version}: use \`edgeadm addon upgrade\``);
    // An installation that is in progress is waited for.
    return present.state === 'updating' ? [{ verb: 'install', name, to: present.version, config }] : [];
  });
  const has = (name: string) => facts.installed.some((addon) => addon.name === name) || names.includes(name);
  if (names.includes(AGENT) && !has(SERVER)) reasons.push(`${AGENT} needs ${SERVER}: install both`);
  refuse('install', reasons, facts);
  return inOrder(steps, [SERVER, AGENT]);
}

/**
 * What is left to upgrade, in order: the server of the tunnel before its agent. Source: the vendor's user guide, 4.3.
 * @param names none: all that have a newer version
 * @throws EdgeadmError ADDON_NOT_FOUND, ADDON_REFUSED
 */
export function upgradeSteps(names: readonly string[], facts: AddonFacts, version?: string): AddonStep[] {
  const reasons: string[] = [];
  const chosen =
    names.length > 0 ? names : facts.installed.map(({ name }) => name).filter((name) => isBehind(name, facts));
  const steps = chosen.flatMap((name): AddonStep[] => {
    const present = installedOf(name, facts);
    const to = version ?? offerOf(name, facts).version;
    if (to === undefined || to === present.version) return [];
    if ((compareAddonVersions(to, present.version ?? '') ?? 1) < 0)
      reasons.push(`${name} is at ${present.version}, which is newer than ${to}`);
    return [{ verb: 'upgrade', name, from: present.version, to }];
  });
  const moves = (name: string) => steps.some((step) => step.name === name);
  if (moves(AGENT) && !moves(SERVER) && isBehind(SERVER, facts))
    reasons.push(`${SERVER} has to be upgraded before ${AGENT}: name both`);
  refuse('upgrade', reasons, facts);
  return inOrder(steps, [SERVER, AGENT]);
}

/** What is left to remove, in order. @throws EdgeadmError ADDON_REFUSED */
export function uninstallSteps(names: readonly string[], facts: AddonFacts, cleanUp: boolean): AddonStep[] {
  const reasons: string[] = [];
  const steps = names.flatMap((name): AddonStep[] => {
    const offer = facts.offered.find((addon) => addon.name === name);
    const present = facts.installed.find((addon) => addon.name === name);
    if (offer?.managed) reasons.push(`${name} is a part of the control plane, which the container service runs`);
    if (!present && !offer) throw notFound(name, facts);
    return present ? [{ verb: 'uninstall', name, from: present.version, cleanUp }] : [];
  });
  const stays = (name: string) => facts.installed.some((addon) => addon.name === name) && !names.includes(name);
  if (names.includes(SERVER) && stays(AGENT)) reasons.push(`${AGENT} does not work without ${SERVER}: remove both`);
  refuse('uninstall', reasons, facts);
  return inOrder(steps, [AGENT, SERVER]);
}

/** True if the cluster can have a newer version. */
export function isBehind(name: string, { installed, offered }: AddonFacts): boolean {
  const now = installed.find((addon) => addon.name === name)?.version;
  const newest = offered.find((addon) => addon.name === name)?.version;
  return Boolean(now && newest && (compareAddonVersions(now, newest) ?? 0) < 0);
}

/** `upgrade coredns from 1.8.4 to v1.9.3`, for the plan. */
export function describeStep({ verb, name, from, to, cleanUp }: AddonStep): string {
  const versions = [from && ` from ${from}`, to && to !== from && ` to ${to}`];
  if (verb === 'install') return `install ${name} ${to}`;
  if (verb === 'configure') return `configure ${name}`;
  if (verb === 'uninstall') return `uninstall ${name} ${from ?? ''}${cleanUp ? ', with its cloud resources' : ''}`;
  return `upgrade ${name}${versions.filter(Boolean).join('')}`;
}

/** @throws EdgeadmError ADDON_NOT_FOUND */
export function installedOf(name: string, facts: AddonFacts): InstalledAddon {
  const found = facts.installed.find((addon) => addon.name === name);
  if (found) return found;
  if (!facts.offered.some((addon) => addon.name === name)) throw notFound(name, facts);
  throw new EdgeadmError({
    code: 'ADDON_NOT_FOUND',
    what: `${name} is not installed in ${facts.where}`,
    why: `it has ${facts.installed.map((addon) => addon.name).join(', ') || 'none'}`,
    next: `to install it: edgeadm addon install ${name}`,
  });
}

/** @throws EdgeadmError ADDON_NOT_FOUND */
export function offerOf(name: string, facts: AddonFacts): OfferedAddon {
  const offer = facts.offered.find((addon) => addon.name === name);
  if (offer) return offer;
  throw notFound(name, facts);
}

function notFound(name: string, { where, offered }: AddonFacts): EdgeadmError {
  const names = offered.map((addon) => addon.name);
  const near = closest(name, names);
  return new EdgeadmError({
    code: 'ADDON_NOT_FOUND',
    what: `add-on ${name} not found in ${where}`,
    why: near ? `did you mean ${near}?` : `it offers ${names.join(', ')}`,
  });
}

function refuse(verb: string, reasons: readonly string[], { where }: AddonFacts): void {
  if (reasons.length === 0) return;
  throw new EdgeadmError({
    code: 'ADDON_REFUSED',
    what: `cannot ${verb} these add-ons in ${where}`,
    why: reasons.join('\n'),
  });
}

/** Those that have to come one after the other, then the rest as named. */
function inOrder(steps: readonly AddonStep[], first: readonly string[]): AddonStep[] {
  const rank = ({ name }: AddonStep): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return [...steps].sort((a, b) => rank(a) - rank(b));
}
