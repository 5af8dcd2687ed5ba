import { type Check, fail, pass, skip } from '../check.ts';

export const nodeIface: Check = {
  name: 'NodeIface',
  concerns: 'node',
  severity: 'error',
  about:
    'The network interface of the node (`--node-iface`, `--node-ip`, the /etc/hosts entry of the host name, the default route) exists and has an address.',
  remedy: 'Set the address or the interface: `--node-ip ADDRESS` or `--node-iface NAME`.',
  run: async ({ host, node, spec }) => {
    if (!host.runsPrograms) return skip('a scratch root has no network');
    const { ip, interface: name } = await node.address();
    if (spec.nodeIface === undefined || spec.nodeIface === name) return pass(`${ip} on ${name}`);
    return fail(`${ip} is on ${name}, not on ${spec.nodeIface}`);
  },
};
