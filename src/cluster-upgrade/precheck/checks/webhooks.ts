import { normal, orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import type { ClusterFacts } from '../facts.ts';
import { count } from '../objects.ts';
import type { Webhook } from '../webhook.ts';

export const admissionWebhooks: UpgradeCheck = {
  name: 'AdmissionWebhooks',
  about:
    'Behind every admission webhook that must answer (`failurePolicy: Fail`) and is asked about what an upgrade does with nodes, pods, evictions, Jobs, Leases and ConfigMaps, there is a Service with an endpoint. An error if there is none; a warning if the webhook is asked about some namespaces or objects only. Those behind a URL cannot be judged from here.',
  effect: 'The API server refuses what the webhook is asked about: the upgrade cannot change nodes or start its pods.',
  advice: "Start the webhook's pods, or delete its configuration if it is no longer used.",
  run: async ({ facts }) => {
    const webhooks = (await facts.webhooks()).filter(({ required }) => required);
    const findings = (await Promise.all(webhooks.map((webhook) => judge(webhook, facts)))).flat();
    const byUrl = webhooks.filter(({ service }) => service === undefined).length;
    const unseen = byUrl > 0 ? ` ${byUrl} of them behind a URL: not judged.` : '';
    if (webhooks.length === 0) return normal('No webhook has to answer.');
    return orNormal(findings, `${count('webhook', webhooks.length)} must answer, none without an endpoint.${unseen}`);
  },
};

async function judge({ title, service, selective, concerns }: Webhook, facts: ClusterFacts): Promise<UpgradeFinding[]> {
  if (!service || (await facts.hasEndpoint(service.namespace, service.name))) return [];
  const some = selective ? ', in some namespaces or for some objects' : '';
  const reason = `Service ${service.namespace}/${service.name} has no endpoint, and is asked about: ${concerns.join(', ')}${some}.`;
  return [{ result: selective ? 'warning' : 'error', object: title, reason }];
}
