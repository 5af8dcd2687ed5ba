import { count } from '../../../lib/count.ts';
import { normal, orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import type { PrecheckFacts } from '../facts.ts';
import type { Webhook } from '../webhook.ts';

export const admissionWebhooks: UpgradeCheck = {
  name: 'AdmissionWebhooks',
  about:
    'Every admission webhook with `failurePolicy: Fail` that an upgrade can trigger (by changing nodes, pods, evictions, Jobs, Leases or ConfigMaps) has a Service with an endpoint. An error if there is none; a warning if the webhook applies only to some namespaces or objects. Webhooks behind a URL cannot be checked.',
  effect:
    'The API server rejects the requests that the webhook reviews: the upgrade cannot change nodes or start its pods.',
  advice: "Start the webhook's pods, or delete its configuration if it is no longer used.",
  run: async ({ facts }) => {
    const webhooks = (await facts.webhooks()).filter(({ required }) => required);
    const findings = (await Promise.all(webhooks.map((webhook) => judge(webhook, facts)))).flat();
    const byUrl = webhooks.filter(({ service }) => service === undefined).length;
    const unseen = byUrl > 0 ? ` ${byUrl} of them are behind a URL: not checked.` : '';
    if (webhooks.length === 0) return normal('No webhook applies.');
    return orNormal(findings, `${count('webhook', webhooks.length)} must answer, each has an endpoint.${unseen}`);
  },
};

async function judge(
  { title, service, selective, concerns }: Webhook,
  facts: PrecheckFacts,
): Promise<UpgradeFinding[]> {
  if (!service || (await facts.hasEndpoint(service.namespace, service.name))) return [];
  const some = selective ? ', in some namespaces or for some objects' : '';
  const reason = `Service ${service.namespace}/${service.name} has no endpoint, but reviews: ${concerns.join(', ')}${some}.`;
  return [{ result: selective ? 'warning' : 'error', object: title, reason }];
}
