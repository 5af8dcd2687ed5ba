import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { cgroupName, inCgroup, killCgroup, listCgroups, removeCgroup } from './cgroups.ts';
import { loopbackNet, podSubnet, serviceSubnet, stateDir, subnet, world as worldOfThisRun } from './config.ts';
import { startDaemon } from './daemon.ts';
import { describeObject } from './describe.ts';
import { kubernetes } from './kubernetes.ts';
import { unmountAndDelete } from './mounts.ts';
import { addHostAddress, removeHostAddress } from './network.ts';
import { prepare } from './prepare.ts';
import { until } from './wait.ts';
import { type World, worldNamed } from './worlds.ts';

export interface ClusterOptions {
  /** Letters and digits, `main` unless given; another name makes another cluster, with a CA of its own. */
  name?: string;
  /** Last part of its address: 1 unless given, up to 9; a second cluster needs another. */
  octet?: number;
  world?: World;
  /** Another version than the world's; it is built if it is not in the cache. */
  version?: string;
}

export interface TokenOptions {
  /** Seconds from now until it expires (86400 unless given); 0 or less makes one that has expired. */
  ttl?: number;
  /** `abcdef` style; random unless given. */
  id?: string;
  description?: string;
  usages?: ('signing' | 'authentication')[];
}

interface ClusterState {
  name: string;
  octet: number;
  world: string;
  version: string;
  /** Folder of the Kubernetes programs. */
  programs: string;
}

/**
 * All nodes share this machine's disk, which may be nearly full: pods are evicted by what is really left, and no image
 * that a test has brought is removed.
 */
const onSharedDisk = {
  evictionHard: {
    'imagefs.available': '500Mi',
    'memory.available': '100Mi',
    'nodefs.available': '500Mi',
    'nodefs.inodesFree': '5%',
  },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
};

const clustersDir = join(stateDir, 'clusters');
const readerBinding =
  '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings/system::extension-apiserver-authentication-reader';

/** Two seconds on an idle machine; etcd syncs each of its writes to a disk that others may use. */
const START_LIMIT_S = 180;

/** A control plane: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes of this machine. */
export class Cluster {
  readonly name: string;
  readonly octet: number;
  readonly world: World;
  readonly version: string;
  readonly address: string;
  /** Address and port, as `edgeadm join` and `kubeadm join` take them. */
  readonly endpoint: string;
  /** URL of the API server. */
  readonly server: string;
  /** Folder with kubeconfigs, certificates (`pki`), logs and etcd's data. */
  readonly dir: string;
  /** The administrator's. */
  readonly kubeconfig: string;
  readonly caFile: string;
  private connections: Promise<Agent> | undefined;
  /** Folder of the Kubernetes programs. */
  readonly programs: string;

  private constructor({ name, octet, world, version, programs }: ClusterState) {
    this.name = name;
    this.world = worldNamed(world);
    this.version = version;
    this.octet = octet;
    this.programs = programs;
    this.address = `${subnet}.${octet}`;
    this.endpoint = `${this.address}:6443`;
    this.server = `https://${this.endpoint}`;
    this.dir = join(clustersDir, name);
    this.kubeconfig = join(this.dir, 'admin.conf');
    this.caFile = join(this.dir, 'pki/ca.crt');
  }

  /** Makes and starts a control plane. What an earlier one of this name left is removed first. */
  static async up({
    name = 'main',
    octet = 1,
    world = worldOfThisRun,
    version = world.kubernetes,
  }: ClusterOptions = {}): Promise<Cluster> {
    if (!/^[a-z0-9]+$/.test(name)) throw new Error(`a cluster's name is of letters and digits: ${name}`);
    const { etcd } = await prepare(undefined, world);
    const programs = await kubernetes(() => {}, version);
    await Cluster.remove(name);
    const state = { name, octet, world: world.name, version, programs };
    const cluster = new Cluster(state);
    await mkdir(cluster.dir, { recursive: true });
    await writeFile(join(cluster.dir, 'cluster.json'), JSON.stringify(state));
    await addHostAddress(octet);
    await Promise.all([cluster.startEtcd(etcd), cluster.makeFiles()]);
    await cluster.startApiServer();
    await cluster.bindAdministrator();
    await Promise.all([cluster.startControllers(), cluster.uploadConfig()]);
    return cluster;
  }

