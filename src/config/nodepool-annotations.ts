import { isCidr } from '../lib/cidr.ts';
import type { NodePool } from './node-pool.ts';
import { POOL_ANNOTATIONS } from './nodepool-rules.ts';

/** What the container service says of the same pool. */
type InService = Pick<NodePool, 'mode' | 'maxNodes' | 'cenId' | 'ccnId' | 'ccnRegion'>;

const OF_ENHANCED = ['cenId', 'ccnId', 'ccnRegion'] as const;

/**
 * In which ways the annotations of a NodePool object are not intact: the controllers read them, and they must not be edited.
 * @param inService undefined if only the object is known
 */
export function annotationIssues(
  notes: Readonly<Record<string, string>>,
  inService?: InService,
): Pick<NodePool, 'annotationIssues'> {
  const issues = issuesIn(notes, inService);
  return issues.length > 0 ? { annotationIssues: issues } : {};
}

function issuesIn(notes: Readonly<Record<string, string>>, inService: InService | undefined): string[] {
  const note = (key: keyof typeof POOL_ANNOTATIONS): string | undefined => notes[POOL_ANNOTATIONS[key]] || undefined;
  const isEnhanced = inService ? inService.mode === 'enhanced' : OF_ENHANCED.some((key) => note(key) !== undefined);
  const missing = isEnhanced ? OF_ENHANCED.filter((key) => note(key) === undefined) : [];
  const maxNodes = note('maxNodes');
  const cidrs = note('podCidrs')?.split(',') ?? [];
  const different = [...OF_ENHANCED, 'maxNodes' as const].flatMap((key) => {
    const [found, known] = [note(key), inService?.[key]?.toString()];
    if (found === undefined || !known || found === known) return [];
    return [`the annotation ${POOL_ANNOTATIONS[key]} is ${found}, and the container service has ${known}`];
  });
  return [
    ...missing.map((key) => `the annotation ${POOL_ANNOTATIONS[key]} is missing`),
    ...(maxNodes !== undefined && !/^[1-9]\d*$/.test(maxNodes)
      ? [`the annotation ${POOL_ANNOTATIONS.maxNodes} is "${maxNodes}", not a number of nodes`]
      : []),
    ...cidrs
      .filter((cidr) => !isCidr(cidr.trim()))
      .map((cidr) => `the annotation ${POOL_ANNOTATIONS.podCidrs} has "${cidr}", which is not a CIDR`),
    ...different,
  ];
}
