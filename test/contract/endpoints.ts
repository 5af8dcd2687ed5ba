import assert from 'node:assert/strict';
import { readEndpoints } from '../../src/phases/service/endpoints.ts';
import { answers, type Expectation } from './subject.ts';

const CORE = '/api/v1/namespaces/default';
const { signal } = new AbortController();

/** What `service topology explain` relies on. */
export const endpoints: readonly Expectation[] = [
  [
    'the endpoints of a Service are found in its EndpointSlices where they are served, and in its Endpoints elsewhere',
    async ({ admin, prefix, minor }) => {
      const name = `${prefix}-endpoints`;
      const labels = { 'kubernetes.io/service-name': name };
      const read = () => readEndpoints(admin, { namespace: 'default', name }, signal);
      assert.deepEqual(await read(), []);
      const subsets = [{ addresses: [{ ip: '10.9.0.1', nodeName: 'a' }], ports: [{ port: 80 }] }];
      // Kubernetes mirrors Endpoints into slices only of a Service that exists.
      await answers(admin, 'POST', `${CORE}/endpoints`, 201, { body: { metadata: { name }, subsets } });
      assert.deepEqual(
        (await read()).map(({ address, node }) => [address, node]),
        [['10.9.0.1', 'a']],
      );
      await admin.delete(`${CORE}/endpoints/${name}`);
      if (minor < 21) return;
      const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
      const of = [{ addresses: ['10.9.0.2'], nodeName: 'b', conditions: { ready: true } }];
      const body = { metadata: { name, labels }, addressType: 'IPv4', endpoints: of, ports: [{ port: 80 }] };
      await answers(admin, 'POST', slices, 201, { body });
      assert.deepEqual(
        (await read()).map(({ address, node }) => [address, node]),
        [['10.9.0.2', 'b']],
      );
      await admin.delete(`${slices}/${name}`);
    },
  ],
];
