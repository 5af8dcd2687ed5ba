import type { CollectedFacts } from './facts.ts';
import type { JoinTimeline } from './timeline.ts';

/** What is wrong with a node, with the evidence and what to do. */
export interface Finding {
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly evidence: string;
  readonly next: string;
}

/** What rules judge by. */
export type KnownFacts = Partial<CollectedFacts> & { readonly join?: JoinTimeline };
export type Rule = (facts: KnownFacts) => Omit<Finding, 'rule'> | undefined;

export function error(what: string, evidence: string | readonly string[], next: string): Omit<Finding, 'rule'> {
  const lines = typeof evidence === 'string' ? [evidence] : evidence;
  return { severity: 'error', what, evidence: lines.filter(Boolean).join('\n'), next };
}

export function warning(...parts: Parameters<typeof error>): Omit<Finding, 'rule'> {
  return { ...error(...parts), severity: 'warning' };
}
