import http2, { type ServerHttp2Stream } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';

/** The part of api.proto that is served, written down apart from the client's table. */
const PROTO = `
syntax = "proto3";
message VersionRequest { string version = 1; }
message VersionResponse {
  string version = 1; string runtime_name = 2; string runtime_version = 3; string runtime_api_version = 4;
}
message StatusRequest { bool verbose = 1; }
message RuntimeCondition { string type = 1; bool status = 2; string reason = 3; string message = 4; }
message RuntimeStatus { repeated RuntimeCondition conditions = 1; }
message StatusResponse { RuntimeStatus status = 1; map<string, string> info = 2; }
message PodSandboxMetadata { string name = 1; string uid = 2; string namespace = 3; uint32 attempt = 4; }
message PodSandbox {
  string id = 1; PodSandboxMetadata metadata = 2; int32 state = 3; int64 created_at = 4; map<string, string> labels = 5;
}
message ListPodSandboxRequest {}
message ListPodSandboxResponse { repeated PodSandbox items = 1; }
message PodSandboxStatusRequest { string pod_sandbox_id = 1; bool verbose = 2; }
message PodIP { string ip = 1; }
message PodSandboxNetworkStatus { string ip = 1; repeated PodIP additional_ips = 2; }
message PodSandboxStatus {
  string id = 1; PodSandboxMetadata metadata = 2; int32 state = 3; int64 created_at = 4;
  PodSandboxNetworkStatus network = 5;
}
message PodSandboxStatusResponse { PodSandboxStatus status = 1; map<string, string> info = 2; }
message StopPodSandboxRequest { string pod_sandbox_id = 1; }
message StopPodSandboxResponse {}
message RemovePodSandboxRequest { string pod_sandbox_id = 1; }
message RemovePodSandboxResponse {}
message ContainerMetadata { string name = 1; uint32 attempt = 2; }
message ImageSpec { string image = 1; map<string, string> annotations = 2; }
message Container {
  string id = 1; string pod_sandbox_id = 2; ContainerMetadata metadata = 3; ImageSpec image = 4; string image_ref = 5;
  int32 state = 6; int64 created_at = 7; map<string, string> labels = 8;
}
message ListContainersRequest {}
message ListContainersResponse { repeated Container containers = 1; }
message StopContainerRequest { string container_id = 1; int64 timeout = 2; }
message StopContainerResponse {}
message RemoveContainerRequest { string container_id = 1; }
message RemoveContainerResponse {}
message ContainerStatusRequest { string container_id = 1; bool verbose = 2; }
message ContainerStatus {
  string id = 1; ContainerMetadata metadata = 2; int32 state = 3; int64 created_at = 4; int64 started_at = 5;
  int64 finished_at = 6; int32 exit_code = 7; ImageSpec image = 8; string image_ref = 9; string reason = 10;
  string message = 11; map<string, string> labels = 12; map<string, string> annotations = 13; string log_path = 15;
}
message ContainerStatusResponse { ContainerStatus status = 1; }
message Image {
  string id = 1; repeated string repo_tags = 2; repeated string repo_digests = 3; uint64 size = 4; string username = 6;
}
message ListImagesRequest {}
message ListImagesResponse { repeated Image images = 1; }
message RemoveImageRequest { ImageSpec image = 1; }
message RemoveImageResponse {}
`;

const { root } = protobuf.parse(PROTO, { keepCase: false });

/** How a method ends other than well. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Method = (request: Record<string, unknown>) => object | Promise<object>;

export interface CriServer {
  /** For a fake host. */
  readonly connect: () => Promise<Duplex>;
  /** Methods that were called, with their first argument: `StopPodSandbox p1`. */
  readonly calls: readonly string[];
}

/** A runtime's CRI in memory, for the methods that are given; `Version` is answered by itself. */
export function criServer(methods: Readonly<Record<string, Method>> = {}, apis: readonly string[] = ['v1']): CriServer {
  const calls: string[] = [];
  const known: Record<string, Method> = {
    Version: () => ({ version: '0.1.0', runtimeName: 'containerd', runtimeVersion: '1.6.20', runtimeApiVersion: 'v1' }),
    ...methods,
  };
  const answer = async (path: string, message: Buffer): Promise<Uint8Array> => {
    const [, api = '', name = ''] = /^\/runtime\.(\w+)\.(?:Runtime|Image)Service\/(\w+)$/.exec(path) ?? [];
    const method = known[name];
    if (!apis.includes(api) || !method) throw new Refusal(12, `unknown service ${path}`);
    const type = root.lookupType(`${name}Request`);
    const request = type.toObject(type.decode(message), { longs: Number });
    calls.push([name, ...Object.values(request).map((value) => JSON.stringify(value))].join(' ').replaceAll('"', ''));
    const response = root.lookupType(`${name}Response`);
    return response.encode(response.fromObject(await method(request))).finish();
  };
  const server = http2.createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => void serve(stream, String(headers[':path']), answer));
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    server.emit('connection', theirs);
    return ours;
  };
  return { connect, calls };
}

async function serve(
  stream: ServerHttp2Stream,
  path: string,
  answer: (path: string, message: Buffer) => Promise<Uint8Array>,
): Promise<void> {
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  stream.on('error', () => {});
  try {
    const message = await answer(path, (await buffer(stream)).subarray(5));
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    // In pieces, as a network delivers it.
    stream.write(prefix.subarray(0, 2));
    stream.write(prefix.subarray(2));
    stream.end(message);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 2;
    const text = encodeURIComponent((error as Error).message);
    stream.respond({ ...head, 'grpc-status': String(status), 'grpc-message': text }, { endStream: true });
  }
}
