import { isIP } from 'node:net';
import { EdgeadmError } from '../../../errors/index.ts';
import { isFaultOfFile } from '../../../host/failures.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { isLinkLocal, isOwnMachine } from '../../../lib/cidr.ts';
import { encodingOfWindows, SAVE_AS_UTF8 } from '../../../lib/decode-text.ts';
import { type Check, type CheckResult, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { kubeletMinor } from '../kubelet-minor.ts';
import { parseNameServers, parseSearchDomains, type ResolvConf, resolvConfForPods } from '../resolv-conf.ts';

const FILE = PATHS.system.resolvConf;
/** Source: kubernetes, pkg/apis/core/validation, MaxDNSNameservers. The C library reads no more either. */
const MAX_SERVERS = 3;
/**
 * A pod's own domains are three. A kubelet before 1.26 leaves out what is beyond six in all, and so does a C library
 * before glibc 2.26 in an image. Source: KEP-2595.
 */
const MAX_DOMAINS = { before126: 3, later: 6 };

export const nameserver: Check = {
  name: 'Nameserver',
  concerns: 'node',
  severity: 'warning',
  about: `${FILE} lists name servers that pods can use: none on a loopback or IPv6 link-local address, at most ${MAX_SERVERS}, and not more search domains than a pod can have. A stub on a loopback address is accepted if systemd-resolved lists the real servers in ${PATHS.system.resolvedConf}. The check sends no DNS queries.`,
  remedy: "List a reachable server in /etc/resolv.conf: pods with the node's DNS policy, such as coredns, use it.",
  run: async (context) => {
    const { host } = context;
    const file = await resolvConfForPods(host).catch(unreadable);
    if (file instanceof EdgeadmError)
      return fail(`${file.message}: pods could not start`, { severity: 'error', remedy: file.next, cause: file });
    if (file === undefined) {
      if (!host.runsPrograms) return skip('the scratch root has no /etc/resolv.conf');
      // The kubelet opens the file for every pod and fails without it; an empty one is good enough for it.
      return fail(`${FILE} does not exist: pods could not start`, { severity: 'error' });
    }
    const foreign = encodingOfWindows(file.text);
    if (foreign)
      return fail(`${file.path}: ${foreign}, and no resolver reads its first line`, { remedy: SAVE_AS_UTF8 });
    const servers = parseNameServers(file.text);
    if (servers.length === 0) return fail(`${FILE} lists no server`);
    const malformed = servers.filter((server) => isIP(server) === 0);
    if (malformed.length > 0) return fail(`${malformed.join(', ')} in /etc/resolv.conf is not an IP address`);
    if (servers.every(isOwnMachine))
      return fail(`${FILE} lists only ${servers.join(', ')}, which is the pod itself when used in a pod`);
    return judge(context, file);
  },
};

/** A link that leads to itself, for one. @throws what is not a fault of a file, or if only root may read it */
function unreadable(error: unknown): EdgeadmError {
  if (isFaultOfFile(error)) return error;
  throw error;
}

/** @param file that the kubelet hands to pods */
async function judge(context: CheckContext, { path, text }: ResolvConf): Promise<CheckResult> {
  const servers = parseNameServers(text);
  const scoped = servers.filter(isLinkLocal);
  if (scoped.length > 0) {
    return fail(
      `${path} lists ${scoped.join(', ')}, a link-local address: it is reached over an interface of this machine, which no pod has`,
      { remedy: `List a server with another address in ${path}, such as the IPv4 address of the same router.` },
    );
  }
  const local = servers.filter(isOwnMachine);
  if (local.length > 0) {
    return fail(
      `${path} lists ${local.join(', ')} beside ${servers.filter((server) => !isOwnMachine(server)).join(', ')}: in a pod that is the pod itself, and coredns, which picks servers at random, would query itself in a loop`,
      { remedy: `Remove ${local.join(', ')} from ${path}.` },
    );
  }
  if (servers.length > MAX_SERVERS) {
    return fail(
      `${path} lists ${servers.length} servers: pods get the first ${MAX_SERVERS}, without ${servers.slice(MAX_SERVERS).join(', ')}`,
      { remedy: `List at most ${MAX_SERVERS} servers in ${path}.` },
    );
  }
  const domains = parseSearchDomains(text);
  const most = ((await kubeletMinor(context)) ?? 0) < 26 ? MAX_DOMAINS.before126 : MAX_DOMAINS.later;
  if (domains.length > most) {
    return fail(
      `${path} has ${domains.length} search domains: pods add three of the cluster and lose ${domains.slice(most).join(', ')}`,
      { remedy: `Keep at most ${most} search domains in ${path}.` },
    );
  }
  return pass(`${servers.join(', ')}${path === FILE ? '' : `, from ${path}`}`);
}
