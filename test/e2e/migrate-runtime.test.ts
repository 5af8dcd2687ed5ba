import assert from 'node:assert/strict';
import {
  busyboxImage,
  dockerInNode,
  dockerPackage,
  installCni,
  installDocker,
  loadImage,
  prepare,
  until,
  world,
} from '../testbed/index.ts';
import { BUNDLE, freshNode, inWorlds, MATRIX, WITH_HUB } from './support.ts';
import { ok, resultOf, run, type Subject, upgradeBed, upgradeWith } from './upgrade-bed.ts';
import { BUNDLES, bundlesDir, NEW, OLD } from './upgrade-bundles.ts';
import { kill } from './upgrade-kills.ts';

interface NodeView {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly status: { readonly nodeInfo: { readonly kubeletVersion: string; readonly containerRuntimeVersion: string } };
}

interface PodView {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly containerID?: string }[];
  };
}

const NAME = 'migrate1';
/** In no bundle. */
const IMAGE = 'localhost/only-in-docker:1';
const ANNOTATION = 'kubeadm.alpha.kubernetes.io/cri-socket';

inWorlds('guide')('edgeadm upgrade --migrate-runtime of a node with docker', () => {
  const subject = {} as Subject;
  let [own, flags] = ['', ''];

  before(async function () {
    // Some minutes of its own: not a part of every run.
    if (process.env.EDGEADM_TEST_DOCKER !== '1') {
      process.stderr.write('      skipped: EDGEADM_TEST_DOCKER=1 runs it\n');
      return this.skip();
    }
    const package_ = await dockerPackage().catch((error: Error) => {
      process.stderr.write(`      skipped: no package of docker to be had: ${error.message}\n`);
      return this.skip();
    });
    const [cluster, { images }] = await Promise.all([upgradeBed(), prepare()]);
    const node = await freshNode(NAME, {
      bind: [
        [bundlesDir, BUNDLES],
        [package_, dockerInNode],
      ],
    });
    Object.assign(subject, { cluster, node });
    await installDocker(node);
    await Promise.all([installCni(node, '10.244.0.0/24'), loadImage(node, images.pause)]);
    await loadImage(node, images.busybox);
    await loadImage(node, images.edgeHub);
    await node.exec('docker', 'tag', busyboxImage, IMAGE);
    const mine = await node.exec('docker', 'run', '-d', '--network', 'none', busyboxImage);
    own = mine.stdout.trim();
    assert.equal(mine.exitCode, 0, mine.stderr);
    const token = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
    const more = ['--runtime', 'docker', '--pause-image', world.pauseImage, ...WITH_HUB];
    await ok(node, ['join', cluster.endpoint, ...token, '--compat-matrix', MATRIX, '--bundle', BUNDLE, ...more]);
    await cluster.kubectl('annotate', 'node', NAME, `${ANNOTATION}=/var/run/dockershim.sock`);
    await cluster.apply(pod());
    await runs(subject, 'docker', OLD);
    flags = await node.read('/var/lib/kubelet/kubeadm-flags.env');
  });

  it('a dry run shows what would be done and changes nothing', async () => {
    const { stdout } = await ok(subject.node, upgradeWith('next', '--migrate-runtime', '--dry-run'));
    assert.match(stdout, /stop kubelet\.service/);
    assert.match(stdout, /docker stop --time 1 /);
    assert.match(stdout, /\+.*--container-runtime=remote/);
    assert.match(stdout, /docker save .*only-in-docker/);
    await runs(subject, 'docker', OLD);
  });

  it('a kubelet that dies: docker runs the pods again, with the older kubelet', async () => {
    const result = await run(subject.node, upgradeWith('dying', '--migrate-runtime', '--output', 'json'));
    assert.equal(result.exitCode, 1, result.stdout);
    const { error } = resultOf(result);
    assert.equal(error.code, 'UPGRADE_RECOVERED', JSON.stringify(error));
    assert.equal(await subject.node.read('/var/lib/kubelet/kubeadm-flags.env'), flags);
    assert.match(
      await subject.node.read('/etc/containerd/config.toml'),
      /disabled_plugins = \["io.containerd.grpc.v1.cri"\]/,
    );
    await runs(subject, 'docker', OLD);
  });

  it('killed while the pods do not run: the version before takes the node back to docker', async () => {
    await kill(subject, upgradeWith('next', '--migrate-runtime'), { phase: 'restart/kubelet', after: 0.1 });
    await ok(subject.node, ['upgrade', '--target-version', OLD]);
    await runs(subject, 'docker', OLD);
  });

  it('killed again, the same command goes on: the pods run with containerd, the other container with docker as before', async () => {
    await kill(subject, upgradeWith('next', '--migrate-runtime'), { phase: 'leave-docker/containers', after: 0.2 });
    await ok(subject.node, upgradeWith('next', '--migrate-runtime'));
    await runs(subject, 'containerd', NEW);
    const addresses = await subject.node.exec('sh', '-c', 'ls /var/lib/cni/networks/testbed | grep -c "^10\\."');
    assert.equal(addresses.stdout.trim(), '1', 'those of the docker containers were given back');
    const left = await subject.node.exec('docker', 'ps', '--all', '--quiet', '--no-trunc');
    assert.equal(left.stdout.trim(), own);
    const state = await subject.node.exec('docker', 'inspect', '--format', '{{.State.Running}} {{.RestartCount}}', own);
    assert.equal(state.stdout.trim(), 'true 0');
  });

  it('a second run says that there is nothing to do', async () => {
    const { stdout, stderr } = await ok(subject.node, upgradeWith('next', '--migrate-runtime'));
    assert.match(`${stdout}${stderr}`, /do not run with docker: --migrate-runtime has nothing to do/);
    assert.match(`${stdout}${stderr}`, /node has already been upgraded/);
  });

  it('a reset after edgeadm upgrade --migrate-runtime takes the pods away, not the other container', async () => {
    await ok(subject.node, ['reset', '--yes']);
    assert.match(await subject.node.read('/etc/containerd/config.toml'), /disabled_plugins = \["io/);
    const left = await subject.node.exec('docker', 'ps', '--quiet', '--no-trunc');
    assert.equal(left.stdout.trim(), own);
  });
});

function pod(): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${NAME}-app`, namespace: 'default' },
    spec: {
      nodeName: NAME,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never' }],
    },
  };
}

/** Waits until node and pod say that they are of that runtime. */
async function runs({ cluster }: Subject, runtime: string, version: string): Promise<void> {
  await cluster.waitForNode(NAME, true, 30);
  const node = await cluster.get<NodeView>(`/api/v1/nodes/${NAME}`);
  assert.equal(node?.status.nodeInfo.kubeletVersion, version);
  assert.match(node?.status.nodeInfo.containerRuntimeVersion ?? '', new RegExp(`^${runtime}://`));
  assert.match(node?.metadata.annotations[ANNOTATION] ?? '', runtime === 'docker' ? /dockershim/ : /containerd/);
  await until(
    `the pod to run with ${runtime}`,
    async () => {
      const app = await cluster.get<PodView>(`/api/v1/namespaces/default/pods/${NAME}-app`);
      const ready = app?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return ready && app?.status.containerStatuses?.[0]?.containerID?.startsWith(`${runtime}://`);
    },
    60,
  );
}
