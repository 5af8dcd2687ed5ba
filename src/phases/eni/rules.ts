import { orderOnce } from '../../cloud/order-once.ts';
import type { Phase } from '../../workflow/phase.ts';
import { type BindContext, found, type RuleToAdd } from './context.ts';

/** Adds what pods need to the security groups, before anything is bought. A rule that is there is not added again. */
export const addRules: Phase<BindContext> = {
  name: 'rules',
  title: 'Add security-group rules',
  when: ({ facts }) => (facts.plan?.rulesToAdd.length ?? 0) > 0 || 'no rule to add',
  run: async ({ ens, facts, listDelayMs, signal, wet, log }) => {
    const { rulesToAdd, securityGroupIds } = found(facts.plan, 'the plan');
    const [group = ''] = securityGroupIds;
    for (const rule of rulesToAdd) {
      await orderOnce({
        what: `the rule for ${rule.cidr} in ${group}`,
        send: () => ens.allow(group, rule.direction, rule.cidr),
        shows: async () => (await ens.securityRules(group)).some((each) => isRule(each, rule)),
        listDelayMs,
        signal,
      });
      if (wet) log.info(`The ${rule.direction} rule for ${rule.cidr} was added to ${group}.`);
    }
  },
};

function isRule(
  rule: { readonly Direction?: string; readonly SourceCidrIp?: string; readonly DestCidrIp?: string },
  { direction, cidr }: RuleToAdd,
): boolean {
  const range = direction === 'ingress' ? rule.SourceCidrIp : rule.DestCidrIp;
  return rule.Direction?.toLowerCase() === direction && range === cidr;
}
