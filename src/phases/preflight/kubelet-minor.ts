import { minorOf } from '../../kubernetes/version.ts';
import type { CheckContext } from './context.ts';

/** Minor version of the kubelet that will run, else the cluster's; undefined if neither is known. */
export async function kubeletMinor({
  node,
  cluster,
}: Pick<CheckContext, 'node' | 'cluster'>): Promise<number | undefined> {
  const unknown = () => undefined;
  const version = (await node.kubeletVersion().catch(unknown)) ?? (await cluster.version().catch(unknown));
  return version === undefined ? undefined : minorOf(version);
}
