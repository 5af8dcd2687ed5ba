import { type Check, fail, pass, skip } from '../check.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

/** From this minor version on a kubelet takes two addresses without a feature gate. Source: KEP-563, beta in 1.21. */
const DUAL_STACK = 21;

export const nodeIface: Check = {
  name: 'NodeIface',
  concerns: 'node',
  severity: 'error',
  about:
    'The network interface of the node (`--node-iface`, `--node-ip`, the /etc/hosts entry of the host name, the default route) exists and has an address.',
  remedy: 'Set the address or the interface: `--node-ip ADDRESS` or `--node-iface NAME`.',
  run: async ({ host, node, spec, cluster }) => {
    const { interfaces } = await host.network();
    if (!host.runsPrograms && interfaces.length === 0) return skip('a scratch root has no network');
    const { ip, interface: name, second } = await node.address();
    await node.flannelAddress();
    const minor = second === undefined ? undefined : await kubeletMinor({ node, cluster });
    if (minor !== undefined && minor < DUAL_STACK)
      return fail(`--node-ip ${ip},${second}: a kubelet of 1.${minor} takes one address`, {
        remedy: 'Give one address.',
      });
    if (spec.nodeIface === undefined || spec.nodeIface === name)
      return pass(`${second === undefined ? ip : `${ip},${second}`} on ${name}`);
    return fail(`${ip} is on ${name}, not on ${spec.nodeIface}`);
  },
};
