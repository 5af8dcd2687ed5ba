import { count } from '../../lib/count.ts';
import { table } from '../../output/table.ts';
import type { NetworkCapacity } from '../../phases/network/capacity.ts';
import type { OverlayCheck } from '../../phases/network/overlay.ts';
import type { Site, SiteReach } from '../../phases/network/reach.ts';

const number = (value: number): string => (value > Number.MAX_SAFE_INTEGER / 2 ? 'many' : String(value));

/** What fits, and what does not. */
export function capacityText({ podCidr, nodeMask, nodes, podsPerNode, overlaps }: NetworkCapacity): string {
  const { addresses, usable, kubeletLimit } = podsPerNode;
  const pods = Math.min(usable, kubeletLimit ?? usable);
  const rows = [
    { what: 'nodes', possible: number(nodes.possible), used: String(nodes.used) },
    { what: 'pods of a node', possible: number(pods), used: '' },
    { what: 'pods of all nodes', possible: number(pods * nodes.possible), used: '' },
  ];
  const limit = kubeletLimit === undefined ? '' : `, and the lowest limit of a kubelet is ${kubeletLimit}`;
  return [
    `Pods have addresses of ${podCidr}; each node gets a /${nodeMask}.\n\n`,
    table(rows),
    `\nA /${nodeMask} has ${number(addresses)} addresses, ${number(usable)} of them for pods${limit}. The Pod range and the range of a node cannot be changed later.\n`,
    overlaps.length > 0
      ? overlaps.map((line) => `Conflict: ${line}.\n`).join('')
      : 'No conflicts were found among the ranges that are known.\n',
  ].join('');
}

/** One line a pair of sites. */
export function reachTableText(sites: readonly Site[], reach: readonly SiteReach[]): string {
  const of = sites.map(({ name, mode, nodes }) => ({
    site: name,
    interconnection: mode ?? '-',
    nodes: nodes.length,
  }));
  const rows = reach.map(({ from, to, reachable, why }) => ({
    'pods in': from,
    reach: reachable,
    'pods in ': to,
    why,
  }));
  return `${table(of)}\n${table(rows)}\nEach edge pool counts as one site with one network. \`edgeadm network check\` tests nodes with Flannel.\n`;
}

/** One line a node. */
export function overlayTable(checks: readonly OverlayCheck[]): string {
  const rows = checks.map(({ node, address, result, expected, found }) => ({ node, address, result, expected, found }));
  const unknown = checks.filter(({ result }) => result === 'unknown').length;
  return [
    table(rows) || 'There is no other node with a range for pods.\n',
    unknown > 0 ? `\nUDP 8472 could not be tested with ${count('node', unknown)}.\n` : '',
  ].join('');
}
