import type { Networks } from '../../cloud/networks.ts';
import type { CountedResource } from '../../cloud/quotas.ts';
import type { CloudClusterSpec } from '../../config/cloud-cluster.ts';
import type { ClusterLimit, LimitBreach } from '../../config/cloud-cluster-rules.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { refuseKmsKey } from './kms-key.ts';

/** What is around a new cluster, as far as the account may see it. */
export interface Surroundings {
  /** Ranges of its VPC. */
  readonly vpcCidrs: readonly string[];
  readonly breaches: readonly LimitBreach[];
  /** What could not be checked, and why. */
  readonly notChecked: readonly string[];
}

interface Quota {
  readonly limit: ClusterLimit;
  readonly what: string;
  /** Of an account by default, if its own cannot be read. Source: the vendor's user guide, 4.1. */
  readonly most: number;
  /** How many more a cluster needs: one load balancer for its API server, one for the tunnel. */
  readonly needs: (spec: CloudClusterSpec) => number;
}

const QUOTAS: Readonly<Record<CountedResource, Quota>> = {
  securityGroups: {
    limit: 'SecurityGroupQuota',
    what: 'security groups',
    most: 100,
    needs: ({ securityGroup }) => (securityGroup ? 0 : 1),
  },
  loadBalancers: {
    limit: 'LoadBalancerQuota',
    what: 'SLB instances',
    most: 60,
    needs: ({ loadBalancer }) => (loadBalancer ? 1 : 2),
  },
  eips: { limit: 'EipQuota', what: 'elastic IP addresses', most: 20, needs: () => 1 },
};

/**
 * Looks at what the container service does not report: the VPC, its vSwitches, and how much of the account's quotas is
 * used. What the account may not see is named, and prevents nothing.
 */
export async function surroundingsOf(spec: CloudClusterSpec, networks: Networks | undefined): Promise<Surroundings> {
  const resources = Object.entries(QUOTAS) as [CountedResource, Quota][];
  const looks = [
    look('that pods and Services do not overlap with the VPC (pass --vpc-cidr)', networks, (each) => vpcIn(spec, each)),
    look('that the vSwitches are in the VPC and in different zones', networks, (each) => vSwitchesIn(spec, each)),
    ...(spec.kmsKey === undefined
      ? []
      : [
          look('that the KMS key can encrypt Secrets', networks, (each) => keyIn(spec.region, spec.kmsKey ?? '', each)),
        ]),
    ...resources.map(([resource, quota]) =>
      look(`whether the quota of ${quota.what} suffices`, networks, (each) => roomFor(spec, resource, each)),
    ),
  ];
  const found = await Promise.all(looks);
  return {
    vpcCidrs: found.flatMap(({ vpcCidrs = [] }) => vpcCidrs),
    breaches: found.flatMap(({ breaches = [] }) => breaches),
    notChecked: found.flatMap(({ notChecked = [] }) => notChecked),
  };
}

type Looked = Partial<Surroundings>;

async function look(
  what: string,
  networks: Networks | undefined,
  work: (networks: Networks) => Promise<Looked>,
): Promise<Looked> {
  if (!networks) return { notChecked: [what] };
  return work(networks).catch((error: unknown) => ({ notChecked: [`${what}: ${unseen(error)}`] }));
}

async function vpcIn({ vpc: id, region }: CloudClusterSpec, networks: Networks): Promise<Looked> {
  const vpc = await networks.vpc(id);
  return vpc ? { vpcCidrs: vpc.cidrs } : { breaches: [{ limit: 'Vpc', why: `${id} was not found in ${region}` }] };
}

async function vSwitchesIn({ vpc, vswitches, workers }: CloudClusterSpec, networks: Networks): Promise<Looked> {
  const there = await networks.vSwitches(vpc);
  const wanted = [...new Set([...vswitches, ...(workers.vswitches ?? [])])];
  const missing = wanted.filter((id) => !there.some((each) => each.id === id));
  const zones = vswitches.flatMap((id) => there.find((each) => each.id === id)?.zone ?? []);
  const shared = zones.find((zone, index) => zones.indexOf(zone) !== index);
  return {
    breaches: [
      ...(missing.length > 0 ? [{ limit: 'Vpc' as const, why: `${missing.join(', ')} was not found in ${vpc}` }] : []),
      ...(shared ? [{ limit: 'Zones' as const, why: `more than one of the vSwitches is in the zone ${shared}` }] : []),
    ],
  };
}

async function keyIn(region: string, id: string, networks: Networks): Promise<Looked> {
  const reasons = refuseKmsKey(id, await networks.kmsKey(id), region);
  return { breaches: reasons.map((why) => ({ limit: 'KmsKey', why })) };
}

async function roomFor(spec: CloudClusterSpec, resource: CountedResource, networks: Networks): Promise<Looked> {
  const { limit, what, most, needs } = QUOTAS[resource];
  const needed = needs(spec);
  if (needed === 0) return {};
  let notChecked: string[] = [];
  const quota = await networks.quota(resource).catch((error: unknown) => {
    notChecked = [`the account's own quota of ${what}, but the default of ${most}: ${unseen(error)}`];
    return undefined;
  });
  const used = quota?.used ?? (await networks.count(resource));
  if (used + needed <= (quota?.most ?? most)) return { notChecked };
  const possible = quota ? `its quota is ${quota.most}` : `by default ${most} are possible`;
  const where = quota?.used === undefined || resource === 'securityGroups' ? ` in ${spec.region}` : '';
  const why = `the account has ${used} ${what}${where} and the cluster needs ${needed} more; ${possible}`;
  return { breaches: [{ limit, why }], notChecked };
}

/** Why the account may not see something. @throws any other error */
export function unseen(error: unknown): string {
  if (!(error instanceof EdgeadmError) || error.code === 'INTERRUPTED') throw error;
  return error.what;
}
