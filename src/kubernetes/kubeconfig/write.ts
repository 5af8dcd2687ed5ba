import { toYaml } from '../../templates/yaml.ts';

type Names = Readonly<Record<'cluster' | 'user' | 'context', string>> & { readonly namespace?: string };

/** Those of the kubelet's and the edge-hub's files, as the original tool writes them. */
const NODE_NAMES: Names = {
  cluster: 'default-cluster',
  user: 'default-auth',
  context: 'default-context',
  namespace: 'default',
};

export interface KubeconfigParts {
  readonly server: string;
  /** Path of the CA's certificate, for a kubeconfig that names files. */
  readonly caFile?: string;
  /** The CA's certificate itself. */
  readonly caPem?: string;
  /** Keys of a user as kubectl spells them. */
  readonly user?: Readonly<Record<string, string>>;
  readonly names?: Names;
}

/** YAML of a kubeconfig with one cluster, one user and one context. */
export function kubeconfigYaml({ server, caFile, caPem, user = {}, names = NODE_NAMES }: KubeconfigParts): string {
  const cluster = {
    server,
    ...(caFile !== undefined && { 'certificate-authority': caFile }),
    ...(caPem !== undefined && { 'certificate-authority-data': base64(caPem) }),
  };
  const { namespace } = names;
  const context = { cluster: names.cluster, user: names.user, ...(namespace !== undefined && { namespace }) };
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: names.cluster, cluster }],
    users: [{ name: names.user, user }],
    contexts: [{ name: names.context, context }],
    'current-context': names.context,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
