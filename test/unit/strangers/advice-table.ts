import type { ErrorCode } from '../../../src/errors/index.ts';

/** Why a command that is advised does not end with the error that advises it. */
type Proof =
  /** A test with this title goes the way, and on. */
  | { readonly test: string }
  /** Not advice of an error: help, a heading, what was done. */
  | 'text';

export interface Advice {
  /** The error, or for a check and a finding of diagnose the code that it is reported with. */
  readonly code: ErrorCode | undefined;
  readonly proof: Proof;
}

const test = (title: string): Proof => ({ test: title });

const LEFT_BEHIND = test('what the join refuses, the command that it advises clears:');
const RESET_ENDS = test('a joined machine is reset, whichever of its files was damaged since');
const NEW_TOKEN = test('a token that has expired is answered with a command that prints a line that joins');
const AFTER_UNMOUNTING = test('leaves what is mounted below its folders alone: bind mounts of /etc, tmpfs, shares');
const CONTINUES = test(
  'goes on with its failed nodes, their Jobs removed, and with what is to be different from now on',
);
const REVERTED = test('a revert leaves files, services and labels as before, and no journal');
const RAVEN_PORTS = test('what the check of a Raven advises about its ports leads to a check that passes');
const UPGRADE_WAYS = test(
  'the upgrade of a cluster is watched, paused and cancelled from any machine, even if its controller never runs',
);

const DELETES_FAILED = test(
  'cluster delete lists what goes and what stays, and a cluster that could not be created can be deleted',
);

