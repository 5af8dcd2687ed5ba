import { type Check, fail, pass } from '../check.ts';

function serviceCheck(name: string, service: string): Check {
  return {
    name,
    concerns: 'node',
    severity: 'error',
    about: `There is no service named ${service}, or an earlier join of edgeadm made it.`,
    remedy: `If the node no longer belongs to a cluster, remove it: \`edgeadm reset\`, or \`sc.exe stop ${service}\` and \`sc.exe delete ${service}\`.`,
    run: async ({ host, node }) => {
      const { exists, detail } = await host.unit(`${service}.service`);
      if (!exists) return pass();
      return node.journal.made('service', service) ? pass('of the earlier join') : fail(`it is ${detail}`);
    },
  };
}

export const windowsServices: readonly Check[] = [
  serviceCheck('KubeletService', 'kubelet'),
  serviceCheck('EdgeHubService', 'yurthub'),
];
