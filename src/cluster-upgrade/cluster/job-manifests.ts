import type { V1Node } from '@kubernetes/client-node';
import { TERMINATION_MESSAGE_FILE } from '../../errors/termination-message.ts';
import type { NodeRecord, PlanSpec } from '../plan/plan.ts';
import { controllerTolerations } from './controller-tolerations.ts';
import { CONTROLLER, NAMESPACE, NODE_ANNOTATION, ROLE_LABEL, TRY_ANNOTATION } from './names.ts';

/** Where the image's files are seen from the node's own root while a Job upgrades it. */
const MOUNT_POINT = '/run/edgeadm-upgrade';
const PROGRAM = '/usr/bin/edgeadm';
/** Where edgeadm leaves its error: in the image's own root, since the kubelet's file is out of reach in the node's. */
const TERMINATION_MESSAGE = '/edgeadm-termination-message';
/** Seconds that a node may take, its drain not counted. */
const NODE_DEADLINE_S = 1800;
/** The controller begins again where it was: it may be restarted as often as its nodes need. */
const CONTROLLER_RETRIES = 1000;

/**
 * Makes the node's root the root of edgeadm, so that it works there as if it were installed: files, systemd and the
 * container runtime are the node's, edgeadm and its bundle the image's. The bind mount is the container's own; of it
 * the node sees an empty folder, for as long as the pod runs.
 */
const ON_NODE = `
mkdir -p /host${MOUNT_POINT}
mount -o bind / /host${MOUNT_POINT}
case " $* " in
  *" --bundle "*) ;;
  *) if [ -e /bundle/bundle.yaml ]; then set -- "$@" --bundle ${MOUNT_POINT}/bundle; fi ;;
esac
chroot /host ${MOUNT_POINT}${PROGRAM} "$@" &
trap 'kill -TERM $!' TERM INT
wait $!
code=$?
while kill -0 $! 2>/dev/null; do wait $!; code=$?; done
if [ -s ${TERMINATION_MESSAGE} ]; then cat ${TERMINATION_MESSAGE} >/dev/termination-log; fi
umount /host${MOUNT_POINT}
rmdir /host${MOUNT_POINT}
exit $code
`;

const EVERYWHERE = [{ operator: 'Exists' }];
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Different for each try of each upgrade; the same for a controller that continues with what another has begun. */
export function attemptId({ batch, started }: NodeRecord): string {
  return `${started}-${batch}`;
}

/** The Job that upgrades a node: edgeadm itself, in the node's root, with the node's own credentials and no others. */
export function nodeJob(name: string, record: NodeRecord, spec: PlanSpec): object {
  const node = record.name;
  const bundle = spec.bundle === undefined ? [] : ['--bundle', spec.bundle];
  const sum = spec.bundleSha256 === undefined ? [] : ['--bundle-sha256', spec.bundleSha256];
  const annotations = { [NODE_ANNOTATION]: node, [TRY_ANNOTATION]: attemptId(record) };
  const labels = { [ROLE_LABEL]: 'node' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE, labels, annotations },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: NODE_DEADLINE_S,
      template: {
        metadata: { labels, annotations },
        spec: {
          // Not scheduled: it goes to a node that takes no pods, too.
          nodeName: node,
          tolerations: EVERYWHERE,
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          hostPID: true,
          hostNetwork: true,
          volumes: [{ name: 'host', hostPath: { path: '/' } }],
          containers: [
            {
              name: 'upgrade',
              image: spec.image,
              imagePullPolicy: 'IfNotPresent',
              command: ['/bin/sh', '-c', ON_NODE, 'upgrade-node'],
              args: ['upgrade', '--kubelet-version', spec.targetVersion, ...bundle, ...sum],
              env: [
                { name: 'PATH', value: PATH },
                { name: 'HOME', value: '/root' },
                { name: 'LANG', value: 'C.UTF-8' },
                { name: TERMINATION_MESSAGE_FILE, value: `${MOUNT_POINT}${TERMINATION_MESSAGE}` },
              ],
              securityContext: { privileged: true },
              terminationMessagePolicy: 'FallbackToLogsOnError',
              volumeMounts: [{ name: 'host', mountPath: '/host', mountPropagation: 'HostToContainer' }],
            },
          ],
        },
      },
    },
  };
}

/** What the controller's Job takes from the cluster. */
export interface ControllerSurroundings {
  /** Addresses of the API server that nodes use, `https://host:port`. */
  readonly servers: readonly string[];
  readonly nodes: readonly V1Node[];
}

/** The Job of the controller. It prefers nodes that are no edge workers, since those lose the cluster more often. */
export function controllerJob(spec: PlanSpec, { servers, nodes }: ControllerSurroundings): object {
  const labels = { [ROLE_LABEL]: 'controller' };
  const edge = ['alibabacloud.com/is-edge-worker', 'openyurt.io/is-edge-worker'];
  const matchExpressions = edge.map((key) => ({ key, operator: 'NotIn', values: ['true'] }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: CONTROLLER, namespace: NAMESPACE, labels },
    spec: {
      backoffLimit: CONTROLLER_RETRIES,
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: CONTROLLER,
          restartPolicy: 'OnFailure',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: controllerTolerations(nodes),
          hostNetwork: true,
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions } }],
            },
          },
          containers: [
            {
              name: 'controller',
              image: spec.image,
              imagePullPolicy: 'IfNotPresent',
              command: [PROGRAM],
              args: ['cluster', 'upgrade', 'controller'],
              env: [
                { name: 'EDGEADM_API_SERVERS', value: servers.join(',') },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'LANG', value: 'C.UTF-8' },
              ],
              terminationMessagePolicy: 'FallbackToLogsOnError',
              securityContext: { allowPrivilegeEscalation: false },
            },
          ],
        },
      },
    },
  };
}
