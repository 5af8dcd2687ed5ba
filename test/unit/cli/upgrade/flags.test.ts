import assert from 'node:assert/strict';
import { upgradeSpec } from '../../../../src/cli/upgrade/flags.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';

const FLAGS = { drain: false, force: false, 'delete-emptydir-data': false, 'migrate-runtime': false };

function mistakes(flags: object): string {
  try {
    upgradeSpec({ ...FLAGS, ...flags });
    return '';
  } catch (error) {
    assert.ok(error instanceof EdgeadmError);
    assert.equal(error.exit, 2);
    return `${error.what}\n${error.why}`;
  }
}

describe('the flags of an upgrade', () => {
  it('the flags of an upgrade may be none: the control plane says what the node becomes', () => {
    const { targetVersion, drain } = upgradeSpec(FLAGS);
    assert.deepEqual({ targetVersion, drain }, { targetVersion: undefined, drain: false });
  });

  it('take the line of the original, whose region does nothing but has to be one', () => {
    for (const region of ['cn-hangzhou', 'ap-southeast-1', 'cn-shenzhen-finance-1'])
      assert.equal(mistakes({ region }), '');
    assert.match(mistakes({ region: 'cn hangzhou' }), /--region: "cn hangzhou" is not a region such as cn-hangzhou/);
    assert.match(mistakes({ region: '' }), /--region/);
  });

  it('the flags of an upgrade say what the edge-hub is to be, and those that exclude each other are named', () => {
    const { hub } = upgradeSpec({ ...FLAGS, 'edge-hub-as': 'service', 'edge-hub-version': '1.7.0' });
    assert.deepEqual([hub?.edgeHubAs, hub?.edgeHubVersion], ['service', 'v1.7.0']);
    assert.match(
      mistakes({ 'edge-hub-image': 'a/b:v1', 'edge-hub-program': '/y' }),
      /--edge-hub-image and --edge-hub-program/,
    );
    assert.match(mistakes({ 'edge-hub-as': 'pod', 'edge-hub-program': '/y' }), /--edge-hub-as pod needs an image/);
    assert.match(mistakes({ 'edge-hub-image': 'a b' }), /--edge-hub-image: /);
    assert.match(mistakes({ 'edge-hub-version': 'new' }), /--edge-hub-version: must look like v1\.7\.0/);
  });

  it('the flags of an upgrade are told with all their mistakes at once', () => {
    const text = mistakes({ 'target-version': '1.20', 'kubelet-version': 'x', drain: true, 'drain-timeout': 'long' });
    for (const name of ['--target-version', '--kubelet-version', '--drain', '--drain-timeout'])
      assert.ok(text.includes(name), `${name} is missing:\n${text}`);
  });
});