  /** A cluster that is up, perhaps started by another process. */
  static async find(name = 'main'): Promise<Cluster> {
    const file = join(clustersDir, name, 'cluster.json');
    if (!existsSync(file)) throw new Error(`there is no cluster ${name}`);
    return new Cluster(JSON.parse(await readFile(file, 'utf8')));
  }

  /** Names of the clusters that are there. */
  static async list(): Promise<string[]> {
    const names = existsSync(clustersDir) ? await readdir(clustersDir) : [];
    return names.filter((name) => existsSync(join(clustersDir, name, 'cluster.json')));
  }

  /** Removes a cluster by its name with all it left on this machine; nothing happens if there is none. */
  static async remove(name: string): Promise<void> {
    const ours = (await listCgroups()).filter((cgroup) => cgroup.startsWith(`${cgroupName('cluster', name)}-`));
    await Promise.all(ours.map(removeCgroup));
    if ((await Cluster.list()).includes(name)) await removeHostAddress((await Cluster.find(name)).octet);
    await unmountAndDelete(join(clustersDir, name));
  }

  down(): Promise<void> {
    return Cluster.remove(this.name);
  }

  /** `sha256:...` of the CA's public key, for `--discovery-token-ca-cert-hash`. */
  async caHash(): Promise<string> {
    const ca = new X509Certificate(await readFile(this.caFile));
    const key = ca.publicKey.export({ type: 'spki', format: 'der' });
    return `sha256:${createHash('sha256').update(key).digest('hex')}`;
  }

  /** The administrator's certificate and key, and the CA, as PEM. */
  async administrator(): Promise<{ ca: string; cert: string; key: string }> {
    const { users } = load(await readFile(this.kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] };
    const decoded = (name: string) => Buffer.from(users[0]?.user[name] ?? '', 'base64').toString();
    return {
      ca: await readFile(this.caFile, 'utf8'),
      cert: decoded('client-certificate-data'),
      key: decoded('client-key-data'),
    };
  }

  /** Runs kubectl as the administrator and gives its output. */
  async kubectl(...args: string[]): Promise<string> {
    const { stdout } = await this.runKubectl(args);
    return stdout;
  }

  /** Creates or changes objects, given as values. */
  async apply(...objects: object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await this.runKubectl(['apply', '-f', '-'], JSON.stringify(list));
  }

  /**
   * Reads from the API as the administrator, without kubectl's cost.
   * @param path such as `/api/v1/nodes/n1`
   * @returns the object, or nothing if the answer is not 200 or does not come
   */
  async get<T = Record<string, unknown>>(path: string): Promise<T | undefined> {
    const answer = await this.fetch(path).catch(() => undefined);
    return answer?.status === 200 ? JSON.parse(answer.body) : undefined;
  }

  /** Creates or changes one object, without kubectl's cost. */
  private async put(path: string, object: object): Promise<void> {
    const { status, body } = await this.fetch(`${path}?fieldManager=testbed&force=true`, JSON.stringify(object));
    if (status >= 300) throw new Error(`the API server refused ${path} with ${status}: ${body}`);
  }

