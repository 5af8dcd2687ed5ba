import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../../host/machine.ts';
import { PATHS } from '../../host/node-paths.ts';

/** What the hub of a node has cached for a program. */
export interface CachedProgram {
  readonly agent: string;
  readonly folder: string;
  /** `pods.v1.core`, `services`: the resources that it has answers of. */
  readonly resources: readonly string[];
}

/** Reads the names in the cache, never what it holds: Secrets are among it. @throws EdgeadmError HUB_CHECK_FAILED */
export async function cachedProgram(machine: Pick<Machine, 'list'>, agent: string): Promise<CachedProgram> {
  const folder = `${PATHS.kubernetes.cache}/${agent}`;
  const resources = (await machine.list(folder)).sort();
  if (resources.length > 0) return { agent, folder, resources };
  const others = (await machine.list(PATHS.kubernetes.cache)).sort();
  throw new EdgeadmError({
    code: 'HUB_CHECK_FAILED',
    what: `the edge-hub of this node has cached nothing for ${agent}`,
    why: `${folder} is empty or does not exist; cached: ${others.join(', ') || 'nothing'}`,
    next: `Check that ${agent} is in \`edgeadm hub cache list\`, and restart its pods on this node: \`edgeadm hub cache add ${agent} --restart\`.`,
  });
}
