import type { NodePoolMode } from '../../config/node-pool.ts';

/** Nodes in one network: those in the cloud, or those of one edge pool, which is taken for one site. */
export interface Site {
  /** `cloud`, or the name of a pool. */
  readonly name: string;
  /** How its nodes reach the cloud; undefined for the cloud itself. */
  readonly mode: NodePoolMode | undefined;
  readonly nodes: readonly string[];
}

export type Reachable = 'yes' | 'no' | 'unknown';

/** Whether pods of one site reach those of another. */
export interface SiteReach {
  readonly from: string;
  readonly to: string;
  readonly reachable: Reachable;
  readonly why: string;
}

/**
 * Whether pods reach pods, by the interconnection of the pools. What the vendor's documents do not say is unknown.
 * Sources: edge networks ("Network access types": Express Connect, public network), enhanced edge node pools.
 */
export function siteReach(from: Site, to: Site): Omit<SiteReach, 'from' | 'to'> {
  if (from.name === to.name) return { reachable: 'yes', why: 'one network' };
  const modes = [from.mode, to.mode].filter((mode) => mode !== undefined);
  if (modes.includes('basic'))
    return {
      reachable: 'no',
      why: 'public network: VXLAN does not leave the site; use a public address or the tunnel',
    };
  const needs = modes.includes('private')
    ? 'Express Connect, UDP 8472 open both ways'
    : 'CEN, through the gateway of the pool';
  if (modes.length === 1) return { reachable: 'yes', why: needs };
  return { reachable: 'unknown', why: `only if routes between the two sites exist (${needs})` };
}

/** Every site to every other, and to itself. */
export function reachTable(sites: readonly Site[]): SiteReach[] {
  return sites.flatMap((from) => sites.map((to) => ({ from: from.name, to: to.name, ...siteReach(from, to) })));
}
