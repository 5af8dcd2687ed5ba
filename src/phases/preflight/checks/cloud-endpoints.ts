import { type Check, pass, skip } from '../check.ts';

export const cloudEndpoints: Check = {
  name: 'CloudEndpoints',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The endpoints of the container service answer the node: a join contacts them first. A join with a bootstrap token does not use them.',
  remedy: 'Allow the node to reach the listed endpoints.',
  run: async ({ endpoint }) =>
    endpoint === undefined ? skip('a join with a bootstrap token does not use the container service') : pass(endpoint),
};