  /** Makes a bootstrap token and waits until discovery works with it (unless it has expired). */
  async token({
    ttl = 86400,
    id,
    description,
    usages = ['signing', 'authentication'],
  }: TokenOptions = {}): Promise<string> {
    const tokenId = id ?? randomBytes(3).toString('hex');
    const secret = randomBytes(8).toString('hex');
    const name = `bootstrap-token-${tokenId}`;
    await this.put(`/api/v1/namespaces/kube-system/secrets/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': tokenId,
        'token-secret': secret,
        expiration: new Date(Date.now() + ttl * 1000).toISOString().replace(/\.\d+/, ''),
        'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
        ...Object.fromEntries(usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
        ...(description ? { description } : {}),
      },
    });
    if (ttl > 0 && usages.includes('signing')) {
      await until(`the signature of token ${tokenId}`, async () => {
        const info = await this.get<{ data: Record<string, string> }>(
          '/api/v1/namespaces/kube-public/configmaps/cluster-info',
        );
        return info?.data[`jws-kubeconfig-${tokenId}`];
      });
    }
    return `${tokenId}.${secret}`;
  }

  /** Waits until a Node is Ready (or, with `false`, not Ready any more). */
  async waitForNode(name: string, ready = true, timeout = 60): Promise<void> {
    const path = `/api/v1/nodes/${name}`;
    await until(
      `node ${name} to be ${ready ? 'Ready' : 'not Ready'}`,
      async () => {
        const node = await this.get<{ status: { conditions: { type: string; status: string }[] } }>(path);
        const condition = node?.status.conditions?.find(({ type }) => type === 'Ready');
        return condition && (condition.status === 'True') === ready;
      },
      timeout,
      () => describeObject(this, path),
    );
  }

  /** Kills the API server; everything else continues. */
  stopApiServer(): Promise<void> {
    return killCgroup(this.cgroup('kube-apiserver'));
  }

  /** Starts the API server and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const pki = join(this.dir, 'pki');
    await this.start(join(this.programs, 'kube-apiserver'), [
      `--etcd-servers=${this.etcdUrl(2379)}`,
      `--advertise-address=${this.address}`,
      `--bind-address=${this.address}`,
      '--secure-port=6443',
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--service-cluster-ip-range=${serviceSubnet}`,
      `--client-ca-file=${pki}/ca.crt`,
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
      `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki}/sa.pub`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
    ]);
    await until(
      `the API server (see ${this.dir}/kube-apiserver.log)`,
      async () => (await this.fetch('/readyz')).status === 200,
      START_LIMIT_S,
    );
  }

  /** The controller-manager exits at once when it comes up before the role bindings it needs. */
  private async startControllers(): Promise<void> {
    await until('the role bindings', () => this.get(readerBinding));
    const pki = join(this.dir, 'pki');
    const manager = [
      `--client-ca-file=${pki}/ca.crt`,
      `--root-ca-file=${pki}/ca.crt`,
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      `--service-account-private-key-file=${pki}/sa.key`,
      '--use-service-account-credentials=true',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--allocate-node-cidrs=true',
      `--cluster-cidr=${podSubnet}`,
      `--service-cluster-ip-range=${serviceSubnet}`,
    ];
    // the last two are off unless named, and discovery by token needs them
    await this.startController('controller-manager', [
      ...manager,
      '--controllers=*,-nodeipam,bootstrapsigner,tokencleaner',
    ]);
    // waits ten seconds before it starts, and keeps all others waiting if they are in the same process
    await this.startController(
      'controller-manager',
      [...manager, '--controllers=nodeipam', '--secure-port=10267'],
      'nodeipam',
    );
    await this.startController('scheduler', []);
  }

  private startController(component: 'controller-manager' | 'scheduler', args: string[], name = `kube-${component}`) {
    const config = join(this.dir, `${component}.conf`);
    const common = [
      `--bind-address=${this.loopback}`,
      '--leader-elect=false',
      ...this.world.controllerFlags,
      `--kubeconfig=${config}`,
      `--authentication-kubeconfig=${config}`,
      `--authorization-kubeconfig=${config}`,
    ];
    return this.start(join(this.programs, `kube-${component}`), [...common, ...args], name);
  }

  private startEtcd(etcd: string): Promise<void> {
    const client = this.etcdUrl(2379);
    const peer = this.etcdUrl(2380);
    const args = [
      `--data-dir=${join(this.dir, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ];
    return this.start(etcd, args, 'etcd');
  }

  /** Certificates and kubeconfigs, as kubeadm makes them for a control plane. */
  private async makeFiles(): Promise<void> {
    const { apiVersion, criSocket } = this.world.kubeadm;
    const config = [
      {
        apiVersion,
        kind: 'InitConfiguration',
        localAPIEndpoint: { advertiseAddress: this.address, bindPort: 6443 },
        nodeRegistration: { name: 'control-plane', criSocket },
      },
      {
        apiVersion,
        kind: 'ClusterConfiguration',
        kubernetesVersion: this.version,
        certificatesDir: join(this.dir, 'pki'),
        controlPlaneEndpoint: this.endpoint,
        networking: { podSubnet, serviceSubnet },
      },
      {
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        kind: 'KubeletConfiguration',
        cgroupDriver: 'systemd',
        authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
        ...onSharedDisk,
        ...this.world.kubelet,
      },
    ];
    await writeFile(this.kubeadmConfig, config.map((document) => JSON.stringify(document)).join('\n---\n'));
    await this.kubeadm('certs', 'all');
    await this.kubeadm('kubeconfig', 'all', `--kubeconfig-dir=${this.dir}`);
  }

  /** Gives the administrator his rights, as `kubeadm init` does. */
  private async bindAdministrator(): Promise<void> {
    if (!this.world.kubeadm.bindsAdministrator) return;
    const group = 'kubeadm:cluster-admins';
    const args = ['create', 'clusterrolebinding', group, '--clusterrole=cluster-admin', `--group=${group}`];
    await this.runKubectl(args, '', join(this.dir, 'super-admin.conf'));
  }

  /** What a joining node reads in the cluster, and what it may do there. */
  private async uploadConfig(): Promise<void> {
    await Promise.all([
      this.kubeadm('upload-config', 'kubeadm', `--kubeconfig=${this.kubeconfig}`),
      this.kubeadm('bootstrap-token', `--kubeconfig=${this.kubeconfig}`, '--skip-token-print'),
      this.uploadKubeletConfig(),
    ]);
  }

  /** kubeadm uploads it at once and then waits two minutes for a control-plane Node, which does not exist here. */
  private async uploadKubeletConfig(): Promise<void> {
    const name = this.world.kubeadm.kubeletConfigMap;
    const binding = `/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings/kubeadm:${name}`;
    const upload = this.kubeadm('upload-config', 'kubelet', `--kubeconfig=${this.kubeconfig}`);
    await Promise.race([upload, until(`ConfigMap ${name}`, () => this.get(binding))]);
    upload.catch(() => {});
    await killCgroup(this.cgroup('upload-config-kubelet'));
  }

  private get kubeadmConfig() {
    return join(this.dir, 'kubeadm.yaml');
  }

  private async kubeadm(...phase: string[]) {
    const args = ['init', 'phase', ...phase, `--config=${this.kubeadmConfig}`];
    const name = phase.filter((word) => !word.startsWith('--')).join('-');
    await execa(...(await inCgroup(this.cgroup(name), join(this.programs, 'kubeadm'), args)));
  }

  private runKubectl(args: string[], input = '', kubeconfig = this.kubeconfig) {
    return execa(join(this.programs, 'kubectl'), [`--kubeconfig=${kubeconfig}`, ...args], { input });
  }

  /** Reads, or with an object applies that. */
  private fetch(path: string, applied?: string): Promise<{ status: number; body: string }> {
    const method = applied === undefined ? 'GET' : 'PATCH';
    const headers = { 'Content-Type': 'application/apply-patch+yaml' };
    return new Promise((resolve, reject) => {
      this.agent()
        .then((agent) => {
          const options = { method, agent, timeout: 5000, ...(applied !== undefined && { headers }) };
          const call = request(`${this.server}${path}`, options, async (response) => {
            resolve({ status: response.statusCode ?? 0, body: await text(response) });
          });
          call.on('timeout', () => call.destroy(new Error(`no answer from ${this.server}`)));
          call.on('error', reject);
          call.end(applied);
        })
        .catch(reject);
    });
  }

  /** Waits ask again and again: a handshake each time would be most of what that costs both sides. */
  private agent(): Promise<Agent> {
    this.connections ??= this.administrator().then((administrator) => new Agent({ ...administrator, keepAlive: true }));
    return this.connections;
  }

  /** A loopback address of its own keeps two clusters, and an etcd of this machine, out of each other's way. */
  private get loopback() {
    return `${loopbackNet}.${this.octet + 1}`;
  }

  private etcdUrl(port: number) {
    return `http://${this.loopback}:${port}`;
  }

  private cgroup(component: string) {
    return cgroupName('cluster', this.name, component);
  }

  /** Starts a component that outlives this process, with its log in the cluster's folder. */
  private async start(file: string, args: string[], component = basename(file)): Promise<void> {
    const [command, words] = await inCgroup(this.cgroup(component), file, args);
    await startDaemon(join(this.dir, `${component}.log`), command, words);
  }
}
