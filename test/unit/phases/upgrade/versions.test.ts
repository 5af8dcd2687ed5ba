import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { UpgradeSpec } from '../../../../src/phases/upgrade/context.ts';
import { checkVersions, drainAdvice, sameVersion, wantedVersion } from '../../../../src/phases/upgrade/versions.ts';

const SPEC: UpgradeSpec = { drain: false, drainTimeoutMs: 1000, migrateRuntime: false };

/** What is said of an upgrade between these versions; undefined where it may be done. */
function refusal(from: string, to: string, cluster: string, spec = SPEC): string | undefined {
  try {
    checkVersions({ from, to, cluster }, spec);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EdgeadmError);
    assert.equal(error.code, 'UPGRADE_VERSION');
    return error.what;
  }
}

describe('the versions of an upgrade', () => {
  it('the versions of an upgrade may rise by patches and by as many minor versions as the skew policy allows, up to the control plane', () => {
    assert.equal(refusal('v1.20.2', 'v1.20.3', 'v1.20.3'), undefined);
    assert.equal(refusal('v1.20.2', 'v1.21.0', 'v1.21.4'), undefined);
    assert.equal(refusal('v1.20.2', 'v1.22.0', 'v1.22.0'), undefined);
    assert.equal(refusal('v1.34.4', 'v1.37.2', 'v1.37.2'), undefined);
    assert.equal(refusal('v1.25.0', 'v1.28.0', 'v1.28.0'), undefined);
    assert.equal(refusal('v1.20.11-aliyunedge.1', 'v1.22.15-aliyun.1', 'v1.22.15-aliyun.1'), undefined);
  });

  it('the versions of an upgrade are refused above the control plane, in the words that users know', () => {
    const what = 'kubelet target version v1.21.0 does not match cluster version v1.20.3';
    assert.equal(refusal('v1.20.2', 'v1.21.0', 'v1.20.3'), what);
    const spec = { ...SPEC, targetVersion: '1.20.9' };
    assert.match(refusal('v1.20.2', 'v1.20.3', 'v1.20.3', spec) ?? '', /target version 1\.20\.9 does not match/);
  });

  it('the versions of an upgrade have the control plane for their target; --kubelet-version is for an older kubelet', () => {
    const older = { ...SPEC, targetVersion: '1.20.3' };
    const what = 'kubelet target version 1.20.3 does not match cluster version v1.20.4';
    assert.equal(refusal('v1.20.2', 'v1.20.3', 'v1.20.4', older), what);
    assert.equal(refusal('v1.20.2', 'v1.20.3', 'v1.20.4', { ...SPEC, kubeletVersion: '1.20.3' }), undefined);
    const vendor = { ...SPEC, targetVersion: '1.22.15' };
    assert.equal(refusal('v1.20.11-aliyunedge.1', 'v1.22.15', 'v1.22.15-aliyun.1', vendor), undefined);
  });

  it('an upgrade to a version that the control plane does not have names a command that is not refused again', () => {
    const advice = (from: string, targetVersion: string) => {
      try {
        checkVersions({ from, to: `v${targetVersion}`, cluster: 'v1.20.4' }, { ...SPEC, targetVersion });
      } catch (error) {
        return (error as EdgeadmError).next;
      }
    };
    assert.match(advice('v1.20.2', '1.20.3') ?? '', /^edgeadm upgrade --kubelet-version 1\.20\.3 /);
    assert.equal(advice('v1.20.3', '1.20.2'), 'edgeadm upgrade --target-version v1.20.4');
    assert.equal(advice('v1.20.3', '1.20.3'), 'edgeadm upgrade --target-version v1.20.4');
  });

  it('the versions of an upgrade are refused if more are skipped, with their number and the version to stop at', () => {
    const far = [
      ['v1.33.1', 'v1.37.2', 3, 'v1.36'],
      ['v1.24.0', 'v1.27.0', 2, 'v1.26'],
      ['v1.20.11-aliyunedge.1', 'v1.24.6-aliyun.1', 3, 'v1.22'],
    ] as const;
    for (const [from, to, between, stop] of far) {
      assert.throws(
        () => checkVersions({ from, to, cluster: to }, SPEC),
        (error: EdgeadmError) =>
          error.why?.startsWith(`${between} minor versions lie between them`) === true &&
          error.next?.includes(`upgrade to a version ${stop} first`) === true,
      );
    }
  });

  it('an upgrade over a minor version says that Kubernetes wants a drain, unless the node is drained', () => {
    assert.match(drainAdvice({ from: 'v1.34.4', to: 'v1.35.4' }, false) ?? '', /1\.34 to 1\.35.*--drain --kubeconfig/);
    assert.equal(drainAdvice({ from: 'v1.34.4', to: 'v1.35.4' }, true), undefined);
    assert.equal(drainAdvice({ from: 'v1.35.1', to: 'v1.35.4' }, false), undefined);
  });

  it('the versions of an upgrade are refused if the node is newer', () => {
    assert.match(refusal('v1.20.3', 'v1.20.2', 'v1.20.3') ?? '', /which is newer than v1\.20\.2/);
  });

  it('the versions of an upgrade are those that were asked for, else those of the bundle, else those of the control plane', () => {
    assert.equal(wantedVersion({ ...SPEC, targetVersion: '1.20.3' }, 'v1.20.9', 'v1.20.9'), 'v1.20.3');
    assert.equal(
      wantedVersion({ ...SPEC, targetVersion: '1.21.1', kubeletVersion: 'v1.20.4' }, undefined, 'x'),
      'v1.20.4',
    );
    assert.equal(wantedVersion(SPEC, 'v1.20.5', 'v1.20.9'), 'v1.20.5');
    assert.equal(wantedVersion(SPEC, undefined, 'v1.20.9'), 'v1.20.9');
  });

  it('the versions of an upgrade are the same under two spellings, but not as two builds', () => {
    assert.equal(sameVersion('1.20.3', 'v1.20.3-aliyunedge.1'), true);
    assert.equal(sameVersion('v1.20.3-aliyunedge.2', 'v1.20.3-aliyunedge.1'), false);
    assert.equal(sameVersion('v1.20.3', 'v1.20.2'), false);
  });
});
