import type { FoundTemplate, PodTemplateSpec } from '../../kubernetes/pod-templates.ts';

/** A workload that is meant for Windows nodes, and why it does not run there. */
export interface WindowsApp {
  readonly workload: string;
  readonly problems: readonly string[];
}

const OS_LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

/** The operating systems that a pod may be placed on by label; undefined if it does not say. */
function systemsOf({ nodeSelector, affinity }: PodTemplateSpec): readonly string[] | undefined {
  const selected = OS_LABELS.map((label) => nodeSelector?.[label]).find(Boolean);
  if (selected) return [selected];
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const found = terms.map(({ matchExpressions }) =>
    (matchExpressions ?? []).filter(({ key, operator }) => OS_LABELS.includes(key ?? '') && operator === 'In'),
  );
  // One term is enough for a node: one that does not name a system lets the pod onto any.
  const systems = found.flatMap((each) =>
    each.length > 0 ? each.flatMap(({ values }) => values ?? []) : ['any system'],
  );
  return found.some((each) => each.length > 0) ? [...new Set(systems)] : undefined;
}

/** The taint of Windows nodes in the guide, `os=windows`. */
function toleratesWindows({ tolerations }: PodTemplateSpec): boolean {
  return (tolerations ?? []).some(({ key, operator, value }) => {
    if (operator === 'Exists') return key === undefined || key === 'os';
    return key === 'os' && value === 'windows';
  });
}

/** Undefined for a workload that is not meant for Windows nodes. Source: the guide, chapter 10.2. */
export function windowsAppOf({ where, template }: FoundTemplate): WindowsApp | undefined {
  const { spec } = template;
  const systems = systemsOf(spec);
  const tolerates = toleratesWindows(spec);
  if (!systems?.includes('windows') && !(tolerates && systems === undefined && namesWindows(spec))) return undefined;
  return {
    workload: where,
    problems: [
      ...(spec.hostNetwork === true
        ? []
        : ['hostNetwork is not true: Windows nodes run only pods that use the host network']),
      ...(systems === undefined
        ? ['nothing keeps its pods off Linux nodes: add the node selector kubernetes.io/os: windows']
        : []),
      ...(systems?.some((system) => system !== 'windows')
        ? [`its pods may also be placed on ${systems.join(', ')}`]
        : []),
      ...(tolerates ? [] : ['it does not tolerate the taint os=windows of Windows nodes']),
    ],
  };
}

/** A toleration of everything says nothing about Windows. */
function namesWindows({ tolerations }: PodTemplateSpec): boolean {
  return (tolerations ?? []).some(({ key }) => key === 'os');
}
