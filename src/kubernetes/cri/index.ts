import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { type CallOptions, GRPC, GrpcChannel, GrpcError } from './grpc.ts';
import { decodeRuntimeMessage, encodeRuntimeMessage, type Message as Fields } from './messages.ts';

/** What a runtime says of itself. */
export interface RuntimeVersion {
  /** `containerd`, `cri-o`. */
  readonly name: string;
  readonly version: string;
  /** The CRI version that is spoken with it. */
  readonly api: ApiVersion;
}

/** `RuntimeReady` or `NetworkReady`. */
export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface PodSandbox {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** False if its processes and its network are gone. */
  readonly ready: boolean;
}

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly name: string;
  /** How often it was started before in this pod. */
  readonly attempt: number;
  readonly state: ContainerState;
  /** Milliseconds since 1970, by the clock of the machine. */
  readonly createdAt: number;
}

type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface ContainerStatus {
  readonly id: string;
  readonly state: ContainerState;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** Path of its log file on the machine. */
  readonly logPath: string;
}

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  /** Bytes. */
  readonly size: number;
}

export type CgroupDriver = 'systemd' | 'cgroupfs';

export type ApiVersion = 'v1' | 'v1alpha2';
type Service = 'RuntimeService' | 'ImageService';

const CONTAINER_STATES: readonly ContainerState[] = ['created', 'running', 'exited', 'unknown'];
/** As the enumeration CgroupDriver of api.proto numbers them. */
const CGROUP_DRIVERS: readonly CgroupDriver[] = ['systemd', 'cgroupfs'];
const DEFAULT_TIMEOUT_MS = 10_000;
/** Beyond the grace period: a runtime that is busy kills late. */
const STOP_MARGIN_MS = 30_000;

/**
 * A client of a container runtime, on the machine or through SSH. Every method throws EdgeadmError RUNTIME_FAILED with
 * what the runtime said. Stopping or removing what is gone is not an error.
 */
export class CriClient {
  readonly #channel: GrpcChannel;
  readonly #signal: AbortSignal | undefined;
  #version: RuntimeVersion = { name: '', version: '', api: 'v1' };

  private constructor(channel: GrpcChannel, signal: AbortSignal | undefined) {
    this.#channel = channel;
    this.#signal = signal;
  }

  /**
   * Dials from the machine and finds the version of the interface: `runtime.v1`, else `runtime.v1alpha2` (containerd
   * before 1.6).
   * @param socket path of the CRI socket, without a scheme
   * @throws EdgeadmError RUNTIME_FAILED if nothing answers or the runtime's CRI plug-in is off
   */
  static async connect(
    host: Pick<Host, 'connect'>,
    socket: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<CriClient> {
    const connection = await host.connect({ socket }, options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw unanswered(socket, error instanceof EdgeadmError ? error.why : (error as Error).message, error);
    });
    const client = new CriClient(await GrpcChannel.over(connection), options.signal);
    try {
      await client.#findVersion(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      return client;
    } catch (error) {
      client.close();
      options.signal?.throwIfAborted();
      const off = error instanceof GrpcError && error.code === GRPC.unimplemented;
      throw unanswered(
        socket,
        off ? `the runtime does not serve CRI (check disabled_plugins): ${error.message}` : messageOf(error),
        error,
      );
    }
  }

  get version(): RuntimeVersion {
    return this.#version;
  }

  async conditions(): Promise<RuntimeCondition[]> {
    const { status } = await this.#call('RuntimeService', 'Status');
    return ((status as Fields | undefined)?.conditions ?? []) as RuntimeCondition[];
  }

  /**
   * The driver that the runtime makes cgroups with; undefined if it does not say, as containerd before 2.0 and whatever
   * serves no RuntimeConfig (KEP-4033).
   */
  async cgroupDriver(): Promise<CgroupDriver | undefined> {
    const options = { timeoutMs: DEFAULT_TIMEOUT_MS, signal: this.#signal };
    try {
      const { linux } = await this.#send(this.#version.api, 'RuntimeService', 'RuntimeConfig', {}, options);
      return linux ? CGROUP_DRIVERS[Number((linux as Fields).cgroupDriver)] : undefined;
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof GrpcError) return undefined;
      throw error;
    }
  }

  async podSandboxes(): Promise<PodSandbox[]> {
    const { items } = await this.#call('RuntimeService', 'ListPodSandbox');
    return (items as Fields[]).map((item) => {
      const { name, namespace, uid } = item.metadata as { name: string; namespace: string; uid: string };
      return { id: String(item.id), name, namespace, uid, ready: item.state === 0 };
    });
  }

