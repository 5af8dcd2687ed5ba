import type { Root, Type } from 'protobufjs';

/** `string = 1`, `repeated PodSandbox = 1`: as a line of api.proto, the name in front. */
type Fields = Readonly<Record<string, string>>;

/**
 * The messages of the Container Runtime Interface that edgeadm sends or reads, with the fields that it uses; a decoder
 * skips the others. Numbers and types: kubernetes v1.30, staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto;
 * v1alpha2 has the same for all of these.
 */
const MESSAGES: Readonly<Record<string, Fields>> = {
  VersionRequest: { version: 'string = 1' },
  VersionResponse: { runtimeName: 'string = 2', runtimeVersion: 'string = 3' },
  StatusRequest: {},
  StatusResponse: { status: 'RuntimeStatus = 1' },
  RuntimeStatus: { conditions: 'repeated RuntimeCondition = 1' },
  RuntimeCondition: { type: 'string = 1', status: 'bool = 2', reason: 'string = 3', message: 'string = 4' },

  RuntimeConfigRequest: {},
  RuntimeConfigResponse: { linux: 'LinuxRuntimeConfiguration = 1' },
  LinuxRuntimeConfiguration: { cgroupDriver: 'int32 = 1' },

  ListPodSandboxRequest: {},
  ListPodSandboxResponse: { items: 'repeated PodSandbox = 1' },
  PodSandbox: { id: 'string = 1', metadata: 'PodSandboxMetadata = 2', state: 'int32 = 3' },
  PodSandboxMetadata: { name: 'string = 1', uid: 'string = 2', namespace: 'string = 3' },
  PodSandboxStatusRequest: { podSandboxId: 'string = 1' },
  PodSandboxStatusResponse: { status: 'PodSandboxStatus = 1' },
  PodSandboxStatus: { network: 'PodSandboxNetworkStatus = 5' },
  PodSandboxNetworkStatus: { ip: 'string = 1' },
  StopPodSandboxRequest: { podSandboxId: 'string = 1' },
  StopPodSandboxResponse: {},
  RemovePodSandboxRequest: { podSandboxId: 'string = 1' },
  RemovePodSandboxResponse: {},

  ListContainersRequest: {},
  ListContainersResponse: { containers: 'repeated Container = 1' },
  Container: {
    id: 'string = 1',
    podSandboxId: 'string = 2',
    metadata: 'ContainerMetadata = 3',
    state: 'int32 = 6',
    createdAt: 'int64 = 7',
  },
  ContainerMetadata: { name: 'string = 1', attempt: 'uint32 = 2' },
  StopContainerRequest: { containerId: 'string = 1', timeout: 'int64 = 2' },
  StopContainerResponse: {},
  RemoveContainerRequest: { containerId: 'string = 1' },
  RemoveContainerResponse: {},
  ContainerStatusRequest: { containerId: 'string = 1' },
  ContainerStatusResponse: { status: 'ContainerStatus = 1' },
  ContainerStatus: {
    id: 'string = 1',
    metadata: 'ContainerMetadata = 2',
    state: 'int32 = 3',
    exitCode: 'int32 = 7',
    reason: 'string = 10',
    message: 'string = 11',
    logPath: 'string = 15',
  },

  ListImagesRequest: {},
  ListImagesResponse: { images: 'repeated Image = 1' },
  Image: { id: 'string = 1', repoTags: 'repeated string = 2', repoDigests: 'repeated string = 3', size: 'uint64 = 4' },
  ImageSpec: { image: 'string = 1' },
  RemoveImageRequest: { image: 'ImageSpec = 1' },
  RemoveImageResponse: {},
};

/** Loaded when the first call is made: the library costs 25 ms that a plain join never needs. */
let root: Promise<Root> | undefined;

/** The codec of a message of {@link MESSAGES}. */
export async function messageType(name: string): Promise<Type> {
  root ??= load();
  return (await root).lookupType(name);
}

async function load(): Promise<Root> {
  const { default: protobuf } = await import('protobufjs/light.js');
  return protobuf.Root.fromJSON({
    nested: Object.fromEntries(
      Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: descriptors(fields) }]),
    ),
  });
}

function descriptors(fields: Fields): Record<string, { type: string; id: number; rule?: string }> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => {
      const [type, id] = text.split(' = ') as [string, string];
      const repeated = type.startsWith('repeated ');
      return [name, { type: type.replace('repeated ', ''), id: Number(id), ...(repeated ? { rule: 'repeated' } : {}) }];
    }),
  );
}
