import assert from 'node:assert/strict';
import protobuf from 'protobufjs';
import { decodeRuntimeMessage, encodeRuntimeMessage } from '../../../../src/kubernetes/cri/messages.ts';

/** The same messages in the words of api.proto, for a library of Protocol Buffers. */
const { root } = protobuf.parse(`syntax = "proto3";
message ImageSpec { string image = 1; }
message RemoveImageRequest { ImageSpec image = 1; }
message StopContainerRequest { string container_id = 1; int64 timeout = 2; }
message ContainerMetadata { string name = 1; uint32 attempt = 2; }
message ContainerStatus {
  string id = 1; ContainerMetadata metadata = 2; int32 state = 3; int64 created_at = 4; int32 exit_code = 7;
  string reason = 10; string message = 11; map<string, string> labels = 12; string log_path = 15;
  fixed64 unknown64 = 2000; float unknown32 = 536870911;
}
message ContainerStatusResponse { ContainerStatus status = 1; }
message Image { string id = 1; repeated string repo_tags = 2; repeated string repo_digests = 3; uint64 size = 4; }
message ListImagesResponse { repeated Image images = 1; }
message RuntimeCondition { string type = 1; bool status = 2; }
message RuntimeStatus { repeated RuntimeCondition conditions = 1; }
message StatusResponse { RuntimeStatus status = 1; }`);
const type = (name: string) => root.lookupType(name);
const written = (name: string, message: object) =>
  Buffer.from(type(name).encode(type(name).fromObject(message)).finish());

describe('messages of the container runtime', () => {
  for (const [name, message] of [
    ['StopContainerRequest', { containerId: 'é'.repeat(100), timeout: 3_000_000_000 }],
    ['StopContainerRequest', { containerId: 'c', timeout: -1 }],
    ['RemoveImageRequest', { image: { image: 'registry/pause:3.10' } }],
    ['StatusRequest', {}],
  ] as const)
    it(`messages of the container runtime are written as a library writes them: ${name} ${JSON.stringify(message).slice(0, 40)}`, () => {
      const bytes = encodeRuntimeMessage(name, message);
      if (name === 'StatusRequest') assert.equal(bytes.length, 0);
      else assert.deepEqual(bytes, written(name, message));
    });

  it('messages of the container runtime are read as a library writes them; what is unknown is skipped', () => {
    const bytes = written('ContainerStatusResponse', {
      status: {
        ...{ id: 'c1', metadata: { name: 'n', attempt: 4_294_967_295 }, state: 2, exitCode: -137, message: 'gone' },
        ...{ labels: { a: 'b' }, createdAt: 1, unknown64: 7, unknown32: 1.5, logPath: '/var/log/ü' },
      },
    });
    assert.deepEqual(decodeRuntimeMessage('ContainerStatusResponse', bytes).status, {
      ...{ id: 'c1', metadata: { name: 'n', attempt: 4_294_967_295 }, state: 2, exitCode: -137, reason: '' },
      ...{ message: 'gone', logPath: '/var/log/ü' },
    });
  });

  it('messages of the container runtime have lists, large numbers and false', () => {
    const images = [
      { id: 'a', repoTags: ['t1', 't2'], repoDigests: ['d'], size: 5_000_000_000 },
      { id: 'b', repoTags: [], repoDigests: [], size: 0 },
    ];
    assert.deepEqual(decodeRuntimeMessage('ListImagesResponse', written('ListImagesResponse', { images })), { images });
    const conditions = [
      { type: 'RuntimeReady', status: true },
      { type: 'NetworkReady', status: false },
    ];
    const { status } = decodeRuntimeMessage('StatusResponse', written('StatusResponse', { status: { conditions } }));
    assert.deepEqual(
      (status as { conditions: object[] }).conditions,
      conditions.map((condition) => ({ ...condition, reason: '', message: '' })),
    );
    assert.deepEqual(decodeRuntimeMessage('StatusResponse', Buffer.alloc(0)), { status: undefined });
  });

  for (const [what, bytes] of [
    ['a text that ends too early', [0x0a, 5, 1]],
    ['a number without an end', [0x18, ...Array<number>(11).fill(0x80)]],
    ['a group', [0x0b]],
    ['a number for a text', [0x08, 1]],
  ] as const)
    it(`messages of the container runtime with ${what} are an error`, () => {
      assert.throws(() => decodeRuntimeMessage('ContainerStatus', Buffer.from(bytes)), Error);
    });
});
