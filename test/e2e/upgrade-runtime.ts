import assert from 'node:assert/strict';
import { busyboxImage, type Node, programInNode, until, world } from '../testbed/index.ts';
import type { Tell } from './side-by-side.ts';
import {
  container,
  isAsBefore,
  isAt,
  ok,
  onlyPrograms,
  resetAndCompare,
  resultOf,
  run,
  type Subject,
  start,
  upgradeWith,
} from './upgrade-bed.ts';
import { NEW, OLD } from './upgrade-bundles.ts';
import { kill, RUNTIME_KILLS } from './upgrade-kills.ts';

const JOB = 'upgrade-job';

/** On a node whose containerd edgeadm has installed. */
export function withContainerd(test: Tell): void {
  const subject = start(test, 'upgrade7', {
    containerd: false,
    bundle: 'first-runtime',
    join: ['--manage-runtime', '--pause-image', world.pauseImage],
  });
  let [pod, old] = ['', ''];
  const fails = async (phase: string, bundle: string): Promise<void> => {
    const result = await run(subject.node, upgradeWith(bundle, '--output', 'json'));
    assert.equal(result.exitCode, 1, result.stdout);
    const { error } = resultOf(result);
    assert.equal(error.code, 'UPGRADE_RECOVERED', JSON.stringify(error));
    assert.equal(error.what, `the upgrade failed in phase ${phase}; the node was rolled back`);
    await isAsBefore(subject);
    assert.equal(await runningContainerd(subject.node), old);
    assert.equal(await container(subject), pod);
  };
  test('a containerd that does not start: the older one runs again, and the pod has gone on', async () => {
    [pod, old] = [await container(subject), await runningContainerd(subject.node)];
    await fails('restart', 'broken-runtime');
  });
  test('a kubelet that dies under the new containerd: both older ones run again', () =>
    fails('verify', 'runtime-dying'));
  for (const moment of RUNTIME_KILLS) {
    test(`killed in ${moment.phase}: the same command goes on, up to the next kill`, () =>
      kill(subject, upgradeWith('runtime'), moment));
  }
  test('the version before takes the node back', async () => {
    await ok(subject.node, ['upgrade', '--target-version', OLD]);
    await isAsBefore(subject);
    assert.equal(await runningContainerd(subject.node), old);
  });
  test('both get the new version, from a pod on that very node, which goes on like the other pod', async () => {
    await upgradeFromPod(subject, upgradeWith('runtime'));
    await isAt(subject, NEW);
    assert.notEqual(await runningContainerd(subject.node), old);
    assert.equal(await container(subject), pod);
    await onlyPrograms(
      subject,
      /\/usr\/bin\/kube(let|ctl)\b|\/usr\/local\/bin\/containerd\b|^[+-] (containers|cgroups)/,
    );
  });
  test('and a reset leaves nothing', () => resetAndCompare(subject));
}

/** Sum of the program that runs, not of the file that would be started next. */
async function runningContainerd(node: Node): Promise<string> {
  const { stdout } = await node.exec('sh', '-c', 'sha256sum <"/proc/$(pgrep -x containerd)/exe"');
  assert.match(stdout, /^[0-9a-f]{64} /);
  return stdout;
}

/** As a Job of Kubernetes would: privileged, with the node's root, in the namespace that a drain leaves alone. */
async function upgradeFromPod({ cluster, node }: Subject, args: readonly string[]): Promise<void> {
  const command = ['/bin/busybox', 'chroot', '/host', ...programInNode, ...args];
  const namespace = 'kube-upgrade';
  await cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: JOB, namespace },
      spec: {
        nodeName: node.name,
        restartPolicy: 'Never',
        hostPID: true,
        hostNetwork: true,
        automountServiceAccountToken: false,
        tolerations: [{ operator: 'Exists' }],
        volumes: [{ name: 'host', hostPath: { path: '/' } }],
        containers: [
          {
            name: 'upgrade',
            image: busyboxImage,
            imagePullPolicy: 'Never',
            command,
            securityContext: { privileged: true },
            volumeMounts: [{ name: 'host', mountPath: '/host', mountPropagation: 'HostToContainer' }],
          },
        ],
      },
    },
  );
  const path = `/api/v1/namespaces/${namespace}/pods/${JOB}`;
  const status = await until(
    'the pod that upgrades its node',
    async () => {
      const pod = await cluster.get<{ status: { phase: string } }>(path);
      return /Succeeded|Failed/.test(pod?.status.phase ?? '') && pod?.status;
    },
    90,
  );
  const log = await node.exec('sh', '-c', `cat /var/log/pods/${namespace}_${JOB}_*/upgrade/*.log`);
  assert.equal(status.phase, 'Succeeded', `${JSON.stringify(status)}\n${log.stdout}`);
  await cluster.kubectl('-n', namespace, 'delete', 'pod', JOB, '--now');
}
