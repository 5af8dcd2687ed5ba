import { type Check, fail, pass } from '../check.ts';

export const apiServer: Check = {
  name: 'APIServer',
  concerns: 'cluster',
  severity: 'error',
  about: 'The API server answers the node.',
  remedy: 'From the node, check the address, the firewall and the access control list of the API server.',
  run: async ({ cluster }) => pass((await cluster.firstAnswer()).server),
};

export const caHash: Check = {
  name: 'CAHash',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The CA that the cluster publishes matches the given hash, and it issued the certificate of the API server. A warning if CA verification is skipped.',
  remedy: 'Get a new join command from the cluster: `edgeadm token create --print-join-command`.',
  // With a clock that is wrong by days every certificate looks expired or not yet valid.
  needs: ['APIServer', 'TimeSync'],
  run: async ({ cluster, spec }) => {
    const { caHash: hash, insteadOf, servers } = await cluster.trusted();
    if (insteadOf && !spec.unsafeSkipCaVerification)
      return fail(
        `${insteadOf.servers.join(', ')} is not used: ${insteadOf.why}; the join uses ${servers.join(', ')}, which cluster-info names`,
        {
          severity: 'warning',
          remedy: 'Use an address that the certificate of the API server is valid for.',
        },
      );
    if (!spec.unsafeSkipCaVerification) return pass(`sha256:${hash}`);
    return fail(`the CA sha256:${hash} was not verified`, {
      severity: 'warning',
      remedy: `Once you have checked this hash, pass \`--discovery-token-ca-cert-hash sha256:${hash}\`.`,
    });
  },
};

export const token: Check = {
  name: 'Token',
  concerns: 'cluster',
  severity: 'error',
  about:
    'The cluster has the bootstrap token, the secret is correct (it signed cluster-info), and the API server accepts it. A failure also shows the clock difference.',
  remedy: 'Create a new token: `edgeadm token create --print-join-command`.',
  needs: ['APIServer'],
  run: async ({ cluster }) => {
    await cluster.verifyToken();
    return pass();
  },
};
