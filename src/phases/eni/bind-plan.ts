import { freeNames, purchasedFor } from '../../cloud/eni-marker.ts';
import { type EnsInterface, MAX_INTERFACES, podCapacity, type SecurityRule } from '../../cloud/ens.ts';
import { covers } from '../../lib/cidr.ts';
import { describeDrain } from './cluster-node.ts';
import type { BindPlan, BindSpec, Inspection, RuleToAdd } from './context.ts';

/** What has to be bought and attached, so that the instance has what was requested and not one more. */
export function bindPlan(spec: BindSpec, inspection: Inspection): BindPlan {
  const { instance, interfaces } = inspection;
  const { interfaceIds: named = [] } = spec;
  const onInstance = interfaces.filter(({ instanceId }) => instanceId === instance.id);
  const isOurs = ({ name }: EnsInterface): boolean => purchasedFor(name) === instance.id;
  const counts = (eni: EnsInterface): boolean =>
    named.length > 0 ? named.includes(eni.id) : eni.type !== 'Primary' && (spec.reuseAvailable || isOurs(eni));
  const attached = onInstance.filter(counts);
  const free = interfaces.filter((eni) => !eni.instanceId && eni.type !== 'Primary' && eni.status !== 'Deleting');
  const ours = free.filter(isOurs);
  // Those that edgeadm bought for another instance are that one's.
  const others = spec.reuseAvailable ? free.filter((eni) => isStranger(eni, inspection, spec)) : [];
  const missing = Math.max(0, (named.length || spec.eniNumber) - attached.length);
  const chosen = named.length > 0 ? free.filter(({ id }) => named.includes(id)) : [...ours, ...others];
  const attach = chosen.slice(0, missing);
  const taken = interfaces.map(({ name }) => name);
  const buy = named.length > 0 ? [] : freeNames(instance.id, missing - attach.length, taken);
  const rules = missingRules(inspection.securityRules, inspection.networkCidr);
  const rulesToAdd = spec.addRules ? rules : [];
  const interfacesAfter = onInstance.length + missing;
  return {
    attached,
    attach,
    buy,
    surplus: ours.filter((eni) => !attach.includes(eni)),
    interfacesBefore: onInstance.length,
    interfacesAfter,
    podsBefore: podCapacity(onInstance.length),
    podsAfter: podCapacity(interfacesAfter),
    missingRules: rules.map(describeRule),
    rulesToAdd,
    vSwitchId: spec.vSwitchId ?? instance.vSwitchId,
    securityGroupIds: spec.securityGroupId ? [spec.securityGroupId] : instance.securityGroupIds,
    stops: missing > 0,
    nothing:
      missing === 0 && rulesToAdd.length === 0 && instance.status === 'Running' && !inspection.node?.cordonedByUs,
  };
}

function isStranger(eni: EnsInterface, { instance }: Inspection, spec: BindSpec): boolean {
  const vSwitchId = spec.vSwitchId ?? instance.vSwitchId;
  return purchasedFor(eni.name) === undefined && eni.status === 'Available' && eni.vSwitchId === vSwitchId;
}

/** What the limits forbid; reported before anything is bought. */
export function limitsBroken(plan: BindPlan): string[] {
  if (plan.interfacesAfter <= MAX_INTERFACES) return [];
  return [
    `an instance can have ${MAX_INTERFACES} ENIs including the primary one: it has ${plan.interfacesBefore} and would have ${plan.interfacesAfter}`,
  ];
}

/** Pods reach one another only if the whole network may come in and be reached. Source: the guide to Terway Edge. */
function missingRules(rules: readonly SecurityRule[], cidr: string | undefined): RuleToAdd[] {
  if (!cidr) return [];
  const allowed = (direction: string, rangeOf: (rule: SecurityRule) => string | undefined): boolean =>
    rules.some(
      (rule) =>
        rule.Direction?.toLowerCase() === direction &&
        (rule.Policy ?? 'accept').toLowerCase() === 'accept' &&
        rule.IpProtocol?.toLowerCase() === 'all' &&
        covers(rangeOf(rule) ?? '', cidr),
    );
  return [
    ...(allowed('ingress', (rule) => rule.SourceCidrIp) ? [] : [{ direction: 'ingress' as const, cidr }]),
    ...(allowed('egress', (rule) => rule.DestCidrIp) ? [] : [{ direction: 'egress' as const, cidr }]),
  ];
}

function describeRule({ direction, cidr }: RuleToAdd): string {
  return direction === 'ingress'
    ? `inbound, all protocols and ports, from ${cidr}`
    : `outbound, all protocols and ports, to ${cidr}`;
}

/** Why ENIs that were named cannot be attached. */
export function namedBroken({ interfaceIds = [] }: BindSpec, { instance, interfaces }: Inspection): string[] {
  return interfaceIds.flatMap((id) => {
    const eni = interfaces.find((each) => each.id === id);
    if (!eni) return [`${id}: the network of the instance has no such ENI`];
    if (eni.type === 'Primary') return [`${id}: it is a primary ENI`];
    if (eni.status === 'Deleting') return [`${id}: it is being deleted`];
    if (eni.instanceId && eni.instanceId !== instance.id) return [`${id}: it is attached to ${eni.instanceId}`];
    return [];
  });
}

/** The plan for people, before they are asked. */
export function describePlan(plan: BindPlan, { instance, node }: Inspection): string[] {
  const { attach, buy, surplus } = plan;
  const stops = plan.stops && instance.status === 'Running';
  const ids = (enis: readonly EnsInterface[]): string => enis.map(({ id }) => id).join(', ');
  const started = instance.status === 'Running' ? [] : ['The instance is not running: it is started at the end.'];
  const stopped = [
    'The instance is stopped and started again: workloads will be down for a few minutes.',
    ...(node ? [describeDrain(node)] : []),
  ];
  return [
    `Instance ${instance.id}: ${instance.status}, zone ${instance.regionId}`,
    `ENIs: ${plan.interfacesBefore} now, ${plan.interfacesAfter} after (including the primary one)`,
    `Pod capacity: ${plan.podsBefore} now, ${plan.podsAfter} after`,
    ...(attach.length > 0 ? [`To attach, already bought: ${ids(attach)}`] : []),
    `To buy: ${buy.length === 0 ? 'none' : `${buy.length} in ${plan.vSwitchId} with ${plan.securityGroupIds.join(', ')}`}`,
    ...plan.rulesToAdd.map((rule) => `To add to ${plan.securityGroupIds.join(', ')}: ${describeRule(rule)}`),
    ...(surplus.length > 0 ? [`Bought earlier, not needed: ${ids(surplus)}`] : []),
    ...(stops ? stopped : started),
    ...(node?.cordonedByUs && !stops
      ? [`Node ${node.name} was cordoned by an earlier run: it is uncordoned at the end.`]
      : []),
  ];
}