/** Every command of edgeadm that a text in `src` advises: `FILE COMMAND`, of codes.ts `CODE COMMAND`. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  // Errors by their catalogue
  'USAGE config:validate': { code: 'USAGE', proof: test('a configuration file with mistakes') },
  'OS_UNSUPPORTED compat': { code: 'OS_UNSUPPORTED', proof: test("a system that the vendor's matrix does not have") },
  'ALREADY_JOINED reset': { code: 'ALREADY_JOINED', proof: test('a node of another pool') },
  'JOURNAL_UNREADABLE reset': { code: 'JOURNAL_UNREADABLE', proof: test('a damaged journal') },
  'CA_HASH_MISMATCH token:create': {
    code: 'CA_HASH_MISMATCH',
    proof: test('a CA hash that does not match is answered with a command that prints a line that joins'),
  },
  'TOKEN_INVALID token:create': {
    code: 'TOKEN_INVALID',
    proof: test('a token whose secret is wrong is answered with a command that prints a line that joins'),
  },
  'TOKEN_UNKNOWN_OR_EXPIRED token:create': { code: 'TOKEN_UNKNOWN_OR_EXPIRED', proof: NEW_TOKEN },
  'TOKEN_REFUSED token:create': {
    code: 'TOKEN_REFUSED',
    proof: test('a token that must not be used to log in'),
  },
  'NODEPOOL_NOT_FOUND nodepool:list': { code: 'NODEPOOL_NOT_FOUND', proof: test('a node pool that there is not') },
  'NODEPOOL_NOT_FOUND nodepool:create': { code: 'NODEPOOL_NOT_FOUND', proof: test('a node pool that there is not') },
  'ADDON_NOT_FOUND addon:list': {
    code: 'ADDON_NOT_FOUND',
    proof: test('an add-on that the cluster does not offer'),
  },
  'HUB_CHECK_FAILED diagnose': { code: 'HUB_CHECK_FAILED', proof: test('an edge-hub whose endpoints are closed') },
  'NODE_NOT_FOUND node:list': { code: 'NODE_NOT_FOUND', proof: test('a node that the cluster does not have') },
  'CLOUD_CLUSTER_NOT_FOUND cluster:list': {
    code: 'CLOUD_CLUSTER_NOT_FOUND',
    proof: test('a cluster that the container service does not have'),
  },
  'CLOUD_CLUSTER_FAILED cluster:logs': { code: 'CLOUD_CLUSTER_FAILED', proof: DELETES_FAILED },
  'CLOUD_CLUSTER_FAILED cluster:events': { code: 'CLOUD_CLUSTER_FAILED', proof: DELETES_FAILED },
  'CLOUD_CLUSTER_FAILED cluster:delete': {
    code: 'CLOUD_CLUSTER_FAILED',
    proof: test(
      'cluster delete lists what goes and what stays, and a cluster that could not be created can be deleted',
    ),
  },
  'NODEPOOL_NOT_EMPTY reset': { code: 'NODEPOOL_NOT_EMPTY', proof: RESET_ENDS },
  'BUNDLE_INVALID bundle:create': { code: 'BUNDLE_INVALID', proof: test('a bundle that is damaged') },
  'CLOUD_UPGRADE_FAILED cluster:upgrade:start': {
    code: 'CLOUD_UPGRADE_FAILED',
    proof: test(
      'cluster upgrade of a cluster of the container service is checked by the service first, and errors prevent it unless they are ignored',
    ),
  },
  'OPENAPI_TOKEN_EXPIRED nodepool:attach-script': {
    code: 'OPENAPI_TOKEN_EXPIRED',
    proof: test('a token of the container service'),
  },
  'OPENAPI_TOKEN_INVALID nodepool:attach-script': {
    code: 'OPENAPI_TOKEN_INVALID',
    proof: test('a token of the container service'),
  },
  'RESET_INCOMPLETE reset': {
    code: 'RESET_INCOMPLETE',
    proof: AFTER_UNMOUNTING,
  },
  'UPGRADE_RUNTIME reset': { code: 'UPGRADE_RUNTIME', proof: RESET_ENDS },
  'UPGRADE_NOT_RECOVERED upgrade': {
    code: 'UPGRADE_NOT_RECOVERED',
    proof: test('upgrade whose roll-back fails names what is left, and the next call goes back'),
  },
  'UPGRADE_NOT_RECOVERED reset': { code: 'UPGRADE_NOT_RECOVERED', proof: RESET_ENDS },
  'NO_UPGRADE cluster:upgrade:plan': { code: 'NO_UPGRADE', proof: test('a cluster without an upgrade') },
  'UPGRADE_UNDER_WAY cluster:upgrade:status': { code: 'UPGRADE_UNDER_WAY', proof: UPGRADE_WAYS },
  'UPGRADE_UNDER_WAY cluster:upgrade:continue': { code: 'UPGRADE_UNDER_WAY', proof: CONTINUES },
  'UPGRADE_UNDER_WAY cluster:upgrade:pause': { code: 'UPGRADE_UNDER_WAY', proof: UPGRADE_WAYS },
  'UPGRADE_NOT_POSSIBLE cluster:upgrade:status': { code: 'UPGRADE_NOT_POSSIBLE', proof: UPGRADE_WAYS },
  'UPGRADE_PAUSED cluster:upgrade:continue': {
    code: 'UPGRADE_PAUSED',
    proof: CONTINUES,
  },
  'UPGRADE_PAUSED cluster:upgrade:cancel': { code: 'UPGRADE_PAUSED', proof: UPGRADE_WAYS },
  'UPGRADE_NODE_FAILED cluster:upgrade:continue': {
    code: 'UPGRADE_NODE_FAILED',
    proof: CONTINUES,
  },
  'SANDBOX_NOT_RUNNING sandbox:up': { code: 'SANDBOX_NOT_RUNNING', proof: test('a sandbox that does not run') },
  'SANDBOX_RUNNING sandbox:down': {
    code: 'SANDBOX_RUNNING',
    proof: test('a sandbox that runs already, as another version'),
  },
  'SANDBOX_PORT_TAKEN sandbox:up': {
    code: 'SANDBOX_PORT_TAKEN',
    proof: test('a sandbox on a port that another program has'),
  },
  'SANDBOX_FAILED sandbox:up': {
    code: 'SANDBOX_FAILED',
    proof: test('a sandbox that is killed while it starts in the background'),
  },
  // Errors that advise something else than their catalogue
  'artifacts/manifest.ts bundle:create': { code: 'BUNDLE_INVALID', proof: test('a bundle that is damaged') },
  'artifacts/open-bundle.ts bundle:create': {
    code: 'USAGE',
    proof: test('over plain http is accepted only with a pin'),
  },
  'artifacts/pin.ts bundle:create': { code: 'BUNDLE_INVALID', proof: test('a bundle that is damaged') },
  'cli/cluster-upgrade/follow.ts cluster:upgrade:status': {
    code: 'INTERRUPTED',
    proof: test('an upgrade that is no longer watched'),
  },
  'cli/cluster-upgrade/run.ts cluster:upgrade:continue': { code: 'INTERRUPTED', proof: UPGRADE_WAYS },
  'cli/cluster-upgrade/start.ts explain': { code: 'USAGE', proof: test('a check that does not exist') },
  'cloud/errors.ts sandbox:status': {
    code: 'CLOUD_UNREACHABLE',
    proof: test('a call of the cloud says how to look its name up, or whether the sandbox is running'),
  },
  'cloud/errors.ts cluster:list': {
    code: 'CLOUD_REFUSED',
    proof: test('the name of a cluster in the place of its ID'),
  },
  'cli/explain/topics.ts explain': { code: 'USAGE', proof: test('a word that explain does not know') },
  'cli/foreign-commands.ts sandbox:up': { code: 'USAGE', proof: test('a sandbox that does not run') },
  'cli/foreign-commands.ts reset': {
    code: 'USAGE',
    proof: test('a command of kubeadm or kubectl that edgeadm does not have: drain'),
  },
  'cli/foreign-commands.ts sandbox:node:list': {
    code: 'USAGE',
    proof: test('a command of kubeadm or kubectl that edgeadm does not have: nodes'),
  },
  'config/kubeadm-file.ts join:phases': { code: 'USAGE', proof: test("phases in kubeadm's words") },
  'cli/join/run.ts join:phases': { code: 'USAGE', proof: test('a phase that does not exist') },
  'cloud/cluster-access.ts reset': {
    code: 'ALREADY_JOINED',
    proof: test('refuses a node of another node pool until it is reset'),
  },
  'cloud/cluster-upgrades.ts cluster:upgrade:status': {
    code: 'CLOUD_NO_ANSWER',
    proof: test('is not ordered again if it is not known whether the order arrived; the same command does it'),
  },
  'cloud/exchange.ts reset': {
    code: 'ALREADY_JOINED',
    proof: test('for another node pool is refused until the node is reset'),
  },
  'cloud/node-pools.ts nodepool:list': {
    code: 'NODEPOOL_REFUSED',
    proof: test('a join to a node pool of cloud instances'),
  },
  'cluster-upgrade/control/lease.ts cluster:upgrade:status': {
    code: 'UPGRADE_UNDER_WAY',
    proof: test('an upgrade that another process controls'),
  },
  'cluster-upgrade/control/run-controller.ts cluster:upgrade:start': {
    code: 'UPGRADE_PAUSED',
    proof: test('takes the place of one that has ended, and of no other'),
  },
  'cluster-upgrade/plan/store.ts cluster:upgrade:status': {
    code: 'API_ERROR',
    proof: test('an upgrade that others change again and again'),
  },
  'cluster-upgrade/plan/transitions.ts cluster:upgrade:pause': { code: 'UPGRADE_NOT_POSSIBLE', proof: UPGRADE_WAYS },
  'cluster-upgrade/plan/transitions.ts cluster:upgrade:status': { code: 'UPGRADE_NOT_POSSIBLE', proof: UPGRADE_WAYS },
  'cluster-upgrade/plan/transitions.ts cluster:upgrade:continue': {
    code: 'UPGRADE_NOT_POSSIBLE',
    proof: CONTINUES,
  },
  'cluster-upgrade/plan/transitions.ts cluster:upgrade:start': {
    code: 'UPGRADE_NOT_POSSIBLE',
    proof: test('takes the place of one that has ended, and of no other'),
  },
  'config/config-file.ts config:print-defaults': {
    code: 'USAGE',
    proof: test('a configuration file of another kind'),
  },
  'host/journal/damage.ts reset': { code: 'JOURNAL_UNREADABLE', proof: test('a damaged journal') },
  'kubernetes/api/bootstrap-tokens.ts token:list': {
    code: 'TOKEN_UNKNOWN_OR_EXPIRED',
    proof: test('a token that is deleted twice'),
  },
  'kubernetes/kubeconfig/in-cluster.ts cluster:upgrade:start': {
    code: 'USAGE',
    proof: test('the controller outside of a pod is refused with the command that starts it in one'),
  },
  'phases/eni/run.ts eni:list': {
    code: 'INTERRUPTED',
    proof: test(
      'an interrupt names the command that shows what was bought if the list cannot be read, and a second bind attaches it',
    ),
  },
  'phases/join/join.ts reset': {
    code: 'INTERRUPTED',
    proof: test('join whose roll-back fails as well names what is left, and reset is the next command'),
  },
  'phases/join/join.ts upgrade': {
    code: 'UPGRADE_CHECK_FAILED',
    proof: test('join refuses a node whose upgrade was killed, and names both ways on'),
  },
  'phases/join/preflight.ts reset': { code: 'ALREADY_JOINED', proof: test('a node of another pool') },
  'phases/reset/teardown/pods.ts reset': {
    code: 'RESET_INCOMPLETE',
    proof: test('names the pods that cannot be removed, and goes on without them only when forced'),
  },
  'phases/reset/teardown/volumes.ts reset': {
    code: 'RESET_INCOMPLETE',
    proof: test('detaches a volume in use when forced, and says so'),
  },
  'phases/reset/remove-traces.ts reset': {
    code: 'RESET_INCOMPLETE',
    proof: test('leaves what is mounted below its folders alone: bind mounts of /etc, tmpfs, shares'),
  },
  'host/mount-table.ts reset': {
    code: 'RESET_INCOMPLETE',
    proof: AFTER_UNMOUNTING,
  },
  'phases/upgrade/open-node.ts token:create': {
    code: 'UPGRADE_CHECK_FAILED',
    proof: test('an upgrade of a machine that was never joined'),
  },
  'phases/upgrade/precheck.ts reset': { code: 'UPGRADE_RUNTIME', proof: RESET_ENDS },
  'phases/upgrade/precheck.ts upgrade': {
    code: 'UPGRADE_RUNTIME',
    proof: test('the upgrade that a node with docker or without a new kubelet is advised is not refused again'),
  },
  'phases/upgrade/roll-back.ts upgrade': {
    code: 'UPGRADE_NOT_RECOVERED',
    proof: test('upgrade whose roll-back fails names what is left, and the next call goes back'),
  },
  'phases/upgrade/roll-back.ts reset': { code: 'UPGRADE_NOT_RECOVERED', proof: RESET_ENDS },
  'phases/upgrade/upgrade.ts upgrade': {
    code: 'INTERRUPTED',
    proof: test('upgrade that is interrupted names both ways on, and nothing was changed before the first phase'),
  },
  'phases/upgrade/versions.ts upgrade': {
    code: 'UPGRADE_VERSION',
    proof: test(
      'an upgrade to a version that the control plane does not have names a command that is not refused again',
    ),
  },
  'edge-hub/change.ts reset': { code: 'USAGE', proof: RESET_ENDS },
  'phases/app/app.ts app:scale': {
    code: 'SETTING_REFUSED',
    proof: test('an application or a pool of it that exists is refused with the command that changes it, which does'),
  },
  'phases/app/app.ts app:set': {
    code: 'SETTING_REFUSED',
    proof: test('an application or a pool of it that exists is refused with the command that changes it, which does'),
  },
  'phases/app/app.ts app:status': {
    code: 'SETTING_REFUSED',
    proof: test('an application or a pool of it that exists is refused with the command that changes it, which does'),
  },
  'phases/app/app.ts nodepool:list': {
    code: 'SETTING_REFUSED',
    proof: test(
      'an application for a node pool that there is not is refused with the command that has the names, and one of them does',
    ),
  },
  'phases/addon/steps.ts addon:install': {
    code: 'ADDON_NOT_FOUND',
    proof: test('an add-on that is not installed'),
  },
  'cli/network/text.ts network:check': { code: undefined, proof: 'text' },
  'cli/storage/text.ts addon:install': { code: undefined, proof: 'text' },
  'phases/tunnel/raven-check.ts tunnel:ports:add': { code: 'CLUSTER_CHECK_FAILED', proof: RAVEN_PORTS },
  'phases/tunnel/raven-check.ts tunnel:ports:remove': { code: 'CLUSTER_CHECK_FAILED', proof: RAVEN_PORTS },
  'phases/join/post-check.ts hub:endpoints': { code: undefined, proof: 'text' },
  'phases/hub/cache-folder.ts hub:cache:add': {
    code: 'HUB_CHECK_FAILED',
    proof: test('a program for which the edge-hub has cached nothing'),
  },
  'phases/hub/endpoints.ts diagnose': {
    code: 'HUB_CHECK_FAILED',
    proof: test('an edge-hub whose endpoints are closed'),
  },
  'phases/hub/traffic.ts diagnose': { code: 'EDGE_HUB_FAILED', proof: test('an edge-hub that does not count') },
  'phases/join/preflight.ts upgrade': {
    code: 'ALREADY_JOINED',
    proof: test(
      'an upgrade moves the edge-hub from a static pod to a service and back, with the flags that its owner gave it',
    ),
  },
  'phases/node/gateway.ts addon:list': { code: 'SETTING_REFUSED', proof: test('an edge node that is to be a gateway') },
  'phases/node/autonomy.ts node:autonomy:show': {
    code: 'SETTING_REFUSED',
    proof: test('a node that cannot be autonomous'),
  },
  'phases/nodepool/delete.ts nodepool:list': {
    code: 'NODEPOOL_REFUSED',
    proof: test('the default node pool, which cannot be deleted'),
  },
  'cli/cluster-upgrade/service.ts cluster:check': {
    code: 'CLOUD_UPGRADE_FAILED',
    proof: test(
      'cluster upgrade of a cluster of the container service is checked by the service first, and errors prevent it unless they are ignored',
    ),
  },
  'phases/cluster/changes.ts cluster:delete': {
    code: 'CLOUD_CLUSTER_FAILED',
    proof: test(
      'cluster delete lists what goes and what stays, and a cluster that could not be created can be deleted',
    ),
  },
  'phases/cluster/create.ts cluster:delete': {
    code: 'CLOUD_CLUSTER_FAILED',
    proof: test(
      'cluster create refuses a name whose cluster is being deleted with the command that waits for it, and takes it after that',
    ),
  },
  'phases/cluster/encryption.ts cluster:upgrade-edition': {
    code: 'CLOUD_CLUSTER_REFUSED',
    proof: test('what needs a Pro cluster is refused, and works after upgrade-edition; each is idempotent'),
  },
  'phases/node/gateway.ts node:list': { code: 'SETTING_REFUSED', proof: test('an edge node that is to be a gateway') },
  'phases/node/removal.ts node:list': {
    code: 'NODE_NOT_FOUND',
    proof: test('a node that is to be removed and that there is not'),
  },
  'phases/nodepool/named-nodes.ts node:list': {
    code: 'NODE_NOT_FOUND',
    proof: test('a node that is to be repaired and that the node pool does not have'),
  },
  // Checks and findings
  'cluster-upgrade/precheck/checks/platform.ts reset': { code: undefined, proof: RESET_ENDS },
  'phases/diagnose/cluster-rules.ts reset': { code: undefined, proof: RESET_ENDS },
  'kubernetes/kubelet/watch-lists.ts upgrade': {
    code: undefined,
    proof: test('an upgrade to the version that a node has already adds the gate, and a second one changes nothing'),
  },
  'kubernetes/kubelet/watch-lists.ts convert': {
    code: undefined,
    proof: test('a converted node that has lost the gate gets it back by the conversion alone, without flags'),
  },
  'phases/diagnose/rules.ts join': {
    code: undefined,
    proof: test('join that is killed before any change is finished by the same command or rolled back by reset'),
  },
  'phases/diagnose/rules.ts token:create': { code: undefined, proof: NEW_TOKEN },
  'phases/diagnose/rules.ts upgrade': {
    code: undefined,
    proof: test('killed between the two manifests is left with the new one alone by the next run'),
  },
  'phases/diagnose/rules.ts reset': { code: undefined, proof: RESET_ENDS },
  'phases/preflight/check-names.ts explain': { code: 'USAGE', proof: test('a check that does not exist') },
  'phases/preflight/checks/api-server.ts token:create': { code: 'TOKEN_UNKNOWN_OR_EXPIRED', proof: NEW_TOKEN },
  'phases/preflight/checks/cluster-version.ts sandbox:node:create': {
    code: 'CLUSTER_UNSUPPORTED',
    proof: test(
      'a machine that is pointed at a sandbox it is no part of is told how to make a node of it, and that node joins',
    ),
  },
  'phases/preflight/checks/files.ts reset': { code: 'PREFLIGHT_FAILED', proof: LEFT_BEHIND },
  'phases/preflight/checks/node-pool.ts nodepool:create': {
    code: 'NODEPOOL_NOT_FOUND',
    proof: test('a node pool that there is not'),
  },
  'phases/preflight/checks/node-pool.ts nodepool:list': {
    code: 'NODEPOOL_NOT_FOUND',
    proof: test('a node pool that there is not'),
  },
  'phases/preflight/checks/offline-autonomy.ts join': {
    code: undefined,
    proof: test('a join switches WatchListClient off for a kubelet 1.35 behind a hub, and leaves it alone without one'),
  },
  'phases/preflight/checks/offline-autonomy.ts upgrade': {
    code: undefined,
    proof: test('an upgrade to the version that a node has already adds the gate, and a second one changes nothing'),
  },
  'phases/preflight/checks/platform.ts compat': {
    code: 'OS_UNSUPPORTED',
    proof: test("a system that the vendor's matrix does not have"),
  },
  'phases/addon/steps.ts addon:upgrade': {
    code: 'ADDON_REFUSED',
    proof: test('an add-on that is installed in another version'),
  },
  'phases/hub/cache-folder.ts hub:cache:list': {
    code: 'HUB_CHECK_FAILED',
    proof: test('a program for which the edge-hub has cached nothing'),
  },
  'phases/join/node-conditions.ts diagnose': {
    code: undefined,
    proof: test(
      'the join that warns of a condition of its node advises a diagnosis, which names it as long as it is there',
    ),
  },
  'phases/join/post-check.ts reset': { code: undefined, proof: RESET_ENDS },
  // Converted nodes and drills
  'RESET_REFUSED revert': { code: 'RESET_REFUSED', proof: REVERTED },
  'phases/reset/check-node.ts revert': { code: 'RESET_REFUSED', proof: REVERTED },
  'phases/join/join.ts revert': { code: 'ALREADY_JOINED', proof: REVERTED },
  'phases/upgrade/open-node.ts revert': { code: 'UPGRADE_CHECK_FAILED', proof: REVERTED },
  'phases/convert/check.ts revert': { code: 'CONVERT_REFUSED', proof: REVERTED },
  'phases/convert/convert.ts revert': {
    code: undefined,
    proof: test('a conversion that was killed is continued by the same command, and rolled back by a revert'),
  },
  'REVERT_INCOMPLETE revert': {
    code: 'REVERT_INCOMPLETE',
    proof: test('a revert that was killed is continued by the same command'),
  },
  'phases/convert/open-node.ts reset': { code: 'CONVERT_REFUSED', proof: RESET_ENDS },
  'phases/convert/open-node.ts join': {
    code: 'CONVERT_REFUSED',
    proof: test('a conversion of a machine that was never joined'),
  },
  'phases/convert/revert.ts reset': { code: 'CONVERT_REFUSED', proof: RESET_ENDS },
  'DRILL_REFUSED node:drill': {
    code: 'DRILL_REFUSED',
    proof: test('a drill that was refused or has failed passes once what it named is put right'),
  },
  'phases/drill/network-cut.ts node:drill': {
    code: 'DRILL_REFUSED',
    proof: test('a node whose iptables does not work is drilled by hand, as its refusal advises'),
  },
  'phases/drill/scene.ts node:drill': {
    code: 'DRILL_REFUSED',
    proof: test('a node that has not rebooted, or reached its API server, does not pass, and can be drilled again'),
  },
  'phases/drill/reboot.ts node:drill': {
    code: 'DRILL_REFUSED',
    proof: test('a node that has not rebooted, or reached its API server, does not pass, and can be drilled again'),
  },
  'cli/node/drill.ts node:drill': { code: undefined, proof: 'text' },
  'DRILL_FAILED node:drill': {
    code: 'DRILL_FAILED',
    proof: test('a drill that was refused or has failed passes once what it named is put right'),
  },
  'phases/drill/report.ts diagnose': {
    code: 'DRILL_FAILED',
    proof: test(
      'a drill that fails without a known cause advises a diagnosis, which names the cause that the drill did not',
    ),
  },
  'cli/nodepool/upgrade.ts cluster:upgrade:start': {
    code: 'UPGRADE_VERSION',
    proof: test(
      'nodepool upgrade to a version that the control plane does not have names the command after which it is not refused',
    ),
  },
  'phases/cluster/deletion.ts cluster:update': {
    code: 'CLOUD_CLUSTER_REFUSED',
    proof: test(
      'cluster delete lists what goes and what stays, and a cluster that could not be created can be deleted',
    ),
  },
  'phases/preflight/checks/terway-edge.ts eni:bind': {
    code: 'PREFLIGHT_FAILED',
    proof: test(
      'a node without an interface for pods is advised to bind one, and passes with what the command attaches',
    ),
  },
  'phases/preflight/checks/terway-edge.ts addon:install': {
    code: 'PREFLIGHT_FAILED',
    proof: test(
      'a cluster without the component of Terway is advised to install it, and a node passes its check after that',
    ),
  },
  'phases/preflight/windows/services.ts reset': { code: 'PREFLIGHT_FAILED', proof: RESET_ENDS },
  'phases/upgrade/windows/index.ts upgrade': {
    code: 'UPGRADE_CHECK_FAILED',
    proof: test(
      'an upgrade of the kubelet leaves the edge-hub alone, and one of the edge-hub names the join that does it',
    ),
  },
  // Texts that are not the advice of an error
  'cli/convert/run.ts revert': { code: undefined, proof: 'text' },
  'cli/node/remove.ts reset': { code: undefined, proof: 'text' },
  'cli/cluster-upgrade/run.ts cluster:upgrade:status': { code: undefined, proof: 'text' },
  'cli/cluster-upgrade/run.ts cluster:upgrade:start': { code: undefined, proof: 'text' },
  'cli/cluster-upgrade/service-text.ts cluster:upgrade:continue': { code: undefined, proof: 'text' },
  'cli/cluster-upgrade/service-verbs.ts nodepool:upgrade': { code: undefined, proof: 'text' },
  'cli/cluster-upgrade/text.ts cluster:upgrade:continue': { code: undefined, proof: 'text' },
  'cli/diagnose/html.ts reset': { code: undefined, proof: 'text' },
  'cli/explain/topics.ts diagnose': { code: undefined, proof: 'text' },
  'cli/explain/topics.ts join:phase': { code: undefined, proof: 'text' },
  'cli/join/flags.ts config:print-defaults': { code: undefined, proof: 'text' },
  'cli/join/flags.ts join:phases': { code: undefined, proof: 'text' },
  'cloud/cluster-access.ts join': { code: undefined, proof: 'text' },
  'cluster-upgrade/cluster/controller-job.ts cluster:upgrade:continue': { code: undefined, proof: 'text' },
  'kubernetes/api/bootstrap-tokens.ts join': { code: undefined, proof: 'text' },
  'phases/join/callback.ts join:phase': { code: undefined, proof: 'text' },
  'phases/reset/teardown/not-ready.ts reset': { code: undefined, proof: 'text' },
};
