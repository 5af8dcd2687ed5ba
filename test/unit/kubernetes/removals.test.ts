import assert from 'node:assert/strict';
import { judgeExtraFlags } from '../../../src/kubernetes/kubelet/extra-flags.ts';
import { refusedGates } from '../../../src/kubernetes/kubelet/feature-gates.ts';
import { migrateKubelet } from '../../../src/kubernetes/kubelet/migrations.ts';
import { removalOf } from '../../../src/kubernetes/removals.ts';

/** The last minor version that had it, and the first that has not. Source: the changelogs of Kubernetes 1.19 to 1.37. */
const GONE = [
  ['flag', 'chaos-chance', 22],
  ['flag', 'network-plugin', 24],
  ['flag', 'docker-tls', 24],
  ['flag', 'log-dir', 26],
  ['flag', 'container-runtime', 27],
  ['flag', 'iptables-drop-bit', 31],
  ['flag', 'cloud-config', 34],
  ['flag', 'pod-infra-container-image', 35],
  ['flag', 'storage-driver-db', 37],
  ['feature gate', 'DynamicKubeletConfig', 26],
  ['feature gate', 'TopologyManager', 29],
  ['feature gate', 'AppArmor', 33],
  ['feature gate', 'SidecarContainers', 37],
  ['setting', 'runOnce', 32],
  ['setting', 'cgroupV1', 35],
  ['runtime', 'dockershim', 24],
  ['runtime', 'v1alpha2', 26],
  ['runtime', 'withoutRuntimeConfig', 38],
  ['volume plug-in', 'flexVolume', 36],
  ['volume plug-in', 'gitRepo', 36],
] as const;

describe('what Kubernetes removed', () => {
  for (const [kind, name, goneIn] of GONE)
    it(`knows that 1.${goneIn} is the first version without the ${kind} ${name}`, () => {
      assert.equal(removalOf(kind, name, goneIn - 1), undefined);
      const removal = removalOf(kind, name, goneIn);
      assert.equal(removal?.goneIn, goneIn);
      assert.match(removal?.advice ?? '', /^[A-Z].*\.$/);
      assert.match(removal?.source ?? '', /CHANGELOG|KEP|module/);
    });

  it('says nothing of flags and gates that every kubelet has', () => {
    for (const flag of ['node-ip', 'v', 'housekeeping-interval']) assert.equal(removalOf('flag', flag, 99), undefined);
    for (const gate of ['WatchListClient', 'AllBeta', 'NodeSwap'])
      assert.equal(removalOf('feature gate', gate, 37), undefined);
  });
});

/**
 * Gate, its fixed value, the first minor version that fixes it, the first that does not know it (undefined: 1.37 does).
 * Source: LockToDefault in pkg/features/kube_features.go of k8s.io/kubernetes 1.19.16 to 1.37.2. What a program does that is
 * given the other value: gardener/gardener#5362.
 */
const LOCKED = [
  ['RuntimeClass', true, 20, 24],
  ['IPv6DualStack', true, 23, 27],
  ['GRPCContainerProbe', true, 27, 29],
  ['ExperimentalHostUserNamespaceDefaulting', false, 28, 30],
  ['AppArmor', true, 31, 33],
  ['CPUManagerPolicyOptions', true, 33, undefined],
  ['AllowOverwriteTerminationGracePeriodSeconds', false, 35, undefined],
  ['GitRepoVolumeDriver', false, 36, undefined],
  ['HostnameOverride', true, 37, undefined],
] as const;

