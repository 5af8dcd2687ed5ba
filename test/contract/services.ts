import assert from 'node:assert/strict';
import { type AnyObject, answers, type Expectation, MERGE, refuses, STRATEGIC } from './subject.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const SERVICES = `${NAMESPACE}/services`;

interface Ports {
  readonly ports: readonly { readonly port: number; readonly protocol: string; readonly targetPort: number | string }[];
}

/** Services and what is behind them, StatefulSets and their storage. */
export const services: readonly Expectation[] = [
  [
    'a Service gets a type and the defaults of its ports, and needs ports',
    async ({ admin, prefix }) => {
      const name = `${prefix}-service1`;
      const spec = { selector: { app: name }, ports: [{ port: 80 }] };
      const created = await answers(admin, 'POST', SERVICES, 201, { body: { metadata: { name }, spec } });
      const { type, sessionAffinity, ports } = created.spec as unknown as Ports & Record<string, unknown>;
      assert.deepEqual([type, sessionAffinity], ['ClusterIP', 'None']);
      assert.deepEqual(ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
      const none = { metadata: { name: `${name}-x` }, spec: { selector: { app: name } } };
      const message = `Service "${name}-x" is invalid: spec.ports: Required value`;
      await refuses(admin, 'POST', SERVICES, { code: 422, reason: 'Invalid', message }, { body: none });
      await admin.delete(`${SERVICES}/${name}`);
    },
  ],
  [
    'a Service gets an address, which stays and cannot be changed, and a headless one gets none',
    async ({ admin, prefix, minor }) => {
      const name = `${prefix}-address`;
      const path = `${SERVICES}/${name}`;
      const ports = [{ port: 80 }];
      const made = await answers(admin, 'POST', SERVICES, 201, { body: { metadata: { name }, spec: { ports } } });
      const { clusterIP, clusterIPs } = made.spec as unknown as { clusterIP: string; clusterIPs: string[] };
      assert.match(clusterIP, /^10\.\d+\.\d+\.\d+$/);
      assert.deepEqual(clusterIPs, [clusterIP]);
      const { resourceVersion } = made.metadata;
      const body = { metadata: { name, resourceVersion }, spec: { ports: [{ port: 81 }] } };
      const unset = 'spec.clusterIPs[0]: Invalid value: []string(nil): primary clusterIP can not be unset';
      const invalid = { code: 422, reason: 'Invalid', message: `Service "${name}" is invalid: ${unset}` };
      if (minor > 20) assert.equal((await answers(admin, 'PUT', path, 200, { body })).spec?.clusterIP, clusterIP);
      else await refuses(admin, 'PUT', path, invalid, { body });
      const { metadata } = await admin.get<AnyObject>(path);
      const same = { metadata, spec: { clusterIP, ports: [{ port: 82 }] } };
      const kept = await answers(admin, 'PUT', path, 200, { body: same });
      assert.deepEqual([kept.spec?.clusterIP, kept.spec?.clusterIPs], [clusterIP, [clusterIP]]);
      const message = /spec\.clusterIPs\[0\]: Invalid value: .*"10\.96\.0\.77".*: may not change once set/;
      const other = { spec: { clusterIP: '10.96.0.77' } };
      await refuses(admin, 'PATCH', path, { code: 422, reason: 'Invalid', message }, { body: other, ...MERGE });
      await admin.delete(path);
      const headless = { metadata: { name: `${name}-none` }, spec: { ports, clusterIP: 'None' } };
      const none = await answers(admin, 'POST', SERVICES, 201, { body: headless });
      assert.deepEqual([none.spec?.clusterIP, none.spec?.clusterIPs], ['None', ['None']]);
      await admin.delete(`${SERVICES}/${name}-none`);
    },
  ],
  [
    'an empty address of a Service is none, and one that becomes an ExternalName loses its own',
    async ({ admin, prefix }) => {
      const name = `${prefix}-empty`;
      const path = `${SERVICES}/${name}`;
      const body = { metadata: { name }, spec: { clusterIP: '', ports: [{ port: 80 }] } };
      const made = await answers(admin, 'POST', SERVICES, 201, { body });
      assert.deepEqual(made.spec?.clusterIPs, [made.spec?.clusterIP]);
      const external = { spec: { type: 'ExternalName', externalName: 'a.example.com' } };
      const found = await answers(admin, 'PATCH', path, 200, { body: external, ...MERGE });
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
        assert.equal(found.spec?.[field], undefined, field);
      await admin.delete(path);
    },
  ],
  [
    'the Service kubernetes is in the namespace default',
    async ({ admin }) => {
      const { metadata, spec } = await admin.get<AnyObject>(`${SERVICES}/kubernetes`);
      assert.deepEqual(metadata.labels, { component: 'apiserver', provider: 'kubernetes' });
      const { clusterIP, ports } = spec as unknown as Ports & { clusterIP: string };
      assert.match(clusterIP, /^10\.\d+\.0\.1$/);
      assert.deepEqual([ports[0]?.port, ports[0]?.protocol], [443, 'TCP']);
    },
  ],
  [
    'ports of a Service are merged by their number, and an annotation changes nothing else',
    async ({ admin, prefix }) => {
      const name = `${prefix}-service2`;
      const spec = { ports: [{ name: 'a', port: 80 }], clusterIP: 'None' };
      await answers(admin, 'POST', SERVICES, 201, { body: { metadata: { name }, spec } });
      const body = {
        metadata: { annotations: { 'openyurt.io/topologyKeys': 'kubernetes.io/hostname' } },
        spec: { ports: [{ name: 'b', port: 81 }] },
      };
      const found = await answers(admin, 'PATCH', `${SERVICES}/${name}`, 200, { body, ...STRATEGIC });
      assert.deepEqual((found.spec as unknown as Ports).ports.map(({ port }) => port).sort(), [80, 81]);
      assert.equal(found.metadata.annotations?.['openyurt.io/topologyKeys'], 'kubernetes.io/hostname');
      await admin.delete(`${SERVICES}/${name}`);
    },
  ],
  [
    'Endpoints keep the node of each address',
    async ({ admin, prefix }) => {
      const name = `${prefix}-endpoints`;
      const subsets = [{ addresses: [{ ip: '10.9.9.9', nodeName: 'n1' }], ports: [{ port: 80, protocol: 'TCP' }] }];
      await answers(admin, 'POST', `${NAMESPACE}/endpoints`, 201, { body: { metadata: { name }, subsets } });
      const found = await admin.get<AnyObject & { subsets: object[] }>(`${NAMESPACE}/endpoints/${name}`);
      assert.deepEqual(found.subsets, subsets);
      await admin.delete(`${NAMESPACE}/endpoints/${name}`);
    },
  ],
  [
    'a StatefulSet counts its changes and can be scaled',
    async ({ admin, prefix }) => {
      const name = `${prefix}-set`;
      const sets = '/apis/apps/v1/namespaces/default/statefulsets';
      const labels = { app: name };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
      const spec = { replicas: 0, serviceName: name, selector: { matchLabels: labels }, template };
      const made = await answers(admin, 'POST', sets, 201, { body: { metadata: { name }, spec } });
      assert.equal(made.metadata.generation, 1);
      assert.equal(made.spec?.podManagementPolicy, 'OrderedReady');
      const scale = await admin.get<AnyObject>(`${sets}/${name}/scale`);
      assert.deepEqual([scale.kind, scale.spec?.replicas ?? 0], ['Scale', 0]);
      await admin.delete(`${sets}/${name}`);
    },
  ],
  [
    'a claim for a volume of an unknown class stays Pending',
    async ({ admin, prefix }) => {
      const name = `${prefix}-claim`;
      const claims = `${NAMESPACE}/persistentvolumeclaims`;
      const resources = { requests: { storage: '50Mi' } };
      const spec = { accessModes: ['ReadWriteOnce'], resources, storageClassName: name };
      await answers(admin, 'POST', claims, 201, { body: { metadata: { name }, spec } });
      const found = await admin.get<AnyObject>(`${claims}/${name}`);
      assert.equal(found.status?.phase, 'Pending');
      await admin.delete(`${claims}/${name}`);
    },
  ],
];
