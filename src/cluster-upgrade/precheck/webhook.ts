import type { V1MutatingWebhook, V1RuleWithOperations, V1ValidatingWebhook } from '@kubernetes/client-node';
import { concatSettled } from './concat-settled.ts';

type AnyWebhook = V1MutatingWebhook | V1ValidatingWebhook;

/** A webhook that is asked before the API server accepts an object. */
export interface Webhook {
  /** `ValidatingWebhookConfiguration guard (pods.guard.example)` */
  readonly title: string;
  /** False if its absence lets everything through. */
  readonly required: boolean;
  /** The Service behind it; undefined for one that is reached by a URL. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  /** True if it is asked about some namespaces or objects only. */
  readonly selective: boolean;
  /** `pods CREATE`: what the upgrade does and this webhook is asked about. */
  readonly concerns: readonly string[];
}

/** What an upgrade does to objects, by group and resource. */
const WRITES: readonly { readonly group: string; readonly resource: string; readonly operations: readonly string[] }[] =
  [
    { group: '', resource: 'nodes', operations: ['UPDATE'] },
    { group: '', resource: 'pods', operations: ['CREATE', 'UPDATE', 'DELETE'] },
    { group: '', resource: 'pods/eviction', operations: ['CREATE'] },
    { group: '', resource: 'configmaps', operations: ['CREATE', 'UPDATE'] },
    { group: 'batch', resource: 'jobs', operations: ['CREATE', 'DELETE'] },
    { group: 'coordination.k8s.io', resource: 'leases', operations: ['CREATE', 'UPDATE'] },
  ];

interface Configuration {
  readonly metadata?: { readonly name?: string };
  readonly webhooks?: readonly AnyWebhook[];
}

/** All webhooks that are asked about something the upgrade does. */
export async function readWebhooks(list: (plural: string) => Promise<Configuration[]>): Promise<Webhook[]> {
  const kinds = { ValidatingWebhookConfiguration: 'validating', MutatingWebhookConfiguration: 'mutating' };
  const found = await concatSettled(
    Object.entries(kinds).map(async ([kind, verb]) =>
      (await list(`${verb}webhookconfigurations`)).flatMap(({ metadata, webhooks = [] }) =>
        webhooks.map((webhook) => describe(`${kind} ${metadata?.name}`, webhook)),
      ),
    ),
  );
  return found.filter(({ concerns }) => concerns.length > 0);
}

function describe(configuration: string, webhook: AnyWebhook): Webhook {
  const { name, failurePolicy = 'Fail', clientConfig, namespaceSelector, objectSelector, rules = [] } = webhook;
  const service = clientConfig.service;
  return {
    title: `${configuration} (${name})`,
    required: failurePolicy === 'Fail',
    service: service && { namespace: service.namespace, name: service.name },
    selective: [namespaceSelector, objectSelector].some(
      (selector) => selector?.matchExpressions?.length || Object.keys(selector?.matchLabels ?? {}).length > 0,
    ),
    concerns: WRITES.flatMap(({ group, resource, operations }) =>
      operations
        .filter((operation) => rules.some((rule) => matches(rule, group, resource, operation)))
        .map((operation) => `${resource} ${operation}`),
    ),
  };
}

/** As the API server matches: a star stands for any resource, and for any part of one or none. */
function matches(rule: V1RuleWithOperations, group: string, resource: string, operation: string): boolean {
  const { apiGroups = [], operations = [], resources = [], scope = '*' } = rule;
  const [plural, part = ''] = resource.split('/');
  const isResource = (pattern: string): boolean => {
    const [ofPlural, ofPart = ''] = pattern.split('/');
    return ['*', plural].includes(ofPlural) && ['*', part].includes(ofPart);
  };
  return (
    scope !== (plural === 'nodes' ? 'Namespaced' : 'Cluster') &&
    apiGroups.some((one) => one === '*' || one === group) &&
    operations.some((one) => one === '*' || one === operation) &&
    resources.some(isResource)
  );
}