  /** The address of a pod; undefined for one that has the network of the machine. */
  async podAddress(podSandboxId: string): Promise<string | undefined> {
    const { status } = await this.#call('RuntimeService', 'PodSandboxStatus', { podSandboxId });
    const { network } = (status ?? {}) as { network?: { ip?: string } };
    return network?.ip || undefined;
  }

  async containers(): Promise<Container[]> {
    const { containers } = await this.#call('RuntimeService', 'ListContainers');
    return (containers as Fields[]).map((item) => {
      const { name, attempt } = item.metadata as { name: string; attempt: number };
      return {
        id: String(item.id),
        podSandboxId: String(item.podSandboxId),
        name,
        attempt,
        state: stateOf(item),
        createdAt: Number(item.createdAt) / 1e6,
      };
    });
  }

  async containerStatus(containerId: string): Promise<ContainerStatus> {
    const answer = await this.#call('RuntimeService', 'ContainerStatus', { containerId });
    const status = answer.status as Fields;
    const { id, exitCode, reason, message, logPath } = status as unknown as ContainerStatus;
    return { id, state: stateOf(status), exitCode, reason, message, logPath };
  }

  async images(): Promise<Image[]> {
    const { images } = await this.#call('ImageService', 'ListImages');
    return (images as Fields[]).map(({ id, repoTags, repoDigests, size }) => ({
      id: String(id),
      tags: repoTags as string[],
      digests: repoDigests as string[],
      size: Number(size),
    }));
  }

  /** @param graceSeconds between SIGTERM and SIGKILL */
  async stopContainer(containerId: string, graceSeconds: number): Promise<void> {
    const timeoutMs = graceSeconds * 1000 + STOP_MARGIN_MS;
    await this.#end('RuntimeService', 'StopContainer', { containerId, timeout: graceSeconds }, timeoutMs);
  }

  removeContainer(containerId: string): Promise<void> {
    return this.#end('RuntimeService', 'RemoveContainer', { containerId });
  }

  /** Kills what still runs in it and takes its network away. */
  stopPodSandbox(podSandboxId: string): Promise<void> {
    return this.#end('RuntimeService', 'StopPodSandbox', { podSandboxId });
  }

  /** With its containers. */
  removePodSandbox(podSandboxId: string): Promise<void> {
    return this.#end('RuntimeService', 'RemovePodSandbox', { podSandboxId });
  }

  /** Removes an image under all of its names. @param image an id or one of the names */
  removeImage(image: string): Promise<void> {
    return this.#end('ImageService', 'RemoveImage', { image: { image } });
  }

  close(): void {
    this.#channel.close();
  }

  async #findVersion(timeoutMs: number): Promise<void> {
    const ask = (api: ApiVersion) =>
      this.#send(api, 'RuntimeService', 'Version', {}, { timeoutMs, signal: this.#signal }).then((answer) => {
        this.#version = { name: String(answer.runtimeName), version: String(answer.runtimeVersion), api };
      });
    await ask('v1').catch(async (error: unknown) => {
      if (!(error instanceof GrpcError) || error.code !== GRPC.unimplemented) throw error;
      // Without either version the one of today is what the user looks for.
      await ask('v1alpha2').catch((second: unknown) => {
        throw second instanceof GrpcError && second.code === GRPC.unimplemented ? error : second;
      });
    });
  }

  async #end(service: Service, method: string, request: Fields, timeoutMs = STOP_MARGIN_MS): Promise<void> {
    await this.#call(service, method, request, timeoutMs);
  }

  async #call(service: Service, method: string, request: Fields = {}, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Fields> {
    try {
      return await this.#send(this.#version.api, service, method, request, { timeoutMs, signal: this.#signal });
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof GrpcError && error.code === GRPC.notFound && /^(Stop|Remove)/.test(method)) return {};
      throw new EdgeadmError({
        code: 'RUNTIME_FAILED',
        what: `the container runtime failed to carry out ${method}`,
        why: messageOf(error),
        cause: error,
      });
    }
  }

  async #send(
    api: ApiVersion,
    service: Service,
    method: string,
    request: Fields,
    options: CallOptions,
  ): Promise<Fields> {
    const bytes = encodeRuntimeMessage(`${method}Request`, request);
    const answer = await this.#channel.call(`/runtime.${api}.${service}/${method}`, bytes, options);
    return decodeRuntimeMessage(`${method}Response`, answer);
  }
}

function stateOf(item: Fields): ContainerState {
  return CONTAINER_STATES[Number(item.state)] ?? 'unknown';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unanswered(socket: string, why: string | undefined, cause: unknown): EdgeadmError {
  return new EdgeadmError({
    code: 'RUNTIME_FAILED',
    what: `the container runtime does not answer on ${socket}`,
    why,
    cause,
  });
}