describe('feature gates whose value is fixed', () => {
  for (const [name, to, since, goneIn] of LOCKED)
    it(`knows that 1.${since} locks the feature gate ${name} to ${to}, and lets it be given that value`, () => {
      assert.deepEqual(refusedGates({ [name]: !to }, since - 1), []);
      assert.deepEqual(refusedGates({ [name]: !to }, since), [{ name, since, lockedTo: to }]);
      assert.deepEqual(refusedGates({ [name]: to }, since), []);
      const later = refusedGates({ [name]: to }, goneIn ?? 37);
      assert.deepEqual(later, goneIn === undefined ? [] : [{ name, since: goneIn, lockedTo: undefined }]);
    });

  it('an upgrade leaves out a value that the newer kubelet refuses, and keeps the value that it accepts', () => {
    const step = { from: 'v1.35.4', to: 'v1.36.3', cgroupVersion: 2 } as const;
    const configuration = { featureGates: { ImageVolume: false, GitRepoVolumeDriver: false } };
    const flags = ['--feature-gates=ImageVolume=false,NodeSwap=true'];
    const { changes, ...after } = migrateKubelet({ flags, configuration }, step);
    assert.deepEqual(after.flags, ['--feature-gates=NodeSwap=true']);
    assert.deepEqual(after.configuration, { featureGates: { GitRepoVolumeDriver: false } });
    assert.deepEqual(changes, ['feature gate ImageVolume is removed: 1.36 has locked it to true']);
  });

  it('preflight names one in KUBELET_EXTRA_ARGS, with the version that locked it', () => {
    const text = 'KUBELET_EXTRA_ARGS="--feature-gates=ImageVolume=false,NodeSwap=true"\n';
    assert.deepEqual(judgeExtraFlags(text, { minor: 37, file: 'x' }).refused, [
      'x: --feature-gates: ImageVolume was locked to true in kubelet 1.36, and kubelet 1.37 exits over another value',
    ]);
    assert.deepEqual(judgeExtraFlags(text, { minor: 35, file: 'x' }).refused, []);
  });
});

describe('feature gates that a newer kubelet would exit over', () => {
  const STEP = { from: 'v1.36.3', to: 'v1.37.2', cgroupVersion: 2 } as const;

  it('an upgrade leaves them out of the configuration and of the flags, in both spellings', () => {
    const flags = [
      '--feature-gates=SidecarContainers=true,CPUManagerPolicyAlphaOptions=true',
      '--v=2',
      '--feature-gates',
      'JobSuccessPolicy=1',
    ];
    const featureGates = { AnyVolumeDataSource: true, CPUManagerPolicyAlphaOptions: false };
    const { changes, ...after } = migrateKubelet({ flags, configuration: { featureGates } }, STEP);
    assert.deepEqual(after.flags, ['--feature-gates=CPUManagerPolicyAlphaOptions=true', '--v=2']);
    assert.deepEqual(after.configuration, { featureGates: { CPUManagerPolicyAlphaOptions: false } });
    assert.deepEqual(
      changes,
      ['AnyVolumeDataSource', 'SidecarContainers', 'JobSuccessPolicy'].map(
        (gate) => `feature gate ${gate} is removed: 1.37 no longer knows it`,
      ),
    );
  });

  it('an upgrade changes no gate that is still known, nor how it is written', () => {
    const flags = ['--feature-gates', 'CPUManagerPolicyAlphaOptions=true', '--v=2'];
    assert.deepEqual(migrateKubelet({ flags, configuration: {} }, STEP).flags, flags);
  });

  it('an upgrade leaves out runOnce: true, over which a kubelet from 1.32 on exits', () => {
    const step = { from: 'v1.31.1', to: 'v1.32.1', cgroupVersion: 2 } as const;
    assert.deepEqual(migrateKubelet({ flags: [], configuration: { runOnce: true } }, step).configuration, {});
    const harmless = { runOnce: false };
    assert.deepEqual(migrateKubelet({ flags: [], configuration: harmless }, step).configuration, harmless);
  });

  it('preflight names them in KUBELET_EXTRA_ARGS, with the version that removed them', () => {
    const text = 'KUBELET_EXTRA_ARGS="--feature-gates=AppArmor=true,CPUManagerPolicyAlphaOptions=true"\n';
    const { refused } = judgeExtraFlags(text, { minor: 34, file: '/etc/default/kubelet' });
    assert.deepEqual(refused, [
      '/etc/default/kubelet: --feature-gates: AppArmor was removed in kubelet 1.33, and kubelet 1.34 exits over it',
    ]);
    assert.deepEqual(judgeExtraFlags(text, { minor: 32, file: 'x' }).refused, []);
  });

  it('preflight says what to do instead of a flag that is gone', () => {
    const { refused } = judgeExtraFlags('KUBELET_EXTRA_ARGS=--register-schedulable=false\n', { minor: 35, file: 'x' });
    assert.match(refused[0] ?? '', /removed in kubelet 1\.34.*Use registerWithTaints/);
  });
});
