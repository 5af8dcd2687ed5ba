import assert from 'node:assert/strict';
import { refuseUnknownAction } from '../../../../src/sandbox/cloud/actions.ts';

describe('a fault of the sandbox', () => {
  it('strikes an action of any of its services, or all of them', () => {
    for (const action of ['DescribeInstances', 'AttachNetworkInterface', 'CreateClusterNodePool', 'ExchangeToken', '*'])
      refuseUnknownAction(action);
  });

  it('is refused for an action that nobody calls, with the one that was meant or all there are', () => {
    assert.throws(() => refuseUnknownAction('AttachNetworkInterfaces'), {
      code: 'USAGE',
      message: /no action "AttachNetworkInterfaces"; did you mean AttachNetworkInterface\?/,
    });
    assert.throws(() => refuseUnknownAction('constructor'), { message: /there are AttachNetworkInterface, / });
  });
});
