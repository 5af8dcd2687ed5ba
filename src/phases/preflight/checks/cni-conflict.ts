import { posix } from 'node:path';
import { kubernetesNames } from '../../../host/kubernetes-names.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { type Check, fail, pass } from '../check.ts';
import { ownState } from '../own-state.ts';

/** What Flannel's DaemonSet writes. */
const FLANNEL = '10-flannel.conflist';

export const cniConflict: Check = {
  name: 'CNIConflict',
  concerns: 'node',
  severity: 'warning',
  about:
    "No CNI configuration of the node sorts before the cluster's: the runtime uses the first one by name. On a machine that was never joined, the network of another cluster is reported as left over. The join moves one aside that configures only loopback.",
  remedy: `Move the file out of ${PATHS.cni.configurations} if pods must not use its network.`,
  run: async (context) => {
    const names = (await context.host.list(PATHS.cni.configurations)).filter((name) =>
      /\.(conf|conflist|json)$/.test(name),
    );
    const { owns } = await ownState(context);
    const [first] = names;
    const path = posix.join(PATHS.cni.configurations, first ?? '');
    if (!first || owns(path)) return pass(first ? `${first}, of the earlier join` : undefined);
    const types = pluginTypes((await context.host.read(path)) ?? '');
    if (!types) return fail(`${path} is the first by name, but not a CNI configuration: pods would get no network`);
    if (types.every((type) => type === 'loopback')) {
      return fail(`${path} is the first by name and configures only loopback`, {
        remedy: 'No action is needed: the join moves it aside, and reset restores it.',
      });
    }
    const flannel = context.spec.allowedClusterAddons?.includes('flannel') && !types.includes('flannel');
    const leftOver = !(await ownState(context)).rerun && kubernetesNames(PATHS.cni.configurations).test(first);
    if (!flannel && (!leftOver || types.includes('flannel'))) return pass(`${first} (${types.join(', ')})`);
    if (!flannel) {
      return fail(
        `${path} (${types.join(', ')}) was there before the join, as if left over from another cluster: pods would get its network`,
      );
    }
    const order = first < FLANNEL ? `sorts before Flannel's ${FLANNEL}` : "is used until Flannel's own is written";
    return fail(`${path} (${types.join(', ')}) ${order}`);
  },
};

/** The plug-ins of a configuration or of a list of them; undefined if it is neither. */
function pluginTypes(text: string): string[] | undefined {
  try {
    const parsed = JSON.parse(text) as { plugins?: { type?: unknown }[]; type?: unknown };
    const types = (parsed.plugins ?? [parsed]).map(({ type }) => type);
    // As libcni reads it, which refuses the whole file if one plug-in has no type (libcni/conf.go).
    return types.length > 0 && types.every(isName) ? types : undefined;
  } catch {
    return undefined;
  }
}

const isName = (type: unknown): type is string => typeof type === 'string' && type !== '';
