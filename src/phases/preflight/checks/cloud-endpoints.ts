import { type Check, pass, skip } from '../check.ts';

export const cloudEndpoints: Check = {
  name: 'CloudEndpoints',
  concerns: 'cluster',
  severity: 'error',
  about:
    "The endpoints of the container service answer the node; a join asks them before anything else. A join with a cluster's own bootstrap token uses none.",
  remedy: 'Let the node reach the endpoints that are named.',
  run: async ({ endpoint }) =>
    endpoint === undefined
      ? skip('a join with a bootstrap token uses no endpoint of the container service')
      : pass(endpoint),
};
