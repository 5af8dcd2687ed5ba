import { dirname, isAbsolute, join, sep } from 'node:path';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import { readUserText } from '../../lib/user-file.ts';
import { kubeconfigFiles } from './files.ts';
import {
  type Kubeconfig,
  type KubeconfigCluster,
  KubeconfigFault,
  type KubeconfigUser,
  parseKubeconfig,
} from './parse.ts';

/** Kubeconfigs of many clusters hold certificates as text. Bytes. */
const MAX_BYTES = 8 * 1024 ** 2;

const ANOTHER = 'Name one that exists: --kubeconfig FILE';

/**
 * Reads kubeconfigs as kubectl does: KUBECONFIG is a list, of which files that do not exist are skipped, the first file
 * that has a cluster, user, context or current context decides, and paths are relative to the file that names them.
 * @param value one file, or what the variable KUBECONFIG holds
 * @throws EdgeadmError USAGE that names the file, and the key or line in it
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
export async function loadKubeconfig(value: string, env: NodeJS.ProcessEnv = process.env): Promise<Kubeconfig> {
  const files = kubeconfigFiles(value, env);
  const found: Kubeconfig[] = [];
  for (const file of files) {
    try {
      found.push(
        withAbsolutePaths(parseKubeconfig(await readUserText(file, { what: file, maxBytes: MAX_BYTES })), file),
      );
    } catch (error) {
      if (!isMissing(error)) throw unusableKubeconfig(file, error);
      if (files.length === 1) throw unusableKubeconfig(file, error, ANOTHER);
    }
  }
  if (found.length === 0) throw unusableKubeconfig(value, new Error('none of its files exists'), ANOTHER);
  return merge(found);
}

/** @param error what is wrong; of an EdgeadmError its `why` */
export function unusableKubeconfig(file: string, error: unknown, next = adviceOn(file, error)): EdgeadmError {
  const { what, why } = toEdgeadmError(error);
  return new EdgeadmError({
    code: 'USAGE',
    what: `the kubeconfig ${file} cannot be used`,
    why: error instanceof EdgeadmError ? (why ?? what) : (error as Error).message,
    next,
    cause: error,
  });
}

function adviceOn(file: string, error: unknown): string {
  const contexts = error instanceof KubeconfigFault ? error.contexts : undefined;
  if (!contexts) return `kubectl --kubeconfig ${file} get nodes`;
  const [first] = contexts;
  return first === undefined
    ? 'Name the kubeconfig of a cluster: --kubeconfig FILE. This one has no context.'
    : `kubectl --kubeconfig ${file} config use-context ${first}   (contexts: ${contexts.join(', ')})`;
}

function isMissing(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function merge(configs: readonly Kubeconfig[]): Kubeconfig {
  const first = <T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] => [
    ...new Map(
      lists
        .flat()
        .reverse()
        .map((item) => [item.name, item]),
    ).values(),
  ];
  return {
    'current-context': configs.map((config) => config['current-context']).find(Boolean),
    clusters: first(configs.map(({ clusters }) => clusters)),
    users: first(configs.map(({ users }) => users)),
    contexts: first(configs.map(({ contexts }) => contexts)),
  };
}

function withAbsolutePaths(config: Kubeconfig, file: string): Kubeconfig {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined || isAbsolute(path) ? path : join(dirname(file), path);
  const ofCluster = (cluster: KubeconfigCluster): KubeconfigCluster => ({
    ...cluster,
    'certificate-authority': absolute(cluster['certificate-authority']),
  });
  const ofUser = ({ exec, ...user }: KubeconfigUser): KubeconfigUser => ({
    ...user,
    'client-certificate': absolute(user['client-certificate']),
    'client-key': absolute(user['client-key']),
    tokenFile: absolute(user.tokenFile),
    // A bare name is looked up in PATH.
    exec: exec?.command.includes(sep) ? { ...exec, command: absolute(exec.command) ?? exec.command } : exec,
  });
  return {
    ...config,
    clusters: config.clusters.map(({ name, cluster }) => ({ name, cluster: ofCluster(cluster) })),
    users: config.users.map(({ name, user }) => ({ name, user: ofUser(user) })),
  };
}
