import { type Check, fail, pass, skip } from '../check.ts';

/** `30400:	from 10.0.10.5 lookup 30400`, one for each interface. Source: NetworkManager, src/nm-cloud-setup/main.c. */
const RULE = /^\d+:\s+from (\S+) lookup (304\d\d)\b/m;
/** With it, what is on the node itself is looked up first. */
const CORRECTED = /^\d+:\s.*\blookup main suppress_prefixlength 0/m;

export const RULES_QUERY = ['ip', 'rule', 'show'] as const;

export const nmCloudSetup: Check = {
  name: 'NMCloudSetup',
  concerns: 'node',
  severity: 'warning',
  about:
    "The routing rules of NetworkManager's nm-cloud-setup (cloud images of RHEL 8.4, its relatives and Fedora) do not send the node's answers to its own pods away. Later versions of NetworkManager have corrected them.",
  remedy:
    'Run `systemctl disable --now nm-cloud-setup.timer nm-cloud-setup.service`, then reboot, which removes the rules.',
  run: async ({ host }) => {
    if (!host.runsPrograms) return skip('a scratch root has no routing rules');
    const [program, ...args] = RULES_QUERY;
    const { stdout } = await host.query(program, args);
    const [, address, table] = RULE.exec(stdout) ?? [];
    if (address === undefined || CORRECTED.test(stdout)) return pass();
    return fail(
      `nm-cloud-setup sends everything from ${address} by the routing table ${table}: answers of the node to its pods are lost`,
    );
  },
};
