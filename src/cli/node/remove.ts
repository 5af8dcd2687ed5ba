import { count } from '../../lib/count.ts';
import { nodesToRemove, removeInBatches, type ServiceNode } from '../../phases/node/removal.ts';
import type { CommandHost } from '../node-runner.ts';
import { changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';
import { nodesOfService, serviceNodeTable } from './service-nodes.ts';

interface RemoveFlags extends ServiceChangeFlags {
  readonly nodepool?: string;
  readonly status?: string[];
  readonly drain: boolean;
  readonly release: boolean;
  readonly 'ignore-not-found': boolean;
}

interface RemovalPlan extends ServicePlan {
  readonly nodes: readonly ServiceNode[];
}

/** More lines than a person reads. */
const MOST_SHOWN = 50;

/** `edgeadm node remove` */
export async function removeByService(flags: RemoveFlags, names: readonly string[], host: CommandHost) {
  const { drain, release } = flags;
  return changeInService<RemovalPlan>({
    flags,
    output: host.openOutput({ looksOnly: true }),
    argv: host.argv,
    plan: async (work) => {
      const { clusterId } = work;
      const { all, matching } = await nodesOfService(work.service, clusterId, flags);
      const wanted = flags.nodepool === undefined ? names : matching.map(({ name }) => name);
      const ignoreNotFound = flags['ignore-not-found'];
      const nodes = nodesToRemove({ names: wanted, drain, release, ignoreNotFound }, all, `cluster ${clusterId}`);
      return {
        nodes,
        lines: nodes.length === 0 ? [] : planLines(nodes, flags),
        question: `Remove ${count('node', nodes.length)} from cluster ${clusterId}?`,
        unchanged: `Cluster ${clusterId} has no such nodes: nothing to remove.\n`,
        data: { clusterId, nodes },
      };
    },
    run: async ({ nodes }, work) => {
      await removeInBatches(nodes, { drain, release }, work);
      return { text: endText(nodes, flags, work.wait) };
    },
  });
}

function planLines(nodes: readonly ServiceNode[], { drain, release }: RemoveFlags): string[] {
  const more = nodes.length - MOST_SHOWN;
  return [
    `remove ${count('node', nodes.length)}${drain ? ', after a drain' : ''}${release ? ', and release the instances' : ''}:`,
    ...serviceNodeTable(nodes.slice(0, MOST_SHOWN)).trimEnd().split('\n'),
    ...(more > 0 ? [`… and ${more} more`] : []),
    'Pods of these nodes move to other nodes or stop. Back up their data.',
    ...(nodes.some(({ isCloud }) => isCloud) && !release
      ? ['Instances that are not released stay, and are charged.']
      : []),
  ];
}

function endText(nodes: readonly ServiceNode[], { release }: RemoveFlags, wait: boolean): string {
  const done = wait ? (release ? 'removed and released' : 'removed') : 'is being removed';
  const isEdge = nodes.some(({ kind }) => kind === 'edge');
  const next = isEdge ? 'Before an edge node joins again, run on it: edgeadm reset\n' : '';
  const lines = nodes.slice(0, MOST_SHOWN).map(({ name }) => `node/${name} ${done}\n`);
  const more =
    nodes.length > MOST_SHOWN ? `${count('node', nodes.length)} ${wait ? 'removed' : 'are being removed'}\n` : '';
  return `${lines.join('')}${more}${next}`;
}
