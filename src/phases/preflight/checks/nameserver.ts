import { isIP } from 'node:net';
import { PATHS } from '../../../host/node-paths.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { isLoopback, parseNameServers } from '../resolv-conf.ts';

export const nameserver: Check = {
  name: 'Nameserver',
  concerns: 'node',
  severity: 'warning',
  about: `/etc/resolv.conf lists name servers that pods can use. A stub on a loopback address is accepted if systemd-resolved lists the real servers in ${PATHS.system.resolvedConf}. The check sends no DNS queries.`,
  remedy: "List a reachable server in /etc/resolv.conf: pods with the node's DNS policy, such as coredns, use it.",
  run: async ({ host }) => {
    const [text, behindStub] = await Promise.all([host.read('/etc/resolv.conf'), host.read(PATHS.system.resolvedConf)]);
    if (text === undefined) {
      if (!host.runsPrograms) return skip('the scratch root has no /etc/resolv.conf');
      // The kubelet opens the file for every pod and fails without it; an empty one is good enough for it.
      return fail('/etc/resolv.conf does not exist: pods could not start', { severity: 'error' });
    }
    const servers = parseNameServers(text);
    if (servers.length === 0) return fail('/etc/resolv.conf lists no server');
    const malformed = servers.filter((server) => isIP(server) === 0);
    if (malformed.length > 0) return fail(`${malformed.join(', ')} in /etc/resolv.conf is not an IP address`);
    if (!servers.every(isLoopback)) return pass(servers.join(', '));
    const real = parseNameServers(behindStub ?? '').filter((server) => !isLoopback(server));
    if (real.length > 0) return pass(`${real.join(', ')}, from ${PATHS.system.resolvedConf}`);
    return fail(`/etc/resolv.conf lists only ${servers.join(', ')}, which is the pod itself when used in a pod`);
  },
};
