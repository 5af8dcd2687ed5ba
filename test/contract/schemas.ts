import assert from 'node:assert/strict';
import type { Contract, Expectation } from './subject.ts';

interface Schema {
  readonly description?: string;
  readonly required?: string[];
  readonly properties?: Record<string, Schema & Record<string, unknown>>;
}

async function document<T>(contract: Contract, path: string): Promise<T> {
  const { status, body } = await contract.raw('GET', path, { accept: 'application/json' });
  assert.equal(status, 200, body);
  return JSON.parse(body) as T;
}

/** Every schema that one names is there. */
function isClosed(text: string, prefix: string, schemas: Record<string, unknown>): void {
  for (const [, name = ''] of text.matchAll(/"\$ref":"#([^"]+)"/g)) assert.ok(schemas[name.slice(prefix.length)], name);
}

export const schemas: readonly Expectation[] = [
  [
    'OpenAPI v2 has the schema of every kind, with the keys of its lists',
    async (contract) => {
      const { definitions } = await document<{ definitions: Record<string, Schema> }>(contract, '/openapi/v2');
      const pod = definitions['io.k8s.api.core.v1.PodSpec'];
      assert.ok(pod?.required?.includes('containers'));
      assert.match(pod?.properties?.containers?.description ?? '', /^List of containers belonging to the pod/);
      assert.equal(pod?.properties?.containers?.['x-kubernetes-patch-merge-key'], 'name');
      const taints = definitions['io.k8s.api.core.v1.NodeStatus']?.properties?.conditions;
      assert.equal(taints?.['x-kubernetes-patch-merge-key'], 'type');
      for (const name of [
        'core.v1.Secret',
        'apps.v1.DaemonSet',
        'coordination.v1.Lease',
        'rbac.v1.Role',
        'batch.v1.Job',
      ])
        assert.ok(definitions[`io.k8s.api.${name}`]?.properties?.metadata, name);
      isClosed(JSON.stringify(definitions), '/definitions/', definitions);
    },
  ],
  [
    'OpenAPI v2 comes as protobuf too, for kubectl before 1.27',
    async (contract) => {
      const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
      const { status, body } = await contract.raw('GET', '/openapi/v2', { accept });
      assert.equal(status, 200);
      // Field 1 is the version of Swagger.
      assert.equal(body.slice(0, 5), '\n\x032.0');
    },
  ],
  [
    'OpenAPI v3 has a document for each group and version, since Kubernetes 1.24',
    async (contract) => {
      const index = await contract.raw('GET', '/openapi/v3', { accept: 'application/json' });
      if (contract.minor < 24) {
        assert.equal(index.status, 404);
        return;
      }
      const { paths } = JSON.parse(index.body) as { paths: Record<string, { serverRelativeURL: string }> };
      const url = paths['apis/apps/v1']?.serverRelativeURL ?? '';
      type Found = { components: { schemas: Record<string, Schema & Record<string, unknown>> } };
      const { components } = await document<Found>(contract, url);
      const kinds = components.schemas['io.k8s.api.apps.v1.DaemonSet']?.['x-kubernetes-group-version-kind'];
      assert.deepEqual(kinds, [{ group: 'apps', kind: 'DaemonSet', version: 'v1' }]);
      isClosed(JSON.stringify(components), '/components/schemas/', components.schemas);
    },
  ],
];
