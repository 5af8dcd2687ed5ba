import http2, { type ServerHttp2Stream } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';

export interface FakeRuntime {
  readonly name: string;
  readonly version: string;
  /** Versions of the CRI that it speaks; none where its CRI plug-in is off. */
  readonly apis: readonly ('v1' | 'v1alpha2')[];
  /** What it answers to RuntimeConfig, if it serves that. */
  readonly cgroupDriver?: 'systemd' | 'cgroupfs';
}

/** A container runtime's socket in memory: gRPC over HTTP/2 that answers `Version` and `RuntimeConfig`, and has no pods. */
export function fakeRuntime({ name, version, apis, cgroupDriver }: FakeRuntime): () => Promise<Duplex> {
  const server = http2.createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const path = String(headers[':path']);
    const isConfig = cgroupDriver !== undefined && path === '/runtime.v1.RuntimeService/RuntimeConfig';
    const isEmptyList = /\/List(PodSandbox|Containers)$/.test(path);
    const known = isConfig || isEmptyList || apis.some((api) => path === `/runtime.${api}.RuntimeService/Version`);
    const answer = isEmptyList
      ? Buffer.alloc(0)
      : isConfig
        ? runtimeConfigResponse(cgroupDriver)
        : versionResponse(name, version);
    const status = known ? '0' : '12';
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': status, 'grpc-message': known ? '' : 'unknown service' }),
    );
    stream.resume();
    stream.end(known ? frame(answer) : undefined);
  });
  return async () => {
    const [ours, theirs] = duplexPair();
    server.emit('connection', theirs);
    return ours;
  };
}

/** Fields 2 and 3 of VersionResponse: runtime_name and runtime_version. */
function versionResponse(name: string, version: string): Buffer {
  const field = (number: number, text: string) => Buffer.from([(number << 3) | 2, text.length, ...Buffer.from(text)]);
  return Buffer.concat([field(2, name), field(3, version)]);
}

/** Field 1 of RuntimeConfigResponse, with the number of the driver in its field 1. */
function runtimeConfigResponse(driver: 'systemd' | 'cgroupfs'): Buffer {
  return Buffer.from(driver === 'systemd' ? [0x0a, 0x00] : [0x0a, 0x02, 0x08, 0x01]);
}

/** gRPC's frame: not compressed, length, message. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
