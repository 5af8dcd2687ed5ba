import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1CertificateSigningRequestList } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { type Cluster, projectDir, type Result, until } from '../testbed/index.ts';

const CRD = join(projectDir, 'test/testbed/nodepool-crd.yaml');
const POOLS = '/apis/apps.openyurt.io/v1beta1/nodepools';
const RBAC = 'rbac.authorization.k8s.io';
/** The role, and its binding to all nodes, of OpenYurt's charts. */
const HUB_ROLE = 'yurt-hub';
/** The pool of {@link installOpenYurt}. */
export const POOL = 'hangzhou';

/** What a cluster has for yurthub 1.6 and newer once OpenYurt's charts are installed, and a node pool. */
export async function installOpenYurt(cluster: Cluster): Promise<void> {
  const list = ['list', 'watch'];
  await cluster.apply(
    load(await readFile(CRD, 'utf8')) as object,
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: HUB_ROLE },
      rules: [
        { apiGroups: ['apps.openyurt.io'], resources: ['nodepools'], verbs: list },
        { apiGroups: [''], resources: ['configmaps', 'endpoints'], verbs: ['get', ...list] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: list },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: HUB_ROLE },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: HUB_ROLE },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'system:nodes' }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'yurt-hub-cfg',
        namespace: 'kube-system',
        labels: { 'openyurt.io/configmap-name': 'yurt-hub-cfg' },
      },
      data: { cache_agents: '' },
    },
  );
  await until('NodePools', () => cluster.get(POOLS));
  await cluster.apply({
    apiVersion: 'apps.openyurt.io/v1beta1',
    kind: 'NodePool',
    metadata: { name: POOL },
    spec: { type: 'Edge' },
  });
}

/** Waits for a join, and approves the clients of newer yurthubs meanwhile as OpenYurt's controller does. */
export async function withOpenYurt(cluster: Cluster, joined: Promise<Result>): Promise<Result> {
  const state = { over: false };
  const result = joined.finally(() => {
    state.over = true;
  });
  await until(
    'the join to end',
    async () => {
      const requests = await cluster.get<V1CertificateSigningRequestList>(
        '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      );
      for (const { metadata, spec, status } of requests?.items ?? [])
        if (spec.signerName === 'kubernetes.io/kube-apiserver-client' && !status?.conditions)
          await cluster.kubectl('certificate', 'approve', metadata?.name ?? '');
      return state.over;
    },
    200,
  );
  return result;
}
