import assert from 'node:assert/strict';
import { answers, configMap, type Expectation, JSON_PATCH, MAPS, MERGE, refuses } from './subject.ts';

const NODES = '/api/v1/nodes';

const creation: Expectation[] = [
  [
    'a new object gets uid, resourceVersion and creationTimestamp, and says what it is',
    async (contract) => {
      const { kind, apiVersion, metadata, data } = await configMap(contract, 'new');
      assert.deepEqual([kind, apiVersion, data], ['ConfigMap', 'v1', { a: 'b' }]);
      assert.match(metadata.uid, /^[0-9a-f]{8}-/);
      assert.match(metadata.resourceVersion, /^\d+$/);
      const { creationTimestamp } = metadata as unknown as Record<string, string>;
      assert.match(creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  ],
  [
    'generateName makes a name, and a dry run keeps nothing',
    async ({ admin, prefix }) => {
      const { metadata } = await answers(admin, 'POST', `${MAPS}?dryRun=All`, 201, {
        body: { metadata: { generateName: `${prefix}-` } },
      });
      assert.match(metadata.name, new RegExp(`^${prefix}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
      assert.equal(metadata.resourceVersion, undefined);
      assert.equal(await admin.find(`${MAPS}/${metadata.name}`), undefined);
    },
  ],
  [
    'a name that is taken, wrong or missing is refused in the words of Kubernetes',
    async (contract) => {
      const { admin } = contract;
      const { metadata } = await configMap(contract, 'taken');
      const post = (path: string, name: string | undefined, code: number, reason: string, message: string) =>
        refuses(admin, 'POST', path, { code, reason, message }, { body: { metadata: { name } } });
      await post(MAPS, metadata.name, 409, 'AlreadyExists', `configmaps "${metadata.name}" already exists`);
      await post(
        NODES,
        undefined,
        422,
        'Invalid',
        'Node "" is invalid: metadata.name: Required value: name or generateName is required',
      );
      await post(
        NODES,
        'A_b',
        422,
        'Invalid',
        `Node "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      );
    },
  ],
  [
    'labels that are none are all told at once',
    async ({ admin }) => {
      const body = { metadata: { name: 'x', labels: { 'a b': 'c d' } } };
      const { message, details } = (await answers(admin, 'POST', MAPS, 422, { body })) as unknown as {
        message: string;
        details: { kind: string; causes: { reason: string; field: string }[] };
      };
      assert.match(
        message,
        /^ConfigMap "x" is invalid: \[metadata\.labels: Invalid value: "a b": name part must consist.*, metadata\.labels: Invalid value: "c d": a valid label/,
      );
      assert.deepEqual(
        details.causes.map(({ reason, field }) => [reason, field]),
        [
          ['FieldValueInvalid', 'metadata.labels'],
          ['FieldValueInvalid', 'metadata.labels'],
        ],
      );
    },
  ],
  [
    'the namespace must be there, and be the one of the path',
    async ({ admin }) => {
      await refuses(
        admin,
        'POST',
        '/api/v1/namespaces/nowhere/configmaps',
        { code: 404, reason: 'NotFound', message: 'namespaces "nowhere" not found' },
        { body: { metadata: { name: 'x' } } },
      );
      await refuses(
        admin,
        'POST',
        MAPS,
        {
          code: 400,
          reason: 'BadRequest',
          message: 'the namespace of the provided object does not match the namespace sent on the request',
        },
        { body: { metadata: { name: 'x', namespace: 'kube-system' } } },
      );
    },
  ],
  [
    'a body that is another kind, version or no JSON is a bad request',
    async ({ admin }) => {
      const bad = (body: object, message: RegExp) =>
        refuses(admin, 'POST', NODES, { code: 400, reason: 'BadRequest', message }, { body });
      await bad({ apiVersion: 'v1', kind: 'Pod' }, /^Pod in version "v1" cannot be handled as a Node: /);
      await bad(
        { apiVersion: 'v2', kind: 'Node' },
        /^Node in version "v2" cannot be handled as a Node: no kind "Node" is registered for version "v2"/,
      );
      await bad([], /^the object provided is unrecognized \(must be of type Node\)/);
      const unknown =
        'the body of the request was in an unknown format - accepted media types include: application/json';
      const contentType = 'text/plain';
      const message = new RegExp(`^${unknown}`);
      await refuses(
        admin,
        'POST',
        NODES,
        { code: 415, reason: 'UnsupportedMediaType', message },
        { body: {}, contentType },
      );
    },
  ],
  [
    'what is not served is not found, and a method that a path has not is not allowed',
    async ({ admin, prefix }) => {
      const nowhere = { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' };
      await refuses(admin, 'GET', '/api/v1/foos', nowhere);
      await refuses(admin, 'GET', `${NODES}/x/foo`, nowhere);
      await refuses(admin, 'GET', `${NODES}/${prefix}`, {
        code: 404,
        reason: 'NotFound',
        message: `nodes "${prefix}" not found`,
      });
      const never = {
        code: 405,
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
      };
      await refuses(admin, 'PUT', NODES, never, { body: {} });
      await refuses(admin, 'POST', '/api/v1/configmaps', never, { body: {} });
      const page = await admin.send<string>('GET', '/apis/none.example.com/v1/foos');
      assert.deepEqual([page.status, page.body.trim()], [404, '404 page not found']);
    },
  ],
];

const changes: Expectation[] = [
  [
    'a PUT with an older resourceVersion is a conflict; with none or the latest it replaces',
    async (contract) => {
      const { metadata } = await configMap(contract, 'put');
      const path = `${MAPS}/${metadata.name}`;
      const put = (body: object) => answers(contract.admin, 'PUT', path, 200, { body });
      const changed = await put({ metadata: { name: metadata.name }, data: { c: 'd' } });
      assert.deepEqual([changed.data, changed.metadata.uid], [{ c: 'd' }, metadata.uid]);
      await put({ metadata: { name: metadata.name, resourceVersion: changed.metadata.resourceVersion } });
      await refuses(
        contract.admin,
        'PUT',
        path,
        {
          code: 409,
          reason: 'Conflict',
          message: `Operation cannot be fulfilled on configmaps "${metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
        },
        { body: { metadata: { name: metadata.name, resourceVersion: metadata.resourceVersion }, data: {} } },
      );
    },
  ],
  [
    'a PUT of another name or uid, or of nothing that is there, is refused',
    async (contract) => {
      const { metadata } = await configMap(contract, 'other');
      const { admin, prefix } = contract;
      const path = `${MAPS}/${metadata.name}`;
      await refuses(
        admin,
        'PUT',
        path,
        {
          code: 400,
          reason: 'BadRequest',
          message: `the name of the object (b) does not match the name on the URL (${metadata.name})`,
        },
        { body: { metadata: { name: 'b' } } },
      );
      const message = /Precondition failed: UID in precondition: u, UID in object meta: /;
      await refuses(
        admin,
        'PUT',
        path,
        { code: 409, reason: 'Conflict', message },
        { body: { metadata: { name: metadata.name, uid: 'u' } } },
      );
      const missing = `${prefix}-missing`;
      await refuses(
        admin,
        'PUT',
        `${MAPS}/${missing}`,
        { code: 404, reason: 'NotFound', message: `configmaps "${missing}" not found` },
        { body: { metadata: { name: missing } } },
      );
    },
  ],
  [
    'a change that changes nothing leaves the resourceVersion',
    async (contract) => {
      const { metadata } = await configMap(contract, 'same');
      const same = await answers(contract.admin, 'PATCH', `${MAPS}/${metadata.name}`, 200, {
        body: { data: { a: 'b' } },
        ...MERGE,
      });
      assert.equal(same.metadata.resourceVersion, metadata.resourceVersion);
    },
  ],
  [
    'a merge patch adds, changes and takes away',
    async (contract) => {
      const { metadata } = await configMap(contract, 'merge', { data: { keep: '1', change: '2', drop: '3' } });
      const body = { metadata: { labels: { l: 'm' } }, data: { change: 'x', drop: null, add: 'y' } };
      const { data, metadata: after } = await answers(contract.admin, 'PATCH', `${MAPS}/${metadata.name}`, 200, {
        body,
        ...MERGE,
      });
      assert.deepEqual(data, { keep: '1', change: 'x', add: 'y' });
      assert.deepEqual(after.labels, { l: 'm' });
      assert.ok(Number(after.resourceVersion) > Number(metadata.resourceVersion));
    },
  ],
  [
    'a JSON patch tests, adds and removes; one that does not fit changes nothing',
    async (contract) => {
      const { metadata } = await configMap(contract, 'json');
      const path = `${MAPS}/${metadata.name}`;
      const good = [
        { op: 'test', path: '/data/a', value: 'b' },
        { op: 'add', path: '/data/x', value: 'y' },
        { op: 'remove', path: '/data/a' },
      ];
      assert.deepEqual((await answers(contract.admin, 'PATCH', path, 200, { body: good, ...JSON_PATCH })).data, {
        x: 'y',
      });
      const refusal = {
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
      };
      for (const op of [
        { op: 'test', path: '/data/x', value: 'z' },
        { op: 'remove', path: '/data/none' },
      ])
        await refuses(contract.admin, 'PATCH', path, refusal, { body: [op], ...JSON_PATCH });
    },
  ],
  [
    'a patch with an older resourceVersion is a conflict, and may not change name or uid',
    async (contract) => {
      const { metadata } = await configMap(contract, 'patch');
      const path = `${MAPS}/${metadata.name}`;
      const refused = (change: object, code: number, reason: string, message: RegExp) =>
        refuses(contract.admin, 'PATCH', path, { code, reason, message }, { body: { metadata: change }, ...MERGE });
      await refused(
        { resourceVersion: '1' },
        409,
        'Conflict',
        /^Operation cannot be fulfilled on configmaps .*the object has been modified/,
      );
      await refused(
        { name: 'zz' },
        400,
        'BadRequest',
        /^the name of the object \(zz\) does not match the name on the URL/,
      );
      await refused(
        { uid: 'zz' },
        422,
        'Invalid',
        /^ConfigMap ".*" is invalid: .*metadata\.uid: Invalid value: "zz": field is immutable/,
      );
      const contentType = 'application/json';
      await answers(contract.admin, 'PATCH', path, 415, { body: {}, contentType });
    },
  ],
  [
    'a deletion answers with what is gone, holds to its preconditions and is not found twice',
    async (contract) => {
      const { admin } = contract;
      const { metadata } = await configMap(contract, 'delete');
      const path = `${MAPS}/${metadata.name}`;
      const message =
        /the UID in the precondition \(x\) does not match the UID in record \(.*\)\. The object might have been deleted and then recreated$/;
      await refuses(
        admin,
        'DELETE',
        path,
        { code: 409, reason: 'Conflict', message },
        { body: { preconditions: { uid: 'x' } } },
      );
      const gone = (await answers(admin, 'DELETE', path, 200)) as unknown as Record<string, unknown>;
      assert.deepEqual(
        [gone.kind, gone.status, gone.details],
        ['Status', 'Success', { name: metadata.name, kind: 'configmaps', uid: metadata.uid }],
      );
      await refuses(admin, 'DELETE', path, {
        code: 404,
        reason: 'NotFound',
        message: `configmaps "${metadata.name}" not found`,
      });
    },
  ],
  [
    'a new namespace is Active, and the system’s own may not be deleted',
    async ({ admin, prefix }) => {
      const created = await answers(admin, 'POST', '/api/v1/namespaces', 201, { body: { metadata: { name: prefix } } });
      assert.deepEqual([created.status, created.spec], [{ phase: 'Active' }, { finalizers: ['kubernetes'] }]);
      await answers(admin, 'POST', `/api/v1/namespaces/${prefix}/configmaps`, 201, {
        body: { metadata: { name: 'in-it' } },
      });
      await answers(admin, 'DELETE', `/api/v1/namespaces/${prefix}`, 200);
      const message = 'namespaces "kube-system" is forbidden: this namespace may not be deleted';
      await refuses(admin, 'DELETE', '/api/v1/namespaces/kube-system', { code: 403, reason: 'Forbidden', message });
    },
  ],
];

export const objects: readonly Expectation[] = [...creation, ...changes];
