import type { V1Node } from '@kubernetes/client-node';

/** Whose edge components a cluster has: those of the vendor's ACK@Edge, or OpenYurt's. */
export type EdgeProject = 'ack' | 'openyurt';

/** What the vendor's components and OpenYurt's call the same thing. */
export interface EdgeNames {
  readonly project: EdgeProject;
  /** How messages name the project. */
  readonly title: string;
  /** Label of a node: `true` on edge nodes, `false` on cloud nodes. */
  readonly edgeLabel: string;
  /** Annotation of a node: `true` on autonomous nodes. */
  readonly autonomy: string;
  /** Annotation of a node: for how long it is autonomous, a duration of Go; the vendor's guide has none. */
  readonly autonomyDuration?: string;
  /** ConfigMap of the hub, in kube-system. */
  readonly hubConfig: string;
  /** ConfigMap of the tunnel's server, in kube-system. */
  readonly tunnelConfig: string;
  /** The tunnel's server (Deployment) and agent (DaemonSet), in kube-system. */
  readonly tunnelServer: string;
  readonly tunnelAgent: string;
  /** Ports that the tunnel forwards to localhost of a node if the ConfigMap does not list any. */
  readonly localhostPorts: readonly number[];
  /** Deployments in kube-system that act on the annotations of nodes; the vendor runs its own outside the cluster. */
  readonly controllers: readonly string[];
}

/**
 * Sources: the vendor's guide, chapters 3, 7.2, 8.2 and 8.4; OpenYurt v1.7.0, pkg/projectinfo/projectinfo.go,
 * charts/yurthub and pkg/yurtmanager/controller/yurtcoordinator/podbinding, and for the tunnel, which Raven replaced in
 * 1.3, v1.2.0, pkg/yurttunnel/util/util.go and config/setup/yurt-tunnel-server.yaml.
 */
const NAMES: Readonly<Record<EdgeProject, EdgeNames>> = {
  ack: {
    project: 'ack',
    title: 'ACK@Edge',
    edgeLabel: 'alibabacloud.com/is-edge-worker',
    autonomy: 'node.beta.alibabacloud.com/autonomy',
    hubConfig: 'edge-hub-cfg',
    tunnelConfig: 'edge-tunnel-server-cfg',
    tunnelServer: 'edge-tunnel-server',
    tunnelAgent: 'edge-tunnel-agent',
    localhostPorts: [10250, 10255, 10266, 10267],
    controllers: [],
  },
  openyurt: {
    project: 'openyurt',
    title: 'OpenYurt',
    edgeLabel: 'openyurt.io/is-edge-worker',
    autonomy: 'node.beta.openyurt.io/autonomy',
    autonomyDuration: 'node.openyurt.io/autonomy-duration',
    hubConfig: 'yurt-hub-cfg',
    tunnelConfig: 'yurt-tunnel-server-cfg',
    tunnelServer: 'yurt-tunnel-server',
    tunnelAgent: 'yurt-tunnel-agent',
    localhostPorts: [10266, 10267],
    controllers: ['yurt-manager', 'yurt-controller-manager'],
  },
};

/** The names of a project. */
export function edgeNames(project: EdgeProject): EdgeNames {
  return NAMES[project];
}

/**
 * The names that a node goes by. Nodes of OpenYurt may have the vendor's label too: a join sets both.
 * @returns undefined for a node that has neither label
 */
export function edgeNamesOf({ metadata }: V1Node): EdgeNames | undefined {
  return [NAMES.openyurt, NAMES.ack].find(({ edgeLabel }) => metadata?.labels?.[edgeLabel] !== undefined);
}

/** `edge`, `cloud`, or `other` for a node that has no label of an edge cluster, such as one of the control plane. */
export function placeOf(node: V1Node): 'edge' | 'cloud' | 'other' {
  const value = node.metadata?.labels?.[edgeNamesOf(node)?.edgeLabel ?? ''];
  if (value === undefined) return 'other';
  return value === 'true' ? 'edge' : 'cloud';
}
