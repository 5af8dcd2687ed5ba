import assert from 'node:assert/strict';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { answers, type Expectation } from './subject.ts';

const REVIEWS = '/apis/authorization.k8s.io/v1';

interface Verdict {
  readonly status: { readonly allowed: boolean };
}

async function may(client: ApiClient, verb: string, resource: string, more: object = {}): Promise<boolean> {
  const body = { spec: { resourceAttributes: { verb, resource, ...more } } };
  const { status } = (await answers(client, 'POST', `${REVIEWS}/selfsubjectaccessreviews`, 201, {
    body,
  })) as unknown as Verdict;
  return status.allowed;
}

export const reviews: readonly Expectation[] = [
  [
    'everybody who is signed in may ask what he may do',
    async (contract) => {
      const { admin } = contract;
      assert.equal(await may(admin, 'delete', 'nodes'), true);
      const token = await contract.bootstrap();
      assert.equal(await may(token, 'get', 'nodes'), true);
      assert.equal(await may(token, 'list', 'nodes'), false);
      assert.equal(await may(token, 'create', 'certificatesigningrequests', { group: 'certificates.k8s.io' }), true);
      await answers(contract.anonymous, 'POST', `${REVIEWS}/selfsubjectaccessreviews`, 403, { body: { spec: {} } });
    },
  ],
  [
    'an administrator may ask for others, and about paths',
    async ({ admin }) => {
      const ask = async (spec: object): Promise<boolean> => {
        const found = await answers(admin, 'POST', `${REVIEWS}/subjectaccessreviews`, 201, { body: { spec } });
        return (found as unknown as Verdict).status.allowed;
      };
      const who = { user: 'somebody', groups: ['system:authenticated'] };
      assert.equal(await ask({ ...who, nonResourceAttributes: { verb: 'get', path: '/version' } }), true);
      assert.equal(await ask({ ...who, nonResourceAttributes: { verb: 'get', path: '/metrics' } }), false);
      assert.equal(
        await ask({ ...who, resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } }),
        false,
      );
    },
  ],
  [
    'an administrator may act as another user, and others may not',
    async (contract) => {
      const as = { 'impersonate-user': 'nobody', accept: 'application/json' };
      const { status, body } = await contract.raw('GET', '/api/v1/nodes', as);
      assert.equal(status, 403);
      assert.match(body, /User \\"nobody\\" cannot list resource \\"nodes\\"/);
      const groups = { ...as, 'impersonate-group': 'system:masters' };
      assert.equal((await contract.raw('GET', '/api/v1/nodes', groups)).status, 200);
    },
  ],
  [
    'the rules of somebody are listed',
    async ({ admin }) => {
      const body = { spec: { namespace: 'default' } };
      const found = await answers(admin, 'POST', `${REVIEWS}/selfsubjectrulesreviews`, 201, { body });
      const { resourceRules } = found.status as { resourceRules: { verbs: string[]; resources: string[] }[] };
      assert.ok(resourceRules.some(({ verbs, resources }) => verbs.includes('*') && resources.includes('*')));
    },
  ],
  [
    'somebody is told who he is, since Kubernetes 1.28',
    async (contract) => {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const { admin, minor } = contract;
      const found = await answers(admin, 'POST', path, minor < 28 ? 404 : 201, { body: {} });
      if (minor < 28) return;
      const { userInfo } = found.status as { userInfo: { username: string; groups: string[] } };
      // kubeadm's administrators are a group of their own since 1.29.
      assert.ok(userInfo.groups.some((group) => ['system:masters', 'kubeadm:cluster-admins'].includes(group)));
      assert.notEqual(userInfo.username, '');
    },
  ],
];
