import { EdgeadmError } from '../../errors/index.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { ResetContext } from './context.ts';

export const checkNode: Phase<ResetContext> = {
  name: 'check-node',
  title: 'Inspect the node',
  run: async ({ node, journal, log, confirm }) => {
    refuseConverted(journal);
    if (node.controlPlane.length > 0) {
      throw new EdgeadmError({
        code: 'RESET_REFUSED',
        what: `${node.name} is a control-plane node`,
        why: node.controlPlane.join('\n'),
      });
    }
    if (node.joinedBy === 'other')
      log.info('This node was not joined with edgeadm: there is no journal of its earlier state.');
    if (node.joinedBy) await confirm?.(describeNode(node));
  },
};

/** The journal of a conversion ends at a node that another tool has joined. */
function refuseConverted({ conversion }: ResetContext['journal']): void {
  if (!conversion) return;
  throw new EdgeadmError({
    code: 'RESET_REFUSED',
    what: `the node ${conversion.node} was joined with another tool and converted to an edge node`,
    why: 'a reset would leave it half joined',
    next: 'edgeadm revert, then edgeadm reset',
  });
}

/** `node edge1 of the cluster 10.0.0.1:6443`, as far as the node still says so. */
function describeNode({ name, credentials }: ResetContext['node']): string {
  const [server] = credentials?.connection.servers ?? [];
  return `node ${name}${server ? ` of the cluster ${server.replace(/^https:\/\//, '')}` : ''}`;
}
