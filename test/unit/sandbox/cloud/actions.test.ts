import assert from 'node:assert/strict';
import { refuseUnknownAction } from '../../../../sandbox/cloud/actions.ts';

describe('a fault of the sandbox', () => {
  it('strikes an action of any of its services, a step of an upgrade, or all actions', () => {
    for (const action of ['DescribeInstances', 'AttachNetworkInterface', 'CreateClusterNodePool', 'ExchangeToken', '*'])
      refuseUnknownAction(action);
    for (const step of ['precheck', 'master', 'node']) refuseUnknownAction(`UpgradeCluster/${step}`);
  });

  it('a fault of the sandbox is refused for an action that nobody calls, with the one that was meant or all there are', () => {
    assert.throws(() => refuseUnknownAction('AttachNetworkInterfaces'), {
      code: 'USAGE',
      message: /unknown action "AttachNetworkInterfaces"; did you mean AttachNetworkInterface\?/,
    });
    assert.throws(() => refuseUnknownAction('constructor'), { message: /valid are AttachEnsInstances, / });
  });
});
