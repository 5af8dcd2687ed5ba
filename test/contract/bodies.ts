import assert from 'node:assert/strict';
import { Writer } from 'protobufjs/minimal.js';
import { type AnyObject, type Contract, type Expectation, MAPS, type RawAnswer } from './subject.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** A body as kubectl 1.32 and newer sends it: `runtime.Unknown` behind a magic number. */
function envelope(apiVersion: string, kind: string, raw: Writer): Buffer {
  const type = new Writer().uint32(10).string(apiVersion).uint32(18).string(kind);
  const unknown = new Writer().uint32(10).bytes(type.finish()).uint32(18).bytes(raw.finish());
  return Buffer.concat([Buffer.from('k8s\0'), unknown.finish()]);
}

/** A message in a field. */
function within(field: number, message: Writer): Uint8Array {
  return new Writer()
    .uint32((field << 3) | 2)
    .bytes(message.finish())
    .finish();
}

function joined(...parts: Uint8Array[]): Writer {
  const writer = new Writer();
  // Messages one after the other are one message.
  return Object.assign(writer, { finish: () => Buffer.concat(parts) });
}

const textField = (field: number, value: string): Uint8Array =>
  new Writer()
    .uint32((field << 3) | 2)
    .string(value)
    .finish();
const numberField = (field: number, value: number): Uint8Array =>
  new Writer()
    .uint32(field << 3)
    .int32(value)
    .finish();

async function posts(contract: Contract, path: string, contentType: string, body: string | Buffer): Promise<RawAnswer> {
  return contract.raw('POST', path, { 'content-type': contentType, accept: 'application/json' }, body);
}

function object({ status, body }: RawAnswer, wanted: number): AnyObject {
  assert.equal(status, wanted, body);
  return JSON.parse(body) as AnyObject;
}

export const bodies: readonly Expectation[] = [
  [
    'a ConfigMap comes as protobuf',
    async (contract) => {
      const name = `${contract.prefix}-pb`;
      const pair = joined(textField(1, 'a'), textField(2, 'b'));
      const raw = joined(within(1, joined(textField(1, name))), within(2, pair));
      const made = object(await posts(contract, MAPS, PROTOBUF, envelope('v1', 'ConfigMap', raw)), 201);
      assert.deepEqual([made.metadata.name, made.data], [name, { a: 'b' }]);
    },
  ],
  [
    'a Deployment comes as protobuf: zeros that mean something are kept, and numbers and texts are told apart',
    async (contract) => {
      const name = `${contract.prefix}-pb`;
      const label = within(1, joined(textField(1, 'app'), textField(2, name)));
      const port = within(2, joined(numberField(1, 0), numberField(2, 80), textField(3, '')));
      const probe = within(1, joined(within(2, joined(textField(1, '/'), port))));
      const container = joined(textField(1, 'c'), textField(2, 'nginx'), within(10, joined(probe)));
      const volume = joined(textField(1, 'v'), within(2, joined(within(2, joined()))));
      const template = joined(
        within(1, joined(within(11, joined(textField(1, 'app'), textField(2, name))))),
        within(2, joined(within(1, volume), within(2, container))),
      );
      const spec = joined(numberField(1, 0), within(2, joined(label)), within(3, template));
      const raw = joined(within(1, joined(textField(1, name))), within(2, spec));
      const made = object(await posts(contract, DEPLOYMENTS, PROTOBUF, envelope('apps/v1', 'Deployment', raw)), 201);
      type Spec = {
        replicas: number;
        template: { spec: { containers: Record<string, unknown>[]; volumes: object[] } };
      };
      const { replicas, template: made1 } = made.spec as unknown as Spec;
      const [first] = made1.spec.containers as { livenessProbe: { httpGet: { path: string; port: number } } }[];
      assert.deepEqual([replicas, first?.livenessProbe.httpGet.path, first?.livenessProbe.httpGet.port], [0, '/', 80]);
      assert.deepEqual(made1.spec.volumes, [{ name: 'v', emptyDir: {} }]);
      await contract.admin.delete(`${DEPLOYMENTS}/${name}`);
    },
  ],
  [
    'YAML is as good as JSON',
    async (contract) => {
      const name = `${contract.prefix}-yaml`;
      const yaml = `metadata:\n  name: ${name}\ndata:\n  a: b\n`;
      const made = object(await posts(contract, MAPS, 'application/yaml', yaml), 201);
      assert.deepEqual(made.data, { a: 'b' });
    },
  ],
  [
    'what is no JSON and no protobuf is a bad request, and another type of content is not supported',
    async (contract) => {
      const refused = async (contentType: string, body: string, code: number, reason: string): Promise<void> => {
        const { status, body: answered } = await posts(contract, MAPS, contentType, body);
        assert.equal(status, code, answered);
        const found = JSON.parse(answered) as Record<string, unknown>;
        assert.deepEqual([found.kind, found.reason, found.code], ['Status', reason, code]);
      };
      await refused('application/json', '{', 400, 'BadRequest');
      await refused(PROTOBUF, '{}', 400, 'BadRequest');
      await refused('application/xml', '<a/>', 415, 'UnsupportedMediaType');
      await refused(
        'application/json',
        `{"data": {"a": "${'x'.repeat(4 * 1024 * 1024)}"}}`,
        413,
        'RequestEntityTooLarge',
      );
    },
  ],
  [
    'a field that a kind does not have is not kept; Strict refuses it, Warn tells',
    async (contract) => {
      const body = (name: string): string =>
        JSON.stringify({ metadata: { name: `${contract.prefix}-${name}` }, dat: { a: 'b' } });
      const made = object(await posts(contract, MAPS, 'application/json', body('unknown')), 201);
      assert.equal('dat' in made, false);
      if (contract.minor < 25) return;
      const warned = await posts(contract, `${MAPS}?fieldValidation=Warn`, 'application/json', body('warned'));
      assert.deepEqual([warned.status, warned.headers.warning], [201, '299 - "unknown field \\"dat\\""']);
      const strict = await posts(contract, `${MAPS}?fieldValidation=Strict`, 'application/json', body('strict'));
      assert.equal(strict.status, 400);
      assert.match(
        strict.body,
        /ConfigMap in version \\"v1\\" cannot be handled as a ConfigMap: strict decoding error: unknown field \\"dat\\"/,
      );
    },
  ],
  [
    'a value of another type is a bad request',
    async (contract) => {
      const body = JSON.stringify({ metadata: { name: 'x' }, spec: { unschedulable: 'yes' } });
      const { status, body: answered } = await posts(contract, '/api/v1/nodes', 'application/json', body);
      assert.equal(status, 400, answered);
      assert.match(answered, /Node in version \\"v1\\" cannot be handled as a Node: /);
    },
  ],
];
