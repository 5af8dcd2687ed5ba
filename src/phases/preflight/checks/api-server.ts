import { type Check, fail, pass } from '../check.ts';

export const apiServer: Check = {
  name: 'APIServer',
  concerns: 'cluster',
  severity: 'error',
  about: 'An API server answers the node.',
  remedy: 'From the node, check the address, the firewall and the access control list of the API server.',
  run: async ({ cluster }) => pass((await cluster.firstAnswer()).server),
};

export const caHash: Check = {
  name: 'CAHash',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The CA that the cluster publishes is the pinned one, and the API server has a certificate of it. A warning where the pin is left out knowingly.',
  remedy: 'Get a new join command from the cluster: `edgeadm token create --print-join-command`.',
  // With a clock that is wrong by days every certificate looks expired or not yet valid.
  needs: ['APIServer', 'TimeSync'],
  run: async ({ cluster, spec }) => {
    const { caHash: hash } = await cluster.trusted();
    if (!spec.unsafeSkipCaVerification) return pass(`sha256:${hash}`);
    return fail(`the CA sha256:${hash} was not compared with anything`, {
      severity: 'warning',
      remedy: `Give \`--discovery-token-ca-cert-hash sha256:${hash}\` once you know that it is the right one.`,
    });
  },
};

export const token: Check = {
  name: 'Token',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The cluster knows the bootstrap token, its secret is right (it signed cluster-info), and the API server lets the node in with it. A failure tells the clock difference too.',
  remedy: 'Make a new token: `edgeadm token create --print-join-command`.',
  needs: ['APIServer'],
  run: async ({ cluster }) => {
    await cluster.verifyToken();
    return pass();
  },
};
